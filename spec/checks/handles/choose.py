"""Which kind (03, section 3.7)."""

import regex

from ..refusal import Refused
from . import account, mail, phone, plate
from .clean import LETTER
from .tables import TABLES

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
    return (kind, rest.lstrip()) if kind else (None, text)


def is_mail(text):
    for word in regex.split(r"[\s<>(),;]+", text):
        local, at, domain = word.partition("@")
        local = mail.without_label(local)
        if at and local and domain and not regex.search("[/:]", local):
            return True
    return False


def is_page(text):
    if regex.search(r"\s", text):
        return False
    if regex.match(r"https?://|www\.", text, regex.I):
        return True
    host, path = regex.fullmatch(r"([^/?#:]*)(.*)", text, regex.S).groups()
    name, dot, ending = host.rpartition(".")
    if not name or not regex.fullmatch(rf"{LETTER}{{2,}}", ending):
        return False
    return path.startswith("/") or ending.lower() in TABLES["endings of pages"]


def choose(text, country):
    """(kind, found): the kind; or what an address or a platform has already made of the text."""
    if found := account.address(text):
        return None, found
    if is_mail(text):
        return "email", None
    if is_page(text):
        return "url", None
    if phone.looks_like(text):
        return "phone", None
    if found := account.with_platform(text):
        return None, found
    if text.startswith("@"):
        return "account", None
    if plate.looks_like(text, country):
        return "plate", None
    if regex.search(LETTER, text) and not regex.search(r"\s", text):
        raise Refused("no-platform")
    raise Refused("unknown-kind")
