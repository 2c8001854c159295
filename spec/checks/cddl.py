"""Validates CBOR against the CDDL (RFC 8610) of spec/cddl, of which it knows as much as those files use.

`cddlparser` reads the files; what it reads is applied to values as `cbor.decode` gives them.
"""

import re
from math import inf
from pathlib import Path

import cddlparser
from cddlparser import ast
from cbor2 import CBORTag

from . import cbor
from .refusal import Refused

FOLDER = Path(__file__).parents[1] / "cddl"
PRELUDE = {
    "uint": lambda v: whole(v) and v >= 0,
    "int": lambda v: whole(v),
    "bytes": lambda v: isinstance(v, bytes),
    "bstr": lambda v: isinstance(v, bytes),
    "tstr": lambda v: isinstance(v, str),
    "text": lambda v: isinstance(v, str),
    "bool": lambda v: isinstance(v, bool),
    "true": lambda v: v is True,
    "false": lambda v: v is False,
    "null": lambda v: v is None,
    # For who checks the check.
    "nothing": lambda v: False,
}


def whole(value):
    return isinstance(value, int) and not isinstance(value, bool)


def same(value, literal):
    return type(value) is type(literal) and value == literal


class Grammar:
    def __init__(self, *names):
        self.rules, self.file_of = {}, {}
        for path in [FOLDER / name for name in names] if names else sorted(FOLDER.glob("*.cddl")):
            for rule in cddlparser.parse(path.read_text()).rules:
                name = rule.name.name
                if name in self.rules:
                    raise ValueError(f"{path.name} defines {name}, and {self.file_of[name]} has defined it")
                self.rules[name], self.file_of[name] = rule.type, path.name
        self.forget()
        for name, rule in self.rules.items():
            self.walk(rule, name)

    @classmethod
    def of(cls, rules):
        """Of rules that were read."""
        grammar = cls.__new__(cls)
        grammar.rules, grammar.file_of = rules, {}
        grammar.forget()
        return grammar

    def forget(self):
        self.used, self.seen = set(), set()
        # (a bound, other limits than its own), for who checks the check.
        self.moved = None

    def walk(self, node, where):
        """Every name that is used is defined somewhere."""
        if isinstance(node, ast.Typename):
            if node.name not in self.rules and node.name not in PRELUDE:
                raise ValueError(f"{self.file_of[where]}: {where} uses {node.name}, which nothing defines")
            self.used.add(node.name)
        if isinstance(node, ast.Memberkey) and node.hasColon:
            return
        for child in node.getChildren():
            self.walk(child, where)

    def roots(self):
        return [name for name in self.rules if name not in self.used]

    def check(self, name, value):
        if not self.type(self.rules[name], value):
            raise Refused("encoding", f"not a {name}")
        self.seen.add(name)

    def type(self, node, value):
        if isinstance(node, ast.Type):
            return any(self.type(one, value) for one in node.types)
        if isinstance(node, ast.GroupEntry):
            return self.type(node.type, value)
        if isinstance(node, ast.Typename):
            known = PRELUDE.get(node.name)
            if not (known(value) if known else self.type(self.rules[node.name], value)):
                return False
            self.seen.add(node.name)
            return True
        if isinstance(node, ast.Value):
            number = literal(node)
            if self.moved and self.moved[0] is node:
                return whole(value) and self.moved[1][0] <= value <= self.moved[1][1]
            return same(value, number)
        if isinstance(node, ast.Range):
            least, most = self.limits(node, range_of(node))
            return whole(value) and least <= value <= most
        if isinstance(node, ast.Tag):
            number = int(node.numericPart.literal.split(".")[1])
            return isinstance(value, CBORTag) and value.tag == number and self.type(node.typePart, value.value)
        if isinstance(node, ast.Operator):
            return self.type(node.type, value) and self.control(node, node.name.literal, node.controller, value)
        if isinstance(node, ast.Array):
            if not isinstance(value, list):
                return False
            return any(len(value) in self.sequence(one.groupEntries, value, 0) for one in choices(node))
        if isinstance(node, ast.Map):
            return isinstance(value, dict) and any(self.map(one.groupEntries, value) for one in choices(node))
        if isinstance(node, ast.Group) and len(node.groupChoices) == 1 and len(node.groupChoices[0].groupEntries) == 1:
            return self.type(node.groupChoices[0].groupEntries[0], value)
        raise NotImplementedError(type(node).__name__)

    def limits(self, node, own):
        return self.moved[1] if self.moved and self.moved[0] is node else own

    def control(self, node, name, controller, value):
        if name == "cbor":
            try:
                return self.type(controller, cbor.decode(value))
            except Refused:
                return False
        if name == "regexp":
            if repeated(node) is None:
                return re.fullmatch(literal(only(controller)), value) is not None
            one, *own = repeated(node)
            least, most = self.limits(node, own)
            return least <= len(value) <= most and re.fullmatch(f"{one}*", value) is not None
        if name == "size":
            least, most = self.limits(node, size_of(node))
            number = value if whole(value) else len(value.encode() if isinstance(value, str) else value)
            return least <= number <= most
        raise NotImplementedError(name)

    def group(self, node):
        """The entries of a name that stands for a group, or None."""
        node = only(node)
        if isinstance(node, ast.Typename) and node.name in self.rules:
            self.seen.update({node.name} if isinstance(self.rules[node.name], ast.GroupEntry) else ())
            node = only(self.rules[node.name])
        if isinstance(node, ast.GroupEntry):
            node = only(node.type)
        is_group = isinstance(node, ast.Group) and not isinstance(node, (ast.Array, ast.Map))
        return node.groupChoices[0].groupEntries if is_group else None

    def sequence(self, entries, value, start):
        """Where a group can end that begins at `start`."""
        ends = {start}
        for entry in entries:
            least, most = self.limits(entry, occurrence(entry))
            reached, here, count = set(), ends, 0
            while here:
                if count >= least:
                    reached |= here
                if count == most:
                    break
                here = {end for at in here for end in self.once(entry, value, at)} - reached
                count += 1
            ends = reached
        return ends

    def once(self, entry, value, at):
        inner = self.group(entry.type)
        if inner is not None:
            return self.sequence(inner, value, at)
        return {at + 1} if at < len(value) and self.type(entry.type, value[at]) else set()

    def map(self, entries, value):
        left = dict(value)
        return self.take(entries, left) and not left

    def take(self, entries, left):
        for entry in entries:
            if entry.key is None:
                if not self.take(self.group(entry.type), left):
                    return False
                continue
            if isinstance(only(entry.key.type), ast.Typename):
                for key in [key for key in left if self.type(entry.key.type, key)]:
                    if not self.type(entry.type, left.pop(key)):
                        return False
                continue
            key = literal(entry.key.type)
            if key not in left:
                if occurrence(entry)[0] > 0:
                    return False
            elif not self.type(entry.type, left.pop(key)):
                return False
        return True


def only(node):
    while isinstance(node, ast.Type) and len(node.types) == 1:
        node = node.types[0]
    return node


def choices(node):
    return node.groupChoices or [ast.GroupChoice([])]


def range_of(node):
    return literal(node.min), literal(node.max) - (node.rangeop.literal == "...")


def size_of(node):
    """What `.size` allows: of numbers, the numbers; else the lengths."""
    controller = only(node.controller)
    while isinstance(controller, ast.Group):
        controller = only(controller.groupChoices[0].groupEntries[0].type)
    if isinstance(controller, ast.Range):
        return range_of(controller)
    size = literal(controller)
    if only(node.type).name in ("uint", "int"):
        return 0, (1 << 8 * size) - 1
    return size, size


def repeated(node):
    """(a class of characters, how many of them at least, at most), where an expression is of that form."""
    form = re.fullmatch(r"(\[[^\]]+\])\{(\d+)(?:,(\d+))?\}", literal(only(node.controller)))
    return form and (form[1], int(form[2]), int(form[3] or form[2]))


def occurrence(entry):
    if entry.occurrence is None:
        return 1, 1
    if "".join(token.serialize() for token in entry.occurrence.tokens).strip() == "?":
        return 0, 1
    return entry.occurrence.n, entry.occurrence.m


def literal(node):
    node = only(node)
    if node.type == "number":
        return int(node.value, 0)
    if node.type == "hex":
        return bytes.fromhex(node.value)
    return node.value.encode() if node.type == "bytes" else node.value
