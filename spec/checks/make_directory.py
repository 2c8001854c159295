"""Writes ok/views.json and bad/directory.json, what a client makes of a directory (07), and bad/evaluate.json, what a
keyholder refuses (06, section 3): by hand."""

import hashlib

from . import cbor, voprf
from .make import CHARTER, FEDERATION, NODES, ROOTS, START, TERMS, TODAY, Key, cosigned, delegation, revocation, seed, shown, vouch
from .make_chain import FIRST, KEYS, after, identity, row, signed, with_rows

MADE = TODAY - 20


def key_row(name, label, degree=1):
    numbers = [int.from_bytes(seed(f"{label} {n}"), "big") % voprf.Q for n in range(degree + 1)]
    at = [voprf.base(sum(c * i**n for n, c in enumerate(numbers))) for i in range(4)]
    return [name, 2, at[0], [[i, at[i]] for i in (1, 2, 3)]]


def certified(*who, epoch=1, keys=None, federation=FEDERATION, label="a bucket key", made=MADE):
    """(the certificate, SHA-256 of its payload)."""
    payload = cbor.encode({1: 1, 2: federation, 3: epoch, 4: made, 5: True, 6: keys or [key_row([0], label)]})
    external = b"parasol 1 certificate" + federation
    return cosigned(payload, external, [NODES[name] for name in who or ("ash", "birch")]), hashlib.sha256(payload).digest()


CERTIFICATE, DIGEST = certified()


def directory(charters=(CHARTER,), certificate=CERTIFICATE, records=START, home="ash", today=TODAY, carried=5):
    key = NODES[home].public if home in NODES else Key(home).public
    return cbor.encode([list(charters), certificate, list(records), key, today, carried])


def case(name, data, own="ash", day=TODAY, known=None, pinned=None, seen=None, **result):
    return {
        "name": name,
        "own": KEYS[own].public.hex(),
        "day": day,
        "known": known and known.hex(),
        "pinned": pinned and {"version": pinned[0][2], "id": pinned[1].hex()},
        "seen": seen and {"epoch": seen[0], "digest": seen[1].hex()},
        **result,
        "hex": data.hex(),
    }


TWO = after(FIRST, "two", f5=MADE)
OTHER = after(FIRST, "another two", f5=MADE)
TAKEN = signed(TWO, "ash", "birch", "cedar")


def without(who):
    return [one for name, one in zip(("ash", "birch", "cedar", "elm"), START) if name != who]


def views():
    def good(name, data, version=1, epoch=1, left_out=(), clocks=False, bare=(), **more):
        result = {"version": version, "epoch": epoch, "left_out": list(left_out), "clocks": clocks, "without": list(bare)}
        return case(name, data, **more, **result)

    yield good("the first that a client sees", directory())
    yield good("the federation that it knows", directory(), known=FEDERATION, pinned=FIRST, seen=(1, DIGEST))
    for apart, told in ((1, False), (-1, False), (2, True), (-2, True)):
        yield good(f"the node's day is {apart} from its own", directory(today=TODAY + apart), clocks=told)
    yield good("an organisation's delegation is left out", directory(records=without("elm")), bare=["elm"])
    bent = START[3][:-1] + bytes([START[3][-1] ^ 1])
    yield good("one bad record is left out and told", directory(records=[*START[:3], bent]), left_out=["signature"], bare=["elm"])
    strange = delegation("birch", node=Key("a strange node"), sign=Key("nobody").sign)
    late = [vouch("birch", "cedar", issued=TODAY - 15, life=10), *START, strange]
    yield good("two bad ones, before and behind the good", directory(records=late), left_out=["expired", "signature"])
    gone = [*START, revocation("cedar")]
    yield good("a revoked node is no node", directory(records=gone), bare=["cedar"])
    yield good("one who may work until today", directory(today=TODAY + 60), day=TODAY + 60)
    yield good("a later version", directory([CHARTER, TAKEN]), version=2, known=FEDERATION, pinned=FIRST)
    yield good("the version that it knows, once more", directory([CHARTER, TAKEN]), version=2, pinned=TWO)
    three = after(TWO, "three", f5=MADE)
    chain = [CHARTER, TAKEN, signed(three, "birch", "cedar", "elm")]
    yield good("a version upon the one that it knows", directory(chain), version=3, pinned=TWO)
    proposed = [CHARTER, signed(TWO, "ash", "birch")]
    yield good("a version that does not count yet", directory(proposed), pinned=FIRST)
    left = after(FIRST, "without elm", f5=MADE, f6=with_rows(without=["elm"]))
    out = directory([CHARTER, signed(left, "ash", "birch", "cedar")])
    yield good("what one who is out has signed", out, version=2, left_out=["unknown-organisation"])
    yield good("a later generation of keys", directory(certificate=certified(epoch=2)[0]), epoch=2, seen=(1, DIGEST))
    gone = [*START, revocation("birch")]
    yield good("a signer's key was revoked since", directory(records=gone), bare=["birch"])
    late, digest = certified(made=TODAY - 5)
    gone = directory(certificate=late, records=[*START, revocation("birch", issued=TODAY - 10)])
    yield good("a signer's key was revoked before, of keys that are known", gone, bare=["birch"], seen=(1, digest))
    more = certified("ash", "birch", "cedar")[0]
    yield good("the same generation with more signatures", directory(certificate=more), seen=(1, DIGEST))


def bad():
    def no(name, refused, data, rule=None, **more):
        return case(name, data, **more, refused=refused, **({"rule": rule} if rule else {}))

    yield no("a byte follows", "malformed", directory() + b"\0")
    yield no("no charter", "malformed", directory(charters=[]))
    yield no("an empty record", "malformed", directory(records=[b""]))
    yield no("an array of five", "malformed", cbor.encode([[CHARTER], CERTIFICATE, START, NODES["ash"].public, TODAY]))

    yield no("a charter of no bytes", "charter", directory([b""]), "malformed")
    short = cosigned(cbor.encode(TERMS), b"parasol 1 charter", [ROOTS[name] for name in ("ash", "birch", "cedar")])
    yield no("a first version that one has not signed", "charter", directory([short]), "signatures")
    yield no("a chain without its first version", "charter", directory([TAKEN]), "gap")
    far = signed(after(FIRST, "four", f2=4), "ash", "birch", "cedar")
    yield no("a version that does not follow", "charter", directory([CHARTER, far]), "invalid")
    alone = signed(after(FIRST, "one", f7=1), "ash")
    yield no("a threshold of one", "charter", directory([CHARTER, alone]), "threshold")
    one_place = with_rows(row("birch", "FR", 2), without=["birch"])
    french = signed(after(FIRST, "FR", f6=one_place), "ash")
    yield no("two keyholders in one jurisdiction", "charter", directory([CHARTER, french]), "jurisdiction")
    elsewhere = signed((TWO[0] | {3: [seed("another federation"), FEDERATION]}, None), "ash")
    yield no("a version of another federation's", "charter", directory([CHARTER, elsewhere]), "federation")
    beyond = signed(after(FIRST, "far", f2=1025), "ash")
    yield no("a number that no chain has", "charter", directory([CHARTER, beyond]), "full")

    terms = TERMS | {4: "Four other trees"}
    theirs = cosigned(cbor.encode(terms), b"parasol 1 charter", list(ROOTS.values()))
    yield no("another federation of the same organisations", "other-federation", directory([theirs]), known=FEDERATION)
    yield no("another federation, which does not have ours", "other-federation", directory(), own="oak", known=identity(terms))

    yield no("a charter without ours", "not-ours", directory(), own="oak")
    heirs = TERMS | {13: [[KEYS["oak"].public, ROOTS["ash"].public, []]]}
    forged = cosigned(cbor.encode(heirs), b"parasol 1 charter", list(ROOTS.values()))
    yield no("a first version that calls ours a former root", "not-ours", directory([forged]), own="oak")
    left = after(FIRST, "without elm", f5=MADE, f6=with_rows(without=["elm"]))
    out = [CHARTER, signed(left, "ash", "birch", "cedar")]
    yield no("ours was voted out", "not-ours", directory(out), own="elm")
    replaced = with_rows(row("new ash", "FR", 1, "ash"), without=["ash"])
    former = [[KEYS["ash"].public, KEYS["new ash"].public, []]]
    lost = after(FIRST, "ash has a new root", f5=MADE, f6=replaced, f13=former)
    chain = [CHARTER, signed(lost, "birch", "cedar", "elm", "new ash")]
    yield no("our root was replaced", "root-replaced", directory(chain), known=FEDERATION, pinned=FIRST)

    yield no("no keys yet", "no-keys", directory(certificate=b""))
    yield no("no keys yet, and another's node", "no-keys", directory(certificate=b"", home="birch"))

    def keys(data, rule, name, **more):
        return no(name, "certificate", directory(certificate=data, **more), rule)

    yield keys(CERTIFICATE[:-1], "malformed", "a certificate that is cut short")
    yield keys(certified(federation=seed("another federation"))[0], "federation", "another federation's keys")
    three = [[[0], 3, *key_row([0], "three", 2)[2:]]]
    yield keys(certified(keys=three)[0], "keyholders", "keys that take three")
    yield keys(certified(keys=[key_row([0], "off", 2)])[0], "key", "shares that are on no line")
    yield keys(certified("ash")[0], "signatures", "one keyholder has signed")
    yield keys(CERTIFICATE, "signatures", "a signer's delegation is left out", records=without("birch"))
    gone = [*START, revocation("birch", issued=TODAY - 10)]
    yield keys(certified(made=TODAY - 5)[0], "signatures", "a signer's key was revoked before", records=gone)
    yield keys(certified("ash", "elm")[0], "signatures", "a member that is no keyholder has signed")

    yield no("another organisation's node", "not-our-node", directory(home="birch"))
    yield no("a node that nobody delegated to", "not-our-node", directory(home="a strange node"))
    by_others = certified("birch", "cedar")[0]
    stolen = directory(certificate=by_others, records=[*START, revocation("ash")])
    yield no("our node, whose key is revoked", "not-our-node", stolen)
    yield no("our node, a day too late", "not-our-node", directory(today=TODAY + 60), day=TODAY + 61)
    yield no("our node, without its delegation", "not-our-node", directory(certificate=by_others, records=without("ash")))

    yield no("the version that is known is held back", "set-back", directory(), known=FEDERATION, pinned=TWO)
    half = [CHARTER, signed(TWO, "ash", "birch")]
    yield no("the version that is known, with too few signatures", "set-back", directory(half), pinned=TWO)
    branch = [CHARTER, signed(OTHER, "ash", "birch", "cedar")]
    yield no("another version of that number", "set-back", directory(branch), pinned=TWO)
    yield no("set back, and so are the keys", "set-back", directory(), pinned=TWO, seen=(2, DIGEST))
    yield no("an earlier generation of keys", "old-certificate", directory(), pinned=FIRST, seen=(2, DIGEST))
    twin = certified(label="another bucket key")[0]
    yield no("a second certificate of one generation", "two-certificates", directory(certificate=twin), seen=(1, DIGEST))


def refusals():
    bucket, now, last, beyond = [0], [1, 4053], [1, 4057], [1, 4058]
    both = [{"epoch": 1, "keys": [bucket, now, last, beyond]}, {"epoch": 2, "keys": [bucket, now, [2, 4053]]}]
    spent = 60_000

    def no(name, refused, epoch, keys, elements=1, counted=(), day=TODAY):
        ask = {"epoch": epoch, "keys": keys, "elements": elements}
        counted = [[key, count] for key, count in counted]
        return {"name": name, "refused": refused, "held": both, "counted": counted, "day": day, "ask": ask}

    yield no("an epoch of which it has no shares", "other-epoch", 3, [bucket])
    yield no("no such epoch, no such key, and nothing left", "other-epoch", 3, [bucket, [2, 4000]], 1, [(bucket, spent)])
    yield no("a key of another epoch", "no-share", 1, [[2, 4053]])
    yield no("two keys, and a share of neither", "no-share", 2, [last, [2, 4054]])
    yield no("a season in which no report can expire yet", "no-share", 1, [beyond])
    yield no("that season, beside a key of which it has no share", "no-share", 1, [beyond, [2, 4053]])
    # On the last day but one of a year tomorrow is of the old season still.
    yield no("that season, the day before it may be asked", "no-share", 1, [beyond], day=20_817)
    yield no("no share, and nothing left", "no-share", 2, [last], 1, [(last, spent)])
    yield no("nothing left under the only one of two keys that it has", "quota", 2, [bucket, last], 1, [(bucket, spent)])
    yield no("that season, and nothing left under the one that may be asked", "quota", 1, [last, beyond], 1, [(last, spent)])
    yield no("that season, of which it has no share, and nothing left under the key that it has", "quota", 2, [bucket, beyond], 1, [(bucket, spent)])
    yield no("nothing left", "quota", 1, [bucket], 1, [(bucket, spent)])
    yield no("one more than is left", "quota", 1, [bucket], 1001, [(bucket, spent - 1000)])
    yield no("nothing left under the first of two keys", "quota", 2, [bucket, now], 2, [(bucket, spent - 1)])
    yield no("nothing left under the second of two keys", "quota", 2, [bucket, now], 2, [(now, spent - 1)])


def files():
    made = {"ok/views.json": shown("spec/07-http.md, directory", list(views()))}
    made["bad/directory.json"] = shown("spec/07-http.md, directory", list(bad()))
    made["bad/evaluate.json"] = shown("spec/06-transport.md, section 3", list(refusals()), charter=CHARTER.hex())
    return made
