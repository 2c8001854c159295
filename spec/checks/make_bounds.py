"""Writes ok/bounds.json and bad/bounds.json: a value at each bound of the CDDL, and one beyond it. After all other vectors, of which
it takes its examples.

    cd spec && python3 -m checks.make_bounds
"""

import json

from . import bounds, examples
from .world import VECTORS, World


def files():
    every = list(examples.examples(World()))
    for name, beyond in (("ok/bounds.json", 0), ("bad/bounds.json", 1)):
        rows = [
            json.dumps({"bound": bound, "type": rule, "runs": bounds.runs(data, unit)})
            for bound, (rule, data, unit) in bounds.made(every, beyond).items()
        ]
        yield name, '{\n  "spec": "spec/cddl",\n  "cases": [\n    ' + ",\n    ".join(rows) + "\n  ]\n}\n"


def write():
    for name, text in files():
        (VECTORS / name).write_text(text)


if __name__ == "__main__":
    write()
