"""The threshold VOPRF (04, part 1): RFC 9497, ristretto255-SHA512, mode 1, on libsodium's group."""

import hashlib

import rbcl

from .refusal import Refused

Q = 2**252 + 27742317777372353535851937790883648493
CONTEXT = b"OPRFV1-\x01-ristretto255-SHA512"


def expand(message, dst, size=64):
    """expand_message_xmd with SHA-512 (RFC 9380, section 5.3.1)."""
    dst += bytes([len(dst)])
    first = hashlib.sha512(bytes(128) + message + size.to_bytes(2, "big") + b"\0" + dst).digest()
    return hashlib.sha512(first + b"\1" + dst).digest()[:size]


def hash_to_group(message):
    return rbcl.crypto_core_ristretto255_from_hash(expand(message, b"HashToGroup-" + CONTEXT))


def hash_to_scalar(message):
    return int.from_bytes(expand(message, b"HashToScalar-" + CONTEXT), "little") % Q


def scalar(data):
    """A scalar that is canonical and not zero."""
    number = int.from_bytes(data, "little")
    if len(data) != 32 or not 0 < number < Q:
        raise Refused("encoding", "a scalar that is zero or not reduced")
    return number


def sound(element):
    """1.2: a canonical encoding, and not the identity."""
    return len(element) == 32 and element != bytes(32) and bool(rbcl.crypto_core_ristretto255_is_valid_point(element))


def times(number, element):
    return rbcl.crypto_scalarmult_ristretto255_allow_scalar_zero((number % Q).to_bytes(32, "little"), element)


def base(number):
    return rbcl.crypto_scalarmult_ristretto255_base_allow_scalar_zero((number % Q).to_bytes(32, "little"))


def plus(a, b):
    return rbcl.crypto_core_ristretto255_add(a, b)


def total(terms):
    out = bytes(32)
    for number, element in terms:
        out = plus(out, times(number, element))
    return out


def lagrange(indices, at=0):
    """{i: the weight of f(i) in f(at)}."""
    weights = {}
    for i in indices:
        top = bottom = 1
        for m in indices:
            if m != i:
                top, bottom = top * (m - at) % Q, bottom * (m - i) % Q
        weights[i] = top * pow(bottom, -1, Q) % Q
    return weights


def one_polynomial(t, public, shares):
    """1.1: whether P and all P_i lie on one polynomial of degree below t."""
    points = {0: public, **shares}
    if not 1 <= t <= len(shares):
        return False
    known = sorted(points)[:t]
    return all(
        total((weight, points[i]) for i, weight in lagrange(known, at).items()) == points[at]
        for at in sorted(points)[t:]
    )


def sized(data):
    return len(data).to_bytes(2, "big") + data


def blind(x, r):
    if not 1 <= len(x) <= 65535:
        raise Refused("encoding", "an input of no or too many bytes")
    return times(r, hash_to_group(x))


def composites(public, blinded, evaluated, k=None):
    """ComputeComposites, or with k ComputeCompositesFast (RFC 9497, section 2.2.1)."""
    seed = hashlib.sha512(sized(public) + sized(b"Seed-" + CONTEXT)).digest()
    weights = []
    for number, (c, d) in enumerate(zip(blinded, evaluated)):
        transcript = sized(seed) + number.to_bytes(2, "big") + sized(c) + sized(d) + b"Composite"
        weights.append(hash_to_scalar(transcript))
    m = total(zip(weights, blinded))
    return m, times(k, m) if k is not None else total(zip(weights, evaluated))


def challenge(public, m, z, t2, t3):
    return hash_to_scalar(b"".join(map(sized, (public, m, z, t2, t3))) + b"Challenge")


def prove(share, public, blinded, evaluated, nonce):
    m, z = composites(public, blinded, evaluated, share)
    c = challenge(public, m, z, base(nonce), times(nonce, m))
    return c.to_bytes(32, "little") + ((nonce - c * share) % Q).to_bytes(32, "little")


def proof(data):
    """1.2: both scalars canonical and not zero."""
    if len(data) != 64:
        raise Refused("encoding", "a proof that is not 64 bytes long")
    return scalar(data[:32]), scalar(data[32:])


def proof_holds(public, blinded, evaluated, data):
    c, s = proof(data)
    m, z = composites(public, blinded, evaluated)
    t2 = plus(base(s), times(c, public))
    t3 = plus(times(s, m), times(c, z))
    return challenge(public, m, z, t2, t3) == c


def verify(shares, blinded, index, elements, data):
    """1.5, in its order."""
    if index not in shares:
        raise Refused("index")
    if len(elements) != len(blinded):
        raise Refused("count")
    if not proof_holds(shares[index], blinded, elements, data):
        raise Refused("proof")


def combine(t, answers):
    """1.6: exactly t answers, {index: [element, …]}."""
    if len(answers) != t:
        raise Refused("count", f"{len(answers)} answers, not {t}")
    weights = lagrange(sorted(answers))
    return [total(zip(weights.values(), row)) for row in zip(*(answers[i] for i in weights))]


def finalize(x, r, element):
    unblinded = times(pow(r, -1, Q), element)
    return hashlib.sha512(sized(x) + sized(unblinded) + b"Finalize").digest()
