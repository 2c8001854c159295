"""Cleaning, and the letters that the other rules speak of (03, section 3.1)."""

import unicodedata

SHOWS_NOTHING = {0x00AD, 0x034F, 0x061C, 0x180E, 0xFEFF}
for first, last in ((0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0xFE00, 0xFE0F), (0xFFF9, 0xFFFB)):
    SHOWS_NOTHING.update(range(first, last + 1))


def until_nothing_changes(step, text):
    while (after := step(text)) != text:
        text = after
    return text


def clean(text):
    return until_nothing_changes(once, text)


def once(text):
    text = "".join(c for c in text if ord(c) not in SHOWS_NOTHING and unicodedata.category(c) != "Cc")
    text = unicodedata.normalize("NFKC", text)
    text = "".join(str(unicodedata.decimal(c)) if unicodedata.category(c) == "Nd" else c for c in text)
    return text.strip()


def lower(text):
    return until_nothing_changes(lambda text: once(text.lower()), text)


def upper(text):
    return until_nothing_changes(lambda text: once(text.upper()), text)
