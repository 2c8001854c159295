"""Negentropy, version 1, as far as reading a message needs it (06, section 4)."""

import hashlib

from .refusal import Refused

VERSION = 0x61
SKIP, FINGERPRINT, IDS = range(3)


def varint(data, at):
    number = 0
    while True:
        if at >= len(data):
            raise Refused("encoding", "a number that does not end")
        number, more, at = number << 7 | data[at] & 127, data[at] & 128, at + 1
        if not more:
            return number, at


def put(number):
    out = [number & 127]
    while number := number >> 7:
        out.append(number & 127 | 128)
    return bytes(reversed(out))


def decode(data):
    """[(upper bound: (day or None for infinity, prefix), mode, what it holds), …]."""
    if data[:1] != bytes([VERSION]):
        raise Refused("encoding", "another version")
    at, last, ranges = 1, 0, []
    while at < len(data):
        step, at = varint(data, at)
        last = None if step == 0 or last is None else last + step - 1
        size, at = varint(data, at)
        prefix, at = data[at : at + size], at + size
        mode, at = varint(data, at)
        held = None
        if mode == FINGERPRINT:
            held, at = data[at : at + 16], at + 16
        elif mode == IDS:
            count, at = varint(data, at)
            held = [data[at + 32 * i : at + 32 * i + 32] for i in range(count)]
            at += 32 * count
        elif mode != SKIP:
            raise Refused("encoding", "an unknown mode")
        if size > 32 or at > len(data):
            raise Refused("encoding", "the message is cut short")
        ranges.append(((last, prefix), mode, held))
    return ranges


def fingerprint(ids):
    total = sum(int.from_bytes(one, "little") for one in ids) % (1 << 256)
    return hashlib.sha256(total.to_bytes(32, "little") + put(len(ids))).digest()[:16]


def everything(ids):
    """The message that lists all ids in one range up to infinity."""
    return bytes([VERSION, 0, 0, IDS]) + put(len(ids)) + b"".join(ids)
