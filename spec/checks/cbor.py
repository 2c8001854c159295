"""Deterministic encoding (01, section 3): a gate over the bytes, then cbor2 for the values."""

import cbor2

from .refusal import Refused

DEPTH = 8


def decode(data, tag=None, depth=DEPTH):
    """One item, in the one encoding that it has. `tag`: the only one allowed, in front."""
    rest = data
    if tag is not None:
        kind, number, start = head(data, 0)
        if (kind, number) != (6, tag):
            raise Refused("encoding", f"tag {tag} is missing")
        rest = data[start:]
    end = item(rest, 0, depth)
    if end != len(rest):
        raise Refused("encoding", f"{len(rest) - end} bytes are left over")
    try:
        value = cbor2.loads(rest)
    except (cbor2.CBORDecodeError, ValueError) as broken:
        raise Refused("encoding", f"cbor2 says {broken}") from broken
    if cbor2.dumps(value, canonical=True) != rest:
        raise Refused("encoding", "cbor2 writes it otherwise")
    return value


def tagged(data):
    """One item that may have a COSE tag in front, as a CBORTag then."""
    tag = head(data, 0)[1] if data[:1] in (b"\xd2", b"\xd8") else None
    return decode(data) if tag is None else cbor2.CBORTag(tag, decode(data, tag=tag))


def encode(value):
    return cbor2.dumps(value, canonical=True)


def head(data, at):
    """(major type, argument, where the head ends)."""
    if at >= len(data):
        raise Refused("encoding", "the bytes end before an item begins")
    kind, short = data[at] >> 5, data[at] & 31
    at += 1
    if short < 24:
        return kind, short, at
    if short > 27:
        raise Refused("encoding", "an indefinite or a reserved length")
    size = 1 << (short - 24)
    if at + size > len(data):
        raise Refused("encoding", "the bytes end in a head")
    number = int.from_bytes(data[at : at + size], "big")
    least = 24 if size == 1 else 1 << (size * 4)
    if kind == 7 or number < least:
        raise Refused("encoding", "a float, a simple value, or a head that is not in its shortest form")
    return kind, number, at + size


def item(data, at, depth):
    """Where the item at `at` ends. Nothing is kept, so no length that is only claimed costs memory."""
    if depth == 0:
        raise Refused("encoding", f"nested more than {DEPTH} deep")
    kind, number, at = head(data, at)
    if kind in (0, 1):
        return at
    if kind in (2, 3):
        if at + number > len(data):
            raise Refused("encoding", "the bytes end in a string")
        if kind == 3:
            try:
                data[at : at + number].decode("utf-8")
            except UnicodeDecodeError as broken:
                raise Refused("encoding", "text that is not UTF-8") from broken
        return at + number
    if kind == 4:
        for _ in range(number):
            at = item(data, at, depth - 1)
        return at
    if kind == 5:
        last = None
        for _ in range(number):
            end = item(data, at, depth - 1)
            key = data[at:end]
            if last is not None and key <= last:
                raise Refused("encoding", "the keys of a map do not ascend")
            last, at = key, item(data, end, depth - 1)
        return at
    if kind == 6 or number not in (20, 21, 22):
        raise Refused("encoding", "a tag or a simple value that is not in the subset")
    return at


def diag(value):
    """Diagnostic notation (RFC 8949, section 8), as the vectors have it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, bytes):
        return f"h'{value.hex()}'"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, cbor2.CBORTag):
        return f"{value.tag}({diag(value.value)})"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{diag(k)}: {diag(v)}" for k, v in value.items()) + "}"
    return "[" + ", ".join(map(diag, value)) + "]"
