"""Choosing URLs for probes, whatever state ClickHouse is in; and showing people why they were chosen.

Used by check-in, the URL lists of old clients, and by whatever else hands out prioritised inputs.
"""

import asyncio
import random
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import structlog

from oonib.checkin.prioritisation.failover import Failover
from oonib.checkin.prioritisation.lists import Entry
from oonib.checkin.prioritisation.ranking import Ranking, rank, weight
from oonib.checkin.prioritisation.rankings import Rankings
from oonib.checkin.prioritisation.rules import DEFAULT_RULES, Rule, RuleBook, applying
from oonib.checkin.prioritisation.shelf import Shelf
from oonib.checkin.prioritisation.sources import RulesAway, RuleSource
from oonib.checkin.prioritisation.store import Network, PriorityStore
from oonib.errors import Timeout, Unavailable
from oonib.metrics import Metrics
from oonib.warehouse.errors import WarehouseError, WarehouseTimeout

NO_LIMIT = -1
_LONGEST_WAIT = 0.3
"""Seconds that a probe waits for the counts of its network before it gets a ranking without counts."""

_LONGEST_FIRST_WAIT = 2.0
"""Seconds that it waits for lists and rules, before it gets the failover list."""

_RETRY, _RENEW = 1.0, 3600.0
_WATCH = 0.5
"""Seconds between two looks at the rules."""

_log = structlog.get_logger("checkin")


@dataclass(frozen=True, slots=True)
class Explained:
    """An entry with what its place comes from."""

    entry: Entry
    measured: int
    priority: int
    weight: float


@dataclass(frozen=True, slots=True)
class Choice:
    """URLs for one probe, most urgent first. `failover`: at random, as ClickHouse could not be asked."""

    entries: list[Entry]
    failover: bool


@dataclass(frozen=True, slots=True)
class Reasons:
    """All there is to a choice: what was chosen, from which entries, by which rules."""

    chosen: list[Explained]
    entries: list[Explained]
    rules: list[Rule]


@dataclass(frozen=True, slots=True)
class Coverage:
    """An entry with its measurements of a week in its country, and what all rules give it."""

    entry: Entry
    measured: int
    anomaly_percent: int
    priority: int


class Prioritisation:
    """Prioritised URLs of one process. Close it at the end."""

    def __init__(
        self,
        store: PriorityStore,
        rules: RuleSource,
        failover: Failover,
        metrics: Metrics,
        *,
        clock: Callable[[], datetime],
        rng: random.Random,
    ) -> None:
        self._store = store
        self._rules = rules
        self._failover = failover
        self._metrics = metrics
        self._clock = clock
        self._rng = rng
        self._shelf = Shelf(store, rules)
        # Whole countries take longer to count, so they do not stand in the way of networks.
        self._networks = Rankings(self._load, lambda: self._shelf.edition)
        self._countries = Rankings(self._load, lambda: self._shelf.edition)
        self._stopping = threading.Event()

    def start(self) -> None:
        """Fetch lists and rules now and each hour, so that an outage finds them here."""
        threading.Thread(target=self._keep_ready, name="checkin-lists", daemon=True).start()
        threading.Thread(target=self._watch_rules, name="checkin-rules", daemon=True).start()

    def close(self) -> None:
        """End the threads, and answer whoever waits."""
        self._stopping.set()
        self._networks.close()
        self._countries.close()

    async def choose(self, cc: str, asn: int, categories: Collection[str], limit: int) -> Choice:
        """URLs for a probe in network `asn` (0: unknown) of `cc`. Waits a moment at most, never raises.

        `categories` empty: any. `limit` below 0: all.
        """
        ranking = await self._ranking((cc, asn))
        failover = ranking is None or ranking.listed == 0
        if ranking is None or failover:
            entries = self._failover.pick(cc, categories, limit, self._rng)
        else:
            entries = ranking.pick(categories, limit, self._rng)
        self._metrics.url_choices.labels("failover" if failover else "ranking").inc()
        return Choice(entries, failover)

    async def choose_explained(
        self, cc: str, asn: int, categories: Collection[str], limit: int
    ) -> list[Explained]:
        """As `choose`, with the reasons; zeros where they cannot be had."""
        try:
            reasons = await asyncio.to_thread(self.explain, cc, asn, categories, limit)
        except (Unavailable, Timeout):
            reasons = None
        if reasons is not None and reasons.entries:
            return reasons.chosen
        chosen = self._failover.pick(cc, categories, limit, self._rng)
        return [Explained(entry, 0, 0, 0.0) for entry in chosen]

    def rules_changed(self) -> None:
        """Call after a rule was changed in this process: the next choice knows it.

        Other processes know half a second later.
        """
        self._shelf.expire()

    def explain(self, cc: str, asn: int, categories: Collection[str], limit: int) -> Reasons:
        """A choice with its reasons, always from the tables. Raises `Unavailable`, `Timeout`."""
        with _reading():
            book, _ = self._shelf.fresh()
            counts = self._store.counts([(cc, asn)], self._clock())[cc, asn]
        rules = applying(book.rules, cc)
        prices = RuleBook(rules)
        explained = [_explained(entry, counts, prices.priority(entry)) for entry in book.lists.of(cc)]
        order = self._rng.sample(explained, len(explained))
        order.sort(key=lambda one: one.weight, reverse=True)
        wanted = [
            one
            for one in order
            if one.priority > 0 and (not categories or one.entry.category_code in categories)
        ]
        return Reasons(wanted if limit < 0 else wanted[:limit], explained, rules)

    def coverage(self) -> list[Coverage]:
        """Every entry, by country and then priority (probe contract 2.9). Raises `Unavailable`, `Timeout`.

        All rules count here: an entry of the global list sums up those of every country.
        """
        with _reading():
            prices = RuleBook(self._rules.stored() or DEFAULT_RULES)
            overview = self._store.overview(self._clock())
        rows = [
            Coverage(
                one.entry,
                one.measured,
                100 * one.anomalies // one.measured if one.measured else 0,
                prices.priority(one.entry),
            )
            for one in overview
        ]
        return sorted(rows, key=lambda row: (row.entry.cc, -row.priority, row.entry.url))

    async def _ranking(self, network: Network) -> Ranking | None:
        rankings = self._countries if network[1] == 0 else self._networks
        ready = rankings.ready(network)
        if ready is not None:
            return ready
        book = self._shelf.book
        asked = rankings.ask(network)
        if asked is not None:
            answer = asyncio.wrap_future(asked)
            # Only waited for, never cancelled: others wait for the same one.
            await asyncio.wait({answer}, timeout=_LONGEST_FIRST_WAIT if book is None else _LONGEST_WAIT)
            if answer.done():
                return answer.result()
        return None if book is None else rank(book.candidates(network[0]), {})

    def _load(self, networks: Sequence[Network]) -> tuple[Mapping[Network, Ranking], object]:
        book, edition = self._shelf.fresh()
        # A URL that a new rule rules out must not come back with the next outage.
        self._failover.update(book)
        counts = self._store.counts(networks, self._clock())
        found = {network: rank(book.candidates(network[0]), counts[network]) for network in networks}
        return found, edition

    def _keep_ready(self) -> None:
        pause = 0.0
        while not self._stopping.wait(pause):
            pause = _RENEW if self._renew() else _RETRY

    def _renew(self) -> bool:
        try:
            self._rules.add_defaults()
            book, _ = self._shelf.fresh()
        except (WarehouseError, RulesAway):
            # Not there yet, or without its tables. Said once by those who need an answer, not each second.
            return False
        except Exception as exc:  # noqa: BLE001 - the thread must live on, or the list grows old unseen
            _log.error("the failover list was not renewed", exc_info=exc)
            return True
        self._failover.update(book)
        return len(book.lists) > 0

    def _watch_rules(self) -> None:
        # Rankings may hold for half a minute: a change made elsewhere ends them all at once.
        while not self._stopping.wait(_WATCH):
            try:
                book = self._shelf.look_at_rules()
            except Exception as exc:  # noqa: BLE001 - as above
                _log.error("the rules cannot be watched", exc_info=exc)
                book = None
            if book is not None:
                self._failover.update(book)


@contextmanager
def _reading() -> Iterator[None]:
    try:
        yield
    except WarehouseTimeout:
        raise Timeout("counting took too long") from None
    except WarehouseError:
        raise Unavailable("ClickHouse is away", retry_after=5) from None
    except RulesAway:
        raise Unavailable("The database is away for a moment", retry_after=5) from None


def _explained(entry: Entry, counts: Mapping[str, int], priority: int) -> Explained:
    measured = counts.get(entry.url, 0)
    return Explained(entry, measured, priority, weight(priority, measured))
