"""Alters the CDDL itself, one word at a time, and wants the vectors to notice: who checks that they hold every literal.

A literal is a number, a text, bytes, or a character of an expression. The mark of what may be absent and the names of
types are altered as well: nothing may be optional, and no alternative be there, of which there is no example.
"""

import re

import cddlparser
from cddlparser import ast

from . import bounds, cbor, cddl, examples
from .refusal import Disagreement, Refused

WORD = re.compile(
    r"""(?P<comment>;.*)|(?P<rule>(?m:^)[a-z][\w-]*(?=\s*=))|(?P<label>[a-z][\w-]*:)|(?P<control>\.[a-z]+)"""
    r"""|(?P<form>(?<=\.regexp )"[^"]*")|(?P<text>"[^"]*")|h'(?P<bytes>[0-9a-f]*)'"""
    r"""|(?P<number>(?<![#\w-])-?\d+)|(?P<optional>\?)|(?P<name>[a-z][\w-]*)"""
)
# What no value is.
NOTHING = "nothing"


def others(word):
    """What may stand for a word, none of which means the same."""
    kind, old = word.lastgroup, word.group()
    if kind == "text":
        return [f'{old[:-1]}x"', f'"x{old[1:]}']
    if kind == "bytes":
        return [f"h'00{old[2:]}"]
    if kind == "number":
        return [str(int(old) + by) for by in (1, -1) if int(old) + by >= 0 or int(old) < 0]
    if kind == "form":
        places = [at for at, one in enumerate(old) if one.isalnum()]
        return [old[:at] + chr(ord(old[at]) + by) + old[at + 1 :] for at in places for by in (1, -1)]
    return {"optional": [""], "name": [NOTHING]}.get(kind, [])


def altered(text):
    """(rule, line, what it was, what it is, the text with one word altered)."""
    rule = None
    for word in WORD.finditer(text):
        if word.lastgroup == "rule":
            rule = word.group()
        for new in others(word):
            line = text.count("\n", 0, word.start()) + 1
            yield rule, line, word.group(), new, text[: word.start()] + new + text[word.end() :]


class Held:
    """What holds the CDDL: examples that it takes, and what is at a bound or beyond it."""

    def __init__(self, world):
        found = {(rule, cbor.encode(value)): value for rule, value in examples.examples(world)}
        self.examples = [(rule, value) for (rule, data), value in sorted(found.items(), key=lambda one: len(one[0][1]))]
        self.cases = [
            (case["bound"], case["type"], value_of(case), which == "ok")
            for which in ("ok", "bad")
            for case in world.files[f"{which}/bounds.json"]["cases"]
        ]

    def notices(self, grammar, place):
        """Whether a grammar that was altered at a place does not fit."""
        if any(not takes(grammar, rule, value) for rule, value in self.examples):
            return True
        # What was made for the bounds of this rule shows it soonest, and almost always.
        first = sorted(self.cases, key=lambda case: not case[0].startswith(f"{place}, "))
        return any(takes(grammar, rule, value) != good for _, rule, value, good in first)


def value_of(case):
    """None, which nothing here is, of what is no CBOR."""
    try:
        return cbor.tagged(bounds.bytes_of(case))
    except Refused:
        return None


def takes(grammar, rule, value):
    return rule in grammar.rules and grammar.type(grammar.rules[rule], value)


def meant(rules, old):
    """Whether a word may be altered by itself. A group is no type: what is in it is altered instead."""
    return not isinstance(rules.get(old), ast.GroupEntry)


def check(world):
    """How many alterations were noticed."""
    held, count = Held(world), 0
    grammar = cddl.Grammar()
    for path in sorted(cddl.FOLDER.glob("*.cddl")):
        for rule, line, old, new, text in altered(path.read_text()):
            if new == NOTHING and not meant(grammar.rules, old):
                continue
            own = {one.name.name: one.type for one in cddlparser.parse(text).rules}
            other = cddl.Grammar.of({**grammar.rules, **own})
            if not held.notices(other, f"{path.name}: {rule}"):
                raise Disagreement(f"{path.name}, line {line}: {old} was altered to {new}, and nothing noticed")
            count += 1
    return count
