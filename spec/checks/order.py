"""Order does not decide (02, section 5): nodes that were offered the same records carry the same set."""

import random

from .admit import Node
from .records import parse, verify
from .refusal import Disagreement, Refused

NODES = 40


def every_record(world):
    """All records of the vectors, good and bad, that this federation's keys have signed."""
    found = []
    files = world.files
    good = files["ok/charter.json"]["cases"][0]["records"]
    cases = files["ok/records.json"]["cases"] + files["bad/records.json"]["cases"]
    for data in (*good, *(one for case in cases for one in (case["hex"], *case.get("carried", ())))):
        data = bytes.fromhex(data)
        try:
            verify(parse(data), world.charter.id)
        except Refused:
            continue
        if data not in found:
            found.append(data)
    return found


def settled(world, data, order):
    """What a node carries in the end that is offered the records again and again, in any order."""
    node, before = Node(world.charter, world.charter.organisation("lilas")), None
    while before != (before := set(node.carried)):
        order.shuffle(data)
        for one in data:
            try:
                node.offer(one, world.today)
            except Refused:
                pass
    return before


def check(world):
    """(records, those carried)."""
    data, order = every_record(world), random.Random(1)
    carried = settled(world, data, order)
    for _ in range(NODES - 1):
        if settled(world, data, order) != carried:
            raise Disagreement("two nodes were offered the same records, and do not carry the same")
    return len(data), len(carried)
