"""What runs inside a scoring process: unpack, score, hand back what the table needs.

A process is made for one set of fingerprints and ends with its parent. It touches neither spool nor
ClickHouse.
"""

import signal
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from oonib.lifeline import follow_parent
from oonib.scoring import (
    SCORERS,
    DeadLetter,
    Discarded,
    FingerprintSet,
    Matcher,
    Scores,
    Semantics,
    score_body,
)
from oonib.spool import CorruptBody, Entry


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one entry. `kind` and `reason` are the ledger's words; rows only for `scored`.

    For the metrics: `test` is the nettest where it has a scorer, `seconds` what scoring took, `matches` the
    number of fingerprints found in `dns`, `body` and `header`.
    """

    seq: int
    uid: str
    kind: str
    reason: str = ""
    detail: str = ""
    row: tuple[Any, ...] | None = None
    openvpn: tuple[Any, ...] | None = None
    test: str = "other"
    seconds: float = 0.0
    matches: Mapping[str, int] = field(default_factory=dict)


class _Process:
    """The matcher of this process: built once by the pool's initializer, the one thing a process keeps."""

    matcher: Matcher


def start(fingerprints: FingerprintSet, semantics: Semantics) -> None:
    """Prepare a fresh scoring process."""
    # A terminal's Ctrl-C reaches the whole group; the parent decides when its scorers end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    follow_parent()
    _Process.matcher = Matcher.build(fingerprints, semantics)


def score_entries(entries: Sequence[Entry]) -> list[Outcome]:
    """Score entries in their order. Never raises for what an entry holds."""
    return [score_entry(entry, _Process.matcher) for entry in entries]


def score_entry(entry: Entry, matcher: Matcher) -> Outcome:
    """The outcome of one entry."""
    try:
        stored = entry.stored()
    except CorruptBody as exc:
        return Outcome(entry.seq, entry.uid, "dead_letter", "corrupt_body", str(exc))
    return score_stored(entry.seq, entry.uid, stored, matcher)


def score_stored(seq: int, uid: str, stored: bytes, matcher: Matcher) -> Outcome:
    """The outcome of stored bytes. Never raises for what they hold."""
    started = time.perf_counter()
    result = score_body(stored, uid, matcher)
    seconds = time.perf_counter() - started
    if isinstance(result, Discarded):
        return Outcome(seq, uid, "rejected", result.reason)
    if isinstance(result, DeadLetter):
        return Outcome(seq, uid, "dead_letter", result.reason, result.detail)
    test = result.test_name if result.test_name in SCORERS else "other"
    found = _matches(result.scores)
    return Outcome(seq, uid, "scored", "", "", result.row, result.openvpn, test, seconds, found)


def _matches(scores: Scores) -> Mapping[str, int]:
    """How many fingerprints were found where; headers together, whichever the fingerprints name."""
    found = scores.get("fingerprints")
    return dict(Counter(match["location_found"].partition(".")[0] for match in found)) if found else {}
