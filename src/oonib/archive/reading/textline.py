"""What can be told of a line without parsing it."""

from oonib.archive.gunzip import LONGEST_LINE
from oonib.archive.lines import UNREADABLE
from oonib.archive.reading.found import Problem


def problem_of(line: bytes | None, place: str) -> Problem | None:
    """Why a line holds no measurement, as far as its two ends show. A blank line is none and no problem."""
    if line is None:
        return Problem(place, "line_too_long", f"more than {LONGEST_LINE} bytes")
    text = trimmed(line)
    if text == UNREADABLE:
        return Problem(place, "empty_line", "stands for a post that is no measurement")
    if text and not (text.startswith(b"{") and text.endswith(b"}")):
        return Problem(place, "bad_json", f"not a JSON object: {text[:40]!r}")
    return None


def trimmed(line: bytes) -> bytes:
    """A line without space around it; the same bytes object where there is none."""
    return line if line[:1] == b"{" and line[-1:] == b"}" else line.strip()
