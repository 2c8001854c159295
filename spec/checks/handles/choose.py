"""Which kind (03, section 3.7)."""

import regex

from ..refusal import Refused
from . import account, mail, page, phone, plate

PREFIXES = {
    "phone": "phone",
    "tel": "phone",
    "sms": "phone",
    "email": "email",
    "e-mail": "email",
    "mailto": "email",
    "account": "account",
    "plate": "plate",
    "url": "url",
}


def without_prefix(text):
    """(the kind that is written in front or None, the rest)."""
    front, colon, rest = text.partition(":")
    kind = PREFIXES.get(front.strip().lower()) if colon else None
    return (kind, rest) if kind else (None, text)


def looks_like_phone(text):
    found = regex.fullmatch(r"(?:\p{L}+[.:]*\s*:?\s*)?([+\d\s\p{Pd}./()\[\]~'’·•#*]+)", text)
    return bool(found) and len(phone.digits(found[1])) >= 6


def looks_like_page(text):
    if regex.match(r"https?://", text, regex.I):
        return True
    found = regex.match(r"([^\s/?#:]+)(:\d+)?(?=[/?#]|$)", text)
    name = mail.domain(found[1]) if found and not regex.search(r"\s", text) else None
    return bool(name) and regex.fullmatch(r"[a-z]+|xn--[a-z0-9-]+", name.split(".")[-1]) is not None


def choose(text, country):
    if found := account.address(text):
        return found
    if regex.search(r"[^\s@:]@[^\s@]", text):
        return mail.read(text)
    if looks_like_page(text):
        return page.read(text)
    if looks_like_phone(text):
        return phone.read(text, country)
    if found := account.named(text, country):
        return found
    if text.startswith("@"):
        return account.read(text)
    where, rest = plate.split(text, country)
    if where and plate.shaped(rest, where):
        return plate.read(text, country)
    if plate.shaped(rest, None) and not regex.search("_", text) and regex.search(r"\p{L}", text):
        raise Refused("no-country")
    if regex.fullmatch(r"[^\s]*\p{L}[^\s]*", text):
        raise Refused("no-platform")
    raise Refused("unknown-kind")
