"""The two envelopes (02, sections 1 and 6), and what a signature is over."""

from . import cbor, ed25519
from .refusal import Refused

PROTECTED = bytes.fromhex("a10127")


def sign1(data):
    """(payload, signature) of a COSE_Sign1."""
    parts = cbor.decode(data, tag=18)
    if not (isinstance(parts, list) and len(parts) == 4):
        raise Refused("encoding", "not an array of four")
    protected, unprotected, payload, signature = parts
    if protected != PROTECTED or unprotected != {} or not isinstance(unprotected, dict):
        raise Refused("encoding", "other headers than the one form has")
    if not isinstance(payload, bytes) or not isinstance(signature, bytes) or len(signature) != 64:
        raise Refused("encoding", "payload or signature is not a byte string of its length")
    return payload, signature


def sign1_holds(key, external, payload, signature):
    return ed25519.holds(key, cbor.encode(["Signature1", PROTECTED, external, payload]), signature)


def sign(data):
    """(payload, [(key, protected, signature), …]) of a COSE_Sign; the signers ascend, each once."""
    parts = cbor.decode(data, tag=98)
    if not (isinstance(parts, list) and len(parts) == 4):
        raise Refused("encoding", "not an array of four")
    protected, unprotected, payload, signatures = parts
    if protected != b"" or unprotected != {} or not isinstance(unprotected, dict):
        raise Refused("encoding", "other headers than the one form has")
    if not isinstance(payload, bytes) or not isinstance(signatures, list):
        raise Refused("encoding", "payload or signatures")
    signers = [signer(one) for one in signatures]
    keys = [key for key, _, _ in signers]
    if any(a >= b for a, b in zip(keys, keys[1:])):
        raise Refused("encoding", "signers that do not ascend")
    return payload, signers


def signer(one):
    if not (isinstance(one, list) and len(one) == 3):
        raise Refused("encoding", "a signature that is not an array of three")
    protected, unprotected, signature = one
    if not isinstance(protected, bytes) or unprotected != {} or not isinstance(unprotected, dict):
        raise Refused("encoding", "a signer's headers")
    names = cbor.decode(protected)
    if not (isinstance(names, dict) and list(names) == [1, 4] and names[1] == -8):
        raise Refused("encoding", "a signer's headers")
    key = names[4]
    if not (isinstance(key, bytes) and len(key) == 32 and isinstance(signature, bytes) and len(signature) == 64):
        raise Refused("encoding", "a signer's key or signature")
    return key, protected, signature


def sign_holds(external, payload, signers):
    """Whether every one of the signatures holds."""
    return all(
        ed25519.holds(key, cbor.encode(["Signature", b"", protected, external, payload]), signature)
        for key, protected, signature in signers
    )
