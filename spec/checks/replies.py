"""The checks of the vectors that say what a node answers, what it sets aside, and what a client makes of answers."""

from . import records, sources, voprf, wire
from .admit import Node
from .answers import Answering, directory
from .aside import Keeper
from .charter import Certificate, Charter
from .refusal import Disagreement, Refused, agree
from .scenes import Stage
from .trust import counted

hexed = bytes.fromhex


def held(file):
    return [hexed(one) for one in file["records"]]


def ok_replies(world, cases):
    file = world.files["ok/replies.json"]
    stage, data = Stage(file), held(file)
    for case in cases:
        node, stored = stage.node(hexed(case["home"])), []
        for number in case["carried"]:
            stored.append((node.offer(data[number], stage.today), data[number]))
        node.begin(case["day"])
        question = wire.decode("question", hexed(case["question"]))
        parts = Answering(node, stored, case["day"]).parts(question)
        if "refused" in case:
            try:
                raise Disagreement(f"{case['name']}: it is answered, with {next(parts)}")
            except Refused as no:
                agree(f"{case['name']}: refused", case["refused"], no.rule)
        for part, (found, left) in zip(case["parts"], parts):
            agree(f"{case['name']}: records", part["holds"], [data.index(one) for one in found])
            agree(f"{case['name']}: left", part["left"], left)
        yield case["name"]


def ok_directory(world, cases):
    file = world.files["ok/directory.json"]
    charter, data = Charter(hexed(file["charter"])), held(file)
    ids = [records.parse(one).id for one in data]
    for case in cases:
        known = [data[number] for number in case["records"]]
        served = directory(charter, known, case["certified"], case["day"], case["room"], list(map(hexed, case.get("signers", []))))
        agree(case["name"], case["served"], [ids.index(one) for one in served])
        yield case["name"]


def ok_counted(world, cases):
    file = world.files["ok/counted.json"]
    charter, data = Charter(hexed(file["charter"])), held(file)
    for case in cases:
        known = [records.parse(data[number]) for number in case["records"]]
        for one in known:
            records.verify(one, charter.id)
        agree(case["name"], case["counted"], counted(charter, known, case, case["day"]))
        yield case["name"]


def ok_aside(world, cases):
    file = world.files["ok/aside.json"]
    stage = Stage(file)
    for case in cases:
        node, ids = Keeper(stage.charter, hexed(case["home"])), []
        for one in stage.start:
            node.offer(hexed(one), stage.today)
        for number, step in enumerate(case["steps"]):
            verdict, data = "carried", hexed(step["hex"])
            try:
                node.offer(data, step["day"])
            except Refused as no:
                verdict = no.rule
            ids.append(records.parse(data).id)
            where = f"{case['name']}, step {number}"
            agree(f"{where}: verdict", step["verdict"], verdict)
            agree(f"{where}: carried", step["carried"], [n for n, one in enumerate(ids) if one in node.carried])
            agree(f"{where}: aside", step["aside"], [n for n, one in enumerate(ids) if one in node.aside])
        yield case["name"]


class Calendar:
    """The day, and whether to believe it (02, section 5)."""

    def __init__(self, charter, today):
        self.reached, self.hours, self.doubted, self.witnesses = today, 24, None, {}
        self.needed = min(2, max(1, len(charter.organisations) - 1))

    def today(self, clock):
        return max(self.reached, clock)

    def look(self, clock, passed):
        today = self.today(clock)
        self.hours += passed
        far = today > self.reached + 1
        if (self.doubted is not None and today < self.doubted) or (far and self.doubted is None):
            self.witnesses = {}
        self.doubted = today if far else None
        self.hours = min(self.hours, 48 if far else 25)
        said = sorted(self.witnesses.values(), reverse=True)[self.needed - 1 : self.needed]
        if today > self.reached and not far and self.hours >= 24:
            self.reached, self.hours = today, self.hours - 24
        elif said and self.reached < today <= said[0] + 2:
            self.reached, self.hours, self.doubted = today, 0, None
        elif far and self.hours == 48:
            self.reached, self.hours = self.reached + 1, 24
        if said and today == self.reached and today < said[0] + 2:
            self.hours = max(self.hours, 24)

    def came(self, record, home, today):
        if record.organisation != home and today - 2 <= record.issued <= today + 1:
            self.witnesses[record.organisation] = max(record.issued, self.witnesses.get(record.organisation, 0))


def ok_calendar(world, cases):
    file = world.files["ok/calendar.json"]
    stage, data = Stage(file), held(file)
    home = stage.charter.organisation("ash")
    for case in cases:
        node, calendar = stage.node(home), Calendar(stage.charter, stage.today)
        for number in case["carried"]:
            node.offer(data[number], stage.today)
        for step in case["steps"]:
            calendar.look(step["clock"], step["passed"])
            today = calendar.today(step["clock"])
            doubt = calendar.reached < today
            if not doubt:
                node.begin(today)
            for number in step["come"]:
                record = records.parse(data[number])
                records.verify(record, stage.charter.id)
                node.admit(record, today)
                calendar.came(record, home, today)
            where = f"{case['name']}, clock {step['clock']}"
            agree(f"{where}: today", step["today"], today)
            agree(f"{where}: in doubt", step["in_doubt"], doubt)
            ids = [records.parse(one).id for one in data]
            agree(f"{where}: carried", step["carried"], [n for n, one in enumerate(ids) if one in node.carried])
        yield case["name"]


class Asking:
    """The federation of a client's vectors, and the bucket of their handle."""

    def __init__(self, file):
        self.charter, self.today = Charter(hexed(file["charter"])), file["today"]
        self.node = Node(self.charter, self.charter.organisation("ash"))
        for one in file["start"]:
            self.node.offer(hexed(one), self.today)
        certificate = Certificate(hexed(file["certificate"]), self.charter, self.signer_on)
        agree("home", self.node.organisation, self.signer_on(hexed(file["home"]), self.today))
        shares = [[voprf.scalar(hexed(one)) for one in rows] for rows in file["shares"].values()]
        for (t, public, certified), own in zip(certificate.keys.values(), shares):
            agree("public shares", list(certified.values()), [voprf.base(one) for one in own])
            first = list(certified)[:t]
            secret = sum(w * own[i - 1] for i, w in voprf.lagrange(first).items()) % voprf.Q
            agree("public key", public, voprf.base(secret))
            if certified == certificate.keys[(0,)][2]:
                text = ("parasol handle 1|" + file["handle"]).encode()
                output = voprf.finalize(text, 1, voprf.times(secret, voprf.hash_to_group(text)))
                agree("bucket output", hexed(file["bucket_output"]), output)
                self.bucket = int.from_bytes(output[:4], "big") >> (32 - self.charter["bucket bits"])
        delegated = {one.organisation: one.body["seal key"] for one in self.node.of_kind("delegation")}
        for name, seed in file["seal_seeds"].items():
            public = wire.SUITE.kem.derive_key_pair(hexed(seed)).public_key.to_public_bytes()
            agree("seal key", delegated[self.charter.organisation(name)], public)

    def signer_on(self, key, day):
        for one in self.node.of_kind("delegation"):
            if one.body["record key"] == key and one.issued <= day <= one.body["until"]:
                return one.organisation
        return None


def ok_size(world, cases):
    file = world.files["ok/size.json"]
    asking = Asking(file)
    bits = asking.charter["bucket bits"]
    for case in cases:
        home, hint = case["home"], case["hint"]
        first = sources.bits_for(home if hint is None else min(home, hint), bits)
        size = sources.middle([home, *case["sources"]])
        again = sources.bits_for(size, bits)
        agree(f"{case['name']}: bits", case["bits"], first)
        agree(f"{case['name']}: size", case["size"], size)
        agree(f"{case['name']}: again", case["again"], again if again > first else None)
        yield case["name"]


def ok_sources(world, cases):
    file = world.files["ok/sources.json"]
    asking, data = Asking(file), held(file)
    parsed = []
    for one in data:
        parsed.append(records.parse(one))
        records.verify(parsed[-1], asking.charter.id)
    ids = [one.id for one in parsed]
    for case in cases:
        answers = {
            name: sources.Answer([(parsed[n], len(data[n])) for n in rows], case["parts"], case["left"][name])
            for name, rows in case["served"].items()
        }
        lacks = sources.lacking(answers, asking.bucket)
        asked = {}
        for name, by in lacks.items():
            all_ = sorted({one.id: one for reports in by.values() for one in reports}.values(), key=lambda one: one.id)
            asked[name] = {one.lock for one in all_[:8]}
            lacks[name] = {other: [one for one in reports if one.lock in asked[name]] for other, reports in by.items()}
        agree(f"{case['name']}: asked", case["asked"], {name: sorted(one.hex() for one in asked[name]) for name in sorted(asked)})
        settled = {name: [parsed[n] for n in rows] for name, rows in case["settled"].items()}
        found = [
            [what, who, by, sorted(ids.index(one) for one in reports)]
            for what, who, by, reports in sources.judge(lacks, settled, asking.today)
        ]
        agree(f"{case['name']}: outcome", sorted([*row[:3], sorted(row[3])] for row in case["outcome"]), sorted(found))
        yield case["name"]
