"""For what a keyholder refuses to evaluate, and in which order (06, section 3)."""

from .charter import Charter
from .refusal import Disagreement, Refused, agree
from .world import season_of


def allow(quota, case):
    shares = {one["epoch"]: one["keys"] for one in case["held"]}
    epoch, keys, count = (case["ask"][name] for name in ("epoch", "keys", "elements"))
    if epoch not in shares:
        raise Refused("other-epoch")
    last = season_of(case["day"] + 1) + 4
    early = [key for key in keys if len(key) == 2 and key[1] > last]
    answered = [key for key in keys if key in shares[epoch] and key not in early]
    if not answered:
        raise Refused("no-share")
    for key in answered:
        counted = next((n for name, n in case["counted"] if name == key), 0)
        if counted + count > quota:
            raise Refused("quota", f"{key}: {counted} and {count}")


def bad_evaluate(world, cases):
    file = world.files["bad/evaluate.json"]
    quota = Charter(bytes.fromhex(file["charter"]))["evaluations a day"]
    for case in cases:
        try:
            allow(quota, case)
        except Refused as no:
            agree(f"{case['name']}: refused by ({no})", case["refused"], no.rule)
        else:
            raise Disagreement(f"{case['name']}: the text evaluates it")
        yield case["name"]
