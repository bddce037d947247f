"""Which keys of which layout a copy takes, and which store a text names."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from oonib.archive.sync import BadSource, Source, Wanted, parse_source

RAW = "raw/20260302/10/IT/signal/2026030210_IT_signal.n1.0"
OLD = "jsonl/signal/IT/20191231/00/20191231_IT_signal.l.0.jsonl.gz"
CANNED = "canned/2019-12-31/"
REPORT = "20140807T101112Z-IT-AS3269-web_connectivity-20140807T101112Z_AS3269_x-0.2.0-probe"


def wanted(since: str, until: str, **more: Any) -> Wanted:
    return Wanted(
        datetime.fromisoformat(since).replace(tzinfo=UTC),
        datetime.fromisoformat(until).replace(tzinfo=UTC),
        **{"posts": True, "chain": True} | more,
    )


@pytest.mark.parametrize(
    ("key", "taken"),
    [
        (f"{RAW}.jsonl.gz", True),
        (f"{RAW}.tar.gz", True),
        (f"{RAW}.zip", False),
        (RAW.replace("signal/", "signal/x/") + ".tar.gz", False),
        (RAW.replace("20260302/10", "20260302/24") + ".tar.gz", False),
        (RAW.replace("20260302/10", "20261302/10") + ".tar.gz", False),
        (RAW.replace("raw/20260302", "raw/20260304") + ".tar.gz", False),
        (RAW.replace("/IT/", "/it/") + ".tar.gz", False),
        ("../" + RAW + ".tar.gz", False),
        ("manifests/n1/000001.json", True),
        ("tombstones/x.json", True),
        ("export/fastpath/x.parquet", False),
        ("jobs/leases/archive-n1/000000000001", False),
        ("", False),
    ],
)
def test_current_layout(key: str, taken: bool) -> None:
    assert wanted("2026-03-02", "2026-03-03").takes(key) == taken


@pytest.mark.parametrize(
    ("key", "taken"),
    [
        (OLD, True),
        (OLD.replace(".l.0", ".x.0123456789abcdef"), True),
        (OLD.replace("/IT/", "/FR/"), False),
        (OLD.replace("20191231", "20200101"), False),
        (f"{CANNED}signal.0.tar.lz4", True),
        (f"{CANNED}webconnectivity.00.tar.lz4", True),
        (f"{CANNED}telegram.0.tar.lz4", False),
        (f"{CANNED}{REPORT}.json.lz4", True),
        (f"{CANNED}{REPORT}.yaml.lz4", True),
        (f"{CANNED}{REPORT}.json.lz4".replace("-IT-", "-FR-"), False),
        (f"{CANNED}{REPORT}.json.lz4".replace("web_connectivity", "telegram"), False),
        (f"{CANNED}of an unknown kind.json.lz4", True),
        (f"{CANNED}index.json.gz", False),
    ],
)
def test_legacy_layouts(key: str, taken: bool) -> None:
    chosen = wanted(
        "2019-12-31",
        "2020-01-01",
        ccs=frozenset({"IT"}),
        tests=frozenset({"signal", "webconnectivity"}),
    )
    assert chosen.takes(key) == taken


@pytest.mark.parametrize(
    ("since", "until", "taken"),
    [
        ("2026-03-02T10", "2026-03-02T11", True),
        ("2026-03-02T11", "2026-03-02T12", False),
        ("2026-03-02T09", "2026-03-02T10", False),
    ],
)
def test_hours(since: str, until: str, taken: bool) -> None:
    assert wanted(since, until).takes(f"{RAW}.tar.gz") == taken


def test_a_file_of_a_day_is_taken_for_any_hour_of_it() -> None:
    assert wanted("2019-12-31T13", "2019-12-31T14").takes(OLD)


def test_kinds() -> None:
    lines = wanted("2026-03-02", "2026-03-03", posts=False, chain=False)
    posts = wanted("2026-03-02", "2026-03-03", lines=False, chain=False)
    assert [lines.takes(f"{RAW}{end}") for end in (".jsonl.gz", ".tar.gz")] == [True, False]
    assert [posts.takes(f"{RAW}{end}") for end in (".jsonl.gz", ".tar.gz")] == [False, True]
    assert not lines.takes("manifests/n1/000001.json")


def test_days_and_hours() -> None:
    chosen = wanted("2026-02-28T22", "2026-03-01T02")
    assert [f"{day:%m%d}" for day in chosen.days()] == ["0228", "0301"]
    assert [list(chosen.hours(day)) for day in chosen.days()] == [["22", "23"], ["00", "01"]]
    assert len(wanted("2026-03-02", "2026-03-03").days()) == 1
    leap = wanted("2024-02-28", "2024-03-01")
    assert leap.days()[-1].day == 29
    assert leap.until - leap.since == timedelta(days=2)


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("ooni", Source("s3://ooni-data-eu-fra", None, "eu-central-1", public=True)),
        ("s3://ooni-data", Source("s3://ooni-data", None, "us-east-1", public=True)),
        ("s3://mine/some/prefix", Source("s3://mine/some/prefix")),
        ("/data/copy", Source("/data/copy")),
        ("file:///data/a%20copy", Source("file:///data/a%20copy")),
        (
            "https://ooni-data-eu-fra.s3.eu-central-1.amazonaws.com/",
            Source("s3://ooni-data-eu-fra", None, "eu-central-1", public=True),
        ),
        (
            "https://ooni-data-eu-fra.s3.amazonaws.com",
            Source("s3://ooni-data-eu-fra", None, "eu-central-1", public=True),
        ),
        (
            "http://127.0.0.1:9000/bucket/below",
            Source("s3://bucket/below", "http://127.0.0.1:9000", public=True),
        ),
    ],
)
def test_sources(text: str, source: Source) -> None:
    assert parse_source(text) == source


def test_the_folder_of_a_source() -> None:
    assert str(parse_source("file:///data/a%20copy").folder) == "/data/a copy"
    assert str(parse_source("copy").folder) == "copy"
    assert parse_source("s3://b").folder is None


@pytest.mark.parametrize(
    "text",
    ["", "s3://", "ftp://x/y", "https://api.example.org", "https://u:p@host/bucket", "https://h/b?x=1"],
)
def test_what_is_no_source(text: str) -> None:
    with pytest.raises(BadSource):
        parse_source(text)
