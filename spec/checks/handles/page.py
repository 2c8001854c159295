"""Pages (03, section 3.6), read by a WHATWG URL parser."""

import ada_url
import regex

from ..refusal import Refused
from .mail import domain
from .tables import TABLES


def address(text):
    """The parts of an address, with or without its scheme."""
    if regex.search(r"\s", text):
        raise Refused("not-a-url", "white space")
    scheme = regex.match(r"([A-Za-z0-9+]*)://", text)
    if scheme and scheme[1].lower() not in ("http", "https"):
        raise Refused("not-a-url", "another scheme")
    try:
        url = ada_url.URL(text if scheme else "https://" + text.lstrip("/"))
    except ValueError:
        raise Refused("not-a-url") from None
    if url.username or url.password:
        raise Refused("not-a-url", "a user name")
    return url


def without_www(host):
    while host.startswith("www.") and "." in host[4:]:
        host = host[4:]
    return host


def read(text, country=None):
    url = address(text)
    host = domain(url.hostname)
    if host is None:
        raise Refused("not-a-url")
    port = f":{url.port}" if url.port not in ("", "80", "443") else ""
    path = escapes(url.pathname).rstrip("/")
    parts = (part.removeprefix("amp;") for part in url.search[1:].split("&"))
    query = escapes("&".join(part for part in parts if kept(part, without_www(host))))
    if query:
        query = ("?" if path else "/?") + query
    return f"url:{without_www(host)}{port}{path}{query}"


def kept(part, host):
    name = escapes(part.split("=")[0]).lower()
    sites = TABLES["dropped at sites"].items()
    return (
        part
        and name not in TABLES["dropped parameters"]
        and not any(name.startswith(family) for family in TABLES["dropped families"])
        and not any(name in names for site, names in sites if ("." + host).endswith("." + site))
    )


def escapes(text):
    """Escapes in capitals, and none for what is unreserved (RFC 3986, section 6.2.2); a lone % is escaped."""

    def one(found):
        if not found[1]:
            return "%25"
        c = chr(int(found[1], 16))
        return c if regex.fullmatch(r"[A-Za-z0-9._~-]", c) else "%" + found[1].upper()

    return regex.sub(r"%([0-9A-Fa-f]{2})?", one, text)
