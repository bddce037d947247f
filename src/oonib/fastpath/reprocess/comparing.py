"""How many verdicts would change: new rows held against the table, counted by test and country.

Writes nothing. A verdict is the three flags; scores that differ otherwise are counted apart, and the order
of fingerprints in them does not count.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from oonib.fastpath.reprocess.checkpoint import DoneFile
from oonib.fastpath.reprocess.table import stored_verdicts
from oonib.fastpath.worker import Outcome
from oonib.scoring import FASTPATH_COLUMNS
from oonib.warehouse.ports import Selects

_AT = {name: number for number, name in enumerate(FASTPATH_COLUMNS)}
_FLAGS = ("anomaly", "confirmed", "msm_failure")
_BATCH = 2000
_EXAMPLES = 20
_EACH = 2
"""Examples of one test and country."""


@dataclass(frozen=True, slots=True)
class Example:
    """A measurement whose verdict would change; verdicts are the letters of the flags, as `tff`."""

    measurement_uid: str
    test_name: str
    probe_cc: str
    input: str
    before: str
    after: str


class Comparison:
    """A sink that compares instead of writing."""

    ordered = False

    def __init__(self, warehouse: Selects) -> None:
        self._warehouse = warehouse
        self._waiting: list[Outcome] = []
        self.counts: Counter[str] = Counter()
        self.changed: Counter[tuple[str, str]] = Counter()
        self.examples: list[Example] = []

    def take(self, outcomes: Sequence[Outcome]) -> None:
        """Gather rows and compare them in batches. Raises `WarehouseError`."""
        self._waiting += outcomes
        if len(self._waiting) >= _BATCH:
            self._compare()

    def finish(self, done: DoneFile) -> None:
        """Nothing is kept of a file."""

    def close(self) -> None:
        """Compare what is left."""
        self._compare()

    def as_json(self) -> dict[str, Any]:
        """The result for programs."""
        by_group = [
            {"test_name": test, "probe_cc": cc, "changed": n} for (test, cc), n in self.changed.most_common()
        ]
        names = ("unchanged", "changed_verdict", "changed_scores", "missing")
        examples = [{name: getattr(one, name) for name in Example.__slots__} for one in self.examples]
        return {name: self.counts[name] for name in names} | {"by_group": by_group, "examples": examples}

    def _compare(self) -> None:
        waiting, self._waiting = self._waiting, []
        rows = [outcome.row for outcome in waiting if outcome.row is not None]
        if not rows:
            return
        times = [row[_AT["measurement_start_time"]] for row in rows]
        stored = stored_verdicts(
            self._warehouse, [row[_AT["measurement_uid"]] for row in rows], min(times), max(times)
        )
        for row in rows:
            self._count(row, stored.get(row[_AT["measurement_uid"]]))

    def _count(self, row: tuple[Any, ...], old: dict[str, Any] | None) -> None:
        if old is None:
            self.counts["missing"] += 1
            return
        before = "".join(old[name] for name in _FLAGS)
        after = "".join(row[_AT[name]] for name in _FLAGS)
        if before != after:
            self.counts["changed_verdict"] += 1
            self._note(row, before, after)
        elif plain_scores(old["scores"]) != plain_scores(row[_AT["scores"]]):
            self.counts["changed_scores"] += 1
        else:
            self.counts["unchanged"] += 1

    def _note(self, row: tuple[Any, ...], before: str, after: str) -> None:
        group = (row[_AT["test_name"]], row[_AT["probe_cc"]])
        self.changed[group] += 1
        if self.changed[group] <= _EACH and len(self.examples) < _EXAMPLES:
            uid, url = row[_AT["measurement_uid"]], row[_AT["input"]]
            self.examples.append(Example(uid, *group, url, before, after))


def plain_scores(scores: str) -> object:
    """Scores in a form that compares: the order of fingerprints does not count."""
    try:
        value = orjson.loads(scores)
    except orjson.JSONDecodeError:
        return scores
    if isinstance(value, dict) and isinstance(value.get("fingerprints"), list):
        value["fingerprints"] = sorted(json.dumps(one, sort_keys=True) for one in value["fingerprints"])
    return value
