"""Canonical handles (03): from what somebody wrote to the one spelling, or the word that refuses it.

Every reader below takes (text, country) and returns `kind:text`. The tables are those of spec/handles.json.
"""

from ..refusal import Refused
from . import account, mail, page, phone, plate
from .clean import clean
from .choose import choose, without_prefix

READERS = {
    "phone": phone.read,
    "email": mail.read,
    "account": account.read,
    "plate": plate.read,
    "url": page.read,
}


def read(text, kind=None, country=None):
    """3.7: by the kind that is stated or written in front, or by what it looks like."""
    if len(text.encode()) > 512:
        raise Refused("too-long")
    text = clean(text)
    if not text:
        raise Refused("empty")
    country = {"UK": "GB"}.get(country, country)
    written, rest = without_prefix(text)
    if kind is None and written:
        kind, text = written, clean(rest)
        if not text:
            raise Refused("empty")
    elif written and kind == written:
        text = clean(rest)
    if kind is None:
        return choose(text, country)
    found = account.address(text)
    if found and (kind in ("account", "url") or found.startswith("phone:")):
        return found
    return READERS[kind](text, country)


def canonical(handle):
    """3.1: a canonical text is a fixed point of the rules of its kind, without a country."""
    kind, colon, text = handle.partition(":")
    try:
        if not colon or kind not in READERS or read(text, kind) != handle:
            raise Refused("not-canonical", handle)
    except Refused as no:
        raise Refused("not-canonical", str(no)) from no
