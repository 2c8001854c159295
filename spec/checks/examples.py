"""Holds the CDDL against examples of every type: each is taken, and each that is altered is not."""

import copy

from cbor2 import CBORTag

from . import cbor, ceremony, cose, records, seal, wire
from .refusal import Disagreement, Refused

# Fields that may be absent, by the kind of the record; and in a summary.
OPTIONAL = {(1, 4): "succession", (5, 2): "proof", (7, 4): "kinds", (7, 5): "areas"}
OPTIONAL_IN_SUMMARY = {3: "month", 4: "area"}
# Fields that may be absent, by the rule of the map that they stand in.
OPTIONAL_IN = {"ceremony-plan": {9: "old"}, "ceremony-complaint": {2: "seed"}, "certificate": {7: "charter", 8: "transcript"}}
OPTIONAL_IN |= {"http-quota": {"left"}, "http-error": {"retry_after"}}


def examples(world):
    """(rule, value) of every vector that has a type."""
    hexed = bytes.fromhex
    files = world.files
    for name, rule in (("charter", "charter"), ("certificate", "certificate"), ("records", "record")):
        for case in files[f"ok/{name}.json"]["cases"]:
            yield rule, cbor.tagged(hexed(case["hex"]))
    yield from ceremony.examples(world)
    for case in files["ok/records.json"]["cases"]:
        record = records.parse(hexed(case["hex"]))
        if "report" in record.body:
            yield "attachment-binding", seal.attachment_binding_parts(world.charter.id, record)
    for case in files["ok/ceremony.json"]["cases"]:
        yield "certificate", cbor.tagged(hexed(case["certificate"]))
    # What no good vector has in it.
    yield "summary", {1: 1, 2: [41, 43], 5: 1}
    yield "entries", [[0, bytes(16), bytes(48)]] * 8
    yield from (("vouched-kind", kind) for kind in (1, 2, 3, 4, 6))
    yield "evaluated", [[], [[1, 2]]]
    # The shortest records that there are by the CDDL: as many as a message may hold are still no large vector.
    yield from (("reply", [0, 0, [b"\0"]]), ("own-reply", [[b"\0"], 0]))
    yield from (("peer-request", [number, [b"\0"]]) for number in (3, 8))
    yield "directory-reply", [[b"\0"], b"\0", [b"\0"], bytes(32), 0, 0]
    attachment = {1: bytes(32), 2: bytes(32), 3: bytes(16), 4: bytes(64)}
    yield "publish", [[kind, 0, attachment] for kind in (2, 3, 4)]
    chain = files["ok/chain.json"]
    replaced = next(case["documents"] for case in chain["cases"] if case["name"] == "a lost root is replaced")
    yield "charter", cbor.tagged(hexed(replaced[0]))
    documents = next(case["documents"] for case in chain["cases"] if case["name"] == "the way out")
    yield "charter-file", [hexed(chain["charter"]), *map(hexed, documents)]
    for one in (chain["cases"][-1]["documents"][0], documents[-1]):
        yield "charter", cbor.tagged(hexed(one))
    record = records.parse(hexed(files["ok/records.json"]["cases"][0]["hex"]))
    yield "sig-structure", ["Signature1", cose.PROTECTED, b"parasol 1 record" + world.charter.id, record.payload]
    for name, external in (("charter", b"parasol 1 charter"), ("certificate", b"parasol 1 certificate" + world.charter.id)):
        payload, signers = cose.sign(hexed(files[f"ok/{name}.json"]["cases"][0]["hex"]))
        yield "sign-structure", ["Signature", b"", signers[0][1], external, payload]
    for case in files["ok/wire.json"]["cases"]:
        if case["type"] == "sealed question":
            sealed = wire.Sealed(hexed(case["hex"]), hexed(case["seal_seed"]), world.charter.id)
            yield "question", sealed.question
            yield "reply", sealed.open_reply(hexed(case["reply"]))
        else:
            yield case["type"].replace(" ", "-"), cbor.decode(hexed(case["hex"]))
    for case in files["ok/papers.json"]["cases"]:
        data = hexed(case["hex"])
        yield case["type"].replace(" ", "-"), cbor.tagged(data) if data[:1] == b"\xd2" else cbor.decode(data)
    for case in files["ok/trust.json"]["cases"]:
        yield "trust-graph", case["graph"]
        said = [{**one, "text": "in whatever words"} for one in case["ignored"]]
        yield "trust-answer", {"accepted": case["accepted"], "ignored": said}
    for case in files["ok/http.json"]["cases"]:
        yield case["type"], case["json"]
    for case in files["ok/seal.json"]["cases"]:
        for part, name, rule in ((1, "summary", "summary"), (2, "text", "words"), (3, "handles", "handles")):
            if plain := seal.unpad(hexed(case[name]), seal.SIZES[part]):
                yield rule, cbor.decode(plain)
        body = seal.body_of(case["report"])
        yield "binding", seal.binding_parts(world.charter.id, hexed(case["organisation"]), case["expires"], body)


def another_type(value):
    return 0 if value is None or isinstance(value, (str, bool, list, dict)) else "another type"


def altered(value, way=()):
    """(way, what was done, the whole with one part altered), for every part."""
    yield way, "another type", another_type(value)
    if isinstance(value, CBORTag):
        yield way, "another tag", CBORTag(value.tag + 1, value.value)
        for inner, what, part in altered(value.value, way):
            yield inner, what, CBORTag(value.tag, part)
    elif isinstance(value, bytes) and inside(value) is not None:
        for inner, what, part in altered(inside(value), way):
            yield inner, what, cbor.encode(part)
    elif isinstance(value, (list, dict)):
        for key in value if isinstance(value, dict) else range(len(value)):
            for inner, what, part in altered(value[key], (*way, key)):
                whole = copy.copy(value)
                whole[key] = part
                yield inner, what, whole
        if isinstance(value, dict):
            yield way, "a field that nobody knows", {**value, 99: 0}
            for key in value:
                yield (*way, key), "missing", {k: v for k, v in value.items() if k != key}


def inside(data):
    """The map in a byte string of an envelope, if there is one."""
    try:
        found = cbor.decode(data)
    except Refused:
        return None
    return found if isinstance(found, dict) and found else None


def check(world):
    """(types, examples, alterations that were refused)."""
    grammar = wire.GRAMMAR
    grammar.seen.clear()
    taken = refused = 0
    for rule, value in examples(world):
        grammar.check(rule, value)
        taken += 1
        for way, what, bad in altered(value):
            if what == "missing" and may_be_absent(rule, way, value):
                continue
            try:
                grammar.check(rule, bad)
            except Refused:
                refused += 1
                continue
            raise Disagreement(f"{grammar.file_of[rule]}: a {rule} is taken though {list(way)} is {what}")
    if unseen := sorted(set(grammar.rules) - grammar.seen):
        raise Disagreement(f"no vector is an example of {unseen}")
    return len(grammar.rules), taken, refused


def may_be_absent(rule, way, value):
    if way[-1] in OPTIONAL_IN.get(rule, ()) and len(way) <= 2:
        return True
    if rule == "record" and way[0] == 2 and len(way) == 3:
        return (cbor.decode(value.value[2])[1], way[-1]) in OPTIONAL
    if rule == "publish" and len(way) == 3:
        return (value[way[0]][0], way[-1]) in OPTIONAL
    if rule.startswith("http-") and way[-2:-1] in (("records",), ("tables",)):
        return True
    return rule == "summary" and way[-1] in OPTIONAL_IN_SUMMARY
