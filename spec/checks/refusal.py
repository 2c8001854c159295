"""How everything in here says no."""


class Refused(Exception):
    """What was read is refused. `rule` is the word that the specification has for it."""

    def __init__(self, rule, why=""):
        super().__init__(f"{rule}: {why}" if why else rule)
        self.rule = rule


class Disagreement(Exception):
    """A vector and the specification, as it is read here, do not say the same."""


def agree(what, vector, here):
    """Holds a value of a vector against the one computed here."""
    if vector != here:
        raise Disagreement(f"{what}\n  the vector says {short(vector)}\n  the text gives  {short(here)}")


def short(value):
    text = value.hex() if isinstance(value, bytes) else repr(value)
    return text if len(text) < 400 else text[:400] + f"… ({len(text)} characters)"
