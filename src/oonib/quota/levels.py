"""How much time a caller has left: windows, their linear refill, what a charge takes. Pure.

Times are seconds since the epoch, amounts are seconds of serving. Three windows run side by side (data
contract 6.3): a day of 24 hours, a week of 168, a month of 720. Each fills evenly, so that an empty one is
full again after its length. Being full in all and not being known are the same thing.
"""

import math
import struct
from dataclasses import dataclass
from typing import Self

_HOUR = 3600.0
_RECORD = struct.Struct("<4d")
_CLOCKS_APART = 60.0
_DEEPEST_DEBT = 10.0


@dataclass(frozen=True, slots=True)
class Window:
    """`limit` seconds of serving in `length` seconds of time."""

    name: str
    length: float
    limit: float

    @property
    def rate(self) -> float:
        """Seconds of serving that come back in each second."""
        return self.limit / self.length

    @property
    def floor(self) -> float:
        """Least that can be left. Below zero by a little: an empty window that let the next request through
        as soon as a microsecond came back would limit nobody."""
        return -min(_DEEPEST_DEBT, self.limit / 100)


@dataclass(frozen=True, slots=True)
class Limits:
    """The three windows of one kind of caller."""

    windows: tuple[Window, Window, Window]

    @classmethod
    def of(cls, day: float, week: float, month: float) -> Self:
        """Seconds for each. Raises ValueError where a longer window allows less than a shorter one."""
        if not 0 < day <= week <= month < math.inf:
            raise ValueError("quotas: 0 < day <= week <= month does not hold")
        return cls(
            (
                Window("day", 24 * _HOUR, day),
                Window("week", 168 * _HOUR, week),
                Window("month", 720 * _HOUR, month),
            )
        )


@dataclass(frozen=True, slots=True)
class Levels:
    """What was left in each window at the time `at`."""

    left: tuple[float, ...]
    at: float

    @classmethod
    def full(cls, limits: Limits, now: float) -> "Levels":
        """Those of a caller who is not known."""
        return cls(tuple(window.limit for window in limits.windows), now)

    @classmethod
    def decode(cls, record: bytes | None, limits: Limits, now: float) -> "Levels":
        """Those of a stored record, brought forward to `now`. Whatever cannot be true counts as unknown:
        another size, no number, a time to come (the clock was put back)."""
        if record is None or len(record) != _RECORD.size:
            return cls.full(limits, now)
        *left, at = _RECORD.unpack(record)
        if not all(map(math.isfinite, (*left, at))) or at > now + _CLOCKS_APART:
            return cls.full(limits, now)
        return cls(tuple(left), at).refilled(limits, now)

    def encode(self) -> bytes:
        """The record to store."""
        return _RECORD.pack(*self.left, self.at)

    def refilled(self, limits: Limits, now: float) -> "Levels":
        """The levels at `now`, if nothing is charged until then."""
        passed = max(now - self.at, 0.0)
        pairs = zip(self.left, limits.windows, strict=True)
        left = (min(max(level, w.floor) + passed * w.rate, w.limit) for level, w in pairs)
        return Levels(tuple(left), max(now, self.at))

    def charged(self, limits: Limits, cost: float) -> "Levels":
        """The levels after `cost` seconds were used up."""
        pairs = zip(self.left, limits.windows, strict=True)
        return Levels(tuple(max(level - max(cost, 0.0), w.floor) for level, w in pairs), self.at)

    def is_full(self, limits: Limits) -> bool:
        """Whether there is nothing to remember."""
        return all(level >= w.limit for level, w in zip(self.left, limits.windows, strict=True))


@dataclass(frozen=True, slots=True)
class Standing:
    """What a caller is told."""

    levels: Levels
    limits: Limits

    @property
    def exhausted(self) -> bool:
        """Whether a window is empty: no request until some has come back."""
        return any(level <= 0 for level in self.levels.left)

    @property
    def tightest(self) -> tuple[Window, float]:
        """The window with the least left, and that."""
        return min(self._windows(), key=lambda pair: pair[1])

    @property
    def remaining(self) -> int:
        """Whole seconds left in the tightest window."""
        return max(int(self.tightest[1]), 0)

    @property
    def full_after(self) -> int:
        """Seconds until the tightest window is full."""
        window, level = self.tightest
        return math.ceil((window.limit - level) / window.rate)

    @property
    def retry_after(self) -> int:
        """Seconds after which no window is empty, at least 1."""
        waits = [math.floor(-level / w.rate) + 1 for w, level in self._windows()]
        wait = max(1, *waits)
        # Rounding may leave a window at zero for another moment.
        later = self.levels.refilled(self.limits, self.levels.at + wait)
        return wait + any(level <= 0 for level in later.left)

    def _windows(self) -> "zip[tuple[Window, float]]":
        return zip(self.limits.windows, self.levels.left, strict=True)
