"""Measurements that say they began long ago or far ahead (reliability D11): scored, stored, found."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from oonib.fastpath.worker import Outcome, score_stored
from oonib.scoring import FASTPATH_COLUMNS, FingerprintSet, Matcher

from support.serving import Backend
from support.submissions import REPORT_ID

UID = "20280229235959.999999_BR_ndt_{:016x}"
KEPT = {
    "1970-01-01 00:00:01": "Measurement start time too old",
    "1999-12-31 23:59:59": "Measurement start time too old",
    "2028-02-29 23:59:59": None,
    "2099-12-31 23:59:59": "Measurement start time from the future",
    "2105-12-31 23:59:59": "Measurement start time from the future",
}
REFUSED = [
    "0001-01-01 00:00:00",
    "1969-12-31 23:59:59",
    "2027-02-29 00:00:00",
    "2100-02-29 00:00:00",
    "2106-02-07 06:28:16",
    "9999-12-31 23:59:59",
]


def scored(number: int, started: str, test_started: str = "") -> Outcome:
    content = {
        "probe_cc": "BR",
        "probe_asn": "AS28573",
        "test_name": "ndt",
        "report_id": REPORT_ID,
        "input": None,
        "test_start_time": test_started or started,
        "measurement_start_time": started,
        "test_keys": {},
    }
    stored = json.dumps({"format": "json", "content": content}).encode()
    return score_stored(1, UID.format(number), stored, Matcher.build(FingerprintSet.of([], []), "production"))


@pytest.mark.clickhouse
def test_kept_and_found_by_their_time(backend: Backend) -> None:
    outcomes = [scored(number, started) for number, started in enumerate(KEPT)]
    assert {outcome.kind for outcome in outcomes} == {"scored"}
    backend.warehouse.insert("fastpath", FASTPATH_COLUMNS, [outcome.row for outcome in outcomes])
    for number, (started, message) in enumerate(KEPT.items()):
        time = datetime.fromisoformat(started).replace(tzinfo=UTC)
        row = outcomes[number].row
        assert row is not None
        assert json.loads(row[FASTPATH_COLUMNS.index("scores")]).get("msg") == message
        (found,) = backend.search(
            since=f"{time - timedelta(seconds=1):%Y-%m-%dT%H:%M:%S}", until=f"{time:%Y-%m-%dT%H:%M:%S}"
        )["results"]
        assert found["measurement_uid"] == UID.format(number)
        assert found["measurement_start_time"] == f"{time:%Y-%m-%dT%H:%M:%S.000000Z}"
    table = backend.client.get("/api/v1/aggregation", params={"axis_x": "measurement_start_day"})
    assert table.status_code == 200, table.text
    rows = backend.warehouse.select("SELECT toString(measurement_start_time) AS t FROM fastpath ORDER BY t")
    assert [row["t"] for row in rows] == sorted(KEPT)
    by_report = backend.search(report_id=REPORT_ID)["results"]
    assert len(by_report) == len(KEPT)


@pytest.mark.parametrize("started", REFUSED)
def test_what_no_table_can_hold_is_a_dead_letter(started: str) -> None:
    outcome = scored(0, started, "2028-02-29 23:59:58")
    assert (outcome.kind, outcome.reason) == ("dead_letter", "bad_measurement_start_time")
