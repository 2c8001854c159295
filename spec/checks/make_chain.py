"""Writes ok/chain.json and bad/chain.json: what comes of versions of a charter (10), by hand."""

import hashlib

from . import cbor
from .make import CHARTER, FEDERATION, ROOTS, TERMS, TODAY, Key, cosigned, seed, shown

KEYS = {**ROOTS, "oak": Key("oak root"), "new ash": Key("new ash root")}
FIRST = TERMS, FEDERATION


def identity(terms):
    return hashlib.sha256(cbor.encode(terms)).digest()


def after(before, name, against=(), **fields):
    """The terms of a version that follows, and its id."""
    terms, previous = before
    named = {int(key[1:]): value for key, value in fields.items()}
    origin = [FEDERATION, previous, *sorted(against)]
    new = terms | {2: terms[2] + 1, 3: origin, 4: name, 5: terms[5] + 1} | named
    new = dict(sorted(new.items()))
    return new, identity(new)


def signed(version, *who, external=b"parasol 1 charter"):
    return cosigned(cbor.encode(version[0]), external, [KEYS[name] for name in who])


def row(name, place="FR", share=0, called=None):
    return [KEYS[name].public, called or name, place, share, 10]


def with_rows(*rows, without=()):
    gone = [KEYS[name].public for name in without]
    return sorted([*(one for one in TERMS[6] if one[0] not in gone), *rows])


def chains():
    """name, documents in the order in which they come, the version that counts, rivals, who signed two, who waits."""
    two, other = after(FIRST, "two"), after(FIRST, "another two")
    yield "the first alone", [], FIRST
    yield "half have signed", [signed(two, "ash", "birch")], FIRST
    yield "more than half have signed", [signed(two, "ash", "birch", "cedar")], two
    yield "more than half, in pieces", [signed(two, name) for name in ("ash", "birch", "cedar")], two
    yield "all, and an outsider, who does not count", [signed(two, *ROOTS, "oak")], two
    yield "half, and an outsider", [signed(two, "ash", "birch", "oak")], FIRST
    three = after(two, "three")
    pieces = [signed(two, "ash", "birch", "cedar"), signed(three, "birch", "cedar", "elm")]
    yield "three versions", pieces, three
    yield "the one before is missing", pieces[1:], FIRST, [], [], [three[1]]
    joined = after(FIRST, "a fifth", f6=with_rows(row("oak")))
    yield "a new member has not signed", [signed(joined, *ROOTS)], FIRST
    yield "a new member has signed, and two of four", [signed(joined, "ash", "birch", "oak")], FIRST
    yield "a new member has signed, and three of four", [signed(joined, "ash", "birch", "cedar", "oak")], joined
    replaced = with_rows(row("new ash", "FR", 1, "ash"), without=["ash"])
    former = [[KEYS["ash"].public, KEYS["new ash"].public, [seed("a delegation")]]]
    lost = after(FIRST, "ash has a new root", f6=replaced, f13=former)
    yield "a lost root is replaced", [signed(lost, "birch", "cedar", "elm", "new ash")], lost
    yield "a lost root, and the new one has not agreed", [signed(lost, "birch", "cedar", "elm")], FIRST
    heir = after(FIRST, "birch answers for oak", f13=[[KEYS["oak"].public, KEYS["birch"].public, []]])
    yield "one answers for another's records", [signed(heir, "ash", "birch", "cedar")], heir
    yield "one answers for another's records, and was not asked", [signed(heir, "ash", "elm", "cedar")], FIRST
    left = after(FIRST, "without elm", f6=with_rows(without=["elm"]))
    yield "one is voted out", [signed(left, "ash", "birch", "cedar")], left
    by_elm = after(left, "elm's own")
    both = [signed(left, "ash", "birch", "cedar"), signed(by_elm, "ash", "elm")]
    yield "who is out does not count", both, left
    once = [signed(two, "ash", "birch", "cedar"), signed(other, "elm")]
    yield "two of one number, one of them short", once, two
    ash = KEYS["ash"].public
    short = [signed(two, "ash", "birch", "cedar"), signed(other, "ash")]
    yield "one signed two, and counts for neither", short, FIRST, [], [ash]
    yield "one signed two, and it counts without", [*short, signed(two, "elm")], two, [], [ash]
    birch = KEYS["birch"].public
    fork = [signed(two, "ash", "birch", "cedar"), signed(other, "ash", "birch", "elm")]
    rivals, liars = sorted([two[1], other[1]]), sorted([ash, birch])
    yield "a fork", fork, FIRST, rivals, liars
    silent = after(two, "names nothing")
    quiet = signed(silent, "cedar", "elm", "ash")
    yield "a fork, and what follows one side without naming the other", [*fork, quiet], FIRST, rivals, liars
    out = after(two, "out", against=[other[1]])
    yield "the way out, and half have signed", [*fork, signed(out, "cedar", "elm")], FIRST, rivals, liars
    yield "the way out", [*fork, signed(out, "cedar", "elm", "birch")], out, [], []
    back = after(other, "the other way out", against=[two[1]])
    ways = [signed(out, "cedar", "elm", "birch"), signed(back, "ash", "elm", "birch")]
    yield "two ways out", [*fork, *ways], FIRST, rivals, liars
    halves = [signed(two, "ash", "birch"), signed(other, "cedar", "elm")]
    yield "two against two", halves, FIRST
    yield "two against two, and one goes over by a second signature", [*halves, signed(two, "cedar")], FIRST, [], [KEYS["cedar"].public]
    yield "two against two, and half have signed the way out", [*halves, signed(out, "ash", "cedar")], FIRST
    yield "two against two, and the way out", [*halves, signed(out, "ash", "birch", "cedar")], out
    yield "two against two, and a way out that names nothing", [*halves, signed(silent, "ash", "birch", "cedar")], FIRST
    third = after(FIRST, "a third two")
    each = [signed(two, "ash"), signed(other, "birch"), signed(third, "cedar")]
    over = after(two, "over", against=[other[1], third[1]])
    yield "each its own, and the way out", [*each, signed(over, "ash", "birch", "cedar")], over
    stranger = after(joined, "out, upon a fifth", against=[other[1]])
    ways = [signed(joined, "ash", "birch"), signed(other, "cedar", "elm"), signed(stranger, "ash", "birch", "cedar")]
    yield "a way out upon one whose new member has not signed", ways, FIRST
    late = [*pieces, signed(other, "ash")]
    yield "a second signature behind what was built upon", late, three, [], []


def bad():
    """name, refusal, what is known, bytes."""
    two = after(FIRST, "two")
    known = [signed(two, "ash", "birch", "cedar")]
    yield "nobody has signed", "signatures", [], signed(two)
    yield "only an outsider has signed", "signatures", [], signed(two, "oak")
    joined = after(FIRST, "a fifth", f6=with_rows(row("oak")))
    yield "only who comes in has signed", "signatures", [], signed(joined, "oak")
    yield "a number that no chain has", "full", [], signed(after(FIRST, "far", f2=1025), "ash")
    elsewhere = b"parasol 1 record" + FEDERATION
    yield "signed as a record of the federation", "signatures", [], signed(two, "ash", external=elsewhere)
    good = signed(two, "ash")
    yield "a signature does not hold", "signatures", [], good[:-1] + bytes([good[-1] ^ 1])
    double = cosigned(cbor.encode(two[0]), b"parasol 1 charter", [KEYS["ash"], KEYS["ash"]])
    yield "one has signed twice", "malformed", [], double
    elsewhere = two[0] | {3: [seed("another federation"), FEDERATION]}
    yield "of another federation", "federation", [], signed((elsewhere, None), "ash")
    first = TERMS | {4: "Another first"}
    yield "another first version", "federation", [], signed((first, None), *ROOTS)
    bare = {key: value for key, value in two[0].items() if key != 3}
    yield "a second version without an origin", "malformed", [], signed((bare, None), "ash")
    yield "a first version with an origin", "malformed", [], signed((two[0] | {2: 1}, None), "ash")
    yield "version 0", "malformed", [], signed((two[0] | {2: 0}, None), "ash")
    yield "a number left out", "invalid", [], signed(after(FIRST, "four", f2=4), "ash")
    yield "the same number again", "invalid", known, signed(after(two, "two again", f2=2), "ash")
    yield "dated before the one that it follows", "invalid", [], signed(after(FIRST, "old", f5=TODAY - 21), "ash")
    yield "other bits of a bucket", "invalid", [], signed(after(FIRST, "bits", f11=13), "ash")
    out_of_order = two[0] | {3: [FEDERATION, FEDERATION, b"\2" * 32, b"\1" * 32]}
    yield "set aside out of order", "malformed", [], signed((out_of_order, None), "ash")
    yield "no origin's previous", "malformed", [], signed((two[0] | {3: [FEDERATION]}, None), "ash")
    many = [(n).to_bytes(32, "big") for n in range(17)]
    yield "seventeen set aside", "malformed", [], signed(after(FIRST, "many", against=many), "ash")
    one_place = with_rows(row("birch", "FR", 2), without=["birch"])
    yield "two keyholders in one jurisdiction, by a later version", "jurisdiction", [], signed(after(FIRST, "FR", f6=one_place), "ash")
    yield "a threshold of one, by a later version", "threshold", [], signed(after(FIRST, "one", f7=1), "ash")
    gone = with_rows(without=["elm"])
    known = [signed(after(FIRST, "without elm", f6=gone), "ash", "birch", "cedar")]
    left = after(FIRST, "without elm", f6=gone)
    yield "signed by one who is out", "signatures", known, signed(after(left, "elm's"), "elm")


def files():
    rows = []
    for name, documents, current, *rest in chains():
        rivals, twice, waiting = [*rest, [], [], []][:3]
        rows.append(
            {
                "name": name,
                "documents": [one.hex() for one in documents],
                "version": current[0][2],
                "current": current[1].hex(),
                "fork": [one.hex() for one in rivals],
                "twice": [one.hex() for one in twice],
                "waiting": [one.hex() for one in waiting],
            }
        )
    made = {"ok/chain.json": shown("spec/10-charter.md, section 3", rows, charter=CHARTER.hex())}
    rows = [
        {"name": name, "refused": refused, "known": [one.hex() for one in known], "hex": data.hex()}
        for name, refused, known, data in bad()
    ]
    made["bad/chain.json"] = shown("spec/10-charter.md, section 2", rows, charter=CHARTER.hex())
    return made
