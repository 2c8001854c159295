"""Accounts (03, section 3.4), and addresses that turn out to be accounts or phones."""

from urllib.parse import unquote

import ada_url
import regex

from ..refusal import Refused
from . import mail, phone
from .clean import lower
from .tables import TABLES

PLATFORMS = TABLES["platforms"]
ANY_SITE = TABLES["any other site"]


def platform(name):
    return next((slug for slug, one in PLATFORMS.items() if name == slug or name in one["also"]), None)


def platform_of(host):
    for slug, one in PLATFORMS.items():
        for site in one["sites"]:
            if host == site or host.endswith("." + site):
                return slug, host.removesuffix(site).removesuffix(".")
    return None, ""


def name_on(slug, name):
    """The canonical name there, or None."""
    name = lower(name).removeprefix("@")
    one = PLATFORMS.get(slug, ANY_SITE)
    if one.get("without dots"):
        name = name.replace(".", "")
    return name if regex.fullmatch(one["name"], name) else None


def written(slug, name):
    found = name_on(slug, name)
    return f"account:{slug}/{found}" if found else None


def address(text):
    """`account:…` or `phone:…` if the text is the address of a profile or of a number; else None."""
    if regex.search(r"\s", text):
        return None
    scheme = regex.match(r"([a-z][a-z0-9+.-]*):", text, regex.I)
    scheme = scheme[1].lower() if scheme else ""
    if scheme in ("tg", "viber", "whatsapp", "skype"):
        return app(scheme, text)
    if scheme not in ("", "http", "https"):
        if "." not in scheme:
            return None
    try:
        url = ada_url.URL(text if scheme in ("http", "https") else "https://" + text)
    except ValueError:
        return None
    host = url.hostname.removesuffix(".").removeprefix("www.")
    path = [unquote(part) for part in url.pathname.split("/") if part]
    query = dict(ada_url.parse_search_params(url.search[1:])) if url.search else {}
    query = {key: values[0] for key, values in query.items()}
    if url.username:
        return None
    return number(host, path, query, url.hash) or profile(host, path, query)


def app(scheme, text):
    _, _, rest = text.partition(":")
    rest, _, query = rest.removeprefix("//").partition("?")
    values = {key: value[0] for key, value in ada_url.parse_search_params(query).items()}
    if scheme == "skype":
        return written("skype", unquote(rest))
    for key in ("number", "phone"):
        if key in values:
            return phone_of(values[key])
    if scheme == "tg":
        return written("telegram", values.get("domain") or values.get("id") or "")
    return None


def phone_of(text):
    try:
        return "phone:" + phone.one("+" + phone.digits(text), None)
    except Refused:
        return None


def number(host, path, query, fragment):
    """Links that hold a phone number."""
    if host == "wa.me" and path:
        return phone_of(path[0])
    if host in ("api.whatsapp.com", "web.whatsapp.com", "whatsapp.com") and "phone" in query:
        return phone_of(query["phone"])
    if host == "signal.me" and fragment.startswith("#p/"):
        return phone_of(fragment[3:])
    if platform_of(host)[0] == "telegram" and path and regex.fullmatch(r"\+\d{6,}", path[0]):
        return phone_of(path[0])
    return None


def profile(host, path, query):
    slug, below = platform_of(host)
    if slug is None:
        return None
    one = PLATFORMS[slug]
    if slug == "telegram" and below and not path:
        return written(slug, below)
    if slug == "facebook":
        if path[:1] == ["profile.php"]:
            return written(slug, query.get("id", ""))
        if path[:1] == ["people"] and len(path) > 2:
            return written(slug, path[2])
    while path and path[0].lower() in one["before a name"]:
        path = path[1:]
    if not path or path[0].lower() in one["no name"]:
        return None
    return written(slug, path[0].lstrip("~"))


def named(text, country):
    """`platform: @name`, `platform name`, `name on platform`, `name (platform)`: the account, or None."""
    words = "|".join(TABLES["on"])
    shapes = (
        (r"(?P<platform>[^\s:@/]+)\s*:\s*(?P<name>\S.*)", True),
        (r"(?P<platform>\S+)\s+(?P<name>\S.*)", False),
        (rf"(?P<name>\S+)\s+(?:{words})\s+(?P<platform>\S+)", False),
        (r"(?P<name>.*\S)\s*\((?P<platform>[^()]+)\)", False),
    )
    for shape, _ in shapes:
        if not (found := regex.fullmatch(shape, text, regex.I)):
            continue
        slug = platform(lower(found["platform"]))
        if slug is None:
            continue
        name = found["name"].strip()
        if PLATFORMS[slug]["by phone"] and regex.fullmatch(r"[+\d\s\p{Pd}./()\[\]~'·•]{6,}", name):
            if len(phone.digits(name)) >= 6:
                return phone.read(name, country)
        if at := written(slug, name):
            return at
    return None


def read(text, country=None):
    if found := address(text) or named(text, country):
        return found
    if text.startswith("@"):
        if found := written("telegram", text):
            return found
        raise Refused("no-platform")
    where, slash, name = text.partition("/")
    if not slash:
        raise Refused("no-platform")
    slug = platform(lower(where.strip()))
    if slug is None:
        host = mail.domain(lower(where.strip()))
        if host is None:
            raise Refused("unknown-platform")
        host = host.removeprefix("www.")
        slug = platform_of(host)[0] or host
    found = written(slug, name.strip())
    if found is None:
        raise Refused("not-an-account")
    return found
