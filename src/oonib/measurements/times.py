"""Times as parameters and answers write them. UTC everywhere."""

import re
from datetime import UTC, datetime

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(2106, 2, 7, tzinfo=UTC)
"""What a ClickHouse DateTime can hold; bounds beyond it exclude nothing."""

_DAY_RE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})", re.ASCII)

# Since 1970; shorter numbers are days without hyphens.
_EPOCH_RE = re.compile(r"\d{9,13}(?:\.\d+)?", re.ASCII)
_MOST_SECONDS = 20_000_000_000
"""Above it are milliseconds."""

# A plus sign that was not escaped in the URL arrives as a space.
_LOST_PLUS_RE = re.compile(r"(.*[T ]\d\d:?\d\d.*) (\d\d:?\d\d)", re.ASCII)


def parse_time(text: str) -> datetime:
    """ISO 8601, a day with or without leading zeros, or seconds or milliseconds since 1970.

    No zone means UTC.

    Raises `ValueError`.
    """
    text = text.strip()
    day = _DAY_RE.fullmatch(text)
    if day is not None:
        year, month, number = map(int, day.groups())
        return datetime(year, month, number, tzinfo=UTC)
    if _EPOCH_RE.fullmatch(text):
        since = float(text)
        return datetime.fromtimestamp(since / 1000 if since > _MOST_SECONDS else since, UTC)
    lost = _LOST_PLUS_RE.fullmatch(text)
    found = datetime.fromisoformat("+".join(lost.groups()) if lost else text)
    try:
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except OverflowError:
        raise ValueError("a time before year 1 or after year 9999") from None


def whole_second(time: datetime) -> datetime:
    """The time as ClickHouse can compare with it: within what it can hold, a fraction cut off.

    Stored times are whole seconds, so that neither `>` nor `<=` changes by the cut.
    """
    return min(max(time, EARLIEST), LATEST).replace(microsecond=0)


def with_fraction(time: datetime) -> str:
    """`2026-07-11T17:44:07.000000Z`, as listings write it (data contract 0.1)."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def without_fraction(time: datetime) -> str:
    """`2026-07-11T17:44:07Z`, as the meta of a measurement writes it."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
