"""Phones (03, section 3.2), by Google's tables as `phonenumbers` has them."""

import phonenumbers
import regex
from phonenumbers import ValidationResult

from ..refusal import Refused
from .clean import clean

RUN = r"\+?[\d\s\p{Pd}./()\[\]~'’·•]*\d[\d\s\p{Pd}./()\[\]~'’·•]*"


def digits(text):
    return regex.sub(r"\D", "", text)


def number_in(text):
    """(the run of digits, what follows it)."""
    text = regex.sub(r"[(\[][^()\[\]]*\p{L}[^()\[\]]*[)\]]", " ", text)
    text = regex.sub(r"^\s*[#*]\d{2,3}#?(?=[\s+\d])", "", text)
    text = expanded(text)
    found = regex.search(r"[+(\[\s]*\d", text)
    if not found:
        raise Refused("not-a-phone")
    start = found.start()
    run, seen, at = "", 0, start
    while at < len(text):
        c = text[at]
        if c == "+" and seen:
            break
        if c in "([" and seen >= 8:
            break
        if not regex.match(r"[+\d\s\p{Pd}./()\[\]~'’·•]", c):
            break
        seen += c.isdigit()
        run, at = run + c, at + 1
    return run, text[at:]


def expanded(text):
    """What a spreadsheet made of a number."""
    text = regex.sub(r"^(\d{6,})\.0$", r"\1", text.strip())
    if not (found := regex.fullmatch(r"(\d)[.,](\d+)E\+?(\d+)", text, regex.I)):
        return text
    if len(found[2]) < int(found[3]) or found[2].endswith("0"):
        raise Refused("rounded-number")
    return found[1] + found[2]


def possible(number):
    why = phonenumbers.is_possible_number_with_reason(number)
    if why == ValidationResult.IS_POSSIBLE_LOCAL_ONLY:
        raise Refused("local-number")
    if why != ValidationResult.IS_POSSIBLE:
        raise Refused("impossible-number")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def parsed(text, country):
    try:
        return phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        raise Refused("impossible-number") from None


def valid(text):
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(text, None))
    except phonenumbers.NumberParseException:
        return False


def international(run, country):
    """The digits after `+`, or None."""
    plain = regex.sub(r"[^\d+]", "", run)
    if plain.startswith("+"):
        return plain[1:].removeprefix("00")
    if country == "AU" and plain.startswith("0011"):
        return plain[4:]
    return plain[2:] if plain.startswith("00") else None


def one(run, country):
    """E.164 of one run of digits."""
    plain = digits(run)
    abroad = international(run, country)
    if abroad is not None:
        zero = regex.search(r"[(\[]\s*0\s*[)\]]", run)
        if zero:
            kept, dropped = "+" + abroad, "+" + international(run[: zero.start()] + run[zero.end() :], country)
            return possible(parsed(dropped if valid(dropped) or not valid(kept) else kept, None))
        return possible(parsed("+" + abroad, None))
    if country is None:
        raise Refused("no-country")
    if country not in phonenumbers.SUPPORTED_REGIONS:
        raise Refused("unknown-country")
    return possible(parsed(plain, country))


def read(text, country=None):
    run, rest = number_in(text)
    if regex.match(r"[\s]*[xX*?_•]{2,}(?!\s*\d)", rest) or regex.search(r"\d\s*[xX*?]{2,}", run + rest):
        raise Refused("masked-number")
    if len(digits(rest_number(rest))) >= 6:
        raise Refused("several")
    parts = regex.split(r"\s+/\s+|\s*[,;]\s*", run.strip())
    if len(parts) > 1:
        if any(len(digits(part)) >= 6 for part in parts[1:]):
            raise Refused("several")
        run = parts[0]
    return "phone:" + one(run, country)


def rest_number(rest):
    found = regex.search(r"\+?\d[\d\s\p{Pd}./()\[\]~'’·•]*", rest)
    return found[0] if found else ""
