"""Plates (03, section 3.5)."""

import regex

from ..refusal import Refused
from .clean import DASHES, LETTERS_AND_DIGITS, upper
from .country import country as country_of
from .country import sign
from .tables import TABLES

LOOKS_LATIN = str.maketrans("АВЕКМНОРСТУХІ" + "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEKMHOPCTYXI" + "ABEZHIKMNOPTYX")
SEPARATORS = rf"[\s{DASHES}.·•_*/|,']"
WITHOUT_DIGIT = {"US", "CA", "AU", "NZ", "GB", "SE", "FI", "ZA"}


def split(text):
    """(country or None, the rest): the country in front, or in brackets behind."""
    if (front := regex.fullmatch(r"([^:/]*)[:/](.*)", text)) and country_of(front[1]):
        return country_of(front[1]), front[2]
    if (behind := regex.fullmatch(r"(.*)[(\[]([^(\[]*)", text.strip().rstrip(")]"))) and sign(behind[2]):
        return sign(behind[2]), behind[1]
    return None, text


def folded(text):
    return regex.sub(SEPARATORS, "", upper(text)).translate(LOOKS_LATIN)


def read(text, country=None):
    named, rest = split(text)
    country = named or country
    if country is None:
        raise Refused("no-country")
    found = folded(rest)
    if not regex.fullmatch(rf"[{LETTERS_AND_DIGITS}]{{2,12}}", found):
        raise Refused("not-a-plate")
    if not regex.search(r"[0-9]", found) and country not in WITHOUT_DIGIT:
        raise Refused("not-a-plate")
    return f"plate:{country}/{found}"


def looks_like(text, country):
    """3.7: by the forms of its country; without one, by those of any."""
    named, rest = split(text)
    country = named or country
    groups = [folded(group) for group in regex.split(rf"[^{LETTERS_AND_DIGITS}]+", rest) if group]
    joined = "-".join(groups)
    if country is None:
        return any(fits(joined, groups, one) for one in TABLES["plates"])
    if country in TABLES["plates"]:
        return fits(joined, groups, country)
    digits, letters = len(regex.findall("[0-9]", joined)), len(regex.findall(r"\p{Alphabetic}", joined))
    lower = regex.search(r"\p{Lowercase}", rest)
    return not lower and digits >= 2 and letters >= 1 and 4 <= digits + letters <= 8 and len(groups) <= 3


def fits(joined, groups, country):
    if groups[:1] and groups[0] in TABLES["makes of cars"] and country not in TABLES["whatever the make"]:
        return False
    return any(regex.fullmatch(form, joined) for form in TABLES["plates"][country])
