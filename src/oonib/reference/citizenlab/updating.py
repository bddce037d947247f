"""Renewing the table of the test lists: fetch, check, exchange. The old lists stay on any failure."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from oonib.reference.citizenlab.fetching import fetch, is_git
from oonib.reference.citizenlab.parsing import COLUMNS, MOST_ROWS, TestLists, parse_lists
from oonib.reference.problems import ReferenceProblem
from oonib.reference.sources import STARTER, is_remote, shown
from oonib.reference.swapping import Content, count_of, replace
from oonib.warehouse.ports import Tables

LEAST_ROWS = 20_000
LARGEST_LOSS = 0.3
Timer = Callable[[str], AbstractContextManager[object]]


@dataclass(frozen=True, slots=True)
class TestListResult:
    """What an update did. `str()` is a sentence for logs."""

    __test__ = False

    changed: bool
    lists: TestLists
    source: str
    commit: str

    def __str__(self) -> str:
        lists = self.lists
        action = "loaded" if self.changed else "unchanged"
        parts = [f"{len(lists.rows)} addresses of {lists.files} test lists {action} from {self.source}"]
        if self.commit:
            parts.append(f"commit {self.commit[:12]}")
        if lists.left_out:
            parts.append(f"{lists.left_out} that are no addresses left out")
        if lists.unknown_categories:
            parts.append(f"unknown categories {', '.join(lists.unknown_categories)}")
        return ", ".join(parts)


def update_test_lists(
    tables: Tables,
    source: str,
    *,
    least: int = LEAST_ROWS,
    largest_loss: float = LARGEST_LOSS,
    timer: Timer = nullcontext,
) -> TestListResult:
    """Give `citizenlab` the lists of `source`. Raises `ReferenceProblem`, `WarehouseError`.

    Refused: `least` rows or fewer, a million or more, or fewer than now by a share above `largest_loss`.
    Where the source is far away and there are no lists at all yet, the starter lists are loaded first, so
    that every probe gets addresses whatever comes of it.
    """
    present = count_of(tables, "citizenlab")
    remark = f"; the {present} in use stay"
    if not present and (is_remote(source) or is_git(source)):
        started = parse_lists(fetch(STARTER).by_name)
        _store(tables, started)
        remark = "; the starter lists are in use"
    try:
        with timer("fetch_citizen_lab_lists"):
            read = read_test_lists(source, least=least)
        if source != STARTER:
            _check_loss(len(read.lists.rows), present, largest_loss)
    except ReferenceProblem as problem:
        raise ReferenceProblem(f"{problem}{remark}") from problem
    with timer("update_citizenlab_table"):
        changed = _store(tables, read.lists)
    return TestListResult(changed, read.lists, read.source, read.commit)


def read_test_lists(source: str, *, least: int = LEAST_ROWS) -> TestListResult:
    """The lists of `source`, checked and put nowhere. Raises `ReferenceProblem`."""
    files = fetch(source)
    lists = parse_lists(files.by_name)
    rows = len(lists.rows)
    if source != STARTER and not least < rows < MOST_ROWS:
        raise ReferenceProblem(f"{rows} addresses, expected between {least} and {MOST_ROWS}")
    return TestListResult(False, lists, shown(source), files.commit)


def _check_loss(rows: int, present: int, largest_loss: float) -> None:
    if rows < present * (1 - largest_loss):
        raise ReferenceProblem(f"{rows} addresses where {present} are in use: too many would go at once")


def _store(tables: Tables, lists: TestLists) -> bool:
    return replace(tables, [Content("citizenlab", "citizenlab_flip", COLUMNS, lists.rows)])
