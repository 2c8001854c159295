"""Canonical handles (03): from what somebody wrote to the one spelling, or the word that refuses it.

The tables are those of spec/handles.json.
"""

from ..refusal import Refused
from . import account, mail, page, phone, plate
from .choose import choose, without_prefix
from .clean import clean
from .country import stated

LONGEST = 512
UNSETTLED = {
    "phone": "impossible-number",
    "email": "not-an-email",
    "account": "not-an-account",
    "plate": "not-a-plate",
    "url": "not-a-url",
}


def read(text, kind=None, country=None):
    """3.7: by the kind that is stated or written in front, or by what it looks like."""
    if len(text.encode()) > LONGEST:
        raise Refused("too-long")
    text, country = clean(text), stated(country)
    if not text:
        raise Refused("empty")
    written, rest = without_prefix(text)
    if written and kind in (None, written):
        found = of_kind(rest, written, country)
    elif kind:
        found = of_kind(text, kind, country)
    else:
        kind, found = choose(text, country)
        found = of_kind(text, kind, country) if kind else dialled(found, country)
    try:
        return canonical(found)
    except Refused:
        raise Refused(UNSETTLED[found.partition(":")[0]], "it would be read otherwise again") from None


def of_kind(text, kind, country):
    if not text:
        raise Refused("empty")
    if kind in ("phone", "url"):
        found = account.address(text)
        if found and (kind == "url" or found.startswith("phone:")):
            return dialled(found, country)
    if kind == "account":
        return dialled(account.read(text), country)
    return {"phone": phone, "email": mail, "plate": plate, "url": page}[kind].read(text, country)


def dialled(found, country):
    """What turned out to be a number is still to be read as one."""
    kind, _, text = found.partition(":")
    return phone.read(text, country) if kind == "phone" else found


def canonical(handle):
    """3.1: a canonical text is a fixed point of the rules of its kind, without a country."""
    kind, colon, text = handle.partition(":")
    try:
        if not colon or kind not in UNSETTLED or len(text.encode()) > LONGEST:
            raise Refused("not-canonical")
        if of_kind(clean(text), kind, None) != handle:
            raise Refused("not-canonical")
    except Refused as no:
        raise Refused("not-canonical", str(no)) from no
    return handle
