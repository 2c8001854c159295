"""Every bound of the CDDL by itself: values at it are taken, values one beyond it are not.

A bound is a length, a range of numbers, a number of items, a number that must be this one, or the first and the last character
of a range in an expression. `vectors/ok/bounds.json` has a value at each, `vectors/bad/bounds.json` one beyond each; both were
made from examples by `walk`, and stay when the CDDL changes. So whoever moves a bound by one, out or in, disagrees with them.
"""

import re
from math import inf

from cddlparser import ast
from cbor2 import CBORTag

from . import cbor, cddl, wire
from .refusal import Disagreement, Refused

LOW, HIGH = "low", "high"
# Numbers of which the next is another alternative of the same form, so that nothing lies between: (file, rule, bounds).
BESIDE = {
    f"{rule}, bound {one}"
    for rule, bounds in (
        ("client.cddl: wanted", ("2, high", "3, low", "3, high", "4, low")),
        ("common.cddl: key-name", ("2, high", "3, low")),
        ("peer.cddl: peer-request", ("2, high", "10, high")),
        ("records.cddl: translation-payload", ("1, high",)),
        ("records.cddl: second-payload", ("1, low", "1, high")),
        ("records.cddl: dispute-payload", ("1, low",)),
        ("records.cddl: report", ("1, high", "2, low")),
        ("records.cddl: vouched-kind", ("1, high", "2, low", "2, high", "3, low", "3, high", "4, low")),
    )
    for one in bounds
}
# A part of an expression: what one character may be, and how often it comes; and the ranges of a class.
PART = re.compile(r"(\[[^\]]+\]|.)(\{[\d,]+\})?")
RANGE = re.compile(r"(.)-(.)|(.)")
# A run of bytes that is written by itself, with how often it comes.
WORTH = 16


def sites(grammar):
    """[(name, node, side)] of every bound."""
    found = []
    for rule, top in grammar.rules.items():
        count = 0
        for node in within(top):
            sides = [*met(node), *characters(node)]
            count += bool(sides) or ends(node) is not None
            found += [(f"{grammar.file_of[rule]}: {rule}, bound {count}, {side}", node, side) for side in sides]
    return found


def within(node):
    yield node
    # A key of a map is no value, and what stands in a bound belongs to it.
    if isinstance(node, (ast.Memberkey, ast.Range)):
        return
    for child in node.getChildren():
        if not (isinstance(node, ast.Operator) and node.name.literal in ("size", "regexp") and child is node.controller):
            yield from within(child)


def ends(node):
    """(least, most) where a node is a bound."""
    if isinstance(node, ast.Range):
        return cddl.range_of(node)
    if isinstance(node, ast.GroupEntry) and node.occurrence is not None:
        least, most = cddl.occurrence(node)
        return None if (least, most) == (0, 1) else (least, most)
    if isinstance(node, ast.Operator) and node.name.literal == "size":
        return cddl.size_of(node)
    if isinstance(node, ast.Operator) and node.name.literal == "regexp":
        return (form := cddl.repeated(node)) and form[1:]
    if isinstance(node, ast.Value) and node.type == "number":
        return (cddl.literal(node),) * 2
    return None


def met(node):
    """{side: the number at it}. Of a list that may be empty nothing is fewer."""
    limits = ends(node)
    if limits is None:
        return {}
    low = {} if limits[0] == 0 and isinstance(node, ast.GroupEntry) else {LOW: limits[0]}
    return low | ({HIGH: limits[1]} if limits[1] != inf else {})


def outside(node, side):
    """The number one beyond, or None: no length is less than none."""
    if side == HIGH:
        return met(node)[HIGH] + 1
    least = met(node)[LOW] - 1
    return least if least >= 0 or isinstance(node, (ast.Range, ast.Value)) else None


def characters(node):
    """{side: (which part of the expression, the character at it, the one beyond)}."""
    found = {}
    if isinstance(node, ast.Operator) and node.name.literal == "regexp":
        for at, (one, _) in enumerate(PART.findall(cddl.literal(cddl.only(node.controller)))):
            for first, last, alone in RANGE.findall(one[1:-1] if len(one) > 1 else one):
                number = len(found) // 2 + 1
                found[f"characters {number}, {LOW}"] = at, first or alone, chr(ord(first or alone) - 1)
                found[f"characters {number}, {HIGH}"] = at, last or alone, chr(ord(last or alone) + 1)
    return found


class Walk:
    """Values that differ from an example in one bound: at it, or beyond it by one."""

    def __init__(self, grammar, beyond):
        self.grammar, self.beyond = grammar, beyond

    def limits(self, node):
        """(side, the number to have) for every side."""
        for side, number in met(node).items():
            other = outside(node, side) if self.beyond else number
            if other is not None:
                yield side, other

    def of(self, node, value):
        """(node, side, value, what is repeated)."""
        match = self.grammar.type
        if isinstance(node, ast.Type):
            for one in node.types:
                if match(one, value):
                    yield from self.of(one, value)
        elif isinstance(node, ast.GroupEntry):
            yield from self.of(node.type, value)
        elif isinstance(node, ast.Typename):
            if node.name in self.grammar.rules:
                yield from self.of(self.grammar.rules[node.name], value)
        elif isinstance(node, ast.Range) or isinstance(node, ast.Value) and ends(node):
            for side, number in self.limits(node):
                yield node, side, number, b""
        elif isinstance(node, ast.Tag):
            for at, side, inner, unit in self.of(node.typePart, value.value):
                yield at, side, CBORTag(value.tag, inner), unit
        elif isinstance(node, ast.Operator):
            yield from self.operator(node, value)
        elif isinstance(node, ast.Array):
            for one in cddl.choices(node):
                for end, uses in self.fits(one.groupEntries, value, 0):
                    if end == len(value):
                        yield from self.items(uses, value)
                        break
        elif isinstance(node, ast.Map):
            for one in cddl.choices(node):
                if self.grammar.map(one.groupEntries, value):
                    yield from self.fields(one.groupEntries, value)
                    break
        elif isinstance(node, ast.Group):
            yield from self.of(node.groupChoices[0].groupEntries[0], value)

    def operator(self, node, value):
        name = node.name.literal
        if name == "cbor":
            for at, side, inner, unit in self.of(node.controller, cbor.decode(value)):
                yield at, side, cbor.encode(inner), unit
        elif name == "regexp":
            for side, size in self.limits(node):
                yield node, side, value[0] * size, b""
            parts = "".join(f"({one}{often})" for one, often in PART.findall(cddl.literal(cddl.only(node.controller))))
            for side, (part, *pair) in characters(node).items():
                at = re.fullmatch(parts, value).start(part + 1)
                yield node, side, value[:at] + pair[self.beyond] + value[at + 1 :], b""
        elif name == "size":
            for side, size in self.limits(node):
                if cddl.whole(value):
                    yield node, side, size, b""
                elif isinstance(value, bytes):
                    yield node, side, value[:size] + bytes(size - len(value[:size])), b"\0"
                else:
                    yield node, side, "a" * size, b"a"

    def fits(self, entries, value, at):
        """Ways to read the items from `at` on: (end, what was read); the longest first."""
        if not entries:
            yield at, []
            return
        entry, rest = entries[0], entries[1:]
        least, most = cddl.occurrence(entry)

        def more(at, spans, uses):
            if len(spans) < most:
                for end, used in self.once(entry, value, at):
                    if end > at:
                        yield from more(end, [*spans, (at, end)], [*uses, *used])
            if len(spans) >= least:
                for end, used in self.fits(rest, value, at):
                    yield end, [*uses, (entry, spans), *used]

        yield from more(at, [], [])

    def once(self, entry, value, at):
        inner = self.grammar.group(entry.type)
        if inner is not None:
            yield from self.fits(inner, value, at)
        elif at < len(value) and self.grammar.type(entry.type, value[at]):
            yield at + 1, [(entry.type, at)]

    def items(self, uses, value):
        for node, where in uses:
            if isinstance(where, int):
                for at, side, inner, unit in self.of(node, value[where]):
                    yield at, side, [*value[:where], inner, *value[where + 1 :]], unit
            elif ends(node) and where:
                spans = [value[a:b] for a, b in where]
                least = min(spans, key=lambda span: len(cbor.encode(span)))
                unit = b"".join(map(cbor.encode, least))
                for side, count in self.limits(node):
                    kept = [one for span in (spans[:count] + [least] * (count - len(spans))) for one in span]
                    yield node, side, [*value[: where[0][0]], *kept, *value[where[-1][1] :]], unit

    def fields(self, entries, value):
        for entry in entries:
            if entry.key is None:
                yield from self.fields(self.grammar.group(entry.type), value)
            elif isinstance(cddl.only(entry.key.type), ast.Typename):
                continue  # Names of any sort, in JSON: no bound stands there.
            elif (key := cddl.literal(entry.key.type)) in value:
                for at, side, inner, unit in self.of(entry.type, value[key]):
                    yield at, side, {**value, key: inner}, unit


# What is nothing by itself. Whole messages are read by more.
PARTS = re.compile(r"(binding|-structure|entries|vouched-kind|ceremony-(join|echo|deal|complaint|done|stop))$")


def rank(rule, data):
    return bool(PARTS.search(rule)), len(data), data


def made(examples, beyond):
    """{name of the bound: (rule, bytes, what is repeated)}; of several examples the shortest, of whole messages if there is one."""
    grammar = wire.GRAMMAR
    named = {(id(node), side): name for name, node, side in sites(grammar)}
    walk, found, seen = Walk(grammar, beyond), {}, set()
    for rule, value in examples:
        if (mark := (rule, cbor.encode(value))) in seen:
            continue
        seen.add(mark)
        for node, side, other, unit in walk.of(grammar.rules[rule], value):
            name, data = named[id(node), side], cbor.encode(other)
            known = found.get(name)
            if (known is None or rank(rule, data) < rank(*known[:2])) and taken(rule, data) != bool(beyond):
                found[name] = rule, data, unit
    return dict(sorted(found.items()))


def taken(rule, data):
    try:
        wire.GRAMMAR.check(rule, cbor.tagged(data))
    except Refused:
        return False
    return True


def runs(data, unit):
    """[[hex, times]]: the longest run of the unit by itself."""
    at = data.find(unit * WORTH) if unit else -1
    if at < 0:
        return [[data.hex(), 1]]
    times = 0
    while data.startswith(unit, at + times * len(unit)):
        times += 1
    rest = data[at + times * len(unit) :]
    return [[part.hex(), n] for part, n in ((data[:at], 1), (unit, times), (rest, 1)) if part]


def bytes_of(case):
    return b"".join(bytes.fromhex(part) * times for part, times in case["runs"])


def ok_bounds(world, cases):
    for case in cases:
        if not taken(case["type"], bytes_of(case)):
            raise Disagreement(f"{case['bound']}: the value at it is refused")
        yield case["bound"]


def bad_bounds(world, cases):
    for case in cases:
        if taken(case["type"], bytes_of(case)):
            raise Disagreement(f"{case['bound']}: the value beyond it is taken")
        yield case["bound"]


def moved(world):
    """Every bound is moved by one, out and in, and the vectors notice. How many times."""
    grammar, count = wire.GRAMMAR, 0
    good, bad = ({case["bound"]: case for case in world.files[f"{which}/bounds.json"]["cases"]} for which in ("ok", "bad"))
    names = {name for name, _, _ in sites(grammar)}
    end = {name for name, node, side in sites(grammar) if side in met(node) and outside(node, side) is None}
    for cases, which, wanted in ((good, "ok", names), (bad, "bad", names - BESIDE - end)):
        if other := set(cases) ^ wanted:
            raise Disagreement(f"{which}/bounds.json and the bounds of the CDDL are not the same: {sorted(other)}")
    for name, node, side in sites(grammar):
        for cases, out in ((bad, 1), (good, -1)):
            if name not in cases or side not in met(node):
                continue
            least, most = ends(node)
            grammar.moved = node, (least - out, most) if side == LOW else (least, most + out)
            try:
                if taken(cases[name]["type"], bytes_of(cases[name])) != (out == 1):
                    raise Disagreement(f"{name}: it was moved by {out}, and nothing noticed")
                count += 1
            finally:
                grammar.moved = None
    return count
