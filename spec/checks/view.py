"""What a client makes of a directory (07): in what order it is verified, and by which word it is refused."""

import hashlib

from . import records, wire
from .admit import Node
from .chain import Chain
from .charter import CERTIFICATE, Certificate, malformed
from .cose import sign
from .cbor import decode
from .refusal import Disagreement, Refused, agree

hexed = bytes.fromhex


def under(word, read, *arguments):
    """What another chapter refuses is told by one word here, and the rule beside it."""
    try:
        return read(*arguments)
    except Refused as no:
        found = Refused(word, str(no))
        found.inner = no.rule
        raise found from no


class Known(Node):
    """Who may speak for whom, by the records of a directory: admission's steps 1 to 4 alone."""

    def take_slot(self, record):
        self.carried[record.id] = record

    def put_out(self, record):
        pass

    def learn(self, data, today):
        record = records.parse(data)
        records.verify(record, self.charter.id)
        self.admit(record, today)

    def revoked(self, organisation, key, before):
        all_ = (one for one in self.of_kind("revocation") if one.organisation == organisation and one.body.get("key") == key)
        return any(before is None or one.issued < before for one in all_)

    def signer_on(self, key, day, before=None):
        """For whom a key may sign on a day, by the revocations that were issued before another one, or by all."""
        for one in self.of_kind("delegation"):
            covers = one.issued <= day <= one.body["until"]
            if one.body["record key"] == key and covers and not self.revoked(one.organisation, key, before):
                return one.organisation
        return None


class Counting:
    """A version as records and certificates go by it: with the federation's id, and dated as the first."""

    def __init__(self, version, first):
        self.id, self.version, self.first = version.federation, version, first

    def __getattr__(self, name):
        return getattr(self.version, name)

    def __getitem__(self, name):
        return self.first["made"] if name == "made" else self.version[name]


def held_against(data, versions):
    """The version that a certificate is held against (10, section 4)."""
    payload, _ = malformed(sign, data)
    fields = malformed(CERTIFICATE, malformed(decode, payload))
    if "charter" in fields:
        named = [one for one in versions if one.digest == fields["charter"]]
    else:
        rows = [(t, {index for index, _ in shares}) for _, t, _, shares in fields["keys"]]
        named = [one for one in versions if all(t == one["threshold"] and at == set(one.shares) for t, at in rows)]
    return Counting(named[-1] if named else versions[-1], versions[0])


class View:
    """A directory that holds, for a client of `own` on its own day."""

    def __init__(self, data, own, known, day, seen):
        documents, certificate, given, home, today, self.carried = malformed(wire.decode, "directory reply", data)
        chain = under("charter", self.chain_of, documents)
        self.charter, _ = chain.current()
        if known not in (None, self.charter.federation):
            raise Refused("other-federation")
        self.versions = [self.charter]
        while self.versions[0].previous:
            self.versions.insert(0, chain.known[self.versions[0].previous])
        if own not in self.charter.organisations:
            was = any(own in one.organisations for one in self.versions)
            raise Refused("root-replaced" if was and own in self.charter.former else "not-ours")
        self.directory, self.left_out = Known(Counting(self.charter, self.versions[0]), own), []
        for one in given:
            try:
                self.directory.learn(one, day)
            except Refused as no:
                self.left_out.append(no.rule)
        if not certificate:
            raise Refused("no-keys")
        self.certificate = under("certificate", self.certified, certificate, seen)
        if home not in self.nodes(own, day):
            raise Refused("not-our-node")
        self.clocks = abs(today - day) > 1

    @staticmethod
    def chain_of(documents):
        chain = Chain(documents[0])
        for one in documents[1:]:
            chain.offer(one)
        return chain

    def certified(self, data, seen):
        """Judged as one in use, or again if it is the one that was seen (02, section 7)."""
        digest = hashlib.sha256(malformed(sign, data)[0]).digest()
        again = seen is not None and hexed(seen["digest"]) == digest

        def signer_on(key, day):
            return self.directory.signer_on(key, day, 0 if again else day)

        made = Certificate(data, held_against(data, self.versions), signer_on)
        made.digest = digest
        return made

    def nodes(self, organisation, day):
        delegated = {one.body["record key"] for one in self.directory.of_kind("delegation") if one.organisation == organisation}
        return {key for key in delegated if self.directory.signer_on(key, day) == organisation}

    def follows(self, pinned, seen):
        """What a client keeps from one directory to the next."""
        if pinned is not None and pinned not in [one.id for one in self.versions]:
            raise Refused("set-back")
        if seen is not None:
            epoch, digest = self.certificate.fields["epoch"], self.certificate.digest
            if epoch < seen["epoch"]:
                raise Refused("old-certificate")
            if epoch == seen["epoch"] and digest != hexed(seen["digest"]):
                raise Refused("two-certificates")


def looked_at(case):
    known = hexed(case["known"]) if case["known"] else None
    view = View(hexed(case["hex"]), hexed(case["own"]), known, case["day"], case["seen"])
    view.follows(hexed(case["pinned"]["id"]) if case["pinned"] else None, case["seen"])
    return view


def ok_views(world, cases):
    for case in cases:
        view = looked_at(case)
        agree(f"{case['name']}: version", case["version"], view.charter.number)
        agree(f"{case['name']}: epoch", case["epoch"], view.certificate.fields["epoch"])
        agree(f"{case['name']}: left out", case["left_out"], view.left_out)
        agree(f"{case['name']}: clocks", case["clocks"], view.clocks)
        bare = [name for root, (name, _, _) in view.charter.organisations.items() if not view.nodes(root, case["day"])]
        agree(f"{case['name']}: without nodes", case["without"], sorted(bare))
        yield case["name"]


def bad_directory(world, cases):
    for case in cases:
        try:
            looked_at(case)
        except Refused as no:
            agree(f"{case['name']}: refused by ({no})", case["refused"], no.rule)
            agree(f"{case['name']}: rule", case.get("rule"), getattr(no, "inner", None))
        else:
            raise Disagreement(f"{case['name']}: the text takes it")
        yield case["name"]
