"""The bytes that examples.md prints are those of the vectors that it names."""

import re

from .refusal import Disagreement
from .world import VECTORS

PAGE = VECTORS.parent / "examples.md"
SECTION = re.compile(r"^## (.+?)\n\n`(.+?)`, \*(.+?)\*\.(.*?)(?=^## |\Z)", re.M | re.S)


def values(case):
    if isinstance(case, dict):
        for one in case.values():
            yield from values(one)
    elif isinstance(case, list):
        for one in case:
            yield from values(one)
    elif isinstance(case, str):
        yield case


def check(world):
    """How many blocks are printed."""
    count = 0
    for title, file, name, rest in SECTION.findall(PAGE.read_text()):
        cases = [case for case in world.files[file]["cases"] if case["name"] == name]
        for block in re.findall(r"```\n(.*?)```", rest, re.S):
            lines = [line.partition(";")[0].strip() for line in block.splitlines()]
            if any(line.startswith("…") for line in lines):
                # Left out, so many bytes.
                known = "".join(f"[0-9a-f]{{{2 * int(line.split()[1])}}}" if "…" in line else line.replace(" ", "") for line in lines)
                if not any(re.fullmatch(known, one) for case in cases for one in values(case)):
                    raise Disagreement(f"examples.md, {title}: not the bytes of {name} in {file}")
                count += 1
                continue
            data = bytes.fromhex("".join(lines))
            if title == "A reconcile frame":
                # Length, array, request, day, and the message's own head.
                if int.from_bytes(data[:4], "big") != len(data) - 4 or data[4:6] != b"\x83\x01":
                    raise Disagreement(f"examples.md, {title}: the frame")
                data = data[data.index(b"\x61") :]
            elif " evaluate request" in title or "answer" in title:
                if int.from_bytes(data[:4], "big") != len(data) - 4:
                    raise Disagreement(f"examples.md, {title}: the length")
                data = data[4:]
            if data.hex() not in {one for case in cases for one in values(case)}:
                raise Disagreement(f"examples.md, {title}: not the bytes of {name} in {file}")
            count += 1
    if count < 17:
        raise Disagreement(f"examples.md prints {count} of seventeen blocks")
    return count
