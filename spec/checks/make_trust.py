"""Writes ok/trust.json: graphs of vouches, and what comes of each, by hand (09, section 5)."""

import json

CHAIN = "us > ash 8 @1, ash > birch 6 @1, birch > cedar 4 @1, cedar > elm 2 @1"
CHAIN_IN = "us 10 3 0, ash 8 1 1, birch 6 1 2, cedar 4 1 3, elm 2 1 4"
# The budget 9 comes to fir by five vouches, the budget 1 by one.
RICH = "us > ash 20 @1, ash > birch 18 @1, birch > cedar 16 @1, cedar > elm 14 @1, elm > fir 9 @1, us > fir 1 @2"
RICH_IN = "us 30 3 0, ash 20 1 1, birch 18 1 2, cedar 16 1 3, elm 14 1 4, fir 9 1 1"
LARGEST = 4294967295


def graphs():
    """name; roots, each with its budget; vouches: issuer > subject, budget @slot; who is in: name, budget, level, distance; what
    is ignored: issuer > subject @slot, why."""
    yield "nobody", "", "", "", ""
    yield "roots alone", "us 0, them 4", "", "them 4 3 0, us 0 3 0", ""
    yield "a chain of five", "us 10", f"{CHAIN}, elm > fir 0 @1", f"{CHAIN_IN}, fir 0 1 5", ""
    six = f"{CHAIN}, elm > fir 1 @1, fir > gorse 0 @1"
    yield "a chain of six", "us 10", six, f"{CHAIN_IN}, fir 1 1 5", "fir > gorse @1 too-far"
    seven = f"{CHAIN}, elm > fir 1 @1, fir > gorse 0 @1, gorse > hazel 0 @1"
    ignored = "fir > gorse @1 too-far, gorse > hazel @1 issuer-not-accepted"
    yield "a chain of seven", "us 10", seven, f"{CHAIN_IN}, fir 1 1 5", ignored
    yield "a chain of six, which one root comes into half way", "us 10, them 1", six + ", them > cedar 0 @1", (
        "us 10 3 0, them 1 3 0, ash 8 1 1, birch 6 1 2, cedar 4 2 1, elm 2 1 4, fir 1 1 5"
    ), "fir > gorse @1 too-far"
    rich = f"{RICH}, fir > gorse 0 @1, fir > hazel 0 @2"
    yield "a short poor chain beside a long rich one, and what each can pay", "us 30", rich, (
        f"{RICH_IN}, gorse 0 1 2"
    ), "fir > hazel @2 too-far"
    yield "a short poor chain that cannot pay at all", "us 30", f"{RICH}, fir > gorse 1 @1", RICH_IN, "fir > gorse @1 too-far"
    four = "us > ash 20 @1, ash > birch 18 @1, birch > cedar 16 @1, cedar > fir 9 @1, us > fir 1 @2, fir > gorse 5 @1"
    yield "a rich chain of four, from which one goes on", "us 30", four, (
        "us 30 3 0, ash 20 1 1, birch 18 1 2, cedar 16 1 3, fir 9 1 1, gorse 5 1 5"
    ), ""
    yield "a loop", "us 9", "us > ash 5 @1, ash > birch 3 @1, birch > cedar 1 @1, cedar > ash 0 @1", (
        "us 9 3 0, ash 5 1 1, birch 3 1 2, cedar 1 1 3"
    ), ""
    yield "a loop back to the root", "us 9", "us > ash 5 @1, ash > us 4 @1", "us 9 3 0, ash 5 1 1", ""
    yield "a loop among strangers", "us 9", "ash > birch 9 @1, birch > ash 9 @1", "us 9 3 0", (
        "ash > birch @1 issuer-not-accepted, birch > ash @1 issuer-not-accepted"
    )
    yield "a loop that gives its own members nothing", "us 3", "us > ash 0 @1, ash > birch 2 @1, birch > ash 2 @1", (
        "us 3 3 0, ash 0 1 1"
    ), "ash > birch @1 over-budget, birch > ash @1 issuer-not-accepted"
    yield "a vouch for oneself costs nothing and takes no slot", "us 3", (
        "us > us 9 @1, us > ash 2 @1, ash > ash 9 @1, ash > birch 1 @1"
    ), "us 3 3 0, ash 2 1 1, birch 1 1 2", "ash > ash @1 oneself, us > us @1 oneself"
    yield "a stranger's vouch for herself", "us 3", "ash > ash 0 @1", "us 3 3 0", "ash > ash @1 oneself"
    yield "all of a budget", "us 3", "us > ash 1 @1, us > birch 0 @2", "us 3 3 0, ash 1 1 1, birch 0 1 1", ""
    yield "one more than a budget", "us 3", "us > ash 1 @1, us > birch 1 @2", "us 3 3 0, ash 1 1 1", (
        "us > birch @2 over-budget"
    )
    yield "what comes after one that is too dear", "us 3", "us > ash 0 @1, us > birch 3 @2, us > cedar 0 @3", (
        "us 3 3 0, ash 0 1 1"
    ), "us > birch @2 over-budget, us > cedar @3 over-budget"
    yield "slots are paid by their numbers, not as they stand in the file", "us 1", (
        f"us > birch 0 @{LARGEST}, us > ash 0 @0"
    ), "us 1 3 0, ash 0 1 1", f"us > birch @{LARGEST} over-budget"
    yield "a budget of none brings nobody in", "us 0", "us > ash 0 @1", "us 0 3 0", "us > ash @1 over-budget"
    yield "the greatest budgets there are", f"us {LARGEST}", (
        f"us > ash {LARGEST - 1} @1, ash > birch {LARGEST} @1, us > cedar {LARGEST} @2"
    ), f"us {LARGEST} 3 0, ash {LARGEST - 1} 1 1", "ash > birch @1 over-budget, us > cedar @2 over-budget"
    yield "two in one slot", "us 3", "us > ash 0 @1, us > birch 9 @1, us > cedar 2 @2", "us 3 3 0, cedar 2 1 1", (
        "us > ash @1 slot-twice, us > birch @1 slot-twice"
    )
    yield "two for one key in one slot", "us 3", "us > ash 0 @1, us > ash 0 @1", "us 3 3 0", (
        "us > ash @1 slot-twice, us > ash @1 slot-twice"
    )
    yield "three in one slot", "us 3", "us > ash 0 @1, us > birch 0 @1, us > cedar 0 @1, us > elm 0 @2", (
        "us 3 3 0, elm 0 1 1"
    ), "us > ash @1 slot-twice, us > birch @1 slot-twice, us > cedar @1 slot-twice"
    yield "one slot of two issuers", "us 3, them 3", "us > ash 1 @1, them > ash 0 @1", (
        "us 3 3 0, them 3 3 0, ash 1 2 1"
    ), ""
    yield "a stranger's two in one slot", "us 3", "ash > birch 0 @1, ash > cedar 0 @1", "us 3 3 0", (
        "ash > birch @1 slot-twice, ash > cedar @1 slot-twice"
    )
    yield "for a key that nobody else knows, and by one", "us 3", "us > ash 0 @1, birch > ash 5 @1, birch > cedar 0 @2", (
        "us 3 3 0, ash 0 1 1"
    ), "birch > ash @1 issuer-not-accepted, birch > cedar @2 issuer-not-accepted"
    yield "two for one key in two slots both cost", "us 5", "us > ash 1 @1, us > ash 2 @2, us > birch 0 @3", (
        "us 5 3 0, ash 2 1 1"
    ), "us > birch @3 over-budget"
    yield "the best budget that is offered", "us 9, them 9", "us > ash 1 @1, them > ash 4 @1, ash > birch 3 @1", (
        "us 9 3 0, them 9 3 0, ash 4 2 1, birch 3 1 2"
    ), ""
    yield "a root that is vouched for", "us 2, them 9", "them > us 5 @1, us > ash 4 @1", (
        "us 5 3 0, them 9 3 0, ash 4 1 2"
    ), ""
    yield "a root that is named twice", "us 2, us 6, us 4", "us > ash 5 @1", "us 6 3 0, ash 5 1 1", ""
    yield "one root gives level one, by however many", "us 9", (
        "us > ash 1 @1, us > birch 1 @2, us > cedar 1 @3, ash > elm 0 @1, birch > elm 0 @1, cedar > elm 0 @1"
    ), "us 9 3 0, ash 1 1 1, birch 1 1 1, cedar 1 1 1, elm 0 1 2", ""
    yield "two roots give level two, by however many", "us 9, them 9", (
        "us > ash 1 @1, them > birch 1 @1, us > cedar 1 @2, ash > elm 0 @1, birch > elm 0 @1, cedar > elm 0 @1"
    ), "us 9 3 0, them 9 3 0, ash 1 1 1, birch 1 1 1, cedar 1 1 1, elm 0 2 2", ""
    three = "us > ash 1 @1, them > birch 1 @1, others > cedar 1 @1"
    three_in = "us 9 3 0, them 9 3 0, others 9 3 0, ash 1 1 1, birch 1 1 1, cedar 1 1 1"
    roots = "us 9, them 9, others 9"
    yield "three that share nobody give level three", roots, (
        f"{three}, ash > elm 0 @1, birch > elm 0 @1, cedar > elm 0 @1"
    ), f"{three_in}, elm 0 3 2", ""
    yield "a fourth gives no more", f"{roots}, more 9", (
        f"{three}, ash > elm 0 @1, birch > elm 0 @1, cedar > elm 0 @1, more > elm 0 @1"
    ), f"{three_in}, more 9 3 0, elm 0 3 1", ""
    yield "three roots through one key give level one", roots, (
        "us > ash 3 @1, them > ash 3 @1, others > ash 3 @1, ash > birch 1 @1, birch > cedar 0 @1"
    ), "us 9 3 0, them 9 3 0, others 9 3 0, ash 3 3 1, birch 1 1 2, cedar 0 1 3", ""
    yield "three roots through two keys give level two", roots, (
        "us > ash 3 @1, them > ash 3 @1, others > ash 3 @1, us > birch 3 @2, them > birch 3 @2, others > birch 3 @2, "
        "ash > cedar 1 @1, birch > cedar 1 @1, ash > elm 0 @2, birch > fir 0 @2, cedar > gorse 0 @1, elm > gorse 0 @1"
    ), (
        "us 9 3 0, them 9 3 0, others 9 3 0, ash 3 3 1, birch 3 3 1, cedar 1 2 2, elm 0 1 2, fir 0 1 2, gorse 0 1 3"
    ), "elm > gorse @1 over-budget"
    yield "chains that must give way to each other", "us 9, them 9", (
        "us > ash 2 @1, us > birch 2 @2, them > ash 2 @1, ash > cedar 1 @1, birch > cedar 1 @1"
    ), "us 9 3 0, them 9 3 0, ash 2 2 1, birch 2 1 1, cedar 1 2 2", ""
    yield "a chain for a level may be longer than five", "us 30, them 9", (
        "us > ash 20 @1, ash > birch 18 @1, birch > cedar 16 @1, cedar > elm 14 @1, elm > fir 9 @1, them > fir 1 @1, "
        "fir > gorse 0 @1, them > gorse 1 @2"
    ), (
        "us 30 3 0, them 9 3 0, ash 20 1 1, birch 18 1 2, cedar 16 1 3, elm 14 1 4, fir 9 2 1, gorse 1 2 1"
    ), ""
    yield "a vouch that is too far gives no level", "us 30, them 9", (
        "us > ash 20 @1, ash > birch 18 @1, birch > cedar 16 @1, cedar > elm 14 @1, elm > fir 9 @1, fir > gorse 0 @1, "
        "them > gorse 1 @1"
    ), (
        "us 30 3 0, them 9 3 0, ash 20 1 1, birch 18 1 2, cedar 16 1 3, elm 14 1 4, fir 9 1 5, gorse 1 1 1"
    ), "fir > gorse @1 too-far"
    yield "names in their order, whatever the letters", "м 9, z 9, é 9", "м > A 0 @1, z > я 0 @1, é > 字 0 @1", (
        "A 0 1 1, z 9 3 0, é 9 3 0, м 9 3 0, я 0 1 1, 字 0 1 1"
    ), ""


def split(rows):
    return [row.split() for row in rows.split(", ")] if rows else []


def files():
    cases = []
    for name, roots, vouches, accepted, ignored in graphs():
        graph = {
            "roots": [{"name": who, "budget": int(budget)} for who, budget in split(roots)],
            "vouches": [
                {"from": by, "to": to, "budget": int(budget), "slot": int(slot[1:])}
                for by, _, to, budget, slot in split(vouches)
            ],
        }
        keys = ("name", "budget", "level", "distance")
        rows = [dict(zip(keys, (who, *map(int, rest)))) for who, *rest in split(accepted)]
        left = [{"from": by, "to": to, "slot": int(slot[1:]), "why": why} for by, _, to, slot, why in split(ignored)]
        rows.sort(key=lambda row: row["name"].encode())
        cases.append({"name": name, "graph": graph, "accepted": rows, "ignored": left})
    rows = ",\n".join(f"    {json.dumps(case, ensure_ascii=False)}" for case in cases)
    return {"ok/trust.json": f'{{\n  "spec": "spec/09-trust.md, section 5",\n  "cases": [\n{rows}\n  ]\n}}\n'}
