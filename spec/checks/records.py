"""From bytes to a record (02, sections 1 to 4)."""

import hashlib
from dataclasses import dataclass

from . import cbor, cose
from .areas import area
from .refusal import Refused
from .shape import ascending, day, listing, number, octets, octets_to, row, table, u32

SEALED = octets_to(4096)
ATTACHMENT = table((1, "lock", octets(32)), (2, "report", octets(32)), (3, "salt", octets(16)), (4, "sealed", SEALED))


def entries(value):
    rows = listing(row(u32, octets(16), octets(48)), most=16)(value)
    if len(rows) not in (4, 8, 16):
        raise Refused("encoding", "neither 4 nor 8 nor 16 entries")
    return rows


REPORT = table(
    (1, "audience", number(2)),
    (2, "lock", octets(32)),
    (3, "edition", u32),
    (4, "succession", octets(64), "?"),
    (5, "salt", octets(16)),
    (6, "entries", entries),
    (7, "area tag", octets(8)),
    (8, "area wrap", octets(48)),
    (9, "commitment", octets(32)),
    (10, "summary", SEALED),
    (11, "text", SEALED),
    (12, "handles", SEALED),
)


def report(value):
    body = REPORT(value)
    if ("succession" in body) != (body["edition"] > 0):
        raise Refused("encoding", "a succession belongs to a later edition, and to no other")
    if sum(len(body[part]) for part in ("summary", "text", "handles")) > 4096:
        raise Refused("size", "the sealed parts together")
    return body


def affirmation(value):
    body = AFFIRMATION(value)
    ascending(body["records"], "the records of an affirmation")
    return body


report.names = REPORT.names
AFFIRMATION = table((1, "records", listing(octets(32), least=1, most=128)))
affirmation.names = AFFIRMATION.names



def kind_vouched(value):
    if number(256)(value) not in (1, 2, 3, 4, 6):
        raise Refused("encoding", "a kind that no vouch speaks for")
    return value


def area_vouched(value):
    if not isinstance(value, str):
        raise Refused("encoding", "not a text")
    try:
        return area(value)
    except Refused as no:
        raise Refused("encoding", str(no)) from no


def vouch(value):
    body = VOUCH(value)
    for part in ("kinds", "areas"):
        ascending(body.get(part, []), f"the {part} of a vouch")
    return body


VOUCH = table(
    (1, "subject", octets(32)),
    (2, "budget", u32),
    (3, "number", u32),
    (4, "kinds", listing(kind_vouched, least=1, most=5), "?"),
    (5, "areas", listing(area_vouched, least=1, most=32), "?"),
)
vouch.names = VOUCH.names


def revocation(value):
    body = REVOCATION(value)
    if len(body) != 1:
        raise Refused("encoding", "neither a key nor vouches, or both")
    ascending(body.get("vouches", []), "the vouches that are taken back")
    return body


REVOCATION = table((1, "key", octets(32), "?"), (2, "vouches", listing(octets(32), least=1, most=128), "?"))
revocation.names = REVOCATION.names


def grant(value):
    body = GRANT(value)
    if body["evaluations"] > 500_000:
        raise Refused("encoding", "more than a grant may give")
    return body


GRANT = table((1, "subject", octets(32)), (2, "evaluations", u32))
grant.names = GRANT.names

NODE, ROOT = "node", "root"
KINDS = {
    1: ("report", NODE, report),
    2: ("translation", NODE, ATTACHMENT),
    3: ("second", NODE, ATTACHMENT),
    4: ("dispute", NODE, ATTACHMENT),
    5: ("retraction", NODE, table((1, "lock", octets(32)), (2, "proof", octets(64), "?"))),
    11: ("ending", NODE, table((1, "season", u32))),
    7: ("vouch", ROOT, vouch),
    8: ("revocation", ROOT, revocation),
    9: ("affirmation", ROOT, affirmation),
    10: (
        "delegation",
        ROOT,
        table(
            (1, "record key", octets(32)),
            (2, "transport key", octets(32)),
            (3, "seal key", octets(32)),
            (4, "first slot", u32),
            (5, "slots", u32),
            (6, "until", day),
            (7, "possession", octets(64)),
            (8, "transport possession", octets(64)),
        ),
    ),
    12: ("grant", NODE, grant),
}
PAYLOAD = table(
    (1, "kind", number(256)),
    (2, "federation", octets(8)),
    (3, "organisation", octets(32)),
    (4, "node", octets(32), "?"),
    (5, "issued", day),
    (6, "expires", day),
    (7, "slot", u32),
    (8, "body", lambda body: body),
)


@dataclass(frozen=True, eq=False)
class Record:
    """What parsed; `fields` and `body` by the names of the tables."""

    id: bytes
    kind: str
    fields: dict
    body: dict
    raw: dict
    payload: bytes
    signature: bytes

    def __getattr__(self, name):
        return self.fields.get(name)

    @property
    def signer(self):
        return self.fields.get("node", self.fields["organisation"])

    @property
    def lock(self):
        return self.body.get("lock")

    def printed(self):
        """As `fields` in the vectors."""
        body = KINDS[self.fields["kind"]][2]
        out = {f"{key} {PAYLOAD.names[key]}": cbor.diag(value) for key, value in self.raw.items() if key != 8}
        out["8 body"] = {f"{key} {body.names[key]}": cbor.diag(value) for key, value in self.raw[8].items()}
        return out


def parse(data):
    """Section 3, step 1."""
    if len(data) > 8192:
        raise Refused("size", "more than 8192 bytes")
    payload, signature = cose.sign1(data)
    raw = cbor.decode(payload)
    fields = PAYLOAD(raw)
    if fields["kind"] not in KINDS:
        raise Refused("unknown-kind", str(fields["kind"]))
    kind, signed_by, read = KINDS[fields["kind"]]
    body = read(fields["body"])
    if ("node" in fields) != (signed_by == NODE):
        raise Refused("wrong-signer", f"a {signed_by} signs a {kind}")
    return Record(hashlib.sha256(data).digest(), kind, fields, body, raw, payload, signature)


def verify(record, federation):
    """Section 3, step 2."""
    if record.fields["federation"] != federation[:8]:
        raise Refused("other-federation")
    if not cose.sign1_holds(record.signer, b"parasol 1 record" + federation, record.payload, record.signature):
        raise Refused("signature")
