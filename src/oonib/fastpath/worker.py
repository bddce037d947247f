"""What runs inside a scoring process: unpack, score, hand back what the table needs.

A process is made for one set of fingerprints and ends with its parent. It touches neither spool nor
ClickHouse.
"""

import signal
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from oonib.lifeline import follow_parent
from oonib.scoring import DeadLetter, Discarded, FingerprintSet, Matcher, Semantics, score_body
from oonib.spool import CorruptBody, Entry


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one entry. `kind` and `reason` are the ledger's words; rows only for `scored`."""

    seq: int
    uid: str
    kind: str
    reason: str = ""
    detail: str = ""
    row: tuple[Any, ...] | None = None
    openvpn: tuple[Any, ...] | None = None


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
    result = score_body(stored, entry.uid, matcher)
    if isinstance(result, Discarded):
        return Outcome(entry.seq, entry.uid, "rejected", result.reason)
    if isinstance(result, DeadLetter):
        return Outcome(entry.seq, entry.uid, "dead_letter", result.reason, result.detail)
    return Outcome(entry.seq, entry.uid, "scored", row=result.row, openvpn=result.openvpn)
