"""The numbers of the security chapter (08), computed from the charter's example."""

import datetime
import re
from fractions import Fraction
from math import ceil, floor

from .refusal import Disagreement, agree
from .sources import bits_for
from .world import VECTORS

TEXT = VECTORS.parent / "08-security.md"
OTHER = re.compile(r"^\| (\d+) \| (\d+) \| ([\d ]+) \| ([\d ]+) \| ([\d ]+) \| ([\d ]+)(, and on)? \|$", re.MULTILINE)
ROW = re.compile(r"\| ([^|*]+) \| (\d*) ?\| (\d*) ?\| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|")


def seasons():
    """(first day, last day) of half years."""
    for year in range(2026, 2046):
        for month in (1, 7):
            until = datetime.date(year + (month == 7), 7 if month == 1 else 1, 1)
            yield datetime.date(year, month, 1), until - datetime.timedelta(days=1)


def handles(n, t, quota, a, s, days=1):
    return floor(Fraction(a * (n - s) * days * quota, t - s))


def least(in_days, count):
    """In how many days there are so many."""
    days = ceil(count / in_days(1))
    return next(fewer for fewer in range(1, days + 1) if in_days(fewer) >= count)


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
        in_days = (lambda days: handles(n, t, own, int(a), int(s), days)) if a else (lambda days: own // 2 * days)
        computed = [*map(in_days, (1, season, life)), *(least(in_days, count) for count in (10**7, 10**8))]
        agree(f"08: {who}", [number(one) for one in numbers], computed)
    others = OTHER.findall(text)
    for holders, needed, *numbers, on in others:
        holders, needed = int(holders), int(needed)
        seats = [(1, 0, 1), (1, 1, 1), (needed - 1, needed - 1, 1), (needed - 1, needed - 1, life)]
        computed = [handles(holders, needed, quota, a, s, days) for a, s, days in seats]
        agree(f"08: {needed} of {holders}", [number(one) for one in numbers], computed)
        # Who is honest and not captured ends a season, or is too few to.
        agree(f"08: {needed} of {holders}, for ever", bool(on), holders - (needed - 1) < needed)
    if not others:
        raise Disagreement("08 has no other numbers of keyholders")
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
    return len(rows) * 5 + len(others) * 4 + 7
