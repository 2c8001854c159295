"""Alters vectors, one value at a time, and wants each alteration noticed: who checks the check."""

import copy
import re

from . import trust
from .refusal import Disagreement, Refused
from .world import World

HEX = re.compile(r"(?:[0-9a-f]{2}){4,}")
VALUES = ("canonical", "kind", "season", "bucket", "left", "size", "bits", "again", "today", "in_doubt", "counts", "more")
# Numbers of the records that something came to.
RESULTS = re.compile(r"(served|holds|aside|steps\.\d+\.(carried|over)|accepted|ignored)$")
# Numbers that are results where they stand here, and elsewhere are not.
FOUND = re.compile(r"accepted\.\d+\.(budget|level|distance)$")
VERDICTS = ("refused", "rule", "error", "step", "verdict", "why")
# What nothing determines: the surplus of a report, a threshold that more answers than needed would meet, records in
# scenes that are refused as they are, whose node answers where it makes no difference, bytes of signatures that do not
# count, ids and roots that nobody has, the digest of an earlier generation. Examples of JSON stand for nothing but their
# form, which examples.py alters.
FREE = {
    "ok/scenes.json": re.compile(r"(home|hex)$"),
    # checks/bounds.py alters these, one bound at a time.
    "ok/bounds.json": re.compile(r"runs"),
    "ok/signatures.json": re.compile(r"(key|message|signature)$"),
    "ok/aside.json": re.compile(r"home$"),
    "ok/http.json": re.compile(r"json\."),
    "ok/views.json": re.compile(r"seen\.digest$"),
    "ok/replies.json": re.compile(r"(home|question)$"),
    "ok/counted.json": re.compile(r"(roots\.\d+\.0|(blocked|dropped)\.\d+|asked\.kind)$"),
    "ok/seal.json": re.compile(r"report\.(entries\.\d+\.2|area_wrap)$"),
    "ok/voprf.json": re.compile(r"(threshold|index)$"),
}


def altered(value, way=""):
    """(where, a copy with one value altered)."""
    key = way.rpartition(".")[2]
    if RESULTS.search(way) and isinstance(value, list) and value:
        yield way, value[:-1]
    if isinstance(value, (dict, list)):
        for at in value if isinstance(value, dict) else range(len(value)):
            for where, part in altered(value[at], f"{way}.{at}".lstrip(".")):
                whole = copy.copy(value)
                whole[at] = part
                yield where, whole
    elif isinstance(value, str) and HEX.fullmatch(value):
        middle = len(value) // 2
        yield way, value[:middle] + f"{int(value[middle], 16) ^ 1:x}" + value[middle + 1 :]
    elif (key in VALUES + VERDICTS or FOUND.search(way)) and isinstance(value, (str, int)):
        yield way, value + ("x" if isinstance(value, str) else 1)


def cases_alone(file):
    """What a check takes for each case by itself."""
    cases = file if isinstance(file, list) else file.get("cases")
    return [file] if cases is None else [[case] for case in cases]


def alterations(name, file):
    """Every one that must be noticed: of a good vector all of its values, of a bad one the verdict."""
    for case in cases_alone(file):
        for where, bad in altered(case):
            verdict = where.rpartition(".")[2] in VERDICTS
            if verdict if name.startswith("bad/") else not (name in FREE and FREE[name].search(where)):
                yield where, bad


def made_good(world, name, file):
    """Bad vectors with the bytes of a good one: whoever takes only good ones must miss the refusal."""
    good = name.replace("bad/", "ok/")
    for case in file["cases"] if name in ("bad/charter.json", "bad/records.json", "bad/wire.json") else ():
        if case.get("carried") or case.get("today", file["today"]) != file["today"]:
            continue
        named = [one for one in world.files[good]["cases"] if one.get("type") == case.get("type")]
        if named:
            yield f"{case['name']}, made good", [{**case, "hex": named[0]["hex"]}]


# Numbers of the text that nothing but these vectors holds: with any other they must not agree.
NUMBERS = ((trust, "STEPS", "ok/trust.json", (1, 2, 3, 4, 6, 7, 50)),)


def numbers(world, checks):
    """How many other numbers were noticed."""
    count = 0
    for module, name, file, others in NUMBERS:
        right = getattr(module, name)
        for other in others:
            setattr(module, name, other)
            try:
                list(checks[file](world, world.files[file]["cases"]))
            except Disagreement:
                count += 1
                continue
            finally:
                setattr(module, name, right)
            raise Disagreement(f"{file} agrees though {module.__name__}.{name} is {other}")
    return count


def check(world, checks):
    """{file: alterations that were noticed}."""
    counts = {}
    for name, file in world.files.items():
        counts[name] = 0
        for case in cases_alone(file):
            list(checks[name](world, case))
        for where, cases in (*alterations(name, file), *made_good(world, name, file)):
            other = copy.copy(world)
            if name in ("ok/charter.json", "ok/certificate.json"):
                other = World()
                other.files = {**world.files, name: {**file, "cases": cases}}
            try:
                list(checks[name](other, cases))
            except (Disagreement, Refused, ValueError, KeyError, StopIteration, IndexError):
                counts[name] += 1
                continue
            raise Disagreement(f"{name}: {where} was altered, and nothing noticed")
    return counts
