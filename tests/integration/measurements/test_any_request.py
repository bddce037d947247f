"""No request makes the measurement endpoints fail (reliability S6, S8)."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

NAMES = (
    "report_id",
    "measurement_uid",
    "input",
    "domain",
    "category_code",
    "probe_cc",
    "probe_asn",
    "test_name",
    "since",
    "until",
    "anomaly",
    "ooni_run_link_id",
    "order",
    "offset",
    "limit",
    "format",
    "full",
    "download",
)
VALUES = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
    st.sampled_from(
        ["", "0", "-1", "1e9", "true", "IT", "AS1", "1,2", "2026-03-01", "csv", "asc", "None", "null"]
    ),
    st.integers().map(str),
    st.datetimes().map(str),
)
PATHS = ("measurements", "measurement_meta", "raw_measurement", "measurement/20260302101500.000000_BR_tor_00")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.sampled_from(PATHS), query=st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=5))
def test_any_request_has_an_answer(nothing: Any, path: str, query: dict[str, str]) -> None:
    answer = nothing.client.get(f"/api/v1/{path}", params=query)
    assert answer.status_code in (200, 400, 403, 404, 422), answer.text
    if answer.status_code != 200:
        assert set(answer.json()) >= {"error", "detail"}
    elif answer.headers["content-type"] == "application/json":
        answer.json()
