"""Countries (03, section 3.1)."""

import pycountry

from ..refusal import Refused
from .tables import TABLES


def country(text):
    """Two capital letters, from a code as people write it; None if there is no such country."""
    code = text.strip().upper()
    code = {"UK": "GB", "EL": "GR"}.get(code, code)
    return code if len(code) == 2 and (code == "XK" or pycountry.countries.get(alpha_2=code)) else None


def stated(text):
    if text is None:
        return None
    code = country(text)
    if code is None:
        raise Refused("unknown-country")
    return code


def sign(text):
    """From the sign that a car shows abroad, or a code."""
    return country(TABLES["signs on cars"].get(text.strip().upper(), text))
