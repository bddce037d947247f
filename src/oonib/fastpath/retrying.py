"""Dead letters, scored once more.

The row is durable before the letter is settled, one letter at a time, so a run that ends anywhere can be
started again: a row that is there already is replaced by the same one, and the ledger moves once. Where the
posts come from is the caller's business.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from oonib.fastpath.pool import ScoringPool
from oonib.fastpath.writer import Stopped, Writer
from oonib.spool import DeadLetter, Entry, Spool
from oonib.spool.entries import pack


class NoPost(Exception):
    """The post of a letter cannot be had. The message says why."""


@dataclass(frozen=True, slots=True)
class Retried:
    """What a new try came to: `scored`, `rejected`, `dead_letter`, or `no_post` when there was none.

    `settled` is False when the letter stays as it was, or another process was faster.
    """

    uid: str
    outcome: str
    reason: str
    detail: str
    settled: bool

    @property
    def ok(self) -> bool:
        """Whether it is a dead letter no more."""
        return self.outcome in ("scored", "rejected")


class Retry:
    """Tries letters of `spool` again. `post_of` gives the stored envelope or raises `NoPost`."""

    def __init__(
        self,
        spool: Spool,
        pool: ScoringPool,
        writer: Writer,
        post_of: Callable[[str], bytes],
        *,
        stopping: threading.Event,
        reach: Callable[[str], None],
    ) -> None:
        self._spool = spool
        self._pool = pool
        self._writer = writer
        self._post_of = post_of
        self._stopping = stopping
        self._reach = reach

    def run(self, letters: Iterable[DeadLetter]) -> Iterator[Retried]:
        """One result a letter. Raises `Stopped`, `ScorersBroken`, `SpoolError`; what is done stays done."""
        for letter in letters:
            if self._stopping.is_set():
                raise Stopped
            yield self._one(letter)

    def _one(self, letter: DeadLetter) -> Retried:
        try:
            post = self._post_of(letter.uid)
        except NoPost as exc:
            return Retried(letter.uid, "no_post", letter.reason, str(exc), settled=False)
        outcomes = self._pool.score([Entry(letter.seq, letter.uid, pack(post))])
        (outcome,) = self._writer.write(outcomes)
        self._reach("retry.before_settle")
        settled = self._spool.letters.settle(letter, outcome.kind, outcome.reason, outcome.detail)
        self._reach("retry.after_settle")
        return Retried(letter.uid, outcome.kind, outcome.reason, outcome.detail, settled)
