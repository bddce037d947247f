"""Pages of the ledger, and whether it adds up."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from oonib.errors import BadRequest, Unavailable
from oonib.ledger.schema import Ledger, LedgerMetadata, hour_out, hour_time
from oonib.measurements.times import parse_time
from oonib.spool import Account, Spool, SpoolError
from oonib.spool.accounts import END

PATH = "/api/v1/ledger"
MOST_HOURS = 744
_HOUR = timedelta(hours=1)
_LOOKED_BACK = timedelta(days=31)
"""How far back a difference is an alarm: an old one is known, and stays in the ledger."""

_CHECK_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Check:
    """The settled hours of the last month that do not add up, and by how many measurements altogether.

    `missing` and `missing_in_archive` are sums without sign: what was lost in one hour does not balance what
    was counted twice in another.
    """

    hours: tuple[str, ...]
    missing: int
    missing_in_archive: int

    @property
    def adds_up(self) -> bool:
        """Whether there is nothing to tell."""
        return not self.hours


class LedgerService:
    """The ledger of one spool. `horizon`: seconds after its end from which an hour has to add up."""

    def __init__(
        self,
        spool: Spool,
        *,
        collector_id: str,
        horizon: float,
        base_url: str,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._spool = spool
        self._collector_id = collector_id
        self._horizon = horizon
        self._url = base_url + PATH
        self._clock = clock
        self._lock = threading.Lock()
        self._checked: tuple[float, Check] | None = None

    def page(self, since: str, until: str, limit: int) -> Ledger:
        """The latest `limit` hours between two times, the latest first.

        Raises `BadRequest`, `Unavailable`.
        """
        try:
            return self._page(since, until, limit)
        except SpoolError as exc:
            raise Unavailable("the spool cannot be read now", token="spool_error", retry_after=30) from exc

    def _page(self, since: str, until: str, limit: int) -> Ledger:
        first, end = _bound(since, "since", up=False), _bound(until, "until", up=True) or END
        if first >= end:
            raise BadRequest("the period is empty: since is not before until", token="bad_period")
        # One more than asked for tells whether there is another page.
        hours = self._spool.latest_hours(first, end, limit + 1)
        shown = hours[:limit]
        found = {account.hour: account for account in self._accounts(shown, end)}
        settled = self._settled_before()
        return Ledger(
            collector_id=self._collector_id,
            horizon_seconds=self._horizon,
            adds_up=self.check().adds_up,
            hours=[hour_out(found[hour], settled=hour < settled) for hour in shown if hour in found],
            metadata=LedgerMetadata(
                limit=limit, next_url=self._next(since, shown, limit) if len(hours) > limit else None
            ),
        )

    def check(self) -> Check:
        """Whether the settled hours add up; looked at twice a minute at most. Raises `SpoolError`."""
        with self._lock:
            now = time.monotonic()
            if self._checked is None or now - self._checked[0] >= _CHECK_SECONDS:
                self._checked = now, self._check()
            return self._checked[1]

    def _check(self) -> Check:
        first = _name(self._clock() - _LOOKED_BACK)
        wrong = [
            account for account in self._spool.accounts(first, self._settled_before()) if not account.adds_up
        ]
        return Check(
            tuple(account.hour for account in wrong),
            sum(abs(account.missing) for account in wrong),
            sum(abs(account.missing_in_archive) for account in wrong),
        )

    def _accounts(self, hours: Sequence[str], end: str) -> list[Account]:
        return self._spool.accounts(hours[-1], end) if hours else []

    def _settled_before(self) -> str:
        """The first hour that ended less than the horizon ago."""
        return _name(self._clock() - timedelta(seconds=self._horizon))

    def _next(self, since: str, shown: Sequence[str], limit: int) -> str:
        query = {"until": f"{hour_time(shown[-1]):%Y-%m-%dT%H:%M:%SZ}", "limit": limit}
        return f"{self._url}?{urlencode(query | ({'since': since} if since else {}))}"


def _bound(text: str, name: str, *, up: bool) -> str:
    """A time as an hour of the ledger, empty for none; `up`: the next whole hour."""
    if not text:
        return ""
    try:
        moment = parse_time(text)
        whole = moment.replace(minute=0, second=0, microsecond=0)
        return _name(whole + _HOUR if up and whole != moment else whole)
    except (ValueError, OverflowError):
        raise BadRequest(f"{name} is no time: 2026-03-02 or 2026-03-02T10:00:00Z", token="bad_time") from None


def _name(moment: datetime) -> str:
    at = moment.astimezone(UTC)
    return f"{at.year:04}{at:%m%d%H}"
