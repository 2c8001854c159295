#!/usr/bin/env python3
"""Reads all vectors, good and bad, by the text of this folder alone, holds the CDDL against all examples, and says
whether everything agrees.

    pip install -r spec/requirements.txt
    python3 spec/check.py                the whole
    python3 spec/check.py ok/seal.json   one file
    python3 spec/check.py --break        alters vectors one value at a time, and wants to see each alteration noticed
"""

import sys

import phonenumbers

from checks import alter, bounds, enumeration, examples, links, literals, make, order, printed
from checks.files import CHECKS, cases_of
from checks.refusal import Disagreement, Refused, agree
from checks.world import VECTORS, World


def expected(file):
    cases = cases_of(file)
    if isinstance(cases, list):
        return len(cases)
    return sum(len(cases[part]) for part in ("evaluations", "elements", "proofs"))


def check(world, name):
    """How many cases agree. The first that does not ends it."""
    file, agreed, last = world.files[name], 0, "the head of the file"
    try:
        if isinstance(file, dict) and "federation" in file and "good" not in file:
            agree("federation", file["federation"], world.charter.id.hex())
            agree("today", file["today"], world.today)
        for last in CHECKS[name](world, cases_of(file)):
            agreed += 1
    except (Disagreement, Refused) as no:
        raise SystemExit(f"{name}: the case after {last!r} ({agreed} agreed): {no}") from no
    return agreed


def main(arguments):
    world = World()
    if unknown := set(world.files) ^ set(CHECKS):
        raise SystemExit(f"vectors without a check, or checks without vectors: {sorted(unknown)}")
    if arguments == ["--break"]:
        counts = alter.check(world, CHECKS)
        print(f"{'file':24}{'altered and noticed':>20}")
        for name, noticed in counts.items():
            print(f"{name:24}{noticed:20}")
        print(f"bounds of the CDDL: moved {bounds.moved(world)} times, and noticed")
        print(f"words of the CDDL: altered {literals.check(world)} times, and noticed")
        print(f"numbers of the text: {alter.numbers(world, CHECKS)} others noticed")
        return
    rows = [(name, expected(world.files[name]), check(world, name)) for name in arguments or CHECKS]
    print(f"{'file':24}{'cases':>8}{'agreed':>8}")
    for name, cases, agreed in rows:
        print(f"{name:24}{cases:8}{agreed:8}")
    if any(cases != agreed for _, cases, agreed in rows):
        raise SystemExit("some cases were not checked")
    if not arguments:
        types, taken, refused = examples.check(world)
        print(f"CDDL: {types} types, {taken} examples taken, {refused} alterations of them refused")
        for name, text in make.files().items():
            if (VECTORS / name).read_text() != text:
                raise SystemExit(f"{name} is not what checks/make.py writes: cd spec && python3 -m checks.make")
        print(f"examples.md: {printed.check(world)} blocks of bytes; 08: {enumeration.check(world)} numbers computed")
        print(f"references: {links.check()} followed")
        offered, carried = order.check(world)
        print(f"order: {order.NODES} nodes, offered {offered} records in any order, carry the same {carried}")
        print(f"phones by the tables of libphonenumber {phonenumbers.__version__}")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Disagreement as no:
        raise SystemExit(str(no)) from no
