"""Messages (06, sections 1, 3 and 5; 07): their CDDL, and what CDDL cannot say."""

from pyhpke import AEADId, CipherSuite, KDFId, KEMId, PyHPKEError

from . import cbor, cddl, charter, records, seal, voprf
from .refusal import Refused

GRAMMAR = cddl.Grammar()
SUITE = CipherSuite.new(KEMId.DHKEM_X25519_HKDF_SHA256, KDFId.HKDF_SHA256, AEADId.CHACHA20_POLY1305)
INSIDE, REPLY = 320, 30_720


def decode(kind, data):
    """A message of a type that spec/cddl names; `validation.md` has the words for what is none."""
    if (end := cbor.item(data, 0, cbor.DEPTH)) != len(data):
        raise Refused("left-over", f"{len(data) - end} bytes")
    value = cbor.decode(data)
    try:
        GRAMMAR.check(kind.replace(" ", "-"), value)
        for part in CHECKS.get(kind, lambda value: ())(value):
            if not part:
                raise Refused("shape", kind)
    except Refused as no:
        raise Refused("shape", str(no)) from no
    return value


def ask(value):
    _, names, elements = value
    encoded = [cbor.encode(charter.key_name(list(name))) for name in names]
    yield all(a < b for a, b in zip(encoded, encoded[1:]))
    yield all(map(voprf.sound, elements))


def evaluations(value):
    for _, _, elements, proof in value:
        yield all(map(voprf.sound, elements))
        yield voprf.proof(proof)


def digests(value):
    yield all(a < b for a, b in zip(value, value[1:]))


def request(value):
    return ask(value[1]) if value[0] == 4 else digests(value[2]) if value[0] == 10 else ()


def reply(value):
    return evaluations(value[1]) if value[0] == 4 else digests(value[1]) if value[0] == 10 else ()


def evaluated(value):
    for _, answers in value[0]:
        yield from evaluations(answers)


def publish(value):
    for kind, _, body in value:
        yield records.KINDS[kind][2](body)


def question(value):
    yield value[0] != 1 or value[2] < 1 << value[1]


CHECKS = {
    "peer request": request,
    "peer reply": reply,
    "evaluate": lambda value: ask(value[0]),
    "evaluated": evaluated,
    "publish": publish,
    "question": question,
}


def unpad(padded):
    plain, mark, rest = padded.rpartition(b"\x80")
    if not mark or rest.strip(b"\0"):
        raise Refused("shape", "padding")
    return plain


class Sealed:
    """A sealed question, opened with the node's seed, and the key of its reply."""

    def __init__(self, data, seed, federation):
        if len(data) != 368:
            raise Refused("closed", "a sealed question has 368 bytes")
        pair = SUITE.kem.derive_key_pair(seed)
        self.public, self.enc = pair.public_key.to_public_bytes(), data[:32]
        context = SUITE.create_recipient_context(
            self.enc, pair.private_key, info=b"parasol 1 sealed request" + federation
        )
        try:
            padded = context.open(data[32:])
        except PyHPKEError as no:
            raise Refused("closed", "it does not open") from no
        if len(padded) != INSIDE:
            raise Refused("shape", "a question is padded to 320 bytes")
        self.plain = unpad(padded)
        self.question = decode("question", self.plain)
        self.secret = context.export(b"parasol 1 sealed reply", 32)

    def open_reply(self, data):
        nonce, sealed = data[:32], data[32:]
        if len(data) != REPLY:
            raise Refused("closed", f"a sealed reply has {REPLY} bytes")
        salt = self.enc + nonce
        key = seal.derive(self.secret, salt, "key")
        iv = seal.derive(self.secret, salt, "nonce", 12)
        return decode("reply", unpad(seal.unbox(key, sealed, b"", "closed", iv)))
