"""What there is without ClickHouse: in memory, on disk, after a restart, after the disk went bad."""

import random
from pathlib import Path

import pytest

from oonib.checkin.prioritisation.failover import Failover
from oonib.checkin.prioritisation.lists import Entry, TestLists
from oonib.checkin.prioritisation.ranking import Book
from oonib.checkin.prioritisation.rules import DEFAULT_RULES, Rule

RNG = random.Random(5)


def entry(number: int, category: str = "NEWS", cc: str = "ZZ") -> Entry:
    return Entry.make(f"https://site{number}.example/", f"site{number}.example", cc, category)


LISTS = TestLists([*(entry(n, "NEWS" if n % 2 else "SRCH") for n in range(40)), entry(99, cc="it")])
FORBIDDEN = Rule("*", "IR", "*", "https://site1.example/", -1000)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "checkin" / "failover.json"


def urls(failover: Failover, cc: str = "IT", categories: tuple[str, ...] = (), limit: int = -1) -> list[str]:
    return [one.url for one in failover.pick(cc, categories, limit, RNG)]


def test_global_urls_at_random_without_repetition(path: Path) -> None:
    failover = Failover(path)
    failover.update(Book(LISTS, DEFAULT_RULES))
    picks = [failover.pick("IT", (), 10, RNG) for _ in range(50)]
    assert all(len({one.url for one in pick}) == 10 for pick in picks)
    assert {one.country_code for pick in picks for one in pick} == {"XX"}
    assert len({pick[0].url for pick in picks}) > 10


@pytest.mark.parametrize(("limit", "expected"), [(0, 0), (3, 3), (9999, 20), (-1, 20)])
def test_categories_and_limits(path: Path, limit: int, expected: int) -> None:
    failover = Failover(path)
    failover.update(Book(LISTS, DEFAULT_RULES))
    found = failover.pick("IT", ("SRCH",), limit, RNG)
    assert len(found) == expected
    assert {one.category_code for one in found} <= {"SRCH"}
    assert failover.pick("IT", ("XYZ",), limit, RNG) == []


def test_a_process_that_starts_in_an_outage_has_the_list(path: Path) -> None:
    Failover(path).update(Book(LISTS, (*DEFAULT_RULES, FORBIDDEN)))
    fresh = Failover(path)
    assert sorted(urls(fresh)) == sorted(one.url for one in LISTS.of("ZZ"))
    assert "https://site1.example/" not in urls(fresh, "IR")
    assert len(urls(fresh, "IR")) == 39


def test_an_empty_list_does_not_replace_one(path: Path) -> None:
    failover = Failover(path)
    failover.update(Book(LISTS, DEFAULT_RULES))
    failover.update(Book(TestLists([]), DEFAULT_RULES))
    assert len(failover) == len(Failover(path)) == 40


def test_before_the_first_list_there_is_the_starter_set(path: Path) -> None:
    assert urls(Failover(path, lambda: [entry(1), entry(2, cc="it")])) == ["https://site1.example/"]


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"null", b'{"urls":[["a"]],"rules":[]}', b"\xff\xfe", b'{"urls":1}']
)
def test_a_damaged_file_counts_as_none(path: Path, raw: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(raw)
    failover = Failover(path, lambda: [entry(1)])
    assert urls(failover) == ["https://site1.example/"]
    failover.update(Book(LISTS, DEFAULT_RULES))
    assert len(Failover(path)) == 40


def test_a_disk_that_cannot_be_written_to_costs_only_the_copy(path: Path) -> None:
    path.parent.write_text("a file where the folder should be")
    failover = Failover(path)
    failover.update(Book(LISTS, DEFAULT_RULES))
    assert len(failover) == 40


def test_nothing_is_left_beside_the_file(path: Path) -> None:
    failover = Failover(path)
    for _ in range(3):
        failover.update(Book(LISTS, DEFAULT_RULES))
    assert [one.name for one in path.parent.iterdir()] == ["failover.json"]
