"""The chain of versions of the charter (10, sections 2 and 3)."""

from . import cbor, wire
from .charter import LARGEST, Charter, Version
from .refusal import Disagreement, Refused, agree

hexed = bytes.fromhex


class Chain:
    """What is known of a charter, from its first version on."""

    def __init__(self, first):
        first = Charter(first)
        first.by = set(first.organisations)
        self.federation, self.known = first.id, {first.id: first}

    def anchored(self, identity):
        while (at := self.known.get(identity)) and at.previous:
            identity = at.previous
        return at is not None

    def offer(self, data):
        """Section 2: taken, or refused."""
        new = Version(data)
        if new.federation != self.federation:
            raise Refused("federation")
        if new.number > 1024:
            raise Refused("full", "a chain has at most 1024 versions")
        new.by = set(new.signatures_hold())
        if not new.by:
            raise Refused("signatures", "nobody has signed")
        if new.previous and self.anchored(new.previous):
            self.judge(new)
        if new.id in self.known:
            self.known[new.id].by |= new.by if new.previous else set()
            return
        self.known[new.id] = new
        if self.anchored(new.id):
            self.after(new)

    def judge(self, new):
        before = self.known[new.previous]
        if new.number != before.number + 1 or new["made"] < before["made"] or new["bucket bits"] != before["bucket bits"]:
            raise Refused("invalid", "it does not follow the version before it")
        may_sign = set(before.organisations) | set(new.organisations)
        if len(may_sign) > 1000 or len(new.payload) + 128 * len(may_sign) > LARGEST:
            raise Refused("invalid", "no room for all who may sign it")
        new.by &= may_sign
        if not new.by & set(before.organisations):
            raise Refused("signatures", "no organisation of the version before has signed")

    def after(self, before):
        """What waited for this version falls away, or may lead on."""
        for new in [one for one in self.known.values() if one.previous == before.id]:
            try:
                self.judge(new)
            except Refused:
                del self.known[new.id]
            else:
                self.after(new)

    def rivals(self, before):
        return {one.id: one for one in self.known.values() if one.previous == before.id}

    def signed(self, before):
        """{organisation of the version before: the rivals that it signed}."""
        rivals = self.rivals(before).values()
        signed = {root: {one.id for one in rivals if root in one.by} for root in before.organisations}
        return {root: ids for root, ids in signed.items() if ids}

    def agreed(self, before):
        """The rivals that each has signed who must."""
        found = []
        for one in self.rivals(before).values():
            heirs = {heir for key, (heir, _) in one.former.items() if before.former.get(key, (None,))[0] != heir}
            must = set(one.organisations) - set(before.organisations) | heirs
            if must <= one.by:
                found.append(one.id)
        return sorted(found)

    def backed(self, before):
        signed = self.signed(before)
        return [one for one in self.agreed(before) if most(before, [root for root, ids in signed.items() if one in ids])]

    def stood_by(self, before):
        """{rival: the organisations of the version before that signed something upon it}."""
        rivals, signed = self.rivals(before), self.signed(before)
        by = {}
        for one in self.known.values():
            at = self.known.get(one.previous)
            while at and at.id not in rivals:
                at = self.known.get(at.previous)
            if at:
                for root in one.by & set(before.organisations):
                    if signed.get(root, set()) - {at.id} <= set(one.against):
                        by.setdefault(at.id, set()).add(root)
        twice = {root for root in before.organisations if sum(root in roots for roots in by.values()) > 1}
        return {rival: roots - twice for rival, roots in by.items()}

    def step(self, before):
        """(the version that follows, the rivals of a fork)."""
        backed, signed = self.backed(before), self.signed(before)
        by = self.stood_by(before)
        confirmed = [one for one in self.agreed(before) if most(before, by.get(one, ()))]
        if len(confirmed) == 1:
            return confirmed[0], []
        if len(backed) == 1:
            once = [root for root, ids in signed.items() if ids == {backed[0]}]
            return (backed[0] if most(before, once) else None), []
        return None, backed

    def current(self):
        """(the version that counts, the rivals of a fork)."""
        at = self.known[self.federation]
        while True:
            following, rivals = self.step(at)
            if following is None:
                return at, rivals
            at = self.known[following]

    def twice(self):
        """Organisations that signed two versions that follow one, from the one before the current on."""
        at, _ = self.current()
        versions = [self.known[at.previous], at] if at.previous else [at]
        return sorted(root for one in versions for root, ids in self.signed(one).items() if len(ids) > 1)


def most(before, roots):
    return 2 * len(set(roots) & set(before.organisations)) > len(before.organisations)


def ok_chain(world, cases):
    file = world.files["ok/chain.json"]
    for case in cases:
        documents = [hexed(one) for one in case["documents"]]
        for one in documents:
            wire.GRAMMAR.check("charter", cbor.tagged(one))
        for order in (documents, documents[::-1]):
            chain = Chain(hexed(file["charter"]))
            for one in order:
                chain.offer(one)
            at, rivals = chain.current()
            agree(f"{case['name']}: version", (case["version"], case["current"]), (at.number, at.id.hex()))
            agree(f"{case['name']}: fork", case["fork"], [one.hex() for one in rivals])
            agree(f"{case['name']}: twice", case["twice"], [root.hex() for root in chain.twice()])
            waiting = sorted(one for one in chain.known if not chain.anchored(one))
            agree(f"{case['name']}: waiting", case["waiting"], [one.hex() for one in waiting])
        yield case["name"]


def bad_chain(world, cases):
    file = world.files["bad/chain.json"]
    for case in cases:
        chain = Chain(hexed(file["charter"]))
        for one in case["known"]:
            chain.offer(hexed(one))
        try:
            chain.offer(hexed(case["hex"]))
        except Refused as no:
            agree(f"{case['name']}: refused by ({no})", case["refused"], no.rule)
        else:
            raise Disagreement(f"{case['name']}: the text takes it")
        yield case["name"]
