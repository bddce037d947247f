"""Which lengths of time a range can be cut into (data contract 3.2). Pure."""

from datetime import datetime, timedelta

from oonib.measurements.aggregation.refusing import refusal
from oonib.measurements.aggregation.schema import Grain

_POSSIBLE: tuple[tuple[timedelta, tuple[Grain, ...]], ...] = (
    (timedelta(days=7), ("hour", "day")),
    (timedelta(days=30), ("day", "week")),
    (timedelta(days=365), ("day", "week", "month")),
    (timedelta.max, ("day", "week", "month", "year")),
)


def grain_of(asked: str, since: datetime, until: datetime) -> Grain:
    """The grain that is meant by `asked` (a grain or `auto`). Raises `BadRequest` with the possible ones."""
    if since >= until:
        raise refusal("Invalid since and until values")
    possible = next(grains for longest, grains in _POSSIBLE if until - since <= longest)
    if asked == "auto":
        return possible[0]
    for grain in possible:
        if grain == asked:
            return grain
    names = ", ".join((*possible, "auto"))
    raise refusal(f"Choose time_grain between {names} for the given time range")
