"""What a node carries (02, section 5). A node here is its charter, its organisation, and the records that it carries."""

import datetime

from . import ed25519
from .records import parse, verify
from .refusal import Refused

ATTACHMENTS = ("translation", "second", "dispute")
KEPT = 916


def last_day(season):
    """The last day of half a calendar year (01, section 2)."""
    year, half = divmod(season + 1, 2)
    if not 1970 <= year <= 9999:
        return 1 << 32
    first = datetime.date(year, 7 if half else 1, 1)
    return (first - datetime.date(1970, 1, 1)).days - 1


def proven(record):
    """Whether it is a retraction with a proof."""
    return record.kind == "retraction" and "proof" in record.body


class Node:
    def __init__(self, charter, organisation):
        self.charter, self.organisation = charter, organisation
        self.carried = {}
        self.at_home = set()

    def of_kind(self, *kinds):
        return (record for record in self.carried.values() if record.kind in kinds)

    def offer(self, data, today):
        """Sections 3 and 5 over received bytes: the record, now carried, or the rule that refuses it."""
        record = parse(data)
        try:
            verify(record, self.charter.id)
        except Refused as no:
            no.step = "verify"
            raise
        try:
            self.begin(today)
            self.admit(record, today)
        except Refused as no:
            no.step = "admit"
            raise
        return record

    def begin(self, today):
        """A day begins: what has expired goes, and what it spoke for is looked at again."""
        for record in list(self.carried.values()):
            if record.expires < today:
                self.drop(record)

    def admit(self, record, today):
        if record.id in self.carried:
            return
        if record.organisation not in self.charter.organisations:
            if record.organisation not in self.charter.former:
                raise Refused("unknown-organisation")
            if record.node is None and record.id not in self.charter.former[record.organisation][1]:
                raise Refused("former-root")
        self.life(record, today)
        self.signer(record)
        self.by_kind(record)
        if record.kind == "report" or record.kind in ATTACHMENTS:
            if any(other.lock == record.lock for other in self.of_kind("retraction") if proven(other)):
                raise Refused("retracted")
        self.take_slot(record)
        self.put_out(record)

    def life(self, record, today):
        issued, expires = record.issued, record.expires
        lasts = expires - issued
        lives = self.charter.lives
        most = {"retraction": KEPT, "ending": KEPT, "revocation": 90 + KEPT, "affirmation": 90 + KEPT, "grant": 30, **lives}[record.kind]
        if record.kind == "delegation":
            until = record.body["until"]
            good = issued <= until <= issued + most and issued <= expires <= until + KEPT
        else:
            good = 0 <= lasts <= most and (record.kind not in ("retraction", "ending") or lasts == KEPT)
        if not good:
            raise Refused("life", f"from {issued} to {expires}")
        if issued < self.charter["made"]:
            raise Refused("before-charter")
        if issued > today + 1 and record.kind != "ending":
            raise Refused("future")
        if expires < today:
            raise Refused("expired")

    def delegations(self, record):
        return [
            one
            for one in self.of_kind("delegation")
            if one.organisation == record.organisation and one.body["record key"] == record.node
        ]

    def affirmed(self, record):
        return any(
            one.organisation == record.organisation and record.id in one.body["records"]
            for one in self.of_kind("affirmation")
        )

    def signer(self, record):
        """Step 3."""
        if record.node is None:
            if record.slot >= 64:
                raise Refused("slot-range")
            return
        delegations = self.delegations(record)
        if not delegations:
            raise Refused("unknown-key")
        delegations = [one for one in delegations if one.issued <= record.issued <= one.body["until"]]
        if not delegations:
            raise Refused("delegation-time")
        ranges = [(one.body["first slot"], one.body["slots"]) for one in delegations]
        if record.kind == "grant":
            if record.slot >= 8:
                raise Refused("slot-range")
        elif record.slot >= min(self.charter["records a day"], 1 << 30) or not any(0 <= record.slot - a < n for a, n in ranges):
            raise Refused("slot-range")
        revoked = any(
            one.organisation == record.organisation and one.body.get("key") == record.node for one in self.of_kind("revocation")
        )
        if revoked and not self.affirmed(record) and not proven(record):
            raise Refused("revoked-key")

    def by_kind(self, record):
        """Step 4."""
        body, federation = record.body, self.charter.id
        if record.kind == "report":
            if body["audience"] == 1 and record.organisation != self.organisation:
                raise Refused("not-ours")
            labels = [label for _, label, _ in body["entries"]]
            if any(a >= b for a, b in zip(labels, labels[1:])):
                raise Refused("labels")
            if any(bucket >> self.charter["bucket bits"] for bucket, _, _ in body["entries"]):
                raise Refused("buckets")
            if body["edition"]:
                said = b"parasol 1 succession" + federation + body["lock"] + body["edition"].to_bytes(4, "big")
                if not ed25519.holds(body["lock"], said + body["salt"] + body["commitment"], body["succession"]):
                    raise Refused("succession")
        elif proven(record):
            if not ed25519.holds(body["lock"], b"parasol 1 retraction" + federation + body["lock"], body["proof"]):
                raise Refused("retraction-proof")
        elif record.kind == "delegation":
            keys = body["record key"], body["transport key"], body["seal key"]
            said = b"parasol 1 delegation" + federation + record.organisation + b"".join(keys)
            for key, signature in zip(keys, (body["possession"], body["transport possession"])):
                if not ed25519.holds(key, said, signature):
                    raise Refused("possession")
        elif record.kind == "ending":
            if record.issued <= last_day(body["season"]):
                raise Refused("not-over")
        elif record.kind == "vouch" and body["subject"] == record.organisation:
            raise Refused("self-vouch")
        elif record.kind == "grant" and body["subject"] == record.organisation:
            raise Refused("self-grant")

    def over(self):
        """The seasons that are over (11, section 9)."""
        says = {}
        for one in self.of_kind("ending"):
            root = one.organisation
            if root not in self.charter.organisations:
                root = self.charter.former[root][0]
            if self.charter.organisations[root][2]:
                says.setdefault(one.body["season"], set()).add(root)
        return sorted(season for season, roots in says.items() if len(roots) >= self.charter["threshold"])

    def slot(self, record):
        if record.kind == "ending":
            return record.organisation, "ending", record.body["season"]
        sort = 3 if record.kind == "grant" else (record.kind == "retraction") + proven(record)
        stays = record.id in self.at_home if record.id in self.carried else self.stays(record)
        return record.organisation, record.node is None, stays, sort, record.issued, record.slot

    def stays(self, record):
        """Whether it never leaves this node's organisation."""
        if record.node is None or record.organisation != self.organisation:
            return False
        if record.kind == "report":
            return record.body["audience"] == 1
        about = self.carried.get(record.body.get("report"))
        if about and about.kind == "report" and about.lock == record.lock:
            return about.id in self.at_home
        of_lock = [other for other in self.carried.values() if other.lock == record.lock]
        shared = any(other.kind == "report" and other.id not in self.at_home for other in of_lock)
        return not shared and any(other.id in self.at_home for other in of_lock)

    def ranks_above(self, a, b):
        if a.node is not None and self.affirmed(a) != self.affirmed(b):
            return self.affirmed(a)
        return a.id < b.id

    def take_slot(self, record):
        (self.at_home.add if self.stays(record) else self.at_home.discard)(record.id)
        for other in list(self.carried.values()):
            if self.slot(other) == self.slot(record):
                if self.ranks_above(other, record):
                    raise Refused("slot-taken")
                self.drop(other)
        self.carried[record.id] = record

    def put_out(self, record):
        if proven(record):
            for other in list(self.of_kind("report", *ATTACHMENTS)):
                if other.lock == record.lock:
                    self.drop(other)
        if record.kind == "revocation":
            self.look_again(record.organisation)

    def drop(self, record):
        if self.carried.pop(record.id, None) and record.kind in ("delegation", "affirmation"):
            self.look_again(record.organisation)

    def look_again(self, organisation):
        for other in list(self.carried.values()):
            if other.organisation == organisation and other.id in self.carried:
                try:
                    self.signer(other)
                except Refused:
                    self.drop(other)
