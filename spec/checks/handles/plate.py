"""Plates (03, section 3.5)."""

import regex

from ..refusal import Refused
from .clean import upper
from .tables import TABLES

LOOKS_LATIN = str.maketrans("АВЕКМНОРСТУХІ" + "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEKMHOPCTYXI" + "ABEZHIKMNOPTYX")
SEPARATORS = r"[\s\p{Pd}.·•/:_]"
WITHOUT_DIGIT = {"US", "CA", "AU", "NZ", "GB", "SE", "FI", "ZA"}


def country_of(code):
    code = {"UK": "GB"}.get(code, TABLES["signs on cars"].get(code, code))
    return code if code in TABLES["countries"] else None


def split(text, country):
    """(country, the rest): the country in front, in brackets behind, or stated."""
    text = upper(text)
    if (front := regex.match(r"([A-Z]{2})\s*[:/]\s*(.+)", text)) and country_of(front[1]):
        return country_of(front[1]), front[2]
    if (behind := regex.fullmatch(r"(.+?)\s*\(([A-Z]{1,3})\)", text)) and country_of(behind[2]):
        return country_of(behind[2]), behind[1]
    return country, text


def shaped(text, country):
    """TEXT, or None."""
    text = upper(regex.sub(SEPARATORS, "", upper(text).translate(LOOKS_LATIN)))
    if not regex.fullmatch(r"[\p{Alphabetic}\p{M}\p{N}]{2,12}", text):
        return None
    if not regex.search(r"\d", text) and country not in WITHOUT_DIGIT:
        return None
    return text


def read(text, country=None):
    country, rest = split(text, country)
    if country is None:
        raise Refused("no-country" if shaped(rest, "US") else "not-a-plate")
    found = shaped(rest, country)
    if found is None:
        raise Refused("not-a-plate")
    return f"plate:{country}/{found}"
