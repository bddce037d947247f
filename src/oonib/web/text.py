"""Text of strangers made fit to be seen. Escaping for HTML is the templates' job and happens after this."""

import unicodedata

from markupsafe import Markup, escape

_LONGEST = 160


def shown(text: str, longest: int = _LONGEST) -> str:
    """`text` with invisible characters (controls, bidirectional marks, surrogates) spelled out, and cut."""
    cut = text[:longest]
    made = "".join(_visible(character) for character in cut)
    return made + "…" if len(text) > longest else made


def _visible(character: str) -> str:
    if unicodedata.category(character).startswith("C") or character in "\u2028\u2029":
        return f"\\u{ord(character):04x}"
    return character


def prose(text: str) -> Markup:
    """A docstring as HTML: paragraphs, and `code` between backticks. Everything is escaped."""
    paragraphs = (_inline(part) for part in text.strip().split("\n\n"))
    return Markup("").join(Markup("<p>{}</p>").format(part) for part in paragraphs if part)


def _inline(text: str) -> Markup:
    pieces = " ".join(text.split()).split("`")
    if len(pieces) % 2 == 0:
        return escape("`".join(pieces))
    return Markup("").join(
        Markup("<code>{}</code>").format(piece) if number % 2 else escape(piece)
        for number, piece in enumerate(pieces)
    )
