"""What is left of grants (06, section 3)."""

import hashlib

from . import records
from .charter import Charter
from .refusal import agree


def counts_more(charter, grants, subject, day, counted):
    """How much more than the evaluations a day: `grants` as records, `counted` as {day: how many}."""
    quota = charter["evaluations a day"]
    said = {}
    for one in grants:
        if one.body["subject"] == subject and one.organisation != subject and one.issued <= day <= one.expires:
            said.setdefault(one.organisation, []).append(one)
    holders = [root for root in charter.shares.values() if root != subject]
    left = []
    for root in holders:
        if root in said:
            last = min(said[root], key=lambda one: (-one.issued, one.body["evaluations"], one.id))
            used = sum(max(0, counted.get(past, 0) - quota) for past in range(last.issued, day))
            left.append(max(0, last.body["evaluations"] - used))
    most = min(charter["threshold"], len(holders))
    left.sort(reverse=True)
    return left[most - 1] if 0 < most <= len(left) else 0


def ok_grants(world, cases):
    file = world.files["ok/grants.json"]
    charter, data = Charter(bytes.fromhex(file["charter"])), [bytes.fromhex(one) for one in file["records"]]
    for case in cases:
        grants = [records.parse(data[number]) for number in case["records"]]
        for one in grants:
            records.verify(one, charter.id)
            agree("kind", "grant", one.kind)
        counted = dict(map(tuple, case["counted"]))
        more = counts_more(charter, grants, charter.organisation(case["subject"]), case["day"], counted)
        agree(f"{case['name']}: more", case["more"], more)
        yield case["name"]
