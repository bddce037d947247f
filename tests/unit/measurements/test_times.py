"""Times in parameters and answers (data contract 0.1, 1)."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oonib.measurements.times import parse_time, with_fraction, without_fraction

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-03-02", datetime(2026, 3, 2, tzinfo=UTC)),
        ("2026-3-2", datetime(2026, 3, 2, tzinfo=UTC)),
        ("2026-03-02T12:00:00", NOON),
        ("2026-03-02 12:00:00", NOON),
        ("2026-03-02 12:00", NOON),
        (" 2026-03-02T12:00:00Z ", NOON),
        ("2026-03-02T12:00:00.000Z", NOON),
        ("2026-03-02T14:00:00+02:00", NOON),
        ("2026-03-02T14:00:00 02:00", NOON),
        ("2026-03-02 14:00:00 0200", NOON),
        ("2026-03-02T06:30:00-05:30", NOON),
        ("1772452800", NOON),
        ("1772452800.5", NOON.replace(microsecond=500_000)),
        ("1772452800000", NOON),
        ("20260302", datetime(2026, 3, 2, tzinfo=UTC)),
    ],
)
def test_what_is_read(text: str, time: datetime) -> None:
    assert parse_time(text) == time
    assert parse_time(text).tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "2026-02-30", "2026-13-1", "1 2 3", "0001-01-01T00:00:00+14:00", "٢٠٢٦-٣-٢"],
)
def test_what_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - which words it has is no promise
        parse_time(text)


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        assert parse_time(text).tzinfo is UTC
    except ValueError:
        return


def test_what_is_written() -> None:
    assert with_fraction(NOON) == "2026-03-02T12:00:00.000000Z"
    assert without_fraction(NOON.replace(microsecond=5)) == "2026-03-02T12:00:00Z"
