"""Real reports of 2012 to 2018 against what production makes of them (fastpath contract 10, data caveat)."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from oonib.archive.legacy import ReportName
from oonib.archive.reading import Found, Problem, read_report

from support.shared_data import require_shared_data, shared_data

pytestmark = pytest.mark.shared_data

_LOGGED = 10
"""Log lines that an expectation keeps at most."""

NULL_HEADER = "AttributeError: 'NoneType' object has no attribute 'encode'"


@cache
def expectations() -> dict[str, dict[str, Any]]:
    folder = shared_data()
    lines = (folder / "legacy_yaml" / "expected_normalized.jsonl").read_text().splitlines() if folder else []
    return {line["file"]: line for line in map(json.loads, lines)}


def read(file: str, bucket: str) -> list[Found | Problem]:
    with (require_shared_data() / "legacy_yaml" / file).open("rb") as report:
        return list(read_report(report, ReportName(bucket, file)))


def intended_dns_rule(expected: dict[str, Any]) -> None:
    """Production walks the letters of resolvers' names; the contract asks for the resolvers."""
    keys = expected["test_keys"]
    assert keys["failed"] == ["8"]
    keys["failed"], keys["successful"] = [], ["8.8.8.8"]


DEVIATIONS = {"patched_doc_DNS_tamper_0b880c.yaml": intended_dns_rule}


def files(error: str | None) -> list[str]:
    """The samples that production reads, or those at which it fails as a whole."""
    return sorted(name for name, line in expectations().items() if line["error"] == error) or ["absent"]


@pytest.mark.parametrize("file", files(None))
def test_sample(file: str) -> None:
    require_shared_data()
    expected = expectations()[file]
    items = read(file, expected["bucket_date"])
    # What production cannot dump is a problem here.
    dumped = [entry for entry in expected["measurements"] if entry["serialisable"] is True]
    assert sum(item.reason == "holds_bytes" for item in items if isinstance(item, Problem)) == len(
        expected["measurements"]
    ) - len(dumped)
    skipped = [item for item in items if isinstance(item, Problem) and item.reason != "holds_bytes"]
    assert min(len(skipped), _LOGGED) == len(expected["log"])
    found = [item for item in items if isinstance(item, Found)]
    assert len(found) == len(dumped)
    for item, entry in zip(found, dumped, strict=True):
        wanted = dict(entry["normalized"])
        DEVIATIONS.get(file, lambda _: None)(wanted)
        assert wanted.pop("measurement_uid") == item.uid
        assert json.loads(item.body) == wanted


@pytest.mark.parametrize("file", files(NULL_HEADER))
def test_null_country_or_network_reads_like_its_twin(file: str) -> None:
    folder = require_shared_data() / "legacy_yaml"
    twin = Path(f"patched_{file}")
    assert (folder / twin).exists()
    ours, theirs = read(file, "2015-01-01"), read(twin.name, "2015-01-01")
    assert [getattr(item, "reason", "found") for item in ours] == [
        getattr(item, "reason", "found") for item in theirs
    ]
    made = {"id", "report_id", "report_filename", "probe_cc", "probe_asn"}
    for one, other in zip(ours, theirs, strict=True):
        if isinstance(one, Found) and isinstance(other, Found):
            mine, others = json.loads(one.body), json.loads(other.body)
            assert (mine["probe_cc"], mine["probe_asn"]) == ("ZZ", "AS0")
            assert {key: value for key, value in mine.items() if key not in made} == {
                key: value for key, value in others.items() if key not in made
            }
            assert one.uid == other.uid


def test_all_of_them_are_there() -> None:
    require_shared_data()
    assert len(expectations()) == len(files(None)) + len(files(NULL_HEADER)) >= 34
    assert sum(len(line["measurements"]) for line in expectations().values()) >= 40
