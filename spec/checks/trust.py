"""How far vouches lead (09)."""

from itertools import combinations

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


class Graph:
    """Section 1, as it is written."""

    def __init__(self, roots, blocked, records, kind, area, day):
        self.roots = {key: budget for key, budget in roots.items() if key not in blocked}
        live = [one for one in records if one.kind == "vouch" and in_force(one, day)]
        live = [one for one in live if one.body["subject"] != one.organisation and not taken_back(one, records, day)]
        slots = {}
        for one in live:
            slots.setdefault((one.organisation, one.body["number"]), []).append(one)
        holding = [same[0] for same in slots.values() if len(same) == 1]
        edges = []
        for one in holding:
            mine = (other for other in holding if other.organisation == one.organisation)
            cost = sum(other.body["budget"] + 1 for other in mine if other.body["number"] <= one.body["number"])
            if not {one.organisation, one.body["subject"]} & {*blocked} and covers(one.body, kind, area):
                edges.append((one.organisation, one.body["subject"], one.body["budget"], cost))
        best = [dict(self.roots)]
        for _ in range(STEPS):
            now, before = dict(self.roots), best[-1]
            for issuer, subject, budget, cost in edges:
                if issuer in before and cost <= before[issuer]:
                    now[subject] = max(budget, now.get(subject, 0))
            best.append(now)
        self.best = best
        self.counting = {(a, b) for a, b, _, cost in edges if a in best[-2] and cost <= best[-2][a]}

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


def counted(charter, records, case, day):
    """04, part 4: who is counted, with level and distance."""
    bytes_of = bytes.fromhex
    roots = {bytes_of(key): budget for key, budget in case["roots"]}
    blocked, dropped = ({bytes_of(key) for key in case[name]} for name in ("blocked", "dropped"))
    graph = Graph(roots, blocked, records, case["asked"]["kind"], case["asked"]["area"], day)
    shown = sorted(key for key in graph if key in charter.organisations and key not in dropped)
    return [[key.hex(), graph.level(key), graph.distance(key)] for key in shown]
