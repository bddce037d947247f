"""The text of the `scores` column (fastpath contract 4): compact, ASCII, slashes escaped."""

import json

from oonib.scoring.access import Scores, Unscorable

_ENCODER = json.JSONEncoder(separators=(",", ":"), allow_nan=False)


def scores_text(scores: Scores) -> str:
    r"""JSON of the scores in their key order, non-ASCII as ``\uXXXX`` and ``/`` as ``\/``.

    Raises `Unscorable` for numbers that JSON has no text for.
    """
    try:
        # A slash can only stand inside strings, so escaping it afterwards is exact.
        return _ENCODER.encode(scores).replace("/", "\\/")
    except (TypeError, ValueError, RecursionError):
        raise Unscorable("the scores hold a value that JSON cannot carry") from None
