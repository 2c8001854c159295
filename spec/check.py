#!/usr/bin/env python3
"""Reads all vectors, good and bad, and the CDDL, by the text of this folder alone, and says whether all of them agree.

    pip install -r spec/requirements.txt
    python3 spec/check.py [FILE…]        such as ok/seal.json
    python3 spec/check.py --break        alters vectors, and wants to see each alteration noticed
"""

import sys

from checks.refusal import Disagreement, Refused
from checks.files import CHECKS, cases_of
from checks.world import World


def expected(file):
    cases = cases_of(file)
    if isinstance(cases, list):
        return len(cases)
    return sum(len(cases[part]) for part in ("evaluations", "elements", "proofs"))


def check(world, name):
    """How many cases agree. The first that does not ends it."""
    agreed, last = 0, "the file as a whole"
    try:
        for last in CHECKS[name](world, cases_of(world.files[name])):
            agreed += 1
    except (Disagreement, Refused) as no:
        raise SystemExit(f"{name}: case {agreed + 1}, after {last!r}: {no}") from no
    return agreed


def main(names):
    world = World()
    if unknown := set(world.files) ^ set(CHECKS):
        raise SystemExit(f"vectors without a check, or checks without vectors: {sorted(unknown)}")
    rows = []
    for name in names or CHECKS:
        agreed = check(world, name)
        rows.append((name, expected(world.files[name]), agreed))
    print(f"{'file':24}{'cases':>8}{'agreed':>8}")
    for name, cases, agreed in rows:
        print(f"{name:24}{cases:8}{agreed:8}")
    if any(cases != agreed for _, cases, agreed in rows):
        raise SystemExit("some cases were not checked")


if __name__ == "__main__":
    main(sys.argv[1:])
