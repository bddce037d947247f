"""Rankings of networks, worked out when they are asked for and kept for a second.

One thread does the work. Whoever asks while it works waits for its next round, which answers all of them with
one query: a thousand probes at once cost hardly more than one, and nobody asks twice for the same network.
What is behind a ranking is not known here, nor what to do without one.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

import structlog

from oonib.checkin.prioritisation.ranking import Ranking
from oonib.checkin.prioritisation.sources import RulesAway
from oonib.checkin.prioritisation.store import Network
from oonib.warehouse.errors import WarehouseError

_log = structlog.get_logger("checkin")
_MOST_AT_ONCE = 32
_REST_AFTER_FAILURE = 1.0
_LONGEST_LIFE = 30.0
_HANGS = 1.0
"""Seconds after which a round is thought to hang: whoever comes then does not wait for the next."""

Load = Callable[[Sequence[Network]], tuple[Mapping[Network, Ranking], object]]
"""Rankings of some networks, and the edition of the rules and lists behind them."""


@dataclass(frozen=True, slots=True)
class _Kept:
    ranking: Ranking
    edition: object
    until: float


class Rankings:
    """The latest rankings of up to `most` networks.

    `edition` gives what must still be the same for a ranking to hold, `life` seconds for which it holds; one
    that took long to work out holds ten times as long as that took, half a minute at most.
    """

    def __init__(
        self,
        load: Load,
        edition: Callable[[], object],
        *,
        life: float = 1.0,
        most: int = 256,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._load = load
        self._edition = edition
        self._life = life
        self._most = most
        self._clock = clock
        self._changed = threading.Condition()
        self._kept: OrderedDict[Network, _Kept] = OrderedDict()
        self._asked: dict[Network, Future[Ranking | None]] = {}
        self._thread: threading.Thread | None = None
        self._closed = self._said_away = False
        self._away_until = self._busy_since = float("-inf")

    def ready(self, network: Network) -> Ranking | None:
        """The ranking, if it can be had without waiting."""
        kept = self._kept.get(network)
        if kept is None or self._clock() >= kept.until or kept.edition is not self._edition():
            return None
        return kept.ranking

    def ask(self, network: Network) -> Future[Ranking | None] | None:
        """The ranking to come; None in place of it where ClickHouse is away. It must not be cancelled.

        None in place of the future: so many are asked for that it would take too long.
        """
        with self._changed:
            if self._closed or self._clock() < self._away_until or self._hangs():
                return _nothing()
            asked = self._asked.get(network)
            if asked is None:
                if len(self._asked) >= _MOST_AT_ONCE:
                    return None
                asked = self._asked[network] = Future()
                self._start()
                self._changed.notify()
            return asked

    def close(self) -> None:
        """Let go of everybody who waits. A round under way ends by itself."""
        with self._changed:
            self._closed = True
            waiting, self._asked = self._asked, {}
            self._changed.notify()
        _answer(waiting, {})

    def _hangs(self) -> bool:
        return self._busy_since > 0 and self._clock() - self._busy_since > _HANGS

    def _start(self) -> None:
        if self._thread is None:
            # A daemon: the end of the process does not wait for a ClickHouse that hangs.
            self._thread = threading.Thread(target=self._work, name="checkin-rankings", daemon=True)
            self._thread.start()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._asked or self._closed)
                if self._closed:
                    return
                round_ = {key: self._asked.pop(key) for key in list(self._asked)[:_MOST_AT_ONCE]}
                self._busy_since = self._clock()
            found = self._attempt(list(round_))
            with self._changed:
                self._busy_since = float("-inf")
                waiting = {} if found else dict(self._asked)
                if not found:
                    # Those who came meanwhile would only wait for the same.
                    self._asked.clear()
                    self._away_until = self._clock() + _REST_AFTER_FAILURE
            _answer(round_, found)
            _answer(waiting, {})

    def _attempt(self, networks: Sequence[Network]) -> Mapping[Network, Ranking]:
        started = self._clock()
        try:
            found, edition = self._load(networks)
        except (WarehouseError, RulesAway) as exc:
            if not self._said_away:
                _log.warning("no rankings: lists, rules or counts are away", problem=str(exc)[:200])
            self._said_away = True
            return {}
        except Exception as exc:  # noqa: BLE001 - a defect must not leave check-ins waiting
            _log.error("no rankings", exc_info=exc)
            return {}
        self._said_away = False
        ended = self._clock()
        until = ended + max(self._life, min(10 * (ended - started), _LONGEST_LIFE))
        self._keep({network: _Kept(ranking, edition, until) for network, ranking in found.items()})
        return found

    def _keep(self, fresh: Mapping[Network, _Kept]) -> None:
        with self._changed:
            for network, kept in fresh.items():
                self._kept.pop(network, None)
                self._kept[network] = kept
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)


def _nothing() -> Future[Ranking | None]:
    done: Future[Ranking | None] = Future()
    done.set_result(None)
    return done


def _answer(asked: Mapping[Network, Future[Ranking | None]], found: Mapping[Network, Ranking]) -> None:
    for network, future in asked.items():
        if future.set_running_or_notify_cancel():
            future.set_result(found.get(network))
