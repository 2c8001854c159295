"""Signatures on which implementations of Ed25519 differ, made on the points themselves.

The twelve sorts are those of Chalkias, Garillot and Nikolaenko, "Taming the many EdDSAs" (2020), table 5; keys, messages
and signatures are drawn here. Behind them come the twelve cases that were published with it, as they are.
"""

import hashlib

from . import ed25519, speccheck
from .ed25519 import BASE, L, P, add, decode, encode, multiply

ZERO = (0, 1, 1, 0)


def drawn(label):
    return int.from_bytes(hashlib.sha512(b"parasol ed25519 " + label.encode()).digest(), "little") % L


def torsion():
    """A point of order eight."""
    y = 2
    while True:
        point = decode(y.to_bytes(32, "little"))
        if point and not same(multiply(4 * L, point), ZERO):
            return multiply(L, point)
        y += 1


def same(a, b):
    return encode(a) == encode(b)


def challenge(r, a, message):
    return int.from_bytes(hashlib.sha512(r + a + message).digest(), "little") % L


def plain(key, message, signature, cofactor=1):
    """Whether the equation holds, with the points as they decode when coordinates at or above p are taken too."""
    a, r = loose(key), loose(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    k = challenge(signature[:32], key, message)
    right = add(r, multiply(k, a))
    return same(multiply(cofactor * s, BASE), multiply(cofactor, right))


def loose(data):
    """Decodes y modulo p, and x = 0 with either sign."""
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, (number & ((1 << 255) - 1)) % P
    if point := decode((y | sign << 255).to_bytes(32, "little")):
        return point
    return decode(y.to_bytes(32, "little"))


def signed(label, key_part, r_part, want, secret=True, nonce=True):
    """A signature of the key a·B + key_part with R = r·B + r_part for which `want(k)` holds."""
    a = drawn(label + " key") if secret else 0
    r = drawn(label + " nonce") if nonce else 0
    key = encode(add(multiply(a, BASE), key_part))
    first = encode(add(multiply(r, BASE), r_part))
    for n in range(1000):
        message = f"{label}, try {n}".encode()
        k = challenge(first, key, message)
        if want(k):
            s = (r + k * a) % L
            return key, message, first + s.to_bytes(32, "little")
    raise AssertionError(label)


def cases():
    """name, key, message, signature, whether the equation holds without and with the cofactor, whether it counts."""
    t8 = torsion()
    t2 = multiply(4, t8)
    cancels = lambda part: lambda k: same(add(part, multiply(k, t8)), ZERO)
    stays = lambda part: lambda k: not cancels(part)(k)
    yield "key and R of small order, S zero", *signed("0", t8, t2, cancels(t2), False, False), True, True, False
    yield "key of small order, R of mixed order", *signed("1", t8, t8, cancels(t8), False), True, True, False
    yield "key of mixed order, R of small order", *signed("2", t8, t8, cancels(t8), True, False), True, True, False
    yield "key and R of mixed order, what is of small order cancels", *signed("3", t8, t8, cancels(t8)), True, True, True
    yield "key and R of mixed order, what is of small order stays", *signed("4", t8, t8, stays(t8)), False, True, False
    # Whoever multiplies k by eight and reduces it modulo L before it meets the key comes to another point.
    odd = lambda k: stays(ZERO)(k) and not same(multiply(8 * k % L, t8), ZERO)
    yield "key of mixed order, R of prime order", *signed("5", t8, ZERO, odd), False, True, False
    key, message, good = signed("6", ZERO, ZERO, lambda k: True)
    s = int.from_bytes(good[32:], "little")
    yield "S + L", key, message, good[:32] + (s + L).to_bytes(32, "little"), True, True, False
    yield "S + 15 L", key, message, good[:32] + (s + 15 * L).to_bytes(32, "little"), True, True, False
    # The neutral element as y = p + 1, and with the sign of an x that is zero.
    forms = (("y not below p", P + 1), ("x zero with a sign", 1 | 1 << 255))
    for form, number in forms:
        other = number.to_bytes(32, "little")
        a, r = drawn(f"key for {form}"), drawn(f"nonce for {form}")
        key, first = encode(multiply(a, BASE)), encode(multiply(r, BASE))
        for said, hashed in (("hashed as it is", other), ("hashed in its canonical form", encode(ZERO))):
            message = f"R: {form}, {said}".encode()
            s = challenge(hashed, key, message) * a % L
            holds = hashed == other
            yield f"R in another form, {form}, {said}", key, message, other + s.to_bytes(32, "little"), holds, holds, False
        # The neutral element as a key takes every R = r·B with S = r, whatever is hashed.
        signature = first + r.to_bytes(32, "little")
        yield f"key in another form, {form}", other, f"key: {form}".encode(), signature, True, True, False
    yield "as everybody signs", *signed("plain", ZERO, ZERO, lambda k: True), True, True, True
    for number, (what, holds, *case) in enumerate(speccheck.CASES):
        yield f"speccheck {number}: {what}", *map(bytes.fromhex, case), *holds


def rows():
    for name, key, message, signature, cofactorless, cofactored, counts in cases():
        # Each is what its name says: by the loose equations, and by the rule.
        assert plain(key, message, signature) == cofactorless, name
        assert plain(key, message, signature, 8) == cofactored, name
        assert ed25519.holds(key, message, signature) == counts, name
        yield {
            "name": name,
            "key": key.hex(),
            "message": message.hex(),
            "signature": signature.hex(),
            "counts": counts,
        }
