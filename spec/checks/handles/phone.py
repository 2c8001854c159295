"""Phones (03, section 3.2), by Google's tables as `phonenumbers` has them."""

from typing import NamedTuple

import phonenumbers
import regex
from phonenumbers import NumberParseException, PhoneNumberFormat, ValidationResult

from ..refusal import Refused
from .clean import DASHES, LETTERS_AND_DIGITS, without_remarks
from .tables import TABLES

FEWEST = 6
SEPARATOR = rf"[\s{DASHES}./)\]~'’·•]"


class Run(NamedTuple):
    before: str
    number: str
    after: str


def run(text):
    """3.2, step 1: the first run of digits and separators, or None."""
    first = regex.search(rf"([+(\[][+(\[\s.{DASHES}]*)?[0-9]", text)
    if not first:
        return None
    start = first.start()
    end, digits = start, 0
    for at in range(start, len(text)):
        c = text[at]
        if c in "0123456789":
            digits, end = digits + 1, at + 1
        elif (c == "+" and digits) or (c in "([" and digits >= 8):
            break
        elif c not in "+([" and not regex.fullmatch(SEPARATOR, c):
            break
    return Run(text[:start], text[start:end], text[end:])


def digits_of(text):
    return regex.sub("[^0-9]", "", text)


def is_label(text):
    words = regex.split(rf"[^{LETTERS_AND_DIGITS}°]+", text)
    return all(word.lower() in TABLES["labels of a number"] for word in words if word)


def read(text, country=None):
    number, semicolon, rest = text.partition(";")
    if semicolon and "=" in rest:
        text = number
    text = regex.sub(r"^[*#][0-9]{2,3}(?![0-9])[*#]*", "", text)
    found = run(unrounded(without_remarks(text)))
    if found is None:
        raise Refused("not-a-phone")
    if regex.match(r"\s*([xX*?_#●█хХ])(\1|\s|$)", found.after):
        raise Refused("masked-number")
    number = dial_or_first(found.number, country)
    more = run(without_extension(found.after))
    if more and (dials(more.number, country) or dials(more.number.lstrip("+"), country)):
        raise Refused("several")
    return "phone:" + number


def unrounded(text):
    """What a spreadsheet made of a number."""
    text = text.strip()
    if whole := regex.fullmatch(r"([0-9]{7,})\.0", text):
        return whole[1]
    found = regex.fullmatch(r"([0-9])[.,]([0-9]+)[eE]\+?([0-9]{1,2})", text)
    if found and int(found[3]) != len(found[2]):
        raise Refused("rounded-number")
    return found[1] + found[2] if found else text


def without_extension(after):
    words = "|".join(map(regex.escape, TABLES["words before an extension"]))
    found = regex.match(rf"[\s,;(]*(?:{words})[\s.:=]*([0-9]+)", after, regex.I)
    return after[found.end() :] if found and len(found[1]) <= 7 else after


def dial_or_first(number, country):
    """Of `06 39 98 12 34 / 35` the first; of two whole ones neither."""
    try:
        return dial(number, country)
    except Refused:
        first, slash, rest = number.partition("/")
        if not slash or not dials(first, country):
            raise
    if len(digits_of(rest)) >= FEWEST:
        raise Refused("several")
    return dial(first, country)


def dials(number, country):
    try:
        return bool(dial(number, country))
    except Refused:
        return False


def dial(number, country):
    """3.2, steps 2 to 4: E.164."""
    digits, abroad = digits_of(number), "+" in number
    if not digits:
        raise Refused("not-a-phone")
    if country == "AU" and not abroad and digits.startswith("0011"):
        digits, abroad = digits[4:], True
    if digits.startswith("00"):
        digits, abroad = digits[2:], True
    if not abroad:
        if country is None:
            raise Refused("no-country")
        if country not in phonenumbers.SUPPORTED_REGIONS:
            raise Refused("unknown-country")
        return look_up(digits, country)[0]
    if digits.startswith("0"):
        raise Refused("impossible-number")
    zero = regex.fullmatch(r"(.*?)(?:\(0\)|\[0\])(.*)", regex.sub(r"\s", "", number))
    if not zero:
        return look_up("+" + digits)[0]
    dropped = "+" + digits_of(zero[1]).removeprefix("00") + digits_of(zero[2])
    return in_use_or_possible(dropped, "+" + digits)


def in_use_or_possible(*numbers):
    """The first that is valid, else the first that is possible."""
    found, first = [], None
    for number in numbers:
        try:
            found.append(look_up(number))
        except Refused as no:
            first = first or no
    if not found:
        raise first
    return next((number for number, valid in found if valid), found[0][0])


def look_up(text, country=None):
    """(E.164, whether it is valid)."""
    try:
        number = phonenumbers.parse(text, country)
    except NumberParseException as no:
        why = no.error_type == NumberParseException.NOT_A_NUMBER
        raise Refused("not-a-phone" if why else "impossible-number", str(no)) from no
    for _ in range(4):
        why = phonenumbers.is_possible_number_with_reason(number)
        if why == ValidationResult.IS_POSSIBLE_LOCAL_ONLY:
            raise Refused("local-number")
        if why != ValidationResult.IS_POSSIBLE:
            raise Refused("impossible-number")
        written = phonenumbers.format_number(number, PhoneNumberFormat.E164)
        again = phonenumbers.parse(written, None)
        if phonenumbers.format_number(again, PhoneNumberFormat.E164) == written:
            return written, phonenumbers.is_valid_number(number)
        number = again
    raise Refused("impossible-number", "it does not settle")


def looks_like(text):
    """3.7: enough digits, and at most labels before them."""
    found = run(without_remarks(text.lstrip("*#")))
    return (
        found is not None
        and len(digits_of(found.number)) >= FEWEST
        and is_label(found.before)
        and not regex.match(r"\p{Alphabetic}", found.after)
    )
