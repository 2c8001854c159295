"""Canonical areas (03, section 3.8)."""

import re

import pycountry

from .handles.country import country
from .refusal import Refused


def area(text):
    """Refuses what is not a canonical area."""
    code, colon, city = text.partition(":")
    if len(text.encode()) > 64:
        raise Refused("not-canonical", "too long for an area")
    if colon:
        good = country(code) == code and re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", city) and len(city) <= 40
    else:
        good = country(code) == code or pycountry.subdivisions.get(code=code) is not None
    if not good:
        raise Refused("not-canonical", "not an area")
    return text
