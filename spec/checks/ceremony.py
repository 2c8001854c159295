"""Key ceremonies (11): plans, messages, and what follows from a board."""

import datetime
import hashlib

from cbor2 import CBORTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pyhpke import PyHPKEError

from . import cbor, cose, ed25519, voprf
from .charter import CERTIFICATE, Certificate, index, key_name, malformed, printed
from .refusal import Disagreement, Refused, agree
from .shape import ascending, between, day, listing, octets, row, table, u16, u32
from .wire import GRAMMAR, SUITE
from .world import named

hexed = bytes.fromhex
LARGEST = 65_536
STEPS = {1: "join", 2: "echo", 3: "deal", 4: "complaint", 5: "done", 6: "stop"}
SEATS = listing(row(index, octets(32), octets(32)), most=64)
PLAN = table(
    (1, "format", between(1, 1)),
    (2, "federation", octets(32)),
    (3, "charter", octets(32)),
    (4, "ceremony", octets(32)),
    (5, "epoch", u32),
    (6, "day", day),
    (7, "threshold", u16),
    (8, "holders", SEATS),
    (9, "old", row(octets(32), SEATS), "?"),
    (10, "keys", listing(row(key_name, between(0, 1)), least=1, most=16)),
    (11, "starter", octets(32)),
)


def any_octets(value):
    if not isinstance(value, bytes):
        raise Refused("encoding", "not a byte string")
    return value


MESSAGE = table((1, "plan", octets(32)), (2, "sender", octets(32)), (3, "step", between(1, 6)), (4, "body", any_octets))
SHOWN = listing(octets(32), most=64)


def shown(value):
    if isinstance(value, list) and len(value) == 1:
        return [SHOWN(value[0]), None]
    return row(SHOWN, octets(64))(value)


def keys_in_order(value):
    value = listing(octets(32), most=128)(value)
    ascending(value, "keys")
    return value


BODIES = {
    1: table(
        (1, "one-time keys", listing(octets(32), most=128)),
        (2, "shown", listing(shown, most=16)),
        (3, "nonce", octets(32)),
    ),
    2: table((1, "transcript", octets(32)), (2, "nonce", octets(32))),
    3: table((1, "sealed", listing(any_octets, most=64))),
    4: table((1, "about", octets(32)), (2, "seed", octets(32), "?"), (3, "message", octets(32))),
    5: table((1, "signature", octets(64))),
    6: table((1, "reason", between(1, 4)), (2, "missing", keys_in_order)),
}


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def last_day(season):
    year, half = divmod(season + 1, 2)
    return (datetime.date(year, 7 if half else 1, 1) - datetime.date(1970, 1, 1)).days - 1


def season(day):
    date = datetime.date(1970, 1, 1) + datetime.timedelta(days=day)
    return date.year * 2 + (date.month > 6)


def sign1(data, word):
    if len(data) > LARGEST + 1:
        raise Refused(word, "too large")
    try:
        return cose.sign1(data)
    except Refused as no:
        raise Refused(word, str(no)) from no


def read(reader, data, word):
    try:
        return reader(cbor.decode(data))
    except Refused as no:
        raise Refused(word, str(no)) from no


class Plan:
    """A plan that holds, beside the certificate in force."""

    def __init__(self, data, world, old):
        payload, signature = sign1(data, "malformed")
        self.fields = fields = read(PLAN, payload, "malformed")
        self.raw = cbor.decode(payload)
        self.digest, self.world, self.old = sha256(payload), world, old
        self.seats = fields["holders"]
        self.dealers = fields.get("old", [None, []])[1]
        for seats in (self.seats, self.dealers):
            malformed(ascending, [seat[0] for seat in seats], "seats")
            if len({seat[2] for seat in seats}) != len(seats):
                raise Refused("malformed", "a node twice")
        malformed(ascending, [cbor.encode(name) for name, _ in fields["keys"]], "keys")
        self.keys = {tuple(name): making for name, making in fields["keys"]}
        self.external = b"parasol 1 ceremony" + fields["federation"]
        if not cose.sign1_holds(fields["starter"], self.external, payload, signature):
            raise Refused("signature")
        self.check()
        self.holders = {seat[2]: seat[0] for seat in self.seats}
        self.old_places = {seat[2]: seat[0] for seat in self.dealers}
        self.participants = sorted({*self.holders, *self.old_places})
        if fields["starter"] not in self.participants:
            raise Refused("starter")
        self.weights = voprf.lagrange(sorted(self.old_places.values()))

    def may_stay(self, name):
        return len(name) == 1 or last_day(name[1]) + 2 >= self.fields["day"]

    def must_stay(self, name):
        return self.may_stay(name) and (len(name) == 1 or name[1] <= self.farthest())

    def may_be_made(self, name):
        return len(name) == 1 or season(self.fields["day"]) <= name[1] <= self.farthest()

    def farthest(self):
        return season(self.fields["day"] + 14 + 730) + 1

    def check(self):
        fields, charter, old = self.fields, self.world.charter, self.old
        if fields["federation"] != charter.id:
            raise Refused("federation")
        if fields["charter"] != charter.digest:
            raise Refused("charter")
        if fields["threshold"] != charter["threshold"] or fields["threshold"] < 2:
            raise Refused("threshold")
        if len(self.seats) < fields["threshold"] or any(charter.shares.get(i) != org for i, org, _ in self.seats):
            raise Refused("holders")
        if not self.delegated(self.seats):
            raise Refused("holders")
        renews = "old" in fields
        dealt = old.fields["dealt"]
        if renews and dealt:
            raise Refused("dealt")
        if not renews and not dealt and any(map(self.must_stay, old.keys)):
            raise Refused("certificate", "one in force is given up")
        if renews and fields["old"][0] != old.digest:
            raise Refused("certificate", "another one")
        if not 0 < fields["epoch"] - old.fields["epoch"] <= 1000:
            raise Refused("epoch")
        if renews:
            t, _, shares = next(iter(old.keys.values()))
            if len(self.dealers) != t or any(seat[0] not in shares for seat in self.dealers):
                raise Refused("dealers")
            if any(charter.shares.get(i) != org for i, org, _ in self.dealers):
                raise Refused("dealers")
            if not self.delegated(self.dealers):
                raise Refused("dealers")
        for name, making in self.keys.items():
            stays = renews and name in old.keys
            if making != int(stays) or not (self.may_stay(name) if stays else self.may_be_made(name)):
                raise Refused("keys", f"{name}")
        if renews and any(self.must_stay(name) and name not in self.keys for name in old.keys):
            raise Refused("keys", "one is left out")

    def delegated(self, seats):
        return all(self.world.signer_on(node, self.fields["day"]) == org for _, org, node in seats)

    def dealt_by(self, node):
        """[(key, place, whether it is reshared), …] of what a node deals."""
        for name, making in self.keys.items():
            place = (self.old_places if making else self.holders).get(node)
            if place is not None:
                yield name, place, making

    def deals(self):
        return [node for node in self.participants if any(True for _ in self.dealt_by(node))]

    def dealers_for(self, holder):
        return [node for node in self.deals() if node != holder] if holder in self.holders else []

    def recipients(self, dealer):
        return [node for node in sorted(self.holders) if node != dealer]


class Message:
    def __init__(self, data, plan):
        self.payload, self.signature = sign1(data, "message")
        self.fields = read(MESSAGE, self.payload, "message")
        self.sender, self.step, self.digest = self.fields["sender"], self.fields["step"], sha256(self.payload)
        if self.fields["plan"] != plan.digest:
            raise Refused("other-ceremony")
        deals = self.sender in plan.deals()
        holds = self.sender in plan.holders
        if self.sender not in plan.participants or not {3: deals, 4: deals or holds, 5: holds}.get(self.step, True):
            raise Refused("stranger")


class Board:
    """What was posted: {(sender, step): [message, …]}, and what follows."""

    def __init__(self, plan):
        self.plan, self.slots = plan, {}

    def post(self, data):
        message = Message(data, self.plan)
        slot = self.slots.setdefault((message.sender, message.step), [])
        if any(one.payload == message.payload for one in slot):
            return
        if len(slot) > 1:
            raise Refused("enough")
        if not cose.sign1_holds(message.sender, self.plan.external, message.payload, message.signature):
            raise Refused("sender")
        slot.append(message)

    def of(self, step):
        """{sender: body} of the messages of a step that are the only ones; bodies that hold."""
        found = {}
        for (sender, at), slot in self.slots.items():
            if at == step and len(slot) == 1 and (sender, step) not in self.bad:
                found[sender] = self.body(slot[0])
        return found

    def body(self, message):
        return read(BODIES[message.step], message.fields["body"], "form")

    def verdict(self):
        """{(culprit, fault), …}"""
        twos = {(sender, "two-messages") for (sender, _), slot in self.slots.items() if len(slot) > 1}
        if twos:
            return twos
        self.bad, faults = set(), set()
        for (sender, step), slot in self.slots.items():
            try:
                self.check(sender, step, self.body(slot[0]))
            except Refused as no:
                self.bad.add((sender, step))
                faults.add((sender, no.rule))
        self.joins = self.of(1)
        for sender, echo in self.of(2).items():
            if sender in self.joins and self.nonce_hash(sender, echo["nonce"]) != self.joins[sender]["nonce"]:
                faults.add((sender, "nonce"))
        if set(self.joins) == set(self.plan.participants):
            self.add_up()
            for sender, done in self.of(5).items():
                if self.echoed(sender) and not self.signed(sender, done["signature"]):
                    faults.add((sender, "certificate-signature"))
        for sender, complaint in self.of(4).items():
            faults |= self.judge(sender, complaint)
        return faults

    def check(self, sender, step, body):
        """What can be seen of a body alone."""
        plan = self.plan
        dealt = list(plan.dealt_by(sender))
        if step == 1:
            if len(body["one-time keys"]) != len(plan.dealers_for(sender)) or len(body["shown"]) != len(dealt):
                raise Refused("form")
            for (name, place, reshared), (points, proof) in zip(dealt, body["shown"]):
                self.check_shown(name, place, reshared, points, proof)
        if step == 3:
            sizes = [len(part) for part in body["sealed"]]
            if sizes != [48 + 32 * len(dealt)] * len(plan.recipients(sender)):
                raise Refused("form")
        if step == 4:
            about, deals = body["about"], plan.deals()
            pair = (sender, about) if "seed" in body else (about, sender)
            if about == sender or pair[0] not in plan.holders or pair[1] not in deals:
                raise Refused("form")

    def check_shown(self, name, place, reshared, points, proof):
        if len(points) != self.plan.fields["threshold"] or not all(map(voprf.sound, points)):
            raise Refused("form")
        if (proof is None) != bool(reshared):
            raise Refused("form")
        if reshared:
            share = self.plan.old.keys[name][2][place]
            if points[0] != voprf.times(self.plan.weights[place], share):
                raise Refused("old-share")
        else:
            r, mu = proof[:32], int.from_bytes(proof[32:], "little")
            if not voprf.sound(r) or mu >= voprf.Q:
                raise Refused("form")
            hashed = b"FROST-RISTRETTO255-SHA512-v1dkg" + place.to_bytes(32, "little") + points[0] + r
            c = int.from_bytes(hashlib.sha512(hashed).digest(), "little") % voprf.Q
            if voprf.plus(voprf.base(mu), voprf.times(-c, points[0])) != r:
                raise Refused("proof-of-knowledge")

    def nonce_hash(self, sender, nonce):
        return sha256(b"parasol 1 ceremony nonce", self.plan.digest, sender, nonce)

    def echoed(self, sender):
        """Whether somebody built on what stands here."""
        return self.of(2).get(sender, {}).get("transcript") == self.transcript

    def shown(self, sender):
        """{key: points} of a participant."""
        names = [name for name, _, _ in self.plan.dealt_by(sender)]
        return dict(zip(names, (points for points, _ in self.joins[sender]["shown"])))

    def add_up(self):
        plan, fields = self.plan, self.plan.fields
        digests = [self.slots[node, 1][0].digest for node in plan.participants]
        self.transcript = sha256(b"parasol 1 ceremony transcript", plan.digest, *digests)
        self.keys = {}
        for name in plan.keys:
            parts = [shown[name] for node in plan.participants if name in (shown := self.shown(node))]
            points = [voprf.total((1, part[j]) for part in parts) for j in range(fields["threshold"])]
            shares = [[i, value(points, i)] for i, _, _ in plan.seats]
            self.keys[name] = [list(name), fields["threshold"], points[0], shares]
        self.certificate = cbor.encode(
            {
                1: 1,
                2: fields["federation"],
                3: fields["epoch"],
                4: fields["day"],
                5: False,
                6: list(self.keys.values()),
                7: fields["charter"],
                8: self.transcript,
            }
        )

    def signed(self, sender, signature):
        if any(public == bytes(32) for _, _, _, shares in self.keys.values() for _, public in shares):
            return False
        protected = cbor.encode({1: -8, 4: sender})
        external = b"parasol 1 certificate" + self.plan.fields["federation"]
        return ed25519.holds(sender, cbor.encode(["Signature", b"", protected, external, self.certificate]), signature)

    def voice(self):
        echoes = self.of(2)
        hashed = sha256(
            b"parasol 1 ceremony voice", self.transcript, *(echoes[node]["nonce"] for node in self.plan.participants)
        )
        digits = f"{int.from_bytes(hashed[:16], 'big') % 10**20:020}"
        return " ".join(digits[at : at + 4] for at in range(0, 20, 4))

    def one_time(self, holder, dealer):
        return self.joins[holder]["one-time keys"][self.plan.dealers_for(holder).index(dealer)]

    def open(self, holder, dealer, seed):
        """{key: value} that a dealer sealed to a holder, or a refusal."""
        pair = SUITE.kem.derive_key_pair(seed)
        sealed = self.of(3)[dealer]["sealed"][self.plan.recipients(dealer).index(holder)]
        info = b"parasol 1 ceremony part" + self.plan.fields["federation"]
        try:
            context = SUITE.create_recipient_context(sealed[:32], pair.private_key, info=info)
            plain = context.open(sealed[32:], self.plan.digest + self.transcript + dealer + holder)
        except (PyHPKEError, ValueError) as no:
            raise Refused("part", "it does not open") from no
        names = [name for name, _, _ in self.plan.dealt_by(dealer)]
        values = [int.from_bytes(plain[at : at + 32], "little") for at in range(0, len(plain), 32)]
        for name, number in zip(names, values, strict=True):
            if number >= voprf.Q or voprf.base(number) != value(self.shown(dealer)[name], self.plan.holders[holder]):
                raise Refused("part", f"{name}")
        return dict(zip(names, values))

    def judge(self, sender, complaint):
        about = complaint["about"]
        step = 3 if "seed" in complaint else 1
        meant = self.slots.get((about, step), [])
        if (about, step) in self.bad or all(one.digest != complaint["message"] for one in meant):
            return set()
        if step == 1:
            key = self.one_time(about, sender)
            return {(sender, "false-complaint")} if usable(key) else {(about, "one-time-key")}
        if not self.echoed(sender) or not self.echoed(about):
            return set()
        public = SUITE.kem.derive_key_pair(complaint["seed"]).public_key.to_public_bytes()
        if public != self.one_time(sender, about):
            return {(sender, "false-complaint")}
        try:
            self.open(sender, about, complaint["seed"])
        except Refused:
            return {(about, "part")}
        return {(sender, "false-complaint")}


def value(points, at):
    """What a commitment says of the value at an index."""
    return voprf.total((at**j, point) for j, point in enumerate(points))


def usable(key):
    try:
        X25519PrivateKey.from_private_bytes(bytes(range(32))).exchange(X25519PublicKey.from_public_bytes(key))
    except ValueError:
        return False
    return True


def in_force(world, data):
    certificate = Certificate(data, world.charter, world.signer_on)
    certificate.digest = sha256(cose.sign(data)[0])
    return certificate


def drawn(seed, plan, info, blocks=1):
    """What follows from a seed (11, section 5), block by block."""
    return [
        HKDF(SHA512(), 64, plan.digest, b"parasol 1 ceremony " + info + n.to_bytes(4, "big")).derive(seed)
        for n in range(blocks)
    ]


def reduced(block):
    return int.from_bytes(block, "little") % voprf.Q


def from_seed(board, node, seed, one_time):
    """Everything that a participant drew."""
    plan, join, echo = board.plan, board.joins[node], board.of(2)[node]
    agree("nonce", echo["nonce"], drawn(seed, plan, b"nonce")[0][:32])
    for dealer, key in zip(plan.dealers_for(node), join["one-time keys"]):
        first = drawn(seed, plan, b"one-time key" + dealer)[0][:32]
        agree("one-time seed", one_time[dealer], first)
        agree("one-time key", key, SUITE.kem.derive_key_pair(first).public_key.to_public_bytes())
    t = plan.fields["threshold"]
    for (name, _, reshared), (points, proof) in zip(plan.dealt_by(node), join["shown"]):
        encoded = cbor.encode(list(name))
        if reshared:
            blocks = drawn(seed, plan, b"reshare" + encoded, t - 1)
            agree("coefficients", points[1:], [voprf.base(reduced(block)) for block in blocks])
        else:
            blocks = drawn(seed, plan, b"generate" + encoded, t + 1)
            agree("coefficients", [*points, proof[:32]], [voprf.base(reduced(block)) for block in blocks])
    for recipient, sealed in zip(plan.recipients(node), board.of(3)[node]["sealed"]):
        ikm = drawn(seed, plan, b"seal" + board.transcript + recipient)[0][:32]
        agree("encapsulated key", sealed[:32], SUITE.kem.derive_key_pair(ikm).public_key.to_public_bytes())


def ok_ceremony(world, cases):
    for case in cases:
        old = in_force(world, hexed(case["old"]))
        plan = Plan(hexed(case["plan"]), world, old)
        agree("plan", case["plan_fields"], printed(plan.raw, PLAN.names))
        agree("digest", hexed(case["digest"]), plan.digest)
        GRAMMAR.check("ceremony-plan", cbor.tagged(hexed(case["plan"])))
        names = {node: world.charter.organisations[org][0] for _, org, node in plan.seats}
        nodes = {name: node for node, name in names.items()}
        board = Board(plan)
        for one in case["messages"]:
            data = hexed(one["hex"])
            board.post(data)
            message = Message(data, plan)
            agree("from", one["from"], names[message.sender])
            agree("step", one["step"], STEPS[message.step])
            agree("body", one["body"], cbor.diag(cbor.decode(message.fields["body"])))
            GRAMMAR.check("ceremony-message", cbor.tagged(data))
            GRAMMAR.check(f"ceremony-{one['step']}", cbor.decode(message.fields["body"]))
        agree("blame", set(), board.verdict())
        agree("voice", case["voice"], board.voice())
        payload, signers = cose.sign(hexed(case["certificate"]))
        agree("certificate", payload, board.certificate)
        done = {sender: body["signature"] for sender, body in board.of(5).items()}
        agree("signatures", {key: signature for key, _, signature in signers}, done)
        agree("transcripts", {board.transcript}, {echo["transcript"] for echo in board.of(2).values()})
        made = in_force(world, hexed(case["certificate"]))
        agree("fields", case["certificate_fields"], printed(made.raw, CERTIFICATE.names))
        GRAMMAR.check("certificate", cbor.tagged(hexed(case["certificate"])))
        for name, held in case["shares"].items():
            hold(board, made, nodes[name], {nodes[who]: hexed(s) for who, s in case["one_time_seeds"][name].items()}, held)
            one_time = {nodes[who]: hexed(seed) for who, seed in case["one_time_seeds"][name].items()}
            from_seed(board, nodes[name], hexed(case["seeds"][name]), one_time)
        yield case["name"]


def hold(board, made, node, one_time, held):
    """What one got from the others, and has at the end."""
    at = board.plan.holders[node]
    agree("keys", sorted(map(named, held)), sorted(board.plan.keys))
    given = [board.open(node, dealer, one_time[dealer]) for dealer in board.plan.dealers_for(node)]
    for text, share in held.items():
        name, number = named(text), voprf.scalar(hexed(share)[2:])
        agree("index", int(share[:4], 16), at)
        agree("public share", made.keys[name][2][at], voprf.base(number))
        own = (number - sum(values.get(name, 0) for values in given)) % voprf.Q
        shown = board.shown(node).get(name)
        agree("one's own part", voprf.base(own), value(shown, at) if shown else bytes(32))


def bad_ceremony(world, cases):
    for case in cases:
        old = in_force(world, hexed(case["old"]))
        if "board" not in case:
            refused(case, Plan, hexed(case["plan"]), world, old)
        else:
            board = Board(Plan(hexed(case["plan"]), world, old))
            for one in case["board"]:
                board.post(hexed(one))
            if "message" in case:
                refused(case, board.post, hexed(case["message"]))
            else:
                agree("blame", {(hexed(case["culprit"]), case["refused"])}, board.verdict())
        yield case["name"]


def refused(case, reader, *arguments):
    try:
        reader(*arguments)
    except Refused as no:
        agree(f"refused by ({no})", case["refused"], no.rule)
    else:
        raise Disagreement("the vector is refused, and the text takes it")


def examples(world):
    """(rule, value) for the CDDL, of what the good vectors do not have too."""
    for case in world.files["ok/ceremony.json"]["cases"]:
        yield "ceremony-plan", cbor.tagged(hexed(case["plan"]))
        messages = [hexed(one["hex"]) for one in case["messages"]]
        yield "ceremony-board", [hexed(case["plan"]), messages]
        for data in messages:
            fields = MESSAGE(cbor.decode(cose.sign1(data)[0]))
            yield "ceremony-message", cbor.tagged(data)
            yield f"ceremony-{STEPS[fields['step']]}", cbor.decode(fields["body"])
    for case in world.files["bad/ceremony.json"]["cases"]:
        for one in case.get("board", []):
            fields = MESSAGE(cbor.decode(cose.sign1(hexed(one))[0]))
            if fields["step"] == 4:
                yield "ceremony-complaint", cbor.decode(fields["body"])
    # A complaint without a seed: one with a seed that lacked its message would have the form of an echo.
    complaint, stop = {1: bytes(32), 3: bytes(32)}, {1: 1, 2: [bytes(32)]}
    yield "ceremony-stop", stop
    for step, body in ((4, complaint), (6, stop)):
        message = cbor.encode({1: bytes(32), 2: bytes(32), 3: step, 4: cbor.encode(body)})
        yield "ceremony-message", CBORTag(18, [cose.PROTECTED, {}, message, bytes(64)])
