"""Writes ok/papers.json and bad/papers.json: papers between a node and its organisation's root (10, section 8)."""

import hashlib

from . import cbor
from .make import CHARTER, FEDERATION, NODES, ROOTS, START, WIRES, delegation, identity, report, revocation, seed, shown
from .make_chain import FIRST, KEYS, after, row, signed, with_rows

JOINED = after(FIRST, "with oak", f6=with_rows(row("oak")))
LEFT = after(FIRST, "without elm", f6=with_rows(without=["elm"]))
WITH_OAK = [CHARTER, signed(JOINED, "ash", "birch", "cedar", "oak")]
WITHOUT_ELM = [CHARTER, signed(LEFT, "ash", "birch", "cedar")]


def request(who="ash", name="first", charter=(CHARTER,), federation=FEDERATION, signer=None, wire=None, own=None, **changed):
    """A request of a node that works for `who`; `changed` are items by their number, after all is signed."""
    own = own or KEYS[who].public
    node = NODES["ash"]
    keys = [node.public, WIRES["ash"].public, seed("ash seal key")]
    said = b"parasol 1 delegation" + federation + own + b"".join(keys)
    file = charter if isinstance(charter, bytes) else cbor.encode([*charter])
    possessions = [(signer or node).sign(said), (wire or WIRES["ash"]).sign(said)]
    value = ["parasol request 1", name, file, own, *keys, *possessions]
    for at, other in changed.items():
        value[int(at[1:])] = other
    return value


def requests():
    """name, whose root reads it, the node's name, the version that counts, the request."""
    yield "a request", "ash", "first", 1, request()
    yield "of a node without a name", "ash", "", 1, request(name="")
    yield "with a name of 32 bytes", "ash", "é" * 16, 1, request(name="é" * 16)
    yield "to a root that has come in later", "oak", "first", 2, request("oak", charter=WITH_OAK)
    yield "with a version that does not count yet", "ash", "first", 1, request(charter=[CHARTER, signed(JOINED, "ash")])
    broken = [CHARTER, WITH_OAK[1][:-1] + bytes([WITH_OAK[1][-1] ^ 1])]
    yield "with a version that is refused, and left out", "ash", "first", 1, request(charter=broken)


def bad_requests():
    """name, whose root reads it, why it is refused, the request."""
    good = request()
    yield "another format", "ash", "bad-request", request(f0="parasol request 2")
    yield "eight items", "ash", "bad-request", good[:-1]
    yield "ten items", "ash", "bad-request", [*good, 0]
    yield "a map", "ash", "bad-request", dict(enumerate(good))
    yield "a name of 33 bytes", "ash", "bad-request", request(name="é" * 16 + "e")
    yield "a name in bytes", "ash", "bad-request", request(f1=b"first")
    yield "a charter in text", "ash", "bad-request", request(f2="charter")
    for at, what in ((3, "organisation"), (4, "record key"), (5, "transport key"), (6, "seal key")):
        yield f"31 bytes of the {what}", "ash", "bad-request", request(**{f"f{at}": good[at][:-1]})
        yield f"33 bytes of the {what}", "ash", "bad-request", request(**{f"f{at}": good[at] + b"\0"})
    for at, what in ((7, "record key's"), (8, "transport key's")):
        yield f"63 bytes of the {what} signature", "ash", "bad-request", request(**{f"f{at}": good[at][:-1]})
        yield f"65 bytes of the {what} signature", "ash", "bad-request", request(**{f"f{at}": good[at] + b"\0"})
    yield "a byte follows", "ash", "bad-request", cbor.encode(good) + b"\0"
    yield "a byte is missing", "ash", "bad-request", cbor.encode(good)[:-1]
    yield "a length that is not in its shortest form", "ash", "bad-request", b"\x98\x09" + cbor.encode(good)[1:]
    yield "no bytes", "ash", "bad-request", b""
    yield "no charter", "ash", "charter", request(charter=b"")
    yield "a charter file of none", "ash", "charter", request(charter=[])
    yield "a charter that is no file of them", "ash", "charter", request(charter=CHARTER)
    few = signed(FIRST, "ash", "birch", "cedar")
    yield "a charter that one has not signed", "ash", "charter", request(charter=[few])
    yield "a later version first", "ash", "charter", request("oak", charter=WITH_OAK[::-1])
    yield "to another root", "birch", "another-organisation", request()
    yield "to another root, and by nobody", "birch", "another-organisation", request(signer=NODES["birch"])
    yield "to a root that is not in the charter", "oak", "no-member", request("oak")
    yield "to a root that is out by a later version", "elm", "no-member", request("elm", charter=WITHOUT_ELM)
    yield "another has signed for the record key", "ash", "possession", request(signer=NODES["birch"])
    yield "another has signed for the transport key", "ash", "possession", request(wire=WIRES["birch"])
    yield "the record key has signed for the transport key", "ash", "possession", request(wire=NODES["ash"])
    yield "another seal key was put in", "ash", "possession", request(f6=seed("another seal key"))
    yield "another record key was put in", "ash", "possession", request(f4=NODES["birch"].public)
    yield "made for another organisation", "birch", "possession", request(f3=ROOTS["birch"].public)
    yield "made for another federation", "ash", "possession", request(federation=seed("another federation"))
    yield "no signature", "ash", "possession", request(f7=bytes(64))


def with_payload(change):
    """A report with another payload, whose signature is not looked at any more."""
    tag_and_parts = report("ash", "a report")
    parts = cbor.decode(tag_and_parts, tag=18)
    payload = cbor.decode(parts[2])
    change(payload)
    return b"\xd2" + cbor.encode([*parts[:2], cbor.encode(payload), parts[3]])


WRONG = with_payload(lambda payload: payload.pop(4))
OTHER = with_payload(lambda payload: payload.update({2: bytes(8)}))


def record_files():
    """name, the records, the file."""
    yield "a record alone", [START[0]], START[0]
    yield "an answer", [START[0]], [START[0]]
    yield "none", [], []
    several = [delegation("ash"), revocation("birch"), report("ash", "a report")]
    yield "several, of roots and of a node", several, several
    yield "one twice", [START[0]] * 2, [START[0]] * 2


def bad_record_files():
    """name, why the file is refused, and of a record by which rule, the file."""
    one = START[0]
    flipped = one[:-1] + bytes([one[-1] ^ 1])
    yield "no bytes", "bad-file", None, b""
    yield "a record in a byte string", "bad-file", None, cbor.encode(one)
    yield "a map", "bad-file", None, {0: one}
    yield "an array of texts", "bad-file", None, ["record"]
    yield "an array in an array", "bad-file", None, [[one]]
    yield "a record larger than any", "bad-file", None, [bytes(8193)]
    yield "an array cut short", "bad-file", None, cbor.encode([one, one])[:-1]
    yield "a byte follows the array", "bad-file", None, cbor.encode([one]) + b"\0"
    yield "an array of indefinite length", "bad-file", None, b"\x9f" + cbor.encode(one) + b"\xff"
    yield "a byte follows the record", "bad-record", "encoding", one + b"\0"
    yield "a record cut short", "bad-record", "encoding", one[:-1]
    yield "a charter", "bad-record", "encoding", [CHARTER]
    yield "a signature that does not hold", "bad-record", "signature", flipped
    yield "one of two with a signature that does not hold", "bad-record", "signature", [one, flipped]
    yield "a root signs what a node must", "bad-record", "wrong-signer", [WRONG]
    yield "of another federation", "bad-record", "other-federation", [OTHER]


def hexed(value):
    return (value if isinstance(value, bytes) else cbor.encode(value)).hex()


def files():
    rows = []
    for name, who, node, version, value in requests():
        row = {"type": "delegation request", "name": name, "root_seed": seed(f"{who} root").hex()}
        row |= {"charter_file": hashlib.sha256(value[2]).hexdigest(), "node": node, "version": version, "keys": [key.hex() for key in value[4:7]], "hex": hexed(value)}
        rows.append(row)
    for name, records, value in record_files():
        ids = [identity(one).hex() for one in records]
        rows.append({"type": "record file", "name": name, "ids": ids, "hex": hexed(value)})
    head = {"charter": CHARTER.hex()}
    made = {"ok/papers.json": shown("spec/10-charter.md, section 8", rows, **head)}
    rows = []
    for name, who, refused, value in bad_requests():
        row = {"type": "delegation request", "name": name, "refused": refused, "root_seed": seed(f"{who} root").hex()}
        rows.append(row | {"hex": hexed(value)})
    for name, refused, rule, value in bad_record_files():
        row = {"type": "record file", "name": name, "refused": refused} | ({"rule": rule} if rule else {})
        rows.append(row | {"hex": hexed(value)})
    made["bad/papers.json"] = shown("spec/10-charter.md, section 8", rows, **head)
    return made
