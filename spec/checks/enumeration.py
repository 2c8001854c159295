"""The numbers of the security chapter (08), computed from the charter's example."""

import datetime
import re
from fractions import Fraction
from math import ceil, floor

from .refusal import Disagreement, agree
from .sources import bits_for
from .world import VECTORS

TEXT = VECTORS.parent / "08-security.md"
ROW = re.compile(r"\| ([^|*]+) \| (\d*) ?\| (\d*) ?\| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|")


def seasons():
    """(first day, last day) of half years."""
    for year in range(2026, 2046):
        for month in (1, 7):
            until = datetime.date(year + (month == 7), 7 if month == 1 else 1, 1)
            yield datetime.date(year, month, 1), until - datetime.timedelta(days=1)


def handles(n, t, quota, a, s):
    return floor(Fraction(a * (n - s) * quota, t - s))


def number(text):
    return int(re.sub(r"\s", "", text))


def check(world):
    """How many numbers were computed and found in the text."""
    charter = world.charter
    n, t, quota = len(charter.shares), charter["threshold"], charter["evaluations a day"]
    text = TEXT.read_text()
    halves = list(seasons())
    season = max((last - first).days + 1 for first, last in halves)
    life = max((halves[at][1] - halves[at - 4][0]).days + 1 for at in range(4, len(halves))) + 4
    rows = ROW.findall(text)
    for who, a, s, *numbers in rows:
        own = number(found[1]) if (found := re.search(r"were Q (\d+)", who)) else quota
        # A member is bounded by the home node, and not by the keyholders.
        day = handles(n, t, own, int(a), int(s)) if a else own // 2
        computed = [day, day * season, day * life, ceil(10**7 / day), ceil(10**8 / day)]
        agree(f"08: {who}", [number(one) for one in numbers], computed)
    bits = bits_for(25_000, 20)
    share = 10**8 >> bits
    size = charter["records a day"] * 8192 / 2**20
    for sentence in (
        f"*t* = {t}, *n* = {n}, Q = {quota // 1000} 000",
        f"at most {season} days",
        f"at most {life} days",
        f"{bits} bits for 25 000 reports",
        f"{share / 10**4:.1f} · 10⁴ share the bucket",
        f"({size:.0f} MiB)",
        f"{charter['records a day'] // 1000} 000 records",
    ):
        if sentence not in re.sub(r"\s+", " ", text):
            raise Disagreement(f"08 does not say: {sentence}")
    return len(rows) * 5 + 7
