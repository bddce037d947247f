"""Submissions from elsewhere than they say: rows in the real table, and what happens when it is away."""

import asyncio
import json
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oonib.collector import geocheck
from oonib.collector.bodies import BodyLimits
from oonib.collector.geocheck import Difference, GeoCheck, mismatch, row_of
from oonib.collector.service import CollectorService
from oonib.faults import nothing
from oonib.metrics import Metrics
from oonib.metrics.reference import ReferenceMetrics
from oonib.reference.geoip import UNKNOWN, GeoIp, Network
from oonib.spool import Limits, Spool
from oonib.warehouse.client import Warehouse
from oonib.warehouse.errors import WarehouseUnavailable

from support.mmdb import place, write
from support.processes import wait_until

ITALY = Network("IT", 3269, "One")
ENVELOPE = json.dumps(
    {
        "format": "json",
        "content": {
            "software_name": "ooniprobe-android",
            "software_version": "3.8.0",
            "annotations": {"platform": "android", "other": "x"},
            "test_keys": {"much": ["else"]},
        },
    }
).encode()


@pytest.mark.parametrize(
    ("network", "cc", "asn", "expected"),
    [
        (ITALY, "IT", 3269, None),
        (ITALY, "it", 3269, None),
        (ITALY, "FR", 3269, "cc"),
        (ITALY, "IT", 1, "asn"),
        (ITALY, "FR", 1, "both"),
        (UNKNOWN, "IT", 3269, "both"),
        (Network("IT", 0, None), "IT", 3269, "asn"),
    ],
)
def test_what_differs(network: Network, cc: str, asn: int, expected: str | None) -> None:
    assert mismatch(network, cc, asn) == expected


def test_the_row() -> None:
    kind, cc, asn, details = row_of(Difference("FR", 1, "uid", ITALY, ENVELOPE))
    assert (kind, cc, asn) == ("geoip", "IT", 3269)
    assert json.loads(details) == {
        "submission_cc": "FR",
        "submission_asn": 1,
        "measurement_uid": "uid",
        "software_name": "ooniprobe-android",
        "software_version": "3.8.0",
        "platform": "android",
    }


@pytest.mark.parametrize(
    "envelope",
    [
        b"",
        b"[]",
        b'{"content": []}',
        b'{"content": {"software_name": 5, "annotations": "x"}}',
        b'{"content": {"software_name": null, "annotations": {"platform": ["x"]}}}',
        b'{"content": {"test_keys": "\\ud800", "software_name": "a"}',
        b'{"content": ' + b"[" * 100_000,
        b"\xff\xfe",
    ],
)
def test_whatever_was_accepted_has_a_row(envelope: bytes) -> None:
    details = json.loads(row_of(Difference("FR", 1, "uid", ITALY, envelope))[3])
    assert (details["software_name"], details["platform"]) == ("", "")


@given(st.recursive(st.none() | st.text() | st.integers(), lambda inner: st.dictionaries(st.text(), inner)))
def test_details_are_always_json(content: Any) -> None:
    envelope = json.dumps({"content": {"software_name": content, "annotations": content}}).encode()
    details = json.loads(row_of(Difference("FR", 1, "uid", ITALY, envelope))[3])
    assert all(isinstance(details[key], str) for key in ("software_name", "software_version", "platform"))


class Inserted:
    """Takes rows, or fails, or hangs."""

    def __init__(self) -> None:
        self.batches: list[list[Any]] = []
        self.away = False
        self.gate = threading.Event()
        self.gate.set()

    def insert(
        self, table: str, columns: Sequence[str], rows: Sequence[Any], *, dedup_token: str | None = None
    ) -> None:
        self.gate.wait(10)
        if self.away:
            raise WarehouseUnavailable(None, "away")
        assert table == "faulty_measurements"
        self.batches.append(list(rows))


@pytest.fixture
def metrics() -> ReferenceMetrics:
    return Metrics().reference


@pytest.fixture
def geoip(tmp_path: Path) -> GeoIp:
    write(tmp_path / "asn_cc.mmdb", {"192.0.2.0/24": place("IT", 3269)})
    return GeoIp(tmp_path)


def unrecorded(metrics: ReferenceMetrics, reason: str) -> float:
    return metrics.unrecorded.labels(reason)._value.get()


def test_rows_come_in_batches(geoip: GeoIp, metrics: ReferenceMetrics) -> None:
    inserted = Inserted()
    check = GeoCheck(geoip, inserted, metrics)
    for number in range(1200):
        check.note("192.0.2.1", "FR", 3269, f"uid{number}", ENVELOPE)
    check.note("192.0.2.1", "IT", 3269, "same", ENVELOPE)
    check.close()
    assert sum(map(len, inserted.batches)) == 1200
    assert max(map(len, inserted.batches)) == 500
    assert metrics.match._value.get() == 1
    assert metrics.nomatch.labels("cc")._value.get() == 1200


def test_when_clickhouse_is_away_they_are_dropped_and_counted(
    geoip: GeoIp, metrics: ReferenceMetrics
) -> None:
    inserted = Inserted()
    inserted.away = True
    check = GeoCheck(geoip, inserted, metrics)
    for number in range(30):
        check.note("192.0.2.1", "FR", 1, f"uid{number}", ENVELOPE)
    wait_until(lambda: unrecorded(metrics, "clickhouse") == 30, 10, "the count")
    inserted.away = False
    check.note("192.0.2.1", "FR", 1, "later", ENVELOPE)
    check.close()
    assert [len(batch) for batch in inserted.batches] == [1]


def test_memory_is_bounded_while_clickhouse_hangs(
    geoip: GeoIp, metrics: ReferenceMetrics, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(geocheck, "_BATCH_SECONDS", 0.05)
    inserted = Inserted()
    inserted.gate.clear()
    check = GeoCheck(geoip, inserted, metrics)
    for number in range(5000):
        check.note("192.0.2.1", "FR", 1, f"uid{number}", ENVELOPE)
    assert 2500 <= unrecorded(metrics, "full") <= 3000
    big = b" " * (20 * 1024**2)
    before = unrecorded(metrics, "full")
    inserted.gate.set()
    wait_until(lambda: sum(map(len, inserted.batches)) + before == 5000, 10, "an empty queue")
    inserted.gate.clear()
    for number in range(5):
        check.note("192.0.2.1", "FR", 1, f"big{number}", big)
    assert unrecorded(metrics, "full") - before >= 3
    inserted.gate.set()
    check.close()


def test_without_a_database_nothing_is_compared(tmp_path: Path, metrics: ReferenceMetrics) -> None:
    check = GeoCheck(GeoIp(tmp_path), Inserted(), metrics)
    check.note("192.0.2.1", "FR", 1, "uid", ENVELOPE)
    check.close()
    assert metrics.nomatch.labels("both")._value.get() == 0


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    spool = Spool(tmp_path / "spool.sqlite", Limits(disk_reserve=0))
    yield spool
    spool.close()


@pytest.mark.clickhouse
def test_submissions_end_to_end(warehouse: Warehouse, geoip: GeoIp, spool: Spool) -> None:
    metrics = Metrics()
    check = GeoCheck(geoip, warehouse, metrics.reference)
    service = CollectorService(
        spool,
        metrics,
        collector_id="1",
        limits=BodyLimits(1_000_000, 1_000_000),
        clock=lambda: datetime.now(UTC),
        reach=nothing,
        geocheck=check,
    )

    async def submit(cc: str, asn: int, address: str, number: int = 0) -> str:
        content = {
            "probe_cc": cc,
            "probe_asn": f"AS{asn}",
            "test_name": "ndt",
            "software_name": "miniooni",
            "n": number,
        }
        report_id = f"20260302T101112Z_ndt_{cc}_{asn}_n1_AbCdEfGhIjKlMnOp"
        body = json.dumps({"format": "json", "content": {**content, "report_id": report_id}}).encode()
        parsed = service.admit(report_id)
        assert parsed is not None
        return (await service.receive(parsed, body, "", address)).uid

    async def all_of_them() -> dict[str, tuple[str, int]]:
        await submit("IT", 3269, "192.0.2.1")
        await submit("FR", 3269, "")
        found = {
            await submit("FR", 3269, "192.0.2.1", 1): ("IT", 3269),
            await submit("IT", 1, "192.0.2.1"): ("IT", 3269),
            await submit("IT", 3269, "198.51.100.7", 2): ("ZZ", 0),
        }
        await submit("IT", 1, "192.0.2.1")  # sent again
        return found

    expected = asyncio.run(all_of_them())
    check.close()
    rows = warehouse.select("SELECT type, probe_cc, probe_asn, details FROM faulty_measurements")
    assert {row["type"] for row in rows} == {"geoip"}
    found = {
        json.loads(row["details"])["measurement_uid"]: (row["probe_cc"], row["probe_asn"]) for row in rows
    }
    assert found == expected
    assert "192.0.2" not in str(rows), "where it came from is not kept"
    assert "198.51" not in str(rows)
