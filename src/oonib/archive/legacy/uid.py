"""The uid of measurements from before uids, made from their bytes (fastpath contract 9.3)."""

import hashlib
from datetime import datetime

_UNKNOWN_DAY = "00000000"


def trivial_id(raw: bytes, measurement_start_time: object) -> str:
    """`01`, the day of the measurement, 30 hex digits of the SHAKE-128 of its bytes.

    `raw` is the JSON line with its end, or the YAML frame from `---` to `...`. A time that cannot be read
    counts as no day.
    """
    return "01" + _day(measurement_start_time) + hashlib.shake_128(raw).hexdigest(15)


def _day(time: object) -> str:
    if not isinstance(time, str):
        return _UNKNOWN_DAY
    try:
        # Not strftime: it does not pad years before 1000.
        day = datetime.strptime(time, "%Y-%m-%d %H:%M:%S").date().isoformat()  # noqa: DTZ007 - UTC by contract
    except ValueError:
        return _UNKNOWN_DAY
    return day.replace("-", "")
