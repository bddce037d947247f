"""Which objects a copy takes, told by their keys (fastpath contract 9.2; pipeline contract 1.7). Pure."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

FIRST_RAW = date(2020, 10, 20)
LAST_LEGACY = date(2020, 10, 21)
"""The two layouts overlap on these days."""

_RAW_RE = re.compile(r"raw/(\d{8})/(\d{2})/([A-Z]{2})/([a-z0-9]+)/[^/]+\.(tar\.gz|jsonl\.gz)", re.ASCII)
_LINES_RE = re.compile(r"jsonl/([a-z0-9]+)/([A-Z]{2})/(\d{8})/\d{2}/[^/]+\.jsonl\.gz", re.ASCII)
_CANNED_RE = re.compile(r"canned/(\d{4}-\d{2}-\d{2})/([^/]+)\.(tar|json|yaml)\.lz4", re.ASCII)
_REPORT_RE = re.compile(r"[0-9TZ]+-([A-Za-z]{2})-AS\d+-([a-z0-9_]+)-.+", re.ASCII)
_CHAIN_RE = re.compile(r"(manifests|tombstones)/.+\.json", re.ASCII)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to take: the time of files between `since` and before `until` (aware), by upper-case country and
    by nettest without underscores; empty sets take all.

    `lines`: measurements one a line. `posts`: what they came in, verified or not. `chain`: the manifests,
    which tell whether all of it is as it was.
    """

    since: datetime
    until: datetime
    ccs: frozenset[str] = frozenset()
    tests: frozenset[str] = frozenset()
    lines: bool = True
    posts: bool = False
    chain: bool = False

    def days(self) -> list[date]:
        """The days that any of it is on, in order."""
        first = self.since.astimezone(UTC).date()
        last = (self.until.astimezone(UTC) - timedelta(microseconds=1)).date()
        return [first + timedelta(days=n) for n in range((last - first).days + 1)]

    def hours(self, day: date) -> Iterator[str]:
        """The hours of `day` that are wanted, as `07`."""
        midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
        for hour in range(24):
            if self.since <= midnight + timedelta(hours=hour) < self.until:
                yield f"{hour:02}"

    def takes(self, key: str) -> bool:
        """Whether the object with this key is wanted. False for keys of no known layout."""
        return any(takes(self, key) for takes in _LAYOUTS)

    def _raw(self, key: str) -> bool:
        found = _RAW_RE.fullmatch(key)
        if found is None:
            return False
        day, hour, cc, test, kind = found.groups()
        wanted = self.lines if kind == "jsonl.gz" else self.posts
        return wanted and self._named(cc, test) and self._in_period(day + hour, "%Y%m%d%H", hours=1)

    def _old_lines(self, key: str) -> bool:
        found = _LINES_RE.fullmatch(key)
        if found is None or not self.lines:
            return False
        test, cc, day = found.groups()
        return self._named(cc, test) and self._in_period(day, "%Y%m%d", hours=24)

    def _canned(self, key: str) -> bool:
        found = _CANNED_RE.fullmatch(key)
        if found is None or not self.posts:
            return False
        day, name, form = found.groups()
        if not self._in_period(day, "%Y-%m-%d", hours=24):
            return False
        report = None if form == "tar" else _REPORT_RE.fullmatch(name)
        if report is not None:
            return self._named(report[1].upper(), report[2].replace("_", ""))
        # A can of a whole nettest has no country in its name: who wants one country needs it all the same.
        return form != "tar" or not self.tests or name.partition(".")[0] in self.tests

    def _of_chain(self, key: str) -> bool:
        return self.chain and _CHAIN_RE.fullmatch(key) is not None

    def _named(self, cc: str, test: str) -> bool:
        return (not self.ccs or cc in self.ccs) and (not self.tests or test in self.tests)

    def _in_period(self, stamp: str, form: str, *, hours: int) -> bool:
        try:
            begins = datetime.strptime(stamp, form).replace(tzinfo=UTC)
        except ValueError:
            return False
        # A file of a day is wanted for any hour of it.
        return begins < self.until and begins + timedelta(hours=hours) > self.since


_LAYOUTS: tuple[Callable[[Wanted, str], bool], ...] = (
    Wanted._raw,
    Wanted._old_lines,
    Wanted._canned,
    Wanted._of_chain,
)
