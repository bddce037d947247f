"""The text of the `scores` column (fastpath contract 4): compact, ASCII, slashes escaped."""

import json

from oonib.scoring.access import Scores, Unscorable

_ENCODER = json.JSONEncoder(separators=(",", ":"), allow_nan=False)

_LONGEST = 1024 * 1024
"""Characters. Every list of search results carries them, and a text of the measurement may be among them."""


def scores_text(scores: Scores) -> str:
    r"""JSON of the scores in their key order, non-ASCII as ``\uXXXX`` and ``/`` as ``\/``.

    Raises `Unscorable` for numbers that JSON has no text for, and where the text would be longer than 1 MiB.
    """
    try:
        # A slash can only stand inside strings, so escaping it afterwards is exact.
        text = _ENCODER.encode(scores).replace("/", "\\/")
    except (TypeError, ValueError, RecursionError):
        raise Unscorable("the scores hold a value that JSON cannot carry") from None
    if len(text) > _LONGEST:
        raise Unscorable("the scores are longer than 1 MiB")
    return text
