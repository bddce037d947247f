"""What counts as a change, against rows that are given."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from oonib.fastpath.reprocess import Comparison
from oonib.fastpath.worker import Outcome
from oonib.scoring import FASTPATH_COLUMNS

AT = datetime(2026, 3, 2, 10, tzinfo=UTC)
SCORES = '{"blocking_general":1.0,"fingerprints":[{"name":"a"},{"name":"b"}]}'


class Stored:
    """Stands in for the table: one row for every uid that is asked for."""

    def __init__(self, **row: str) -> None:
        self.row = {"anomaly": "t", "confirmed": "f", "msm_failure": "f", "scores": SCORES} | row

    def select(
        self, _sql: str, parameters: Mapping[str, Any] | None = None, **_more: Any
    ) -> list[dict[str, Any]]:
        assert parameters is not None
        assert parameters["first"] == parameters["last"] == AT
        return [self.row | {"measurement_uid": uid} for uid in parameters["uids"] if uid != "new"]


def scored(uid: str) -> Outcome:
    values = dict.fromkeys(FASTPATH_COLUMNS, "") | {
        "measurement_uid": uid,
        "test_name": "signal",
        "probe_cc": "IT",
        "measurement_start_time": AT,
        "anomaly": "t",
        "confirmed": "f",
        "msm_failure": "f",
        "scores": SCORES,
    }
    return Outcome(0, uid, "scored", row=tuple(values.values()))


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        ({}, "unchanged"),
        ({"scores": '{"fingerprints":[{"name":"b"},{"name":"a"}],"blocking_general":1.0}'}, "unchanged"),
        ({"scores": '{"blocking_general":2.0}'}, "changed_scores"),
        ({"scores": "not JSON"}, "changed_scores"),
        ({"anomaly": "f"}, "changed_verdict"),
        ({"confirmed": "t"}, "changed_verdict"),
        ({"msm_failure": "t", "scores": "{}"}, "changed_verdict"),
    ],
)
def test_kinds_of_change(stored: dict[str, str], expected: str) -> None:
    comparison = Comparison(Stored(**stored))
    comparison.take([scored("one"), scored("new")])
    comparison.close()
    found = comparison.as_json()
    assert (found[expected], found["missing"]) == (1, 1)
    assert sum(comparison.counts.values()) == 2


def test_examples_and_groups() -> None:
    comparison = Comparison(Stored(anomaly="f"))
    comparison.take([scored(str(number)) for number in range(7)])
    comparison.close()
    found = comparison.as_json()
    assert found["by_group"] == [{"test_name": "signal", "probe_cc": "IT", "changed": 7}]
    assert [(one["before"], one["after"]) for one in found["examples"]] == [("fff", "tff")] * 2
