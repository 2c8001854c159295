"""A version of the charter, and the certificate of the shared keys (02, sections 6 and 7)."""

import hashlib
import re

from . import cbor, cose, voprf
from .refusal import Refused
from .shape import ascending, between, boolean, day, listing, number, octets, row, table, text, u16, u32

LARGEST = 262_144
ORGANISATION = row(octets(32), text(32), text(2), u16, u32)
LIVES = ("report", "translation", "second", "dispute", "vouch", "delegation")


def origin(value):
    federation, previous, *against = listing(octets(32), least=2, most=18)(value)
    ascending(against, "versions that are set aside")
    return federation, previous, against


PAYLOAD = table(
    (1, "format", between(1, 1)),
    (2, "version", between(1, (1 << 32) - 1)),
    (3, "origin", origin, "?"),
    (4, "name", text(100)),
    (5, "made", day),
    (6, "organisations", listing(ORGANISATION, most=1000)),
    (7, "threshold", u16),
    (8, "lives", row(*[u32] * len(LIVES))),
    (9, "records a day", u32),
    (10, "evaluations a day", u32),
    (11, "bucket bits", number(256)),
    (12, "cities", listing(text(64), most=10_000)),
    (13, "former", listing(row(octets(32), octets(32), listing(octets(32), most=256)), most=1000)),
)


def malformed(read, *arguments):
    try:
        return read(*arguments)
    except Refused as no:
        raise Refused("malformed", str(no)) from no


class Version:
    """A version of the charter whose rules hold; who must have signed it is another matter."""

    def __init__(self, data):
        if len(data) > LARGEST:
            raise Refused("malformed", "too large")
        self.payload, self.signers = malformed(cose.sign, data)
        self.raw = malformed(cbor.decode, self.payload)
        self.fields = malformed(PAYLOAD, self.raw)
        self.id = self.digest = hashlib.sha256(self.payload).digest()
        self.number = self.fields["version"]
        if ("origin" in self.fields) != (self.number > 1):
            raise Refused("malformed", "a first version with an origin, or another without")
        self.federation, self.previous, self.against = self.fields.get("origin", (self.id, None, []))
        self.check()

    def signatures_hold(self):
        if not cose.sign_holds(b"parasol 1 charter", self.payload, self.signers):
            raise Refused("signatures", "one does not hold")
        return [key for key, _, _ in self.signers]

    def check(self):
        fields = self.fields
        rows = fields["organisations"]
        self.organisations = {key: (name, country, share) for key, name, country, share, _ in rows}
        self.budgets = {key: budget for key, *_, budget in rows}
        self.former = {key: (successor, stays) for key, successor, stays in fields["former"]}
        names = [name for _, name, *_ in rows]
        self.lives = dict(zip(LIVES, fields["lives"]))
        good = (
            1 <= len(rows)
            and all(1 <= life <= (90 if kind == "delegation" else 730) for kind, life in self.lives.items())
            and all(budget <= 10_000 for budget in self.budgets.values())
            and not set(self.former) & set(self.organisations)
            and {successor for successor, _ in self.former.values()} <= set(self.organisations)
            and fields["bucket bits"] <= 20
            and len(set(names)) == len(names)
            and all(re.fullmatch("[a-z0-9-]{1,32}", name) for name in names)
            and all(re.fullmatch("[A-Z]{2}", country) for _, _, country, *_ in rows)
        )
        try:
            ascending([key for key, *_ in rows], "organisations")
            ascending([key for key, _, _ in fields["former"]], "former roots")
            for _, stays in self.former.values():
                ascending(stays, "records that stay")
            ascending([city.encode() for city in fields["cities"]], "cities")
        except Refused as no:
            raise Refused("invalid", str(no)) from no
        self.shares = {share: key for key, _, _, share, _ in rows if share}
        keyholders = [country for _, _, country, share, _ in rows if share]
        n, t = len(keyholders), fields["threshold"]
        if not good or sorted(self.shares) != list(range(1, n + 1)) or n > 64:
            raise Refused("invalid")
        if not n / 2 < t <= n:
            raise Refused("threshold", f"{t} of {n}")
        if any(keyholders.count(country) >= t for country in keyholders):
            raise Refused("jurisdiction")

    def __getitem__(self, name):
        return self.fields[name]

    def organisation(self, name):
        return next(key for key, (known, _, _) in self.organisations.items() if known == name)


class Charter(Version):
    """A first charter that counts."""

    def __init__(self, data):
        super().__init__(data)
        if self.number != 1:
            raise Refused("gap", "a later version says nothing without those before it")
        if [key for key, _, _ in self.signers] != list(self.organisations):
            raise Refused("signatures", "not exactly the organisations have signed")
        self.signatures_hold()


def key_name(value):
    """[0], [1, season] or [2, season]."""
    if value == [0] and not isinstance(value[0], bool):
        return value
    kind, season = row(number(3), u32)(value)
    if kind == 0:
        raise Refused("encoding", "the bucket key has no season")
    return [kind, season]


def element(value):
    value = octets(32)(value)
    if not voprf.sound(value):
        raise Refused("encoding", "no element, or the identity")
    return value


def index(value):
    if number(256)(value) == 0:
        raise Refused("encoding", "there is no share 0")
    return value


KEYS = listing(row(key_name, u16, element, listing(row(index, element), most=255)), most=64)
CERTIFICATE = table(
    (1, "format", between(1, 1)),
    (2, "federation", octets(32)),
    (3, "epoch", u32),
    (4, "issued", day),
    (5, "dealt", boolean),
    (6, "keys", KEYS),
    (7, "charter", octets(32), "?"),
    (8, "transcript", octets(32), "?"),
)


class Certificate:
    """A certificate that counts for a charter; `signer_on` says for whom a key may sign on a day."""

    def __init__(self, data, charter, signer_on):
        if len(data) > LARGEST:
            raise Refused("malformed", "too large")
        payload, signers = malformed(cose.sign, data)
        self.raw = malformed(cbor.decode, payload)
        self.fields = malformed(CERTIFICATE, self.raw)
        if {7, 8} & set(self.raw) != (set() if self.fields["dealt"] else {7, 8}):
            raise Refused("malformed", "of a dealer and of a ceremony, or of neither")
        if self.fields["federation"] != charter.id:
            raise Refused("federation")
        malformed(ascending, [cbor.encode(name) for name, _, _, _ in self.fields["keys"]], "keys")
        self.keys = {}
        holders = dict(sorted(charter.shares.items()))
        if not self.fields["dealt"] and self.fields["keys"]:
            made = {number for number, _ in self.fields["keys"][0][3]}
            holders = {number: org for number, org in holders.items() if number in made}
        if len(holders) < charter["threshold"]:
            raise Refused("keyholders")
        for name, t, public, shares in self.fields["keys"]:
            malformed(ascending, [number for number, _ in shares], "shares")
            if t != charter["threshold"] or [number for number, _ in shares] != list(holders):
                raise Refused("keyholders")
            if not voprf.one_polynomial(t, public, dict(shares)):
                raise Refused("key", "the shares do not lie on one polynomial")
            self.keys[tuple(name)] = (t, public, dict(shares))
        if not cose.sign_holds(b"parasol 1 certificate" + charter.id, payload, signers):
            raise Refused("signatures", "one does not hold")
        signed = {signer_on(key, self.fields["issued"]) for key, _, _ in signers} & set(holders.values())
        if len(signed) < charter["threshold"]:
            raise Refused("signatures", "too few holders have signed")


def printed(raw, names):
    """As `fields` in the vectors."""
    return {f"{key} {names[key]}": cbor.diag(value) for key, value in raw.items()}
