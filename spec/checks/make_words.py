"""Writes ok/words.json and bad/words.json: roots on paper (10, section 6)."""

from .make import seed, shown
from .words import LIST, join, part, part_words, public_of, times, words_of

ROOT = seed("a root on paper")


def share(key, needed, at, name):
    """What the polynomial has at a point, byte by byte: the key, and coefficients from the name."""
    value = bytes(32)
    for power in reversed(range(1, needed)):
        value = bytes(times(at, a ^ b) for a, b in zip(value, seed(f"{name} {power}")))
    return bytes(a ^ b for a, b in zip(value, key))


def parts(needed, *which, lot=1234, name="a splitting", key=ROOT):
    return [" ".join(part_words(at, needed, lot, share(key, needed, at, name))) for at in which]


def replaced(text, at, word):
    words = text.split()
    words[at] = word
    return " ".join(words)


def swapped(text, a, b):
    words = text.split()
    words[a], words[b] = words[b], words[a]
    return " ".join(words)


def good():
    """name, the key, words; or name, the key, a list of parts."""
    plain = " ".join(words_of(ROOT))
    yield "24 words", ROOT, plain
    yield "nothing but zeros", bytes(32), " ".join(["abandon"] * 23 + ["art"])
    yield "nothing but ones", b"\xff" * 32, " ".join(["zoo"] * 23 + ["vote"])
    yield "in capitals", ROOT, plain.upper()
    yield "with numbers, points and lines", ROOT, "\n".join(f"{n}. {word}," for n, word in enumerate(plain.split(), 1))
    yield "cut to four letters", ROOT, " ".join(word[:4] for word in plain.split())
    yield "cut to five letters", ROOT, " ".join(word[:5] for word in plain.split())
    yield "two of two", ROOT, parts(2, 1, 2)
    for a, b in ((1, 2), (1, 3), (2, 3), (3, 1)):
        yield f"parts {a} and {b} of two of three", ROOT, parts(2, a, b)
    yield "all of two of three", ROOT, parts(2, 1, 2, 3)
    yield "one of them twice", ROOT, parts(2, 2, 2, 3)
    yield "three of five", ROOT, parts(3, 5, 1, 4, lot=0)
    yield "the last two of sixteen", ROOT, parts(2, 15, 16, lot=0x3FFF)
    yield "sixteen of sixteen", ROOT, parts(16, *range(16, 0, -1))
    yield "parts cut to four letters, with numbers", ROOT, [
        " ".join(f"{n} {word[:4].upper()}" for n, word in enumerate(one.split(), 1)) for one in parts(2, 1, 3)
    ]
    yield "of another root", bytes(range(32)), parts(3, 1, 2, 3, key=bytes(range(32)), name="another splitting")


def bad():
    """name, why it is refused, words; or a list of parts."""
    plain = " ".join(words_of(ROOT))
    words = plain.split()
    other = next(word for word in ("abandon", "zoo") if word != words[11])
    yield "a word that is not in the list", "unknown-word", replaced(plain, 4, "xylofone")
    yield "a word with a letter more", "unknown-word", replaced(plain, 4, words[4] + "s")
    yield "cut to three letters", "unknown-word", replaced(plain, 4, "aba")
    yield "two words that ran together", "unknown-word", plain.replace(" ", "", 1)
    yield "another alphabet", "unknown-word", replaced(plain, 4, "зонт")
    yield "23 words", "count", " ".join(words[:-1])
    yield "25 words", "count", " ".join([*words, "zoo"])
    yield "no words", "count", ""
    yield "twelve words", "count", " ".join(["abandon"] * 11 + ["about"])
    yield "one of the list that is another", "sum", replaced(plain, 11, other)
    yield "the last word is another", "sum", " ".join(["abandon"] * 24)
    yield "two that have changed places", "sum", swapped(plain, 2, 3)
    one, two, three = parts(2, 1, 2, 3)
    yield "no parts", "too-few", []
    yield "one of two", "too-few", [one]
    yield "one of two, twice", "too-few", [one, one]
    yield "two of three", "too-few", parts(3, 1, 2)
    yield "two of three, one of them twice", "too-few", parts(3, 1, 2, 1)
    yield "fifteen of sixteen", "too-few", parts(16, *range(1, 16))
    yield "of two splittings", "mixed", [one, *parts(2, 2, lot=1235, name="another splitting")]
    yield "of two splittings, and enough of the first", "mixed", [one, two, *parts(2, 3, lot=1235, name="another splitting")]
    yield "of two splittings of other sizes", "mixed", [one, *parts(3, 2, 3)]
    yield "two of one number that differ", "mixed", [one, two, *parts(2, 2, name="another splitting")]
    yield "a part with a word that is not in the list", "unknown-word", [replaced(one, 9, "xylofone"), two]
    yield "a part with 26 words", "count", [one, " ".join(two.split()[:-1])]
    yield "a part with 28 words", "count", [f"{one} zoo", two]
    yield "a root's words for a part", "count", [plain, two]
    yield "a part's share with another word", "sum", [one, replaced(two, 20, next(w for w in LIST if w != two.split()[20]))]
    for at in range(3):
        wrong = LIST[LIST.index(two.split()[at]) ^ 1]
        yield f"a part with another word in place {at + 1}", "sum", [one, replaced(two, at, wrong)]
    yield "a part of which two words have changed places", "sum", [swapped(one, 0, 2), two]
    head = " ".join([*one.split()[:3], *two.split()[3:]])
    yield "the head of one part before the share of another", "sum", [one, head]
    yield "a part that says that one is enough", "alone", parts(1, 1)


def row(name, value):
    if isinstance(value, list):
        return {"type": "parts", "name": name, "parts": value}
    return {"type": "words", "name": name, "words": value}


def files():
    rows = []
    for name, key, value in good():
        case = row(name, value)
        if isinstance(value, list):
            case["printed"] = [" ".join(part_words(*part(one))) for one in value]
            assert join([part(one) for one in value]) == key, name
        else:
            case["printed"] = " ".join(words_of(key))
        rows.append(case | {"seed": key.hex(), "root": public_of(key)})
    made = {"ok/words.json": shown("spec/10-charter.md, section 6", rows)}
    rows = [{**row(name, value), "refused": refused} for name, refused, value in bad()]
    made["bad/words.json"] = shown("spec/10-charter.md, section 6", rows)
    return made

