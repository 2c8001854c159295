"""Papers between a node and its organisation's root (10, section 8)."""

import hashlib

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from . import cbor, ed25519, records, wire
from .chain import Chain
from .charter import Charter
from .refusal import Disagreement, Refused, agree

hexed = bytes.fromhex
LARGEST = 64 * 1024 * 1024


def as_rule(rule, read, *arguments):
    try:
        return read(*arguments)
    except (Refused, Disagreement) as no:
        raise Refused(rule, str(no)) from no


def charter_of(data):
    """The version that counts by a charter file."""
    documents = cbor.decode(data)
    wire.GRAMMAR.check("charter-file", documents)
    chain = Chain(documents[0])
    for one in documents[1:]:
        try:
            chain.offer(one)
        except Refused:
            continue
    return chain.current()[0], chain.federation


def request(data, root):
    """What a root's machine makes of a request: (its fields, the federation, the delegation's keys and possessions)."""
    if len(data) > LARGEST:
        raise Refused("bad-request", "too large")
    value = as_rule("bad-request", cbor.decode, data)
    as_rule("bad-request", wire.GRAMMAR.check, "delegation-request", value)
    _, name, charter, organisation, *keys, possession, by_transport = value
    current, federation = as_rule("charter", charter_of, charter)
    if organisation != root:
        raise Refused("another-organisation")
    if root not in current.organisations:
        raise Refused("no-member")
    said = b"parasol 1 delegation" + federation + organisation + b"".join(keys)
    if not (ed25519.holds(keys[0], said, possession) and ed25519.holds(keys[1], said, by_transport)):
        raise Refused("possession")
    return name, current.number, federation, keys


def record_file(data, federation):
    """The records in a file."""
    if data[:1] == b"\xd2":
        listed = [data]
    else:
        listed = as_rule("bad-file", cbor.decode, data)
        if not isinstance(listed, list):
            raise Refused("bad-file", "neither a record nor an array")
        as_rule("bad-file", wire.GRAMMAR.check, "record-file", listed)
    read = []
    for one in listed:
        try:
            read.append(records.parse(one))
            records.verify(read[-1], federation)
        except Refused as no:
            bad = Refused("bad-record", str(no))
            bad.broken = no.rule
            raise bad from no
    return read


def root_of(case):
    return Ed25519PrivateKey.from_private_bytes(hexed(case["root_seed"])).public_key().public_bytes_raw()


def ok_papers(world, cases):
    federation = Charter(hexed(world.files["ok/papers.json"]["charter"])).id
    for case in cases:
        data = hexed(case["hex"])
        if case["type"] == "record file":
            agree("ids", case["ids"], [one.id.hex() for one in record_file(data, federation)])
        else:
            name, version, found, keys = request(data, root_of(case))
            agree("federation", federation, found)
            agree("name, version", [case["node"], case["version"]], [name, version])
            agree("charter file", case["charter_file"], hashlib.sha256(cbor.decode(data)[2]).hexdigest())
            agree("keys", case["keys"], [key.hex() for key in keys])
            agree("written again", data, cbor.encode(cbor.decode(data)))
        yield case["name"]


def bad_papers(world, cases):
    federation = Charter(hexed(world.files["bad/papers.json"]["charter"])).id
    for case in cases:
        data = hexed(case["hex"])
        try:
            if case["type"] == "record file":
                record_file(data, federation)
            else:
                request(data, root_of(case))
        except Refused as no:
            agree("refused", case["refused"], no.rule)
            agree("rule", case.get("rule"), getattr(no, "broken", None))
        else:
            raise Disagreement("the vector is refused, and the text takes it")
        yield case["name"]
