"""A root key on paper, in words and in parts (10, section 6)."""

import hashlib

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from .refusal import Disagreement, Refused, agree
from .world import VECTORS

LIST = (VECTORS.parent / "words.txt").read_text().split()
HEAD, WORDS = 3, 24


def number_of(word):
    begun = [at for at, one in enumerate(LIST) if one.startswith(word)]
    if word in LIST:
        return LIST.index(word)
    if len(word) >= 4 and len(begun) == 1:
        return begun[0]
    raise Refused("unknown-word", word)


def numbers(text, count):
    typed = "".join(one if one.isalpha() else " " for one in text).lower().split()
    found = [number_of(word) for word in typed]
    if len(found) != count:
        raise Refused("count", f"{len(found)} words, and not {count}")
    return found


def joined(values, bits):
    """Numbers of so many bits, one after the other."""
    whole = 0
    for one in values:
        whole = whole << bits | one
    return whole


def secret(numbers):
    """BIP 39: 256 bits, and the first 8 of their SHA-256."""
    whole = joined(numbers, 11)
    key = (whole >> 8).to_bytes(32, "big")
    if hashlib.sha256(key).digest()[0] != whole & 255:
        raise Refused("sum")
    return key


def words_of(key):
    whole = int.from_bytes(key + hashlib.sha256(key).digest()[:1], "big")
    return [LIST[whole >> 11 * at & 2047] for at in reversed(range(WORDS))]


def part_sum(head, share):
    return int.from_bytes(hashlib.sha256(head.to_bytes(3, "big") + share).digest()[:2], "big") >> 5


def part(text):
    """(the part's number, m, what the parts of one splitting have in common, the share)."""
    first, second, said, *rest = numbers(text, HEAD + WORDS)
    share, head = secret(rest), first << 11 | second
    if part_sum(head, share) != said:
        raise Refused("sum", "of a part")
    number, needed, lot = (head >> 18) + 1, (head >> 14 & 15) + 1, head & 0x3FFF
    if needed < 2:
        raise Refused("alone")
    return number, needed, lot, share


def part_words(number, needed, lot, share):
    head = number - 1 << 18 | needed - 1 << 14 | lot
    return [LIST[head >> 11], LIST[head & 2047], LIST[part_sum(head, share)], *words_of(share)]


def times(a, b):
    """In GF(2^8), by x^8 + x^4 + x^3 + x^2 + 1."""
    product = 0
    while b:
        product ^= a * (b & 1)
        a, b = a << 1 ^ (0x11D if a & 128 else 0), b >> 1
    return product


def inverse(a):
    return next(b for b in range(1, 256) if times(a, b) == 1)


def join(parts):
    if not parts:
        raise Refused("too-few")
    shares = {}
    for number, needed, lot, share in parts:
        if (needed, lot) != parts[0][1:3] or shares.setdefault(number, share) != share:
            raise Refused("mixed")
    if len(shares) < parts[0][1]:
        raise Refused("too-few")
    key = bytes(32)
    for x, share in shares.items():
        weight = 1
        for other in shares:
            if other != x:
                weight = times(weight, times(other, inverse(other ^ x)))
        key = bytes(a ^ times(weight, b) for a, b in zip(key, share))
    return key


def public_of(key):
    return Ed25519PrivateKey.from_private_bytes(key).public_key().public_bytes_raw().hex()


def read(case):
    if case["type"] == "words":
        return secret(numbers(case["words"], WORDS))
    return join([part(one) for one in case["parts"]])


def ok_words(world, cases):
    for case in cases:
        key = read(case)
        agree("seed", case["seed"], key.hex())
        agree("root", case["root"], public_of(key))
        for one, printed in zip(case.get("parts", ()), case.get("printed", ())):
            agree("printed", printed, " ".join(part_words(*part(one))))
        if case["type"] == "words":
            agree("printed", case["printed"], " ".join(words_of(key)))
        yield case["name"]


def bad_words(world, cases):
    for case in cases:
        try:
            read(case)
        except Refused as no:
            agree(f"refused by ({no})", case["refused"], no.rule)
        else:
            raise Disagreement("the vector is refused, and the text takes it")
        yield case["name"]
