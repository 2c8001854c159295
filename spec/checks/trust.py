"""How far vouches lead (09)."""

from collections import Counter
from itertools import combinations
from typing import NamedTuple

from .refusal import agree

STEPS = 5
KINDS = {"report": 1, "translation": 2, "second": 3, "dispute": 4, "notice": 6}


def in_force(record, day):
    return record.issued <= day + 1 and day <= record.expires


def taken_back(record, records, day):
    """02, section 4: by a revocation that is in force, unless an affirmation that is stands by it."""

    def named(kind, field):
        return any(
            one.kind == kind and one.organisation == record.organisation and record.id in one.body.get(field, ())
            for one in records
            if in_force(one, day)
        )

    return named("revocation", "vouches") and not named("affirmation", "records")


def covers(body, kind, area):
    if "kinds" in body and KINDS[kind] not in body["kinds"]:
        return False
    return "areas" not in body or (area is not None and bool({area, area[:2]} & {*body["areas"]}))


class Vouch(NamedTuple):
    """One that costs: for another, in force, not taken back. `speaks`: it covers the question, and touches nobody blocked."""

    issuer: object
    subject: object
    budget: int
    slot: int
    speaks: bool = True


def void(vouches):
    """Section 1, rule 2: those of one issuer in one slot."""
    held = Counter((one.issuer, one.slot) for one in vouches)
    return [one for one in vouches if held[one.issuer, one.slot] > 1]


class Graph:
    """Section 1, as it is written, from vouches that cost and roots with their budgets."""

    def __init__(self, roots, vouches):
        self.roots = roots
        voided = {*void(vouches)}
        holding = [one for one in vouches if one not in voided]
        self.edges = []
        for one in holding:
            mine = (other for other in holding if other.issuer == one.issuer)
            cost = sum(other.budget + 1 for other in mine if other.slot <= one.slot)
            if one.speaks:
                self.edges.append((one, cost))
        best = [dict(self.roots)]
        for _ in range(STEPS):
            now, before = dict(self.roots), best[-1]
            for one, cost in self.edges:
                if one.issuer in before and cost <= before[one.issuer]:
                    now[one.subject] = max(one.budget, now.get(one.subject, 0))
            best.append(now)
        self.best = best
        self.counting = {(one.issuer, one.subject) for one, cost in self.edges if self.within(best[-2], one, cost)}

    @staticmethod
    def within(best, one, cost):
        return one.issuer in best and cost <= best[one.issuer]

    def distance(self, key):
        return min(steps for steps, best in enumerate(self.best) if key in best)

    def reached(self, key, without):
        seen = {root for root in self.roots if root not in without}
        while more := {b for a, b in self.counting if a in seen and b not in without} - seen:
            seen |= more
        return key in seen

    def level(self, key):
        """Menger's theorem: as many chains as it takes others to cut the key off."""
        if key in self.roots:
            return 3
        others = [one for one in self.best[-1] if one != key]
        for few in (1, 2):
            if any(not self.reached(key, gone) for gone in combinations(others, few)):
                return few
        return 3

    def __iter__(self):
        return iter(self.best[-1])


def of_records(roots, blocked, records, kind, area, day):
    """The graph of a question, on a day."""
    live = [one for one in records if one.kind == "vouch" and in_force(one, day)]
    live = [one for one in live if one.body["subject"] != one.organisation and not taken_back(one, records, day)]
    vouches = []
    for one in live:
        subject, speaks = one.body["subject"], covers(one.body, kind, area)
        speaks = speaks and not {one.organisation, subject} & {*blocked}
        vouches.append(Vouch(one.organisation, subject, one.body["budget"], one.body["number"], speaks))
    return Graph({key: budget for key, budget in roots.items() if key not in blocked}, vouches)


def counted(charter, records, case, day):
    """04, part 4: who is counted, with level and distance."""
    bytes_of = bytes.fromhex
    roots = {bytes_of(key): budget for key, budget in case["roots"]}
    blocked, dropped = ({bytes_of(key) for key in case[name]} for name in ("blocked", "dropped"))
    graph = of_records(roots, blocked, records, case["asked"]["kind"], case["asked"]["area"], day)
    shown = sorted(key for key in graph if key in charter.organisations and key not in dropped)
    return [[key.hex(), graph.level(key), graph.distance(key)] for key in shown]


def evaluated(file):
    """Section 5: what comes of a graph in a file. `text`, which is for people, is left out."""
    roots = {}
    for one in file["roots"]:
        roots[one["name"]] = max(one["budget"], roots.get(one["name"], 0))
    every = [Vouch(one["from"], one["to"], one["budget"], one["slot"]) for one in file["vouches"]]
    others = [one for one in every if one.issuer != one.subject]
    graph = Graph(roots, others)
    voided, budgets = void(others), graph.best[-1]

    def why(one):
        if one.issuer == one.subject:
            return "oneself"
        if one in voided:
            return "slot-twice"
        if one.issuer not in budgets:
            return "issuer-not-accepted"
        cost = next(cost for other, cost in graph.edges if other == one)
        if cost > budgets[one.issuer]:
            return "over-budget"
        return None if graph.within(graph.best[-2], one, cost) else "too-far"

    accepted = [
        {"name": key, "budget": budgets[key], "level": graph.level(key), "distance": graph.distance(key)}
        for key in sorted(graph, key=str.encode)
    ]
    ignored = [
        {"from": one.issuer, "to": one.subject, "slot": one.slot, "why": why(one)}
        for one in sorted(every, key=lambda one: (one.issuer.encode(), one.slot))
        if why(one)
    ]
    return {"accepted": accepted, "ignored": ignored}


def ok_trust(world, cases):
    for case in cases:
        graph = case["graph"]
        answer = evaluated(graph)
        for part in ("accepted", "ignored"):
            agree(f"{case['name']}: {part}", case[part], answer[part])
        # Who is in does not hang on the order in which vouches are heard of.
        agree("turned round", case["accepted"], evaluated({**graph, "vouches": graph["vouches"][::-1]})["accepted"])
        yield case["name"]
