"""Canonical areas (03, section 3.8)."""

import re

from .refusal import Refused


def area(text, cities=None):
    """Refuses what is not a canonical area; with `cities`, a city that is not listed too."""
    country = re.fullmatch(r"([A-Z]{2})(?:-([A-Z0-9]{1,3})|:([a-z0-9]+(?:-[a-z0-9]+)*))?", text)
    if country is None:
        raise Refused("not-canonical", "not an area")
    city = country[3]
    if city and (len(city) > 40 or (cities is not None and text not in cities)):
        raise Refused("not-canonical", "no city of this federation")
    return text
