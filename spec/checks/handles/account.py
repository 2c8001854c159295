"""Accounts (03, section 3.4), and addresses that turn out to be accounts or phones.

What is found here is `account:…`, or `phone:` and what is to be dialled.
"""

from urllib.parse import parse_qsl, unquote

import ada_url
import regex

from ..refusal import Refused
from . import mail, page, phone
from .clean import DASHES, LETTERS_AND_DIGITS, lower, without_remarks
from .tables import TABLES

PLATFORMS = TABLES["platforms"]
APPS = ("tg", "viber", "whatsapp", "weixin", "snapchat")


def platform(name):
    name = lower(name)
    return next((slug for slug, one in PLATFORMS.items() if name == slug or name in one["also"]), None)


def platform_of(host):
    return next(
        (slug for slug, one in PLATFORMS.items() if any(host == at or host.endswith("." + at) for at in one["sites"])), None
    )


def by_phone(slug):
    return PLATFORMS.get(slug, {}).get("by phone", False)


def numeric(text):
    return regex.fullmatch("[0-9]{5,}", text) is not None


def name_on(slug, name):
    """The canonical name there, or None."""
    name = lower(name.strip().lstrip("@").rstrip("/"))
    if slug == "facebook":
        name = name.replace(".", "")
    shape = PLATFORMS[slug]["name"] if slug in PLATFORMS else TABLES["any other site"]
    return name if regex.fullmatch(shape, name) and regex.search(rf"[{LETTERS_AND_DIGITS}]", name) else None


def written(slug, name):
    if by_phone(slug) and regex.fullmatch(r"\++[0-9]{5,}", name):
        return "phone:" + name
    found = name_on(slug, name)
    if found is None:
        raise Refused("not-an-account")
    return f"account:{slug}/{found}"


def parameters(query):
    """The first value of each."""
    return dict(reversed(parse_qsl(query.removeprefix("?"), keep_blank_values=True, errors="replace")))


def address(text):
    """The account or number that the address of a profile or an app's link leads to, or None."""
    scheme, colon, rest = text.partition(":")
    if colon and scheme.lower() in APPS and rest.startswith("//") and (found := app_link(rest)):
        return found
    if colon and scheme.lower() == "skype" and not regex.search("[ /]", rest):
        return written("skype", rest.partition("?")[0])
    if "." not in text or regex.search(r"\s", text):
        return None
    try:
        url = page.address(text)
    except Refused:
        return None
    host, query = page.without_www(url.hostname), parameters(url.search)
    path = [unquote(part) for part in url.pathname.split("/") if part]
    if host in ("wa.me", "whatsapp.com") or host.endswith(".whatsapp.com"):
        number = query.get("phone", path[0] if path else "").lstrip("+ ")
        return f"phone:+{number}" if numeric(number) else None
    if host == "signal.me":
        return "phone:" + unquote(url.hash[3:]) if url.hash.startswith("#p/") else None
    return profile(host, path, query)


def app_link(rest):
    """`tg://resolve?domain=name`, `viber://chat?number=…`."""
    try:
        values = parameters(ada_url.URL("https:" + rest).search)
    except ValueError:
        return None
    number, name = values.get("phone", values.get("number")), values.get("domain", values.get("id"))
    if number is not None:
        return "phone:+" + number.lstrip("+ ")
    return written("telegram", name) if name is not None else None


def profile(host, path, query):
    slug = platform_of(host)
    if slug is None:
        return None
    if slug == "telegram" and host.endswith(".t.me"):
        return written(slug, host.removesuffix(".t.me"))
    if not path:
        return None
    if slug == "telegram" and path[0].startswith("+") and numeric(path[0][1:]):
        return "phone:" + path[0]
    if slug == "facebook" and path[0] in ("profile.php", "people"):
        identity = query.get("id", path[2] if len(path) > 2 else None)
        return written(slug, identity) if identity is not None else None
    one = PLATFORMS[slug]
    if path[0].lower() in one["no name"]:
        return None
    while path and path[0].lower() in one["before a name"]:
        path = path[1:]
    name = path[0].lstrip("~") if path else ""
    return written(slug, name) if name_on(slug, name) else None


def with_platform(text):
    """A name beside the name of a platform, or None if there is no platform."""
    slug, name = leading(text) or trailing(text) or (None, None)
    if slug is None:
        return None
    name = without_remarks(name).strip()
    if by_phone(slug) and is_number(name, slug):
        return "phone:" + name
    return written(slug, name)


def is_number(name, slug):
    found = phone.run(name)
    if not found or len(phone.digits_of(found.number)) < phone.FEWEST or not phone.is_label(found.before):
        return False
    return slug != "telegram" or found.number[0] in "+0(" or " " in found.number


def leading(text):
    found = regex.match(rf"([^\s:/@=({DASHES}]*)(?=[\s:/@=({DASHES}])(.*)", text, regex.S)
    slug = platform(found[1]) if found else None
    if slug is None:
        return None
    name = regex.sub(rf"^[\s:/={DASHES}]+", "", found[2])
    marked = regex.match(r"\s*[:/@=]", found[2]) or name.startswith("@")
    words = regex.search(r"\s", name) and not (by_phone(slug) and regex.search("[0-9]", name))
    return (slug, name) if marked or (len(found[1]) > 2 and not words) or name.startswith("+") else None


def trailing(text):
    found = regex.fullmatch(r"(.*)([\s(\[])([^\s(\[]*)", text.rstrip(")]."), regex.S)
    slug = platform(found[3]) if found else None
    if slug is None:
        return None
    before, joined = found[1].strip(), found[2] in "(["
    parted = regex.fullmatch(r"(.*)\s(\S+)", before, regex.S)
    if parted and lower(parted[2]) in TABLES["between a name and its platform"]:
        before, joined = parted[1].strip(), True
    single = before and not regex.search(r"\s", before)
    return (slug, before) if joined and (single or by_phone(slug)) else None


def read(text):
    if found := address(text) or with_platform(text):
        return found
    if text.startswith("@"):
        if name_on("telegram", text) is None:
            raise Refused("no-platform")
        return written("telegram", text)
    parts = regex.fullmatch(r"([^/:]*[^\s/:][^/:]*)[/:](.*)", text, regex.S)
    if not parts:
        raise Refused("no-platform")
    site = lower(parts[1])
    if slug := platform(site):
        return written(slug, parts[2])
    host = mail.domain(site)
    if host is None:
        raise Refused("unknown-platform")
    host = page.without_www(host)
    return written(platform_of(host) or host, parts[2])
