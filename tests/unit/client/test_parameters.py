"""Python values as query parameters."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oonib.client.parameters import query


@pytest.mark.parametrize(
    ("filters", "pairs"),
    [
        ({"probe_cc": "BR"}, [("probe_cc", "BR")]),
        ({"probe_cc": ["BR", "IT"]}, [("probe_cc", "BR,IT")]),
        ({"probe_asn": (1, "AS2")}, [("probe_asn", "1,AS2")]),
        (
            {"input": ["https://a/?b=1,2", "https://c/"]},
            [("input", "https://a/?b=1,2"), ("input", "https://c/")],
        ),
        ({"anomaly": True, "failure": False, "confirmed": None}, [("anomaly", "true"), ("failure", "false")]),
        ({"since": date(2026, 3, 2)}, [("since", "2026-03-02")]),
        ({"since": datetime(2026, 3, 2, 1, 2, 3)}, [("since", "2026-03-02T01:02:03Z")]),  # noqa: DTZ001
        (
            {"until": datetime(2026, 3, 2, 1, tzinfo=timezone(timedelta(hours=2)))},
            [("until", "2026-03-01T23:00:00Z")],
        ),
        ({"until": datetime(2026, 3, 2, tzinfo=UTC)}, [("until", "2026-03-02T00:00:00Z")]),
        ({"since": "2026-03-02"}, [("since", "2026-03-02")]),
        ({}, []),
    ],
)
def test_values(filters: dict[str, object], pairs: list[tuple[str, str]]) -> None:
    assert query(filters) == pairs


def test_an_empty_list_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="probe_cc"):
        query({"probe_cc": []})


@given(st.dictionaries(st.text(), st.one_of(st.none(), st.text(), st.integers(), st.booleans())))
def test_single_values_are_kept_one_by_one(filters: dict[str, object]) -> None:
    assert [name for name, _ in query(filters)] == [name for name in filters if filters[name] is not None]
