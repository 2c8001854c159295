"""Reconciliation (05): Negentropy, version 1."""

import hashlib
from bisect import bisect_left

from .refusal import Refused

VERSION, SKIP, FINGERPRINT, IDS = 0x61, 0, 1, 2
PARTS, FEW = 16, 32
END = (float("inf"), b"")


def put(number):
    """Base 128, the highest first."""
    out = [number & 127]
    while number := number >> 7:
        out.append(number & 127 | 128)
    return bytes(reversed(out))


class Reader:
    """A message, range by range."""

    def __init__(self, data):
        if data[:1] != bytes([VERSION]):
            raise Refused("malformed", "another version")
        self.rest, self.day = data[1:], 0

    def take(self, size):
        if size > len(self.rest):
            raise Refused("malformed", "the message is cut short")
        part, self.rest = self.rest[:size], self.rest[size:]
        return part

    def number(self):
        value, more = 0, 128
        while more:
            byte = self.take(1)[0]
            value, more = value << 7 | byte & 127, byte & 128
            if value >= 1 << 64:
                raise Refused("malformed", "a number that is too large")
        return value

    def ranges(self):
        while self.rest:
            step = self.number()
            self.day = END[0] if step == 0 else self.day + step - 1
            prefix = self.take(self.number())
            mode = self.number()
            if len(prefix) > 32 or mode > IDS:
                raise Refused("malformed", "an unknown mode, or a prefix that is too long")
            held = None
            if mode == FINGERPRINT:
                held = self.take(16)
            if mode == IDS:
                held = [self.take(32) for _ in range(self.number())]
            yield (self.day, prefix), mode, held


class Writer:
    def __init__(self):
        self.data, self.day = bytes([VERSION]), 0

    def range(self, bound, mode, held=b""):
        day, prefix = bound
        self.data += put(0) if day == END[0] else put(day - self.day + 1)
        self.day = day
        self.data += put(len(prefix)) + prefix + put(mode) + held


class Side:
    """One of two that reconcile; `items` are (day, id)."""

    def __init__(self, items, begins):
        self.items, self.begins = sorted(items), begins
        self.have, self.need = set(), set()

    def fingerprint(self, lower, upper):
        total = sum(int.from_bytes(one, "little") for _, one in self.items[lower:upper]) % (1 << 256)
        return hashlib.sha256(total.to_bytes(32, "little") + put(upper - lower)).digest()[:16]

    def split(self, out, lower, upper, bound):
        """Few as a list; more as parts with fingerprints."""
        count = upper - lower
        if count < FEW:
            return out.range(bound, IDS, put(count) + b"".join(one for _, one in self.items[lower:upper]))
        for part in range(PARTS):
            end = lower + count // PARTS + (part < count % PARTS)
            to = bound if end == upper else self.between(end)
            out.range(to, FINGERPRINT, self.fingerprint(lower, end))
            lower = end

    def between(self, at):
        """The shortest bound that parts the item from the one before it."""
        (day, one), (before, other) = self.items[at], self.items[at - 1]
        if day != before:
            return day, b""
        shared = next(i for i in range(32) if one[i] != other[i])
        return day, one[: shared + 1]

    def begin(self):
        out = Writer()
        self.split(out, 0, len(self.items), END)
        return out.data

    def answer(self, message):
        """The next message; of the side that began an empty one ends it."""
        out, lower, last, skipped = Writer(), 0, (0, b""), False
        for bound, mode, held in Reader(message).ranges():
            upper = bisect_left(self.items, bound, lower)
            ours = [one for _, one in self.items[lower:upper]]
            equal = mode == SKIP or (mode == FINGERPRINT and held == self.fingerprint(lower, upper))
            if mode == IDS and self.begins:
                self.have |= set(ours) - set(held)
                self.need |= set(held) - set(ours)
                equal = True
            if equal:
                skipped = True
            else:
                if skipped:
                    out.range(last, SKIP)
                skipped = False
                if mode == IDS:
                    out.range(bound, IDS, put(len(ours)) + b"".join(ours))
                else:
                    self.split(out, lower, upper, bound)
            lower, last = upper, bound
        return out.data if len(out.data) > 1 or not self.begins else None


def read(data, items, began):
    """The next message; one of another version is answered, by whoever did not begin, with the version alone."""
    if not began and 0x60 <= next(iter(data), 0) <= 0x6F and data[0] != VERSION:
        return bytes([VERSION])
    return Side(items, began).answer(data)


def exchange(ours, theirs):
    """(messages in turn, what they lack, what we lack)."""
    one, other = Side(ours, True), Side(theirs, False)
    messages, message = [], one.begin()
    while message is not None:
        messages += [message, other.answer(message)]
        message = one.answer(messages[-1])
    return messages, one.have, one.need
