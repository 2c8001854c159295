"""One check for each file of vectors. Each yields the name of a case when it agrees."""

import hashlib

from . import asked, bounds, cbor, ceremony, chain, cose, ed25519, grants, handles, papers, reconcile, records, replies, seal, trust, view, voprf, wire, words
from .charter import CERTIFICATE, PAYLOAD, Charter, printed
from .refusal import Disagreement, Refused, agree
from .scenes import bad_certificate, bad_contents, ok_scenes
from .world import named, season_of

hexed = bytes.fromhex


def refuses(case, rule, read, *arguments):
    """The rule that refuses must be the one that the vector names; None: any."""
    try:
        read(*arguments)
    except Refused as no:
        if rule is not None:
            agree(f"refused by ({no})", rule, no.rule)
        return no
    raise Disagreement("the vector is refused, and the text takes it")


def ok_charter(world, cases):
    for case in cases:
        charter = Charter(hexed(case["hex"]))
        agree("fields", case["fields"], printed(charter.raw, PAYLOAD.names))
        agree("diag", case["diag"], cbor.diag(cbor.tagged(hexed(case["hex"]))))
        wire.GRAMMAR.check("charter", cbor.tagged(hexed(case["hex"])))
        world.node()
        yield case["name"]


def bad_charter(world, cases):
    for case in cases:
        refuses(case, case["refused"], Charter, hexed(case["hex"]))
        yield case["name"]


def ok_certificate(world, cases):
    for case in cases:
        agree("fields", case["fields"], printed(world.certificate.raw, CERTIFICATE.names))
        agree("keys", sorted(map(named, case["shares"])), sorted(world.secrets))
        wire.GRAMMAR.check("certificate", cbor.tagged(hexed(case["hex"])))
        yield case["name"]


def ok_records(world, cases):
    every = world.files["ok/records.json"]["cases"]
    for case in cases:
        data = hexed(case["hex"])
        node = world.node(hexed(case["home"]) if case["home"] else None)
        record = node.offer(data, world.today)
        agree("id", hexed(case["id"]), record.id)
        agree("kind", case["kind"], record.kind)
        agree("fields", case["fields"], record.printed())
        wire.GRAMMAR.check("record", cbor.tagged(data))
        if record.kind == "report" and record.body["edition"] == 0:
            open_by_name(world, record)
        if "report" in record.body:
            about = next(one for one in every if one["id"] == record.body["report"].hex())
            _, text_key, _ = open_by_name(world, records.parse(hexed(about["hex"])))["keys"]
            seal.open_attachment(world.charter.id, record, text_key)
        yield case["name"]


def open_by_name(world, record):
    """A report opens for the first handle of ok/seal.json, from the dealer's shares on."""
    name = world.files["ok/seal.json"]["cases"][0]["names"][0]["handle"]
    text, bits = "parasol handle 1|" + name, world.charter["bucket bits"]
    output = world.output((1, season_of(record.expires)), text)
    entry = next(entry for entry in record.body["entries"] if entry[1] == seal.label(output))
    agree("bucket", entry[0], seal.bucket(world.output((0,), text), bits))
    return seal.open_report(world.charter.id, record.organisation, record.expires, record.body, name, output)


def bad_records(world, cases):
    for case in cases:
        node = world.node(hexed(case["home"]), case["carried"])
        no = refuses(case, case["rule"], node.offer, hexed(case["hex"]), case["today"])
        agree("step", case["step"], getattr(no, "step", "parse"))
        yield case["name"]


def ok_seal(world, cases):
    for case in cases:
        agree("season", case["season"], season_of(case["expires"]))
        agree("bits", case["bucket_bits"], world.charter["bucket bits"])
        body, full = seal.body_of(case["report"]), hexed(case["full_key"])
        salt, organisation = body["salt"], hexed(case["organisation"])
        bound = seal.binding(world.charter.id, organisation, case["expires"], body)
        agree("binding", hexed(case["binding"]), bound)
        for name in case["names"]:
            sealed_to(world, case, body, bound, name)
            read = seal.open_report(
                world.charter.id, organisation, case["expires"], body, name["handle"], hexed(name["output"])
            )
            agree("keys", tuple(hexed(case[key]) for key in ("full_key", "text_key", "summary_key")), read["keys"])
            opened_as(case, read, salt)
        agree("handles", sorted(read["handles"]), sorted(name["handle"] for name in case["names"]))
        if case["area"]:
            sealed_to_area(world, case, body, bound, read)
        agree("full key", full, read["keys"][0])
        yield case["name"]


def sealed_to(world, case, body, bound, name):
    agree("input", name["input"], "parasol handle 1|" + name["handle"])
    agree("bucket output", hexed(name["bucket_output"]), world.output((0,), name["input"]))
    agree("bucket", name["bucket"], seal.bucket(hexed(name["bucket_output"]), case["bucket_bits"]))
    output = hexed(name["output"])
    agree("output", output, world.output((1, case["season"]), name["input"]))
    agree("label", hexed(name["label"]), seal.label(output))
    key = seal.wrap_key(output, body["salt"])
    agree("wrap key", hexed(name["wrap_key"]), key)
    wrap = seal.box(key, hexed(case["full_key"]), bound + bytes([seal.WRAP]))
    agree("wrap", hexed(name["wrap"]), wrap)
    if [name["bucket"], seal.label(output), wrap] not in body["entries"]:
        raise Disagreement("the entry is not in the report")


def opened_as(case, read, salt):
    for part, name in ((seal.SUMMARY, "summary"), (seal.TEXT, "text"), (seal.HANDLES, "handles")):
        agree(name, hexed(case[name]), read["padded"][part])
        plain = seal.unpad(read["padded"][part], seal.SIZES[part])
        agree(f"{name} diag", case[f"{name}_diag"], cbor.diag(cbor.decode(plain)) if plain else None)
        if plain:
            wire.GRAMMAR.check({"text": "words"}.get(name, name), cbor.decode(plain))


def sealed_to_area(world, case, body, bound, read):
    area, salt = case["area"], body["salt"]
    agree("input", area["input"], "parasol area 1|" + area["area"])
    output = hexed(area["output"])
    agree("area output", output, world.output((2, case["season"]), area["input"]))
    agree("tag", hexed(area["tag"]), seal.area_tag(output, salt))
    agree("tag in the report", hexed(area["tag"]), body["area tag"])
    key = seal.area_wrap_key(output, salt)
    agree("area wrap key", hexed(area["wrap_key"]), key)
    holds = {seal.AREA_SUMMARY: read["keys"][2], seal.AREA_TEXT: read["keys"][1]}[area["part"]]
    agree("area wrap", body["area wrap"], seal.box(key, holds, bound + bytes([area["part"]])))
    agree("area in the summary", area["area"], read["summary"]["area"])


def bad_seal(world, cases):
    for case in cases:
        body, output = seal.body_of(case["report"]), hexed(case["output"])
        agree("output", output, world.output((1, season_of(case["expires"])), "parasol handle 1|" + case["handle"]))
        arguments = hexed(case["organisation"]), case["expires"], body, case["handle"], output
        refuses(case, case["refused"], seal.open_report, world.charter.id, *arguments)
        yield case["name"]


def ok_wire(world, cases):
    for case in cases:
        data = hexed(case["hex"])
        if case["type"] == "sealed question":
            question(world, case, data)
        else:
            value = wire.decode(case["type"], data)
            agree("diag", case["diag"], cbor.diag(value))
            agree("written again", data, cbor.encode(value))
            inside(world, case, value)
        yield f"{case['type']}: {case['name']}"


def inside(world, case, value):
    """What a message carries is right too."""
    if case["type"] == "hello":
        agree("federation", value[0], world.charter.id)
        world.node().offer(value[1], world.today)
    if case["name"] == "reconcile":
        agree("after", value[1], world.today + 1)
        agree("message", value[2], reconcile.Side([], True).begin())
    if case["type"] == "peer request" and case["name"] == "charters":
        kept = hexed(world.files["ok/charter.json"]["cases"][0]["hex"])
        agree("digest of the charter file", value[1], hashlib.sha256(cbor.encode([kept])).digest())
    if case["name"] == "board":
        of_board(world, value)
    carried = {"push": 1, "records": 1, "own reply": 0, "directory reply": 2}.get(case["name"])
    for one in value[carried] if carried is not None else ():
        records.verify(records.parse(one), world.charter.id)
    if case["type"] == "directory reply":
        agree("federation", [world.charter.id], [Charter(one).id for one in value[0]])
        agree("certificate", hexed(world.files["ok/certificate.json"]["cases"][0]["hex"]), value[1])


def of_board(world, value):
    """What two nodes show each other of the first ceremony in ok/ceremony.json."""
    run = world.files["ok/ceremony.json"]["cases"][0]
    *plan, known, sent = value[1:]
    agree("plan", plan, [hexed(run["plan"])] if plan else [])
    said = {hashlib.sha256(cose.sign1(data)[0]).digest(): data for data in (hexed(one["hex"]) for one in run["messages"])}
    agree("digests of messages that there are", set(known), set(known) & set(said))
    agree("messages, as they are", sent, [data for data in said.values() if data in sent])
    agree("digests of what is sent", [], [digest for digest, data in said.items() if data in sent and digest not in known])


def question(world, case, data):
    sealed = wire.Sealed(data, hexed(case["seal_seed"]), world.charter.id)
    agree("seal key", hexed(case["seal_key"]), sealed.public)
    agree("question", hexed(case["plain"]), sealed.plain)
    carried, left, found = sealed.open_reply(hexed(case["reply"]))
    agree("records in the reply", list(map(hexed, case["reply_records"])), found)
    agree("reports carried, records left out", (case["reply_carried"], case["reply_left"]), (carried, left))


def message(world, case):
    data, kind = hexed(case["hex"]), case["type"]
    if kind == "sealed question":
        wire.Sealed(data, hexed(case["seal_seed"]), world.charter.id)
    elif kind == "sealed reply":
        wire.Sealed(hexed(case["question"]), hexed(case["seal_seed"]), world.charter.id).open_reply(data)
    elif kind == "padded question":
        wire.decode("question", wire.unpad(data))
    else:
        wire.decode(kind, data)


def bad_wire(world, cases):
    for case in cases:
        refuses(case, case["refused"], message, world, case)
        yield f"{case['type']}: {case['name']}"


def ok_reconcile(world, cases):
    for case in cases:
        both, ours, theirs = ([(day, hexed(one)) for day, one in case[key]] for key in ("both", "ours", "theirs"))
        messages, have, need = reconcile.exchange(both + ours, both + theirs)
        agree("messages", list(map(hexed, case["messages"])), messages)
        agree("what they lack", {one for _, one in ours}, have)
        agree("what we lack", {one for _, one in theirs}, need)
        yield case["name"]


def ok_http(world, cases):
    for case in cases:
        wire.GRAMMAR.check(case["type"], case["json"])
        yield case["name"]


def bad_reconcile(world, cases):
    file = world.files["bad/reconcile.json"]
    items = [(day, hexed(one)) for day, one in file["items"]]
    for case in cases:
        refuses(case, case["refused"], reconcile.read, hexed(case["hex"]), items, case["began"])
        yield case["name"]
    for other in file["other_versions"]:
        agree("another version", bytes([reconcile.VERSION]), reconcile.read(hexed(other), items, False))


def ok_voprf(world, cases):
    for case in cases:
        inputs = [text.encode() for text in case["inputs"]]
        blinds = [voprf.scalar(hexed(one)) for one in case["blinds"]]
        blinded = [voprf.blind(x, r) for x, r in zip(inputs, blinds, strict=True)]
        agree("blinded", list(map(hexed, case["blinded"])), blinded)
        t, public, answers = case["threshold"], hexed(case["public"]), case["evaluations"]
        shares = {one["index"]: hexed(one["public_share"]) for one in answers}
        if not voprf.sound(public) or not voprf.one_polynomial(t, public, shares):
            raise Disagreement("the public shares do not lie on one polynomial")
        for one in answers:
            evaluation(one, blinded, shares)
        for chosen in subsets(sorted(shares), t):
            combined = voprf.combine(t, {i: elements(answers, i) for i in chosen})
            outputs = [voprf.finalize(x, r, d) for x, r, d in zip(inputs, blinds, combined)]
            agree(f"outputs of {chosen}", list(map(hexed, case["outputs"])), outputs)
        yield case["key"]


def ok_rfc9497(world, cases):
    for case in cases:
        secret, public = voprf.scalar(hexed(case["secret"])), hexed(case["public"])
        agree("public", public, voprf.base(secret))
        inputs, blinds = list(map(hexed, case["inputs"])), [voprf.scalar(hexed(one)) for one in case["blinds"]]
        blinded = [voprf.blind(x, r) for x, r in zip(inputs, blinds, strict=True)]
        agree("blinded", list(map(hexed, case["blinded"])), blinded)
        evaluated = [voprf.times(secret, c) for c in blinded]
        agree("evaluated", list(map(hexed, case["evaluated"])), evaluated)
        nonce, proof = voprf.scalar(hexed(case["nonce"])), hexed(case["proof"])
        agree("proof", proof, voprf.prove(secret, public, blinded, evaluated, nonce))
        voprf.verify({1: public}, blinded, 1, evaluated, proof)
        # The key by itself, and dealt out by a polynomial whose other coefficients are as good as any.
        for t, n in ((1, 1), (2, 3), (3, 5)):
            shares = {i: (secret + sum(voprf.hash_to_scalar(bytes([e])) * i**e for e in range(1, t))) for i in range(1, n + 1)}
            for chosen in subsets(sorted(shares), t):
                combined = voprf.combine(t, {i: [voprf.times(shares[i], c) for c in blinded] for i in chosen})
                outputs = [voprf.finalize(x, r, d) for x, r, d in zip(inputs, blinds, combined)]
                agree(f"outputs of {chosen}", list(map(hexed, case["outputs"])), outputs)
        yield case["name"]


def elements(answers, index):
    return [hexed(one) for answer in answers if answer["index"] == index for one in answer["elements"]]


def evaluation(one, blinded, shares):
    share, public = voprf.scalar(hexed(one["share"])), shares[one["index"]]
    agree("public share", public, voprf.base(share))
    evaluated = [voprf.times(share, c) for c in blinded]
    agree("evaluated", list(map(hexed, one["elements"])), evaluated)
    nonce = voprf.scalar(hexed(one["nonce"]))
    agree("proof", hexed(one["proof"]), voprf.prove(share, public, blinded, evaluated, nonce))
    voprf.verify(shares, blinded, one["index"], evaluated, hexed(one["proof"]))


def subsets(items, size):
    if size == 0:
        return [()]
    return [(one, *rest) for at, one in enumerate(items) for rest in subsets(items[at + 1 :], size - 1)]


def bad_voprf(world, file):
    shares = {one["index"]: hexed(one["public_share"]) for one in file["shares"]}
    blinds = [voprf.scalar(hexed(one)) for one in file["blinds"]]
    blinded = [voprf.blind(text.encode(), r) for text, r in zip(file["inputs"], blinds, strict=True)]
    agree("blinded", list(map(hexed, file["blinded"])), blinded)
    if not voprf.one_polynomial(file["threshold"], hexed(file["public"]), shares):
        raise Disagreement("the public shares do not lie on one polynomial")
    for case in file["evaluations"]:
        answer = case["index"], list(map(hexed, case["elements"])), hexed(case["proof"])
        refuses(case, case["refused"], voprf.verify, shares, blinded, *answer)
        yield case["what"]
    for case in file["elements"]:
        if voprf.sound(hexed(case["bytes"])):
            raise Disagreement(f"{case['what']}: the text takes this element")
        yield case["what"]
    for case in file["proofs"]:
        refuses(case, None, voprf.proof, hexed(case["bytes"]))
        yield case["what"]


def ok_handles(world, cases):
    for case in cases:
        arguments = case["input"], case.get("kind"), case.get("country")
        agree(f"canonical form of {arguments}", case["canonical"], handles.read(*arguments))
        agree("read again", case["canonical"], handles.read(handles.canonical(case["canonical"])))
        yield case["input"]


def bad_handles(world, cases):
    for case in cases:
        refuses(case, case["error"], handles.read, case["input"], case.get("kind"), case.get("country"))
        yield case["input"]


def ok_signatures(world, cases):
    for case in cases:
        key, message, signature = (bytes.fromhex(case[part]) for part in ("key", "message", "signature"))
        agree(case["name"], case["counts"], ed25519.holds(key, message, signature))
        yield case["name"]


CHECKS = {
    "ok/charter.json": ok_charter,
    "ok/chain.json": chain.ok_chain,
    "ok/certificate.json": ok_certificate,
    "ok/records.json": ok_records,
    "ok/signatures.json": ok_signatures,
    "ok/scenes.json": ok_scenes,
    "ok/seal.json": ok_seal,
    "ok/wire.json": ok_wire,
    "ok/http.json": ok_http,
    "ok/reconcile.json": ok_reconcile,
    "ok/voprf.json": ok_voprf,
    "ok/rfc9497.json": ok_rfc9497,
    "ok/handles.json": ok_handles,
    "ok/aside.json": replies.ok_aside,
    "ok/calendar.json": replies.ok_calendar,
    "ok/grants.json": grants.ok_grants,
    "ok/replies.json": replies.ok_replies,
    "ok/directory.json": replies.ok_directory,
    "ok/views.json": view.ok_views,
    "bad/directory.json": view.bad_directory,
    "bad/evaluate.json": asked.bad_evaluate,
    "ok/counted.json": replies.ok_counted,
    "ok/trust.json": trust.ok_trust,
    "ok/papers.json": papers.ok_papers,
    "ok/words.json": words.ok_words,
    "ok/size.json": replies.ok_size,
    "ok/sources.json": replies.ok_sources,
    "ok/ceremony.json": ceremony.ok_ceremony,
    "ok/bounds.json": bounds.ok_bounds,
    "bad/bounds.json": bounds.bad_bounds,
    "bad/ceremony.json": ceremony.bad_ceremony,
    "bad/charter.json": bad_charter,
    "bad/chain.json": chain.bad_chain,
    "bad/papers.json": papers.bad_papers,
    "bad/words.json": words.bad_words,
    "bad/certificate.json": bad_certificate,
    "bad/contents.json": bad_contents,
    "bad/records.json": bad_records,
    "bad/seal.json": bad_seal,
    "bad/wire.json": bad_wire,
    "bad/reconcile.json": bad_reconcile,
    "bad/voprf.json": bad_voprf,
    "bad/handles.json": bad_handles,
}


def cases_of(file):
    if isinstance(file, list):
        return file
    return file.get("cases", file)
