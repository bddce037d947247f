"""The times of a measurement and the check of its date (fastpath contract 2.1 and 4)."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from oonib.scoring.access import Scores

_FORMAT = "%Y-%m-%d %H:%M:%S"
_PLAIN_RE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", re.ASCII)
_UID_STAMP_RE = re.compile(r"20\d{12}\.\d{6}_", re.ASCII)
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = datetime(2106, 1, 1, tzinfo=UTC)
_MOST_AHEAD = timedelta(hours=1)
_MOST_BEHIND = timedelta(days=365)


def parse_time(value: Any) -> datetime | None:
    """Read `YYYY-MM-DD HH:MM:SS` as UTC; None where it is anything else, fractions and zones included."""
    if not isinstance(value, str):
        return None
    try:
        if _PLAIN_RE.fullmatch(value):
            return datetime.fromisoformat(f"{value}+00:00")
        # Single digits are accepted as production accepts them.
        return datetime.strptime(value, _FORMAT).replace(tzinfo=UTC)
    except ValueError:
        return None


def fits_table(time: datetime) -> bool:
    """Whether a DateTime column can hold it."""
    return _EARLIEST <= time < _LATEST


def check_date(scores: Scores, uid: str, started: datetime | None) -> None:
    """Mark scores of a measurement started long before or after its reception, which the uid tells.

    Legacy uids carry no time of reception and are never checked.
    """
    received = _received(uid)
    if received is None or started is None:
        return
    delay = received - started
    if delay < -_MOST_AHEAD:
        message = "Measurement start time from the future"
    elif delay > _MOST_BEHIND:
        message = "Measurement start time too old"
    else:
        return
    scores["accuracy"] = 0.0
    scores["msg"] = message


def _received(uid: str) -> datetime | None:
    if not _UID_STAMP_RE.match(uid):
        return None
    try:
        return datetime.fromisoformat(f"{uid[:8]}T{uid[8:21]}+00:00")
    except ValueError:
        return None
