"""E-mail, and the domains of other handles (03, section 3.3)."""

import ada_url
import regex

from ..refusal import Refused
from .clean import LETTER, LETTERS_AND_DIGITS, lower

PART = rf"[{LETTERS_AND_DIGITS}\p{{M}}!#$%&'*+\-=^_`{{|}}~]+"
LOCAL = regex.compile(rf"{PART}(\.{PART})*")
LABEL = regex.compile(r"(?!-|..--).{1,63}(?<!-)")
BETWEEN_WORDS = r"[\s<>()\[\],;]+"


def domain(text):
    """A domain in A-labels, or None. ada maps by UTS 46; what is stricter here is checked on the outcome."""
    name = ada_url.idna.encode(text.removesuffix(".")).decode()
    labels = name.split(".")
    if len(name) > 253 or len(labels) < 2 or not all(map(sound, labels)):
        return None
    return None if len(labels[-1]) < 2 or labels[-1].isdigit() else name


def sound(label):
    """Whether a label is of letters, digits and hyphens, and well hyphenated in its letters too."""
    shown = ada_url.idna.decode(label) if label.startswith("xn--") else label
    if not shown or len(label) > 63 or not regex.fullmatch("[a-z0-9-]+", label) or not LABEL.fullmatch(shown):
        return False
    return shown == label or ada_url.idna.encode(shown).decode() == label


def without_label(word):
    """`mail:name` as `name`."""
    label, colon, rest = word.rpartition(":")
    return rest if colon and regex.fullmatch(rf"[{LETTER}-]*", label) else word


def read(text, country=None):
    words = [word for word in regex.split(BETWEEN_WORDS, text.split("?")[0]) if "@" in word]
    if len(words) > 1:
        raise Refused("several")
    if not words:
        raise Refused("not-an-email")
    word = without_label(words[0].strip('"“”«»:')).rstrip(".!'’")
    local, _, name = word.rpartition("@")
    local, name = lower(local), domain(name)
    if name is None or not LOCAL.fullmatch(local) or len(local.encode()) > 64 or len(local.encode()) + 1 + len(name) > 254:
        raise Refused("not-an-email")
    return f"email:{local}@{name}"
