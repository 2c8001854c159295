"""Cleaning, and the characters that the other rules speak of (03, section 3.1)."""

import unicodedata

import regex

SHOWS_NOTHING = {0x00AD, 0x034F, 0x061C, 0x180E, 0xFEFF}
for first, last in ((0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0xFE00, 0xFE0F), (0xFFF9, 0xFFFB)):
    SHOWS_NOTHING.update(range(first, last + 1))
ZEROS = (
    *(0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66, 0x0DE6),
    *(0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x17E0, 0x1810),
)
DIGITS = {zero + digit: str(digit) for zero in ZEROS for digit in range(10)}
DASHES = r"\-\u2010-\u2015\u2212\u30FC\u2E3A\u2E3B"
LETTER = r"\p{Alphabetic}"
LETTERS_AND_DIGITS = r"\p{Alphabetic}\p{N}"


def until_nothing_changes(step, text):
    while (after := step(text)) != text:
        text = after
    return text


def clean(text):
    return until_nothing_changes(once, text)


def once(text):
    text = "".join(c for c in text if not shows_nothing(c))
    return unicodedata.normalize("NFKC", text).translate(DIGITS).strip()


def shows_nothing(c):
    return ord(c) in SHOWS_NOTHING or (unicodedata.category(c) == "Cc" and not c.isspace())


def lower(text):
    return until_nothing_changes(lambda text: clean(text).lower(), text)


def upper(text):
    return until_nothing_changes(lambda text: clean(text).upper(), text)


def without_remarks(text):
    """Without the bracketed groups that hold a letter."""
    group = r"[(\[][^)\]]*[)\]]"
    return regex.sub(group, lambda found: " " if regex.search(LETTER, found[0]) else found[0], text)
