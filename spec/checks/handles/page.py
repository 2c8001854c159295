"""Pages (03, section 3.6), read by a WHATWG URL parser."""

import re

import ada_url

from ..refusal import Refused
from .clean import clean
from .tables import TABLES


def read(text, country=None):
    if re.match(r"[a-z][a-z0-9+.-]*://", text, re.I):
        if not re.match(r"https?://", text, re.I):
            raise Refused("not-a-url", "another scheme")
    else:
        text = "https://" + text
    if re.search(r"\s", text):
        raise Refused("not-a-url", "white space")
    try:
        url = ada_url.URL(text)
    except ValueError:
        raise Refused("not-a-url") from None
    host = url.hostname.removesuffix(".").removeprefix("www.")
    if url.username or url.password or url.host_type != 0 or "." not in host:
        raise Refused("not-a-url")
    port = f":{url.port}" if url.port not in ("", "80", "443") else ""
    query = "&".join(part for part in escapes(url.search[1:]).split("&") if kept(part))
    path = escapes(url.pathname)
    if query:
        return "url:" + clean(host + port + path + "?" + query)
    return "url:" + clean(host + port + path.rstrip("/"))


def kept(part):
    name = part.split("=")[0].lower()
    return part and not name.startswith("utm_") and name not in TABLES["dropped parameters"]


def escapes(text):
    """Escapes in capitals, and none for what is unreserved (RFC 3986, section 6.2.2)."""

    def one(found):
        if not found[1]:
            return "%25"
        byte = int(found[1], 16)
        return chr(byte) if chr(byte).isascii() and re.match(r"[A-Za-z0-9._~-]", chr(byte)) else f"%{byte:02X}"

    return re.sub(r"%([0-9A-Fa-f]{2})?", one, text)
