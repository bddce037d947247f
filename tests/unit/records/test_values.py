"""What can be kept, and how moments are shown (management contract 0.3)."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from oonib.records.values import Moment, PlainObject, shown, storable, whole_seconds

MOMENT = TypeAdapter[datetime](Moment)
OBJECT = TypeAdapter[dict[str, Any]](PlainObject)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ("2026-03-02T10:00:00Z", "2026-03-02T10:00:00.000000Z"),
        ("2026-03-02T10:00:00", "2026-03-02T10:00:00.000000Z"),
        ("2026-03-02T10:00:00.25+05:30", "2026-03-02T04:30:00.250000Z"),
        ("2026-03-02", "2026-03-02T00:00:00.000000Z"),
        (1767398400, "2026-01-03T00:00:00.000000Z"),
        ("1767398400.5", "2026-01-03T00:00:00.500000Z"),
    ],
)
def test_moments(given: Any, text: str) -> None:
    moment = MOMENT.validate_python(given)
    assert shown(moment) == text
    assert MOMENT.validate_python(text) == moment


@given(st.datetimes(timezones=st.integers(-1439, 1439).map(lambda m: timezone(timedelta(minutes=m)))))
def test_every_moment_is_shown_or_refused(moment: datetime) -> None:
    try:
        read = MOMENT.validate_python(moment)
    except ValidationError:
        assert not 1901 <= moment.year <= 9998
        return
    assert read == moment
    assert read.utcoffset() == timedelta(0)
    assert len(shown(read)) == len("2026-03-02T10:00:00.000000Z")
    assert whole_seconds(read).microsecond == 0


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=())), inner),
    max_leaves=20,
)


@given(st.dictionaries(st.text(st.characters(exclude_categories=())), JSON))
def test_what_is_kept_can_be_sent(value: dict[str, Any]) -> None:
    try:
        kept = OBJECT.validate_python(value)
    except ValidationError:
        return
    assert orjson.loads(orjson.dumps(kept)) == value


@given(st.text(st.characters(exclude_categories=())))
def test_texts(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        assert not storable(text)
    else:
        assert storable(text) is ("\0" not in text)


def test_naive_is_utc() -> None:
    assert MOMENT.validate_python(datetime(2026, 1, 1)) == datetime(2026, 1, 1, tzinfo=UTC)  # noqa: DTZ001
