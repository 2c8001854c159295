"""What the text refers to is there: chapters, sections, files."""

import re

from .refusal import Disagreement
from .world import VECTORS

FOLDER = VECTORS.parent
REFERENCE = re.compile(r"\b(0[1-8])(?:-[a-z]+\.md)?,\s+(?:(section|part|sections)\s+)?([\d.]+\d|\d+)(?:\s+(?:and|to)\s+(\d+(?:\.\d+)?))?")
NAMED = re.compile(r"\b(0[0-8]-[a-z]+\.md|vectors/(?:ok|bad)/[a-z]+\.json|cddl/[a-z]+\.cddl|examples\.md|handles\.json)\b")


def headings(path):
    for kind, number in re.findall(r"^#+ (Part )?(\d+(?:\.\d+)?)[.:]? ", path.read_text(), re.M):
        yield ("part " if kind else "") + number


def texts():
    for pattern in ("*.md", "cddl/*.cddl", "vectors/README.md", "checks/*.py"):
        for path in sorted(FOLDER.glob(pattern)):
            if path.name not in ("examples.md", "links.py"):
                yield path


def check():
    """How many references were followed."""
    there = {path.name[:2]: set(headings(path)) for path in FOLDER.glob("0[1-8]-*.md")}
    count = 0
    for path in texts():
        text = path.read_text()
        for chapter, word, number, last in REFERENCE.findall(text):
            wanted = [f"part {number}"] if word == "part" else [number, *([last] if last else [])]
            for one in wanted:
                if one not in there[chapter]:
                    raise Disagreement(f"{path.name} refers to {chapter}, {word} {one}, which is not there")
                count += 1
        for name in NAMED.findall(text):
            if not (FOLDER / name).exists():
                raise Disagreement(f"{path.name} names {name}, which is not there")
            count += 1
    return count
