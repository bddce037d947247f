"""Which objects a job takes (fastpath contract 9.1)."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from oonib.fastpath.reprocess import BadPeriod, Job, parse_moment, select
from oonib.objects import ObjectStore


def key(
    hour: str, cc: str = "IT", test: str = "webconnectivity", number: int = 0, kind: str = "tar.gz"
) -> str:
    return f"raw/{hour[:8]}/{hour[8:]}/{cc}/{test}/{hour}_{cc}_{test}.n1.{number}.{kind}"


def job(since: str, until: str, **more: object) -> Job:
    return Job("", "", parse_moment(since), parse_moment(until), **more)


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    return ObjectStore.open(str(tmp_path))


def keys(store: ObjectStore, wanted: Job) -> list[str]:
    return [one.key for one in select(store, wanted)]


def test_until_is_exclusive_by_day_and_by_hour(store: ObjectStore) -> None:
    hours = ["2026030123", "2026030200", "2026030210", "2026030223", "2026030300"]
    for hour in hours:
        store.put(key(hour), b"x")
    assert keys(store, job("2026-03-02", "2026-03-03")) == [key(hour) for hour in hours[1:4]]
    assert keys(store, job("2026-03-01T23", "2026-03-02T10")) == [key(hour) for hour in hours[:2]]
    assert keys(store, job("2026-03-04", "2026-03-05")) == []


def test_filters_and_what_is_no_can(store: ObjectStore) -> None:
    hour = "2026030210"
    for one in (key(hour), key(hour, "DE"), key(hour, "IT", "signal"), key(hour, number=1)):
        store.put(one, b"x")
    store.put(key(hour, number=2), b"")
    store.put(f"raw/20260302/10/IT/webconnectivity/{hour}.manifest.json", b"x")
    day = ("2026-03-02", "2026-03-03")
    assert keys(store, job(*day, ccs=("IT",), tests=("webconnectivity",))) == [key(hour), key(hour, number=1)]
    assert keys(store, job(*day, ccs=("DE", "FR"))) == [key(hour, "DE")]
    assert len(keys(store, job(*day))) == 4
    assert len(keys(store, job(*day, limit=3))) == 3


def test_posts_before_lines(store: ObjectStore) -> None:
    hour = "2026030210"
    for one in (key(hour), key(hour, kind="jsonl.gz"), key(hour, number=1, kind="jsonl.gz")):
        store.put(one, b"x")
    chosen = list(select(store, job("2026-03-02", "2026-03-03")))
    assert [(one.key, one.lines) for one in chosen] == [
        (key(hour), False),
        (key(hour, number=1, kind="jsonl.gz"), True),
    ]
    assert sum(one.share for one in chosen) == pytest.approx(1.0)


def test_legacy_cans_up_to_their_last_day(store: ObjectStore) -> None:
    for day in ("2020-10-20", "2020-10-21", "2020-10-22"):
        store.put(f"canned/{day}/ndt.0.tar.lz4", b"x")
        store.put(f"canned/{day}/index.json.gz", b"x")
        store.put(key(f"{day.replace('-', '')}05"), b"x")
    assert keys(store, job("2020-10-19", "2020-10-23")) == [
        "canned/2020-10-20/ndt.0.tar.lz4",
        key("2020102005"),
        "canned/2020-10-21/ndt.0.tar.lz4",
        key("2020102105"),
        key("2020102205"),
    ]


@pytest.mark.parametrize("text", ["2026-03-02T10", "2026-03-02 10", "2026030210"])
def test_hours(text: str) -> None:
    assert parse_moment(text) == datetime(2026, 3, 2, 10, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "today", "2026-02-30", "2026-03-02T10:30", "2026-03-02T25", "9" * 99])
def test_no_moments(text: str) -> None:
    with pytest.raises(BadPeriod):
        parse_moment(text)
