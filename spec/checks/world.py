"""What all vectors share: the federation of vectors/ok, built from its own bytes."""

import datetime
import json
from functools import cached_property
from pathlib import Path

from . import voprf
from .admit import Node
from .charter import Certificate, Charter
from .refusal import agree

VECTORS = Path(__file__).parents[1] / "vectors"


def load(name):
    return json.loads((VECTORS / name).read_text())


def season_of(day):
    """01, section 2."""
    date = datetime.date(1970, 1, 1) + datetime.timedelta(days=day)
    return date.year * 2 + (date.month > 6)


class World:
    def __init__(self):
        self.files = {f"{path.parent.name}/{path.name}": load(path) for path in sorted(VECTORS.glob("*/*.json"))}

    @cached_property
    def charter(self):
        return Charter(bytes.fromhex(self.files["ok/charter.json"]["cases"][0]["hex"]))

    @property
    def today(self):
        return self.files["ok/charter.json"]["today"]

    def node(self, organisation=None, carried=()):
        """A node that has admitted, in order, what the roots signed at the start and what it is said to carry."""
        node = Node(self.charter, organisation or self.charter.organisation("rowan"))
        for one in (*self.files["ok/charter.json"]["cases"][0]["records"], *carried):
            node.offer(bytes.fromhex(one), self.today)
        return node

    def signer_on(self, key, day):
        """For whom a record key may sign on a day."""
        node = self.node()
        revoked = {one.body.get("key") for one in node.of_kind("revocation")}
        owners = [one for one in node.of_kind("delegation") if one.body["record key"] == key and key not in revoked]
        return next((one.organisation for one in owners if one.issued <= day <= one.body["until"]), None)

    @cached_property
    def certificate(self):
        case = self.files["ok/certificate.json"]["cases"][0]
        return Certificate(bytes.fromhex(case["hex"]), self.charter, self.signer_on)

    @cached_property
    def secrets(self):
        """{key name: the secret}, from the dealer's shares."""
        found = {}
        for name, rows in self.files["ok/certificate.json"]["cases"][0]["shares"].items():
            t, public, certified = self.certificate.keys[named(name)]
            shares = {int(row[:4], 16): voprf.scalar(bytes.fromhex(row[4:])) for row in rows}
            agree(f"{name}: public shares", {i: voprf.base(share) for i, share in shares.items()}, certified)
            first = sorted(shares)[:t]
            found[named(name)] = sum(w * shares[i] for i, w in voprf.lagrange(first).items()) % voprf.Q
            agree(f"{name}: public key", voprf.base(found[named(name)]), public)
        return found

    def output(self, key, text):
        """Evaluate(k, x) of RFC 9497, mode 1, that nobody can compute alone."""
        return voprf.finalize(text.encode(), 1, voprf.times(self.secrets[key], voprf.hash_to_group(text.encode())))


def named(text):
    """bucket, handle/2026H2, area/2026H2."""
    if text == "bucket":
        return (0,)
    kind, season = text.split("/")
    return {"handle": 1, "area": 2}[kind], int(season[:4]) * 2 + int(season[5]) - 1
