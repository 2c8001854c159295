"""E-mail (03, section 3.3)."""

import idna
import regex

from ..refusal import Refused
from .clean import clean, lower

LOCAL = regex.compile(r"[\p{Alphabetic}\p{N}\p{M}!#$%&'*+\-=^_`{|}~]+(\.[\p{Alphabetic}\p{N}\p{M}!#$%&'*+\-=^_`{|}~]+)*")


def domain(text):
    """A name of the DNS in A-labels, or None."""
    text = text.removesuffix(".")
    try:
        name = idna.encode(text, uts46=True, std3_rules=True).decode()
    except (idna.IDNAError, UnicodeError):
        return None
    labels = name.split(".")
    if len(labels) < 2 or len(labels[-1]) < 2 or labels[-1].isdigit() or len(name) > 253:
        return None
    return name


def read(text, country=None):
    words = [word for word in regex.split(r"[\s<>()\[\],;\"]+", text) if "@" in word] if '"' not in text else [text]
    if len(words) > 1:
        raise Refused("several")
    if not words:
        raise Refused("not-an-email")
    word = regex.sub(r"^(?:[^\W\d]+:)+", "", words[0]).split("?")[0]
    local, _, name = lower(word).rpartition("@")
    name = domain(name)
    found = clean(f"{local}@{name}")
    if not name or not 1 <= len(local.encode()) <= 64 or not LOCAL.fullmatch(local) or len(found.encode()) > 254:
        raise Refused("not-an-email")
    return "email:" + found
