"""What the text refers to is there: chapters, sections, files."""

import re

from .refusal import Disagreement
from .world import VECTORS

FOLDER = VECTORS.parent
CHAPTERS = {path.name[:2]: path for path in sorted(FOLDER.glob("[0-9][0-9]-*.md")) if path.name[:2] != "00"}
CHAPTER = "|".join(CHAPTERS)
# A section of ten or a later chapter has the word in front, or a point in its number: 10, 3 may be two numbers.
NUMBER = r"(\d+(?:\.\d+)?)(?:\s+(?:and|to)\s+(\d+(?:\.\d+)?))?"
REFERENCE = re.compile(rf"\b({CHAPTER})(?:-[a-z]+\.md)?,\s+(?:(sections?|part)\s+|(?=\d+\.\d)|(?<=0\d, )){NUMBER}")
# A section of the chapter itself, or of one that the sentence has named.
NEAR = re.compile(rf"\b(sections?)\s+{NUMBER}")
NAMED = re.compile(
    r"\b(\d\d-[a-z]+\.md|vectors/(?:ok|bad)/[a-z]+\.json|cddl/[a-z]+\.cddl|checks/[a-z_]+\.py|(?:validation|decisions|examples)\.md|handles\.json)\b"
)


def headings(path):
    for kind, number in re.findall(r"^#+ (Part )?(\d+(?:\.\d+)?)[.:]? ", path.read_text(), re.M):
        yield ("part " if kind else "") + number


def texts():
    for pattern in ("*.md", "cddl/*.cddl", "vectors/README.md", "checks/*.py", "checks/handles/*.py"):
        for path in sorted(FOLDER.glob(pattern)):
            if path.name != "links.py":
                yield path


def references(text, own=None):
    """(what it says, chapters of which one must have it, headings)."""
    for found in REFERENCE.finditer(text):
        chapter, word, *numbers = found.groups()
        yield found[0], {chapter}, [f"part {n}" if word == "part" else n for n in numbers if n]
    for found in NEAR.finditer(text) if own else ():
        sentence = text[max(0, found.start() - 160) : found.start()]
        if re.search(rf"(RFC \d+|\b({CHAPTER})(-[a-z]+\.md)?),\s+$", sentence):
            continue
        named = re.findall(rf"\b({CHAPTER})\b", re.split(r"\.\s", sentence)[-1])
        yield found[0], {own, *named}, [n for n in found.groups()[1:] if n]


def check():
    """How many references were followed."""
    there = {number: set(headings(path)) for number, path in CHAPTERS.items()}
    count = 0
    for path in texts():
        text, own = path.read_text(), path.name[:2]
        for said, chapters, wanted in references(text, own if own in CHAPTERS else None):
            if not any({*wanted} <= there[chapter] for chapter in chapters):
                raise Disagreement(f"{path.name} refers to {said!r}, which is not there")
            count += 1
        for name in NAMED.findall(text):
            if not (FOLDER / name).exists() and not (path.parent / name).exists():
                raise Disagreement(f"{path.name} names {name}, which is not there")
            count += 1
    return count
