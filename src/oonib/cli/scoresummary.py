"""What `oonib score` says on standard error: problems as they come, and a summary on a terminal."""

import heapq
import sys
from collections import Counter

from oonib.archive.reading import Problem
from oonib.fastpath.offline import Result
from oonib.fastpath.offline.rendering import WORDS
from oonib.scoring import FASTPATH_COLUMNS

_TEST_NAME = FASTPATH_COLUMNS.index("test_name")
_ANOMALY = FASTPATH_COLUMNS.index("anomaly")
_CONFIRMED = FASTPATH_COLUMNS.index("confirmed")
_FAILURE = FASTPATH_COLUMNS.index("msm_failure")
_VERDICTS = ("ok", "anomaly", "confirmed", "failure")
_SLOWEST = 5


class ScoreSummary:
    """Counts only, whatever passes through."""

    def __init__(self) -> None:
        self.problems = 0
        self._verdicts: Counter[tuple[str, str]] = Counter()
        self._reasons: Counter[tuple[str, str]] = Counter()
        self._slowest: list[tuple[float, int, str, int]] = []
        self._count = 0

    def add(self, item: Result | Problem) -> None:
        """Count one."""
        self._count += 1
        if self.is_problem(item):
            self.problems += 1
        if isinstance(item, Problem):
            self._reasons["problem", item.reason] += 1
            return
        heapq.heappush(self._slowest, (item.seconds, self._count, item.outcome.uid, item.size))
        if len(self._slowest) > _SLOWEST:
            heapq.heappop(self._slowest)
        row = item.outcome.row
        if row is None:
            self._reasons[WORDS[item.outcome.kind], item.outcome.reason] += 1
        else:
            self._verdicts[row[_TEST_NAME] or "(none)", verdict(row)] += 1

    @staticmethod
    def is_problem(item: Result | Problem) -> bool:
        """What could not be read or scored; a measurement discarded by rule is none."""
        return isinstance(item, Problem) or item.outcome.kind == "dead_letter"

    @staticmethod
    def problem_text(item: Result | Problem) -> str:
        """A line for people."""
        if isinstance(item, Problem):
            return f"{item.place}: {item.reason}: {item.detail}"
        return f"{item.place}: dead_letter {item.outcome.reason}: {item.outcome.detail}".rstrip(": ")

    def show(self) -> None:
        """Tables, where somebody is looking."""
        if not sys.stderr.isatty():
            return
        from rich.console import Console
        from rich.table import Table

        console = Console(stderr=True)
        table = Table("test", *_VERDICTS, title="measurements by test and verdict")
        for test in sorted({name for name, _ in self._verdicts}):
            table.add_row(test, *(str(self._verdicts[test, word] or "") for word in _VERDICTS))
        console.print(table)
        if self._reasons:
            reasons = Table("outcome", "reason", "count", title="without a row")
            for (kind, reason), count in self._reasons.most_common():
                reasons.add_row(kind, reason, str(count))
            console.print(reasons)
        slowest = Table("ms", "kB", "measurement", title="slowest")
        for seconds, _, uid, size in sorted(self._slowest, reverse=True):
            slowest.add_row(f"{seconds * 1000:.1f}", f"{size / 1000:.1f}", uid)
        console.print(slowest)


def verdict(row: tuple[object, ...]) -> str:
    """One word for the flags, in the order in which they are shown: failure, confirmed, anomaly."""
    if row[_FAILURE] == "t":
        return "failure"
    if row[_CONFIRMED] == "t":
        return "confirmed"
    return "anomaly" if row[_ANOMALY] == "t" else "ok"
