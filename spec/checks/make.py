"""Writes the vectors that this implementation makes: ok/reconcile.json, bad/reconcile.json, ok/scenes.json,
bad/certificate.json, bad/contents.json and those of make_answers.py, make_chain.py, make_directory.py, make_papers.py,
make_trust.py and make_words.py.

    cd spec && python3 -m checks.make

Keys come from the SHA-256 of their names; nothing is random. Verdicts are written by hand, so that they are not those of
whatever is run here.
"""

import hashlib
import json
import re

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from . import cbor, ed25519, reconcile, seal, voprf
from .world import VECTORS

TODAY = 20_779
KINDS = {"report": 1, "second": 3, "retraction": 5, "vouch": 7, "revocation": 8, "affirmation": 9, "delegation": 10, "ending": 11, "grant": 12}


def seed(name):
    return hashlib.sha256(b"parasol vectors " + name.encode()).digest()


class Key:
    def __init__(self, name):
        self.name, self.secret = name, Ed25519PrivateKey.from_private_bytes(seed(name))
        self.public = self.secret.public_key().public_bytes_raw()

    def sign(self, message):
        return self.secret.sign(message)


def cosigned(payload, external, keys):
    rows = []
    for key in sorted(keys, key=lambda key: key.public):
        protected = cbor.encode({1: -8, 4: key.public})
        rows.append([protected, {}, key.sign(cbor.encode(["Signature", b"", protected, external, payload]))])
    return b"\xd8\x62" + cbor.encode([b"", {}, payload, rows])


ROOTS = {name: Key(name + " root") for name in ("ash", "birch", "cedar", "elm")}
NODES = {name: Key(name + " node") for name in ROOTS}
WIRES = {name: Key(name + " transport") for name in ROOTS}
PLACES = {"ash": ("FR", 1), "birch": ("GB", 2), "cedar": ("UA", 3), "elm": ("FR", 0)}


def charter():
    rows = sorted([ROOTS[name].public, name, *PLACES[name], 10] for name in ROOTS)
    lives = [600, 600, 600, 600, 730, 90]
    return {1: 1, 2: 1, 4: "Four trees", 5: TODAY - 20, 6: rows, 7: 2, 8: lives, 9: 1000, 10: 60_000, 11: 12, 12: [], 13: []}


TERMS = charter()
PAYLOAD = cbor.encode(TERMS)
FEDERATION = hashlib.sha256(PAYLOAD).digest()
CHARTER = cosigned(PAYLOAD, b"parasol 1 charter", ROOTS.values())


def record(kind, who, body, slot=0, issued=TODAY, life=None, node=True, sign=None, number=None):
    """The bytes of a record of organisation `who`."""
    usual = {"report": 500, "second": 500, "retraction": 916, "vouch": 365, "revocation": 1006, "affirmation": 1006}
    usual |= {"ending": 916, "grant": 30}
    fields = {1: number or KINDS[kind], 2: FEDERATION[:8], 3: ROOTS[who].public}
    node = node and kind in ("report", "second", "retraction", "ending", "grant")
    if node:
        fields[4] = NODES[who].public
    fields |= {5: issued, 6: issued + (usual[kind] if life is None else life), 7: slot, 8: body}
    payload = cbor.encode(fields)
    said = cbor.encode(["Signature1", bytes.fromhex("a10127"), b"parasol 1 record" + FEDERATION, payload])
    key = NODES[who] if node else ROOTS[who]
    return b"\xd2" + cbor.encode([bytes.fromhex("a10127"), {}, payload, (sign or key.sign)(said)])


def identity(data):
    return hashlib.sha256(data).digest()


def report(who, name, lock="a lock", parts=(112, 80, 144), audience=0, **more):
    entries = sorted([n, seed(f"{name} {n}")[:16], bytes(48)] for n in range(4))
    entries.sort(key=lambda entry: entry[1])
    body = {1: audience, 2: Key(lock).public, 3: 0, 5: seed(name)[:16], 6: entries, 7: bytes(8), 8: bytes(48), 9: bytes(32)}
    return record("report", who, body | {10: bytes(parts[0]), 11: bytes(parts[1]), 12: bytes(parts[2])}, **more)


def second(who, about, lock="a lock", **more):
    return record("second", who, {1: Key(lock).public, 2: identity(about), 3: bytes(16), 4: bytes(80)}, **more)


def retraction(who, lock="a lock", proven=True, **more):
    body = {1: Key(lock).public}
    if proven:
        body[2] = Key(lock).sign(b"parasol 1 retraction" + FEDERATION + Key(lock).public)
    return record("retraction", who, body, **more)


def ending(who, season, **more):
    return record("ending", who, {1: season}, **more)


def vouch(who, subject="birch", number=0, budget=0, kinds=None, areas=None, **more):
    body = {1: ROOTS[subject].public, 2: budget, 3: number}
    if kinds is not None:
        body[4] = kinds
    if areas is not None:
        body[5] = areas
    return record("vouch", who, body, **more)


def withdrawal(who, *vouches, **more):
    """A revocation that takes vouches back."""
    return record("revocation", who, {2: sorted(identity(one) for one in vouches)}, **more)


def revocation(who, whose=None, **more):
    return record("revocation", who, {1: NODES[whose or who].public}, **more)


def affirmation(who, *ids, **more):
    return record("affirmation", who, {1: sorted(ids)}, **more)


def grant(who, subject="cedar", evaluations=1000, **more):
    return record("grant", who, {1: ROOTS[subject].public, 2: evaluations}, **more)


def delegation(who, first=0, slots=1000, issued=TODAY - 20, until=80, life=996, node=None, wire=None, seal=None, **more):
    node = node or NODES[who]
    keys = node.public, WIRES[who].public, seal or seed(who + " seal key")
    said = b"parasol 1 delegation" + FEDERATION + ROOTS[who].public + b"".join(keys)
    body = dict(zip((1, 2, 3), keys)) | {4: first, 5: slots, 6: issued + until}
    body |= {7: node.sign(said), 8: (wire or WIRES[who]).sign(said)}
    return record("delegation", who, body, issued=issued, life=life, **more)


START = [delegation("ash"), delegation("birch"), delegation("cedar"), delegation("elm", first=500, slots=100)]


class SmallKey:
    """A key of order 8, for which anybody finds signatures that meet the equation."""

    def __init__(self):
        number, point = 2, None
        while point is None or ed25519.encode(ed25519.multiply(4, point)) == (1).to_bytes(32, "little"):
            point = ed25519.decode(number.to_bytes(32, "little"))
            point, number = point and ed25519.multiply(ed25519.L, point), number + 1
        self.public = ed25519.encode(point)

    def sign(self, said):
        for s in range(1, 1000):
            r = ed25519.encode(ed25519.multiply(s, ed25519.BASE))
            k = int.from_bytes(hashlib.sha512(r + self.public + said).digest(), "little") % ed25519.L
            if k % 8 == 0:
                return r + s.to_bytes(32, "little")
        raise ValueError("no signature found")


def lower_first(*records):
    return sorted(records, key=identity)


def by_neutral(key):
    """A signature whose R is the neutral element: S = k·a makes the equation hold."""

    def sign(said):
        digest = hashlib.sha512(seed(key.name)).digest()
        a = bytearray(digest[:32])
        a[0] &= 248
        a[31] = a[31] & 63 | 64
        neutral = (1).to_bytes(32, "little")
        k = int.from_bytes(hashlib.sha512(neutral + key.public + said).digest(), "little") % ed25519.L
        return neutral + (k * int.from_bytes(a, "little") % ed25519.L).to_bytes(32, "little")

    return sign


def other_in(slot):
    return report("ash", "of another lock", "another lock", slot=slot)


def scenes():
    """name, [(day, bytes, verdict, which of the records so far are carried then, and perhaps which seasons are over)]."""
    one, two = report("ash", "one", slot=1), report("ash", "two", slot=2)
    yield "issued tomorrow, and on its last day", [
        (TODAY, report("ash", "tomorrow", issued=TODAY + 1), "carried", [0]),
        (TODAY, report("ash", "its last day", issued=TODAY - 10, life=10), "carried", [0, 1]),
        (TODAY, report("ash", "for one day", slot=3, life=0), "carried", [0, 1, 2]),
        (TODAY + 1, one, "carried", [0, 3]),
    ]
    yield "as long as the charter says, and a day longer", [
        (TODAY, report("ash", "long", life=600), "carried", [0]),
        (TODAY, report("ash", "longer", slot=1, life=601), "life", [0]),
        (TODAY, vouch("ash", life=730), "carried", [0, 2]),
    ]
    yield "the first and the last day of a delegation", [
        (TODAY, report("ash", "first day", issued=TODAY - 20), "carried", [0]),
        (TODAY + 60, report("ash", "last day", issued=TODAY + 60), "carried", [0, 1]),
        (TODAY + 61, report("ash", "a day later", issued=TODAY + 61), "delegation-time", [0, 1]),
    ]
    yield "only slots in its range", [
        (TODAY, report("elm", "the first slot", slot=500), "carried", [0]),
        (TODAY, report("elm", "one too few", slot=499), "slot-range", [0]),
        (TODAY, report("elm", "the last slot", slot=599), "carried", [0, 2]),
        (TODAY, report("elm", "one too many", slot=600), "slot-range", [0, 2]),
        (TODAY, report("birch", "the last of the quota", slot=999), "carried", [0, 2, 4]),
    ]
    yield "another organisation's revocation voids nothing", [
        (TODAY, revocation("birch", "ash"), "carried", [0]),
        (TODAY, one, "carried", [0, 1]),
    ]
    yield "a revocation voids what its key signed, but for what is affirmed", [
        (TODAY, one, "carried", [0]),
        (TODAY, two, "carried", [0, 1]),
        (TODAY, affirmation("ash", identity(one)), "carried", [0, 1, 2]),
        (TODAY, revocation("ash", slot=1), "carried", [0, 2, 3]),
        (TODAY, two, "revoked-key", [0, 2, 3]),
    ]
    yield "an affirmation that came before its record", [
        (TODAY, affirmation("ash", identity(one)), "carried", [0]),
        (TODAY, revocation("ash", slot=1), "carried", [0, 1]),
        (TODAY, one, "carried", [0, 1, 2]),
    ]
    spoken = affirmation("ash", identity(one), slot=7)
    rival = next(v for v in (vouch("ash", number=n, slot=7) for n in range(99)) if identity(v) < identity(spoken))
    yield "what an affirmation spoke for goes with it", [
        (TODAY, spoken, "carried", [0]),
        (TODAY, revocation("ash", slot=1), "carried", [0, 1]),
        (TODAY, one, "carried", [0, 1, 2]),
        (TODAY, rival, "carried", [1, 3]),
    ]
    yield "another organisation's affirmation says nothing", [
        (TODAY, affirmation("birch", identity(one)), "carried", [0]),
        (TODAY, revocation("ash"), "carried", [0, 1]),
        (TODAY, one, "revoked-key", [0, 1]),
    ]
    yield "a revocation leaves retractions with a proof, and takes those without", [
        (TODAY, retraction("ash"), "carried", [0]),
        (TODAY, retraction("ash", "another lock", proven=False), "carried", [0, 1]),
        (TODAY, revocation("ash"), "carried", [0, 2]),
        (TODAY, retraction("ash", "a third lock", slot=1), "carried", [0, 2, 3]),
        (TODAY, retraction("ash", "a third lock", proven=False, slot=1), "revoked-key", [0, 2, 3]),
    ]
    yield "retractions have slots of their own, with a proof and without", [
        (TODAY, other_in(3), "carried", [0]),
        (TODAY, retraction("ash", proven=False, slot=3), "carried", [0, 1]),
        (TODAY, retraction("ash", slot=3), "carried", [0, 1, 2]),
    ]
    kept = report("ash", "kept", "a lock of its own", audience=1, slot=3)
    rivals = [report("ash", f"rival {n}", f"rival {n}", slot=3) for n in range(99)]
    worse = next(one for one in rivals if identity(one) > identity(kept))
    better = next(one for one in rivals if identity(one) < identity(kept))
    yield "what never leaves the organisation has slots of its own, and so have its retractions", [
        (TODAY, kept, "carried", [0]),
        (TODAY, worse, "carried", [0, 1]),
        (TODAY, better, "carried", [0, 2]),
        (TODAY, retraction("ash", "another lock", proven=False, slot=3), "carried", [0, 2, 3]),
        (TODAY, retraction("ash", "a lock of its own", proven=False, slot=3), "carried", [0, 2, 3, 4]),
    ]
    yield "nothing is older than the charter", [
        (TODAY, vouch("ash", issued=TODAY - 20, slot=1), "carried", [0]),
        (TODAY, vouch("ash", issued=TODAY - 21), "before-charter", [0]),
        (TODAY, report("ash", "too old", issued=TODAY - 21), "before-charter", [0]),
    ]
    yield "a grant lives thirty days, is for another, and has slots of its own, whatever the range", [
        (TODAY, grant("ash", slot=1), "carried", [0]),
        (TODAY, one, "carried", [0, 1]),
        (TODAY, grant("ash", slot=2, life=31), "life", [0, 1]),
        (TODAY, grant("ash", "ash", slot=2), "self-grant", [0, 1]),
        (TODAY, grant("elm", slot=7), "carried", [0, 1, 4]),
        (TODAY, grant("elm", slot=8), "slot-range", [0, 1, 4]),
        (TODAY, grant("ash", slot=2, evaluations=500_000), "carried", [0, 1, 4, 6]),
        (TODAY, grant("ash", slot=3, evaluations=500_001), "encoding", [0, 1, 4, 6]),
        (TODAY, grant("ash", slot=3, node=False), "wrong-signer", [0, 1, 4, 6]),
        (TODAY, revocation("ash"), "carried", [4, 9]),
        (TODAY + 31, vouch("birch", "ash", issued=TODAY + 31), "carried", [9, 10]),
    ]
    low, high = lower_first(report("ash", "slot a"), report("ash", "slot b"))
    yield "of two in a slot the one with the lower id", [
        (TODAY, high, "carried", [0]),
        (TODAY, low, "carried", [1]),
        (TODAY, high, "slot-taken", [1]),
    ]
    yield "of two in a slot the affirmed one", [
        (TODAY, low, "carried", [0]),
        (TODAY, affirmation("ash", identity(high)), "carried", [0, 1]),
        (TODAY, high, "carried", [1, 2]),
        (TODAY, low, "slot-taken", [1, 2]),
    ]
    yield "slots of other days, of nodes and of roots", [
        (TODAY, one, "carried", [0]),
        (TODAY, report("ash", "yesterday", slot=1, issued=TODAY - 1), "carried", [0, 1]),
        (TODAY, vouch("ash", slot=1), "carried", [0, 1, 2]),
        (TODAY, report("birch", "another's", slot=1), "carried", [0, 1, 2, 3]),
    ]
    below, above = lower_first(vouch("ash", number=1), vouch("ash", "cedar", number=1))
    yield "among a root's records affirmation has no say", [
        (TODAY, affirmation("ash", identity(above), slot=1), "carried", [0]),
        (TODAY, above, "carried", [0, 1]),
        (TODAY, below, "carried", [0, 2]),
    ]
    yield "a retraction without proof destroys nothing", [
        (TODAY, one, "carried", [0]),
        (TODAY, retraction("ash", proven=False, slot=1), "carried", [0, 1]),
        (TODAY, second("birch", one), "carried", [0, 1, 2]),
        (TODAY, two, "carried", [0, 1, 2, 3]),
    ]
    yield "a retraction with proof destroys what has its lock, whoever published it", [
        (TODAY, one, "carried", [0]),
        (TODAY, second("birch", one), "carried", [0, 1]),
        (TODAY, other_in(7), "carried", [0, 1, 2]),
        (TODAY, retraction("cedar"), "carried", [2, 3]),
        (TODAY, one, "retracted", [2, 3]),
        (TODAY, retraction("birch", slot=5), "carried", [2, 3, 5]),
    ]
    brief = delegation("ash", issued=TODAY + 60, life=5)
    yield "what an expired delegation spoke for goes with it", [
        (TODAY + 60, brief, "carried", [0]),
        (TODAY + 61, report("ash", "by the second alone", issued=TODAY + 61), "carried", [0, 1]),
        (TODAY + 66, vouch("birch", "ash", issued=TODAY + 66), "carried", [2]),
    ]
    yield "both keys agree to a delegation", [
        (TODAY, delegation("ash", slot=5, wire=WIRES["birch"]), "possession", []),
        (TODAY, delegation("ash", slot=5), "carried", [1]),
    ]
    yield "the largest", [
        (TODAY, report("ash", "large", parts=(112, 2960, 1024)), "carried", [0]),
        (TODAY, report("ash", "larger", slot=1, parts=(112, 2960, 1025)), "size", [0]),
        (TODAY, affirmation("ash", *(seed(str(n)) for n in range(128))), "carried", [0, 2]),
    ]
    yield "a key of small order agrees to nothing", [
        (TODAY, delegation("ash", slot=5, node=SmallKey()), "possession", []),
    ]
    yield "enough keyholders say that a season is over, each once", [
        (TODAY, ending("ash", 4052), "carried", [0], []),
        (TODAY, ending("ash", 4051, slot=1), "carried", [0, 1], []),
        (TODAY, ending("birch", 4052, issued=TODAY - 3), "carried", [0, 1, 2], [4052]),
        (TODAY, ending("cedar", 4052), "carried", [0, 1, 2, 3], [4052]),
        (TODAY, ending("elm", 4051, slot=500), "carried", [0, 1, 2, 3, 4], [4052]),
        (TODAY, ending("cedar", 4051, slot=1), "carried", [0, 1, 2, 3, 4, 5], [4051, 4052]),
    ]
    first, other = lower_first(*(ending("ash", 4052, slot=3, issued=TODAY - n) for n in range(2)))
    yield "one ending an organisation and season, whatever its day and slot", [
        (TODAY, other, "carried", [0], []),
        (TODAY, report("ash", "in the same slot", slot=3), "carried", [0, 1], []),
        (TODAY, first, "carried", [1, 2], []),
        (TODAY, other, "slot-taken", [1, 2], []),
        (TODAY, affirmation("ash", identity(other)), "carried", [1, 2, 4], []),
        (TODAY, other, "carried", [0, 1, 4, 5], []),
    ]
    yield "a revoked key ends no season, unless its root stands by that", [
        (TODAY, ending("ash", 4052), "carried", [0], []),
        (TODAY, ending("birch", 4052), "carried", [0, 1], [4052]),
        (TODAY, revocation("ash"), "carried", [1, 2], []),
        (TODAY, affirmation("ash", identity(ending("ash", 4052)), slot=1), "carried", [1, 2, 3], []),
        (TODAY, ending("ash", 4052), "carried", [0, 1, 2, 3, 4], [4052]),
    ]
    yield "a season is over on the day after its last, and not before", [
        (TODAY, ending("ash", 4053), "not-over", [], []),
        (TODAY + 39, ending("ash", 4053, issued=TODAY + 39), "not-over", [], []),
        (TODAY + 39, ending("ash", 4053, issued=TODAY + 40), "carried", [2], []),
        (TODAY + 40, ending("birch", 4053, issued=TODAY + 40), "carried", [2, 3], [4053]),
        (TODAY + 40, ending("birch", 1 << 31, issued=TODAY + 40), "not-over", [2, 3], [4053]),
    ]
    yield "of an ending's day no clock decides, its delegation does", [
        (TODAY, ending("ash", 4053, issued=TODAY + 60), "carried", [0], []),
        (TODAY, ending("birch", 4053, issued=TODAY + 61), "delegation-time", [0], []),
        (TODAY, report("birch", "too early", issued=TODAY + 2), "future", [0], []),
        (TODAY, ending("cedar", 4053, issued=TODAY + 41), "carried", [0, 3], [4053]),
    ]
    yield "an ending lives as long as a retraction, no more and no less", [
        (TODAY, ending("ash", 4052, life=915), "life", [], []),
        (TODAY, ending("ash", 4052, life=917), "life", [], []),
        (TODAY, ending("ash", 4052), "carried", [2], []),
    ]
    yield "a signature with the neutral element", [
        (TODAY, vouch("ash", sign=by_neutral(ROOTS["ash"])), "signature", []),
    ]


def public_shares(name, *coefficients):
    """[P, [[i, P_i], …]] of a polynomial, by default of degree 1."""
    numbers = coefficients or [int.from_bytes(seed(f"{name} {n}"), "big") % voprf.Q for n in range(2)]
    at = [voprf.base(sum(c * i**n for n, c in enumerate(numbers))) for i in range(4)]
    return at[0], [[i, at[i]] for i in (1, 2, 3)]


def certificates():
    """name, refusal, bytes."""

    def made(signers=("ash", "birch"), external=b"parasol 1 certificate" + FEDERATION, keys=None, **fields):
        usual = {1: 1, 2: FEDERATION, 3: 1, 4: TODAY - 20, 5: True, 6: keys or [bucket, handle]}
        payload = cbor.encode(usual | {int(key[1:]): value for key, value in fields.items()})
        return cosigned(payload, external, [NODES.get(who) or ROOTS[who] for who in signers])

    bucket = [[0], 2, *public_shares("bucket")]
    handle = [[1, 4053], 2, *public_shares("handle")]
    public, shares = public_shares("bucket")
    three = public_shares("three", 5, 6, 7)
    yield "good", None, made()
    yield "of another federation", "federation", made(f2=bytes(32))
    yield "another format", "malformed", made(f1=2)
    yield "keys out of order", "malformed", made(keys=[handle, bucket])
    yield "not dealt, and of no ceremony", "malformed", made(f5=False)
    yield "dealt, and of a ceremony", "malformed", made(f7=bytes(32), f8=bytes(32))
    yield "of a ceremony without its transcript", "malformed", made(f5=False, f7=bytes(32))
    yield "a key twice", "malformed", made(keys=[bucket, bucket])
    yield "shares out of order", "malformed", made(keys=[[[0], 2, public, [shares[1], shares[0], shares[2]]]])
    yield "another threshold than the charter's", "keyholders", made(keys=[[[0], 3, *three]])
    yield "a share is missing", "keyholders", made(keys=[[[0], 2, public, shares[:2]]])
    yield "a share too many", "keyholders", made(keys=[[[0], 2, public, [*shares, [4, shares[0][1]]]]])
    ceremony = {"f5": False, "f7": bytes(32), "f8": bytes(32)}
    two = [[[0], 2, public, shares[:2]]]
    yield "not dealt, fewer shares than the threshold", "keyholders", made(keys=[[[0], 2, public, shares[:1]]], **ceremony)
    yield "not dealt, two keys of different holders", "keyholders", made(keys=[*two, handle], **ceremony)
    yield "not dealt, a share that is no keyholder's", "keyholders", made(
        keys=[[[0], 2, public, [*shares[:2], [4, shares[0][1]]]]], **ceremony
    )
    yield "signed by a holder and a keyholder without a share", "signatures", made(
        ["ash", "cedar"], keys=two, **ceremony
    )
    yield "shares of a polynomial of degree 2", "key", made(keys=[[[0], 2, *three]])
    yield "another public key", "key", made(keys=[[[0], 2, handle[2], shares]])
    yield "the identity as a share", "malformed", made(keys=[[[0], 2, public, [*shares[:2], [3, bytes(32)]]]])
    yield "one keyholder has signed", "signatures", made(["ash"])
    yield "a keyholder and one that is none", "signatures", made(["ash", "elm"])
    yield "made before the delegations", "signatures", made(f4=TODAY - 21)
    yield "made after the delegations", "signatures", made(f4=TODAY + 61)
    yield "signed as a charter", "signatures", made(external=b"parasol 1 charter")
    yield "the last bit flipped", "signatures", made()[:-1] + bytes([made()[-1] ^ 1])
    yield "a byte follows", "malformed", made() + b"\0"


def sealed(summary, text=None, handles=None, padded=None):
    """A report to one handle of ash's, as bad/seal.json has them."""
    handle, expires, salt, full = "phone:+33639981234", TODAY + 500, seed("a salt")[:16], seed("a full key")
    output = seed("an output") + seed("its other half")
    middle = seal.text_key(full, salt)
    least = seal.summary_key(middle, salt)
    rows = [[n, seed(f"surplus {n}")[:16], bytes(48)] for n in range(3)] + [[9, seal.label(output), b""]]
    body = {"audience": 0, "lock": Key("a lock").public, "edition": 0, "salt": salt, "area tag": bytes(8)}
    body |= {"entries": sorted(rows, key=lambda row: row[1]), "commitment": seal.commitment(least, salt)}
    bound = seal.binding(FEDERATION, ROOTS["ash"].public, expires, body)
    wrap = seal.box(seal.wrap_key(output, salt), full, bound + bytes([seal.WRAP]))
    body["entries"] = [[bucket, label, bytes(48) if held else wrap] for bucket, label, held in body["entries"]]
    parts = {"summary": (seal.SUMMARY, least, summary), "text": (seal.TEXT, middle, text)}
    parts["handles"] = (seal.HANDLES, full, handles or [handle])
    for name, (part, key, value) in parts.items():
        plain = b"" if value is None else value if isinstance(value, bytes) else cbor.encode(value)
        plain = padded if padded and name == "summary" else seal.pad(plain, (*seal.SIZES[part], 4096))
        body[name] = seal.box(seal.derive(key, salt, f"parasol 1 {name}"), plain, bound + bytes([part]))
    report = body | {"area_tag": body.pop("area tag"), "area_wrap": bytes(48)}
    fields = {name: value.hex() if isinstance(value, bytes) else value for name, value in report.items()}
    fields["entries"] = [[bucket, label.hex(), wrap.hex()] for bucket, label, wrap in body["entries"]]
    head = {"organisation": ROOTS["ash"].public.hex(), "expires": expires, "handle": handle, "output": output.hex()}
    return head | {"report": fields}


def contents():
    """name, a report whose contents nobody may show; the first is a good one."""
    good = {1: 3, 2: [3, 22], 3: 24_321, 4: "FR:lyon", 5: 1}
    yield "good", sealed(good, {1: "fr-CA", 2: "a" * 1800})
    yield "level 0", sealed(good | {1: 0})
    yield "no level", sealed({key: value for key, value in good.items() if key != 1})
    yield "a code twice", sealed(good | {2: [3, 3]})
    yield "thirteen codes", sealed(good | {2: [1, 2, 3, 4, 5, 6, 7, 21, 22, 23, 24, 25, 26]})
    yield "a month before 1970", sealed(good | {3: 23_639})
    yield "a month after 9999", sealed(good | {3: 120_000})
    yield "no such country", sealed(good | {4: "ZZ"})
    yield "no such region", sealed(good | {4: "FR-00"})
    yield "a city in capitals", sealed(good | {4: "FR:Lyon"})
    yield "basis 0", sealed(good | {5: 0})
    yield "basis 4", sealed(good | {5: 4})
    yield "a byte after the summary", sealed(cbor.encode(good) + b"\0")
    yield "padding that is not zeros", sealed(good, padded=seal.pad(cbor.encode(good), (95,)) + b"\1")
    yield "a language in capitals", sealed(good, {1: "FR", 2: "a"})
    yield "a language of one letter", sealed(good, {1: "f", 2: "a"})
    yield "a language that ends in a hyphen", sealed(good, {1: "fr-", 2: "a"})
    yield "a text of 1801 bytes", sealed(good, {1: "fr", 2: "a" * 1801})
    yield "a text that is an array", sealed(good, ["fr", "a"])
    yield "a text larger than all sizes", sealed(good, {1: "fr", 2: "a" * 2100})
    yield "handles in a map", sealed(good, handles={1: "phone:+33639981234"})
    yield "kinds out of order", sealed(good, handles=["email:a@example.com", "phone:+33639981234"])


def reconciliations():
    """name, both, ours, theirs."""

    def items(*rows):
        return [(day, hashlib.sha256(b"item %d" % n).digest()) for n, day in rows]

    def many(count, day):
        return items(*((n, day(n)) for n in range(count)))

    yield "two empty sets", [], [], []
    yield "all is new to the other", [], many(3, lambda n: TODAY - n), []
    few = many(5, lambda n: 20_770 + n % 4)
    yield "a few, and each lacks one", few, items((100, 20_771)), items((101, 20_772))
    yield "the same forty", many(40, lambda n: 20_700 + n // 4), [], []
    ours, theirs = items((200, 20_012), (201, 20_500)), items((202, 20_012), (203, TODAY))
    yield "ninety over many days, with differences on three", many(90, lambda n: 20_000 + n * 7), ours, theirs
    ours, theirs = items((300, TODAY)), items((301, TODAY), (302, TODAY))
    yield "ninety on one day, told apart by their ids", many(90, lambda n: TODAY), ours, theirs
    ours, theirs = items((1000, 20_004)), items((1001, 20_004), (1002, 20_008))
    yield "five hundred and sixty, found in two rounds", many(560, lambda n: 20_000 + n % 9), ours, theirs


def bad_reconciliations(items):
    """name, whether it is the side that began that gets it, bytes."""
    one = items[0][1]
    whole = b"\x61" + reconcile.put(0) + reconcile.put(0)
    for began in (False, True):
        yield "nothing", began, b""
        yield "another protocol", began, b"\x51" + whole[1:] + b"\x00"
        yield "cut in a number", began, b"\x61\x81"
        yield "cut behind the day", began, b"\x61\x01"
        yield "cut in the bytes of a bound", began, b"\x61\x01\x04" + one[:3]
        yield "cut before the mode", began, whole
        yield "cut in a fingerprint", began, whole + b"\x01" + bytes(15)
        yield "cut before the count of ids", began, whole + b"\x02"
        yield "cut in an id", began, whole + b"\x02\x02" + one + one[:31]
        yield "mode 3", began, whole + b"\x03"
        yield "a number of more than 64 bits", began, b"\x61\x82" + b"\x80" * 8 + b"\x00\x00\x00"
        yield "a bound of 33 bytes", began, b"\x61\x01\x21" + one + b"\0\x00"
        yield "half a range behind a whole one", began, b"\x61\x02\x00\x00\x01"
    yield "another version, to the side that began", True, b"\x62" + whole[1:] + b"\x00"


def shown(spec, cases, **head):
    text = json.dumps({"spec": spec, **head, "cases": cases}, indent=2)
    text = re.sub(r"\[\s+(\d+),\s+(\"[0-9a-f]{64}\")\s+\]", r"[\1, \2]", text)
    text = re.sub(r"\[\s+((?:\d+,\s+)*\d+)\s+\]", lambda row: "[" + re.sub(r"\s+", " ", row[1]) + "]", text)
    return text + "\n"


def files():
    """{name: what it holds}."""
    made = {}
    here = {"charter": CHARTER.hex(), "start": [one.hex() for one in START], "today": TODAY}
    rows = [
        {
            "name": name,
            "home": ROOTS["ash"].public.hex(),
            "steps": [
                {"day": day, "hex": data.hex(), "verdict": verdict, "carried": carried} | ({"over": over[0]} if over else {})
                for day, data, verdict, carried, *over in steps
            ],
        }
        for name, steps in scenes()
    ]
    made["ok/scenes.json"] = shown("spec/02-records.md, section 5", rows, **here)
    rows = [{"name": name, "refused": refused, "hex": data.hex()} for name, refused, data in certificates()]
    good, *rows = rows
    made["bad/certificate.json"] = shown("spec/02-records.md, section 7", rows, **here, good=good["hex"])
    good, *rows = [{"name": name, "refused": "schema", **case} for name, case in contents()]
    head = {"federation": FEDERATION.hex(), "good": good}
    made["bad/contents.json"] = shown("spec/04-lookup.md, 2.5 and 2.7", rows, **head)
    rows = []
    for name, *sets in reconciliations():
        both, ours, theirs = ([[day, one.hex()] for day, one in part] for part in sets)
        messages, _, _ = reconcile.exchange(sets[0] + sets[1], sets[0] + sets[2])
        said = [message.hex() for message in messages]
        rows.append({"name": name, "both": both, "ours": ours, "theirs": theirs, "messages": said})
    made["ok/reconcile.json"] = shown("spec/05-reconciliation.md, section 2", rows)
    some = [(TODAY - n, seed(f"item {n}")) for n in range(3)]
    rows = [
        {"name": name, "began": began, "refused": "malformed", "hex": data.hex()}
        for name, began, data in bad_reconciliations(some)
    ]
    head = {"items": [[day, one.hex()] for day, one in some], "other_versions": ["62", "6f00", "60000000"]}
    made["bad/reconcile.json"] = shown("spec/05-reconciliation.md, section 2", rows, **head)
    from . import make_answers, make_chain, make_directory, make_papers, make_signatures, make_trust, make_words

    made["ok/signatures.json"] = shown("spec/02-records.md, section 2", list(make_signatures.rows()))
    made |= make_answers.files() | make_chain.files() | make_directory.files()
    return made | make_papers.files() | make_trust.files() | make_words.files()


if __name__ == "__main__":
    for name, text in files().items():
        (VECTORS / name).write_text(text)
    from . import make_bounds

    make_bounds.write()
