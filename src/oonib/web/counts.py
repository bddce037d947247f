"""Counts that a page shows where they come in time, and does without where they do not.

Each question to the aggregation is asked in a thread of its own, a few at a time, for at most as long as a
page can wait. What comes later is kept for the next visitor. Bounded: threads, answers, their age.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import structlog
from pydantic import ValidationError

from oonib.errors import OonibError
from oonib.measurements.aggregation.reading import Aggregation
from oonib.measurements.aggregation.schema import AggregationParameters
from oonib.measurements.aggregation.service import Counted

_KEPT = 512
_AT_ONCE = 4
_FRESH, _FRESH_FAILURE = 60.0, 5.0

Question = Mapping[str, Any]
"""Parameters of the aggregation API."""

Rows = list[dict[str, Any]]


class Counting(Protocol):
    """Who counts measurements."""

    def read(self, asked: AggregationParameters) -> Aggregation:
        """What is meant."""

    def count(self, aggregation: Aggregation) -> Counted:
        """The counts."""


@dataclass(slots=True)
class _Look:
    """An answer, or the wait for one. `rows` is None where there is none."""

    begun: float
    done: bool = False
    rows: Rows | None = None


class Counts:
    """Asks `aggregation`. `patience`: seconds that a page waits for all its questions together."""

    def __init__(
        self,
        aggregation: Counting,
        *,
        patience: float = 0.15,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._aggregation = aggregation
        self._patience = patience
        self._clock = clock
        self._changed = threading.Condition()
        self._looks: OrderedDict[str, _Look] = OrderedDict()
        self._running = 0

    def ask(self, questions: Sequence[Question]) -> None:
        """Begin to look, so that the answers come while a page does something else."""
        with self._changed:
            for question in questions:
                self._look(question)

    def get(self, questions: Sequence[Question]) -> list[Rows | None]:
        """The rows of each answer; None for what cannot be counted, or not in time."""
        deadline = self._clock() + self._patience
        with self._changed:
            looks = [self._look(question) for question in questions]
            self._changed.wait_for(
                lambda: all(look is None or look.done for look in looks), max(0.0, deadline - self._clock())
            )
            return [look.rows if look is not None and look.done else None for look in looks]

    def _look(self, question: Question) -> _Look | None:
        key = repr(sorted(question.items()))
        known = self._looks.get(key)
        if known is not None and not self._is_old(known):
            self._looks.move_to_end(key)
            return known
        if self._running >= _AT_ONCE:
            return None
        look = self._looks[key] = _Look(self._clock())
        self._looks.move_to_end(key)
        while len(self._looks) > _KEPT:
            self._looks.popitem(last=False)
        self._running += 1
        # A daemon: the end of the process does not wait for a database that hangs.
        threading.Thread(target=self._work, args=(question, look), name="web-counts", daemon=True).start()
        return look

    def _is_old(self, look: _Look) -> bool:
        kept = _FRESH_FAILURE if look.rows is None else _FRESH
        return look.done and self._clock() - look.begun > kept

    def _work(self, question: Question, look: _Look) -> None:
        rows = self._attempt(question)
        with self._changed:
            look.rows, look.done = rows, True
            self._running -= 1
            self._changed.notify_all()

    def _attempt(self, question: Question) -> Rows | None:
        try:
            meant = self._aggregation.read(AggregationParameters.model_validate(question))
            found = self._aggregation.count(meant)
        except (OonibError, ValidationError):
            return None
        except Exception as exc:  # noqa: BLE001 - a page says that this is missing; the rest of it stands
            structlog.get_logger("web").error("cannot be counted", exc_info=exc)
            return None
        if found.rest is not None:
            # More groups than a page can list.
            found.rest.close()  # type: ignore[attr-defined]
            return None
        return [dict(zip(found.columns, row, strict=True)) for row in found.rows]
