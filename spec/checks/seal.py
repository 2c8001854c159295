"""Sealing (04, part 2)."""

import hmac
import hashlib
import re

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from . import cbor
from .areas import area
from .handles import canonical
from .refusal import Refused
from .shape import ascending, between, listing, number, table, text

SUMMARY, TEXT, HANDLES, WRAP, AREA_SUMMARY, AREA_TEXT = range(1, 7)
TEXT_SIZES = (64, 256, 512, 1024, 2048)
SIZES = {SUMMARY: (96,), TEXT: TEXT_SIZES, HANDLES: (128, 256, 512, 1024)}
CODES = {*range(1, 8), *range(21, 30), *range(41, 44)}
KINDS = ("phone", "email", "account", "plate", "url")


def derive(secret, salt, info, size=32):
    return HKDF(SHA512(), size, salt, info.encode()).derive(secret)


def box(key, plain, associated):
    return ChaCha20Poly1305(key).encrypt(bytes(12), plain, associated)


def unbox(key, sealed, associated, rule, nonce=bytes(12)):
    try:
        return ChaCha20Poly1305(key).decrypt(nonce, sealed, associated)
    except InvalidTag:
        raise Refused(rule) from None


def pad(plain, sizes):
    size = next(size for size in sizes if size > len(plain))
    return plain + b"\x80" + bytes(size - len(plain) - 1)


def unpad(padded, sizes):
    plain, mark, rest = padded.rpartition(b"\x80")
    if not mark or rest.strip(b"\0") or all(size <= len(plain) for size in sizes) or pad(plain, sizes) != padded:
        raise Refused("schema", "padding")
    return plain


def bucket(output, bits):
    return int.from_bytes(output[:4], "big") >> (32 - bits)


def body_of(report):
    """A report's body as seal.json has it."""
    body = {
        name.replace("_", " "): bytes.fromhex(value) if isinstance(value, str) else value
        for name, value in report.items()
        if value is not None
    }
    body["entries"] = [[bucket, bytes.fromhex(label), bytes.fromhex(wrap)] for bucket, label, wrap in report["entries"]]
    return body


def label(output):
    return derive(output, b"", "parasol 1 label")[:16]


def wrap_key(output, salt):
    return derive(output, salt, "parasol 1 wrap")


def area_tag(output, salt):
    return hmac.digest(output, b"parasol 1 area tag" + salt, "sha512")[:8]


def area_wrap_key(output, salt):
    return derive(output, salt, "parasol 1 area wrap")


def text_key(full_key, salt):
    return derive(full_key, salt, "parasol 1 text key")


def summary_key(key, salt):
    return derive(key, salt, "parasol 1 summary key")


def commitment(key, salt):
    return derive(key, salt, "parasol 1 commitment")


def binding(*arguments):
    return hashlib.sha256(cbor.encode(binding_parts(*arguments))).digest()


def binding_parts(federation, organisation, expires, body):
    return [
        "parasol 1 report",
        federation,
        organisation,
        expires,
        body["audience"] == 1,
        body["lock"],
        body["edition"],
        body["salt"],
        [[bucket, label] for bucket, label, _ in body["entries"]],
        body["area tag"],
        body["commitment"],
    ]


def attachment_binding_parts(federation, record):
    parts = ["parasol 1 attachment", federation, record.organisation, record.expires, record.fields["kind"]]
    return [*parts, record.body["lock"], record.body["report"], record.body["salt"]]


def opened(plain, read):
    try:
        return read(cbor.decode(plain))
    except Refused as no:
        raise Refused("schema", str(no)) from no


def codes(value):
    found = listing(number(256), most=12)(value)
    ascending(found, "codes")
    if set(found) - CODES:
        raise Refused("schema", "a code that nobody knows")
    return found


def language(value):
    if not re.fullmatch("[a-z]{2,8}(-[A-Za-z0-9]{1,8})*", text(35)(value)):
        raise Refused("schema", "no language")
    return value


def words(value):
    return table((1, "language", language), (2, "text", text(1800)))(value)


def summary(value):
    return table(
        (1, "level", between(1, 3)),
        (2, "codes", codes),
        (3, "month", between(1970 * 12, 9999 * 12 + 11), "?"),
        (4, "area", lambda value: area(text(64)(value)), "?"),
        (5, "basis", between(1, 3)),
    )(value)


def handles(value):
    found = listing(text(1024), least=1, most=16)(value)
    for one in found:
        canonical(one)
    order = [(KINDS.index(one.split(":")[0]), one.encode()) for one in found]
    ascending(order, "handles")
    return found


def text_of(padded):
    plain = unpad(padded, TEXT_SIZES)
    return opened(plain, words) if plain else None


def open_report(federation, organisation, expires, body, handle, output):
    """2.7. What a reader of one handle gets, or why nothing is shown."""
    wrap = next((wrap for _, known, wrap in body["entries"] if known == label(output)), None)
    if wrap is None:
        raise Refused("label", "the report is not about the handle")
    bound, salt = binding(federation, organisation, expires, body), body["salt"]
    full = unbox(wrap_key(output, salt), wrap, bound + bytes([WRAP]), "wrap")
    middle = text_key(full, salt)
    least = summary_key(middle, salt)
    if not hmac.compare_digest(commitment(least, salt), body["commitment"]):
        raise Refused("commitment")
    padded = {
        part: unbox(derive(key, salt, f"parasol 1 {name}"), body[name], bound + bytes([part]), "part")
        for part, key, name in ((SUMMARY, least, "summary"), (TEXT, middle, "text"), (HANDLES, full, "handles"))
    }
    plain = {part: unpad(padded[part], SIZES[part]) for part in padded}
    out = {
        "keys": (full, middle, least),
        "binding": bound,
        "padded": padded,
        "summary": opened(plain[SUMMARY], summary),
        "text": opened(plain[TEXT], words) if plain[TEXT] else None,
        "handles": opened(plain[HANDLES], handles),
    }
    if len(out["handles"]) > len(body["entries"]):
        raise Refused("schema", "more handles than entries")
    if handle not in out["handles"]:
        raise Refused("name")
    return out


def open_attachment(federation, record, text_key):
    key = derive(text_key, record.body["salt"], "parasol 1 attachment")
    bound = hashlib.sha256(cbor.encode(attachment_binding_parts(federation, record))).digest()
    return text_of(unbox(key, record.body["sealed"], bound, "part"))
