"""Types of fields: small readers that return the value or refuse it."""

from .refusal import Refused


def number(below):
    def read(value):
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < below:
            raise Refused("encoding", f"not a number below {below}")
        return value

    return read


def between(least, most):
    def read(value):
        if number(most + 1)(value) < least:
            raise Refused("encoding", f"not a number from {least} to {most}")
        return value

    return read


u16, u32, day = number(1 << 16), number(1 << 32), number(1 << 32)


def octets(size):
    def read(value):
        if not isinstance(value, bytes) or len(value) != size:
            raise Refused("encoding", f"not {size} bytes")
        return value

    return read


def octets_to(most):
    """Bytes with a limit of 01, section 5: more of them are refused for their size."""

    def read(value):
        if not isinstance(value, bytes):
            raise Refused("encoding", "not a byte string")
        if len(value) > most:
            raise Refused("size", f"more than {most} bytes")
        return value

    return read


def text(most):
    def read(value):
        if not isinstance(value, str) or len(value.encode()) > most:
            raise Refused("encoding", f"not a text of at most {most} bytes")
        return value

    return read


def boolean(value):
    if not isinstance(value, bool):
        raise Refused("encoding", "neither true nor false")
    return value


def listing(one, least=0, most=None):
    def read(value):
        if not isinstance(value, list) or len(value) < least:
            raise Refused("encoding", f"not an array of at least {least}")
        if most is not None and len(value) > most:
            raise Refused("size", f"more than {most} items")
        return [one(part) for part in value]

    return read


def row(*readers):
    def read(value):
        if not isinstance(value, list) or len(value) != len(readers):
            raise Refused("encoding", f"not an array of {len(readers)}")
        return [reader(part) for reader, part in zip(readers, value)]

    return read


def table(*columns):
    """A map. A column is (key, name, reader), and "?" where the field may be absent."""
    named = {key: (name, reader, bool(optional)) for key, name, reader, *optional in columns}

    def read(value):
        if not isinstance(value, dict):
            raise Refused("encoding", "not a map")
        if unknown := [key for key in value if isinstance(key, bool) or key not in named]:
            raise Refused("encoding", f"a field that nobody knows: {unknown[0]!r}")
        for key, (name, _, optional) in named.items():
            if key not in value and not optional:
                raise Refused("encoding", f"the field {key}, {name}, is missing")
        return {named[key][0]: named[key][1](part) for key, part in value.items()}

    read.names = {key: name for key, (name, _, _) in named.items()}
    return read


def ascending(values, what):
    if any(a >= b for a, b in zip(values, values[1:])):
        raise Refused("encoding", f"{what} do not ascend")
