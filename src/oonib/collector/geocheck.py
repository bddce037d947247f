"""Whether a submission came from the network that it names (probe contract 5.7). Never affects an answer.

The address is looked up and forgotten. Differences become rows of `faulty_measurements`, written by a thread
in batches; when ClickHouse is away or too slow they are dropped and counted, because nobody waits for them.
"""

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import msgspec
import structlog

from oonib.metrics.reference import ReferenceMetrics
from oonib.reference.geoip import Network
from oonib.warehouse.errors import WarehouseError
from oonib.warehouse.ports import Inserts
from oonib.warehouse.tables import FAULTY_MEASUREMENTS_COLUMNS

Mismatch = Literal["cc", "asn", "both"]
Row = tuple[str, str, int, str]
"""A row in the order of `FAULTY_MEASUREMENTS_COLUMNS`."""

_MOST_WAITING = 2000
_MOST_WAITING_BYTES = 32 * 1024 * 1024
_BATCH = 500
_BATCH_SECONDS = 1.0
_LONGEST_TEXT = 200
_log = structlog.get_logger("collector")


class Locator(Protocol):
    """What finds the network of an address; `loaded` is False as long as it knows nothing at all."""

    @property
    def loaded(self) -> bool:
        """Whether there is any data."""

    def lookup(self, address: str) -> Network:
        """The network of an address. Never raises."""


class _Software(msgspec.Struct):
    """What details say of the sender, read without building the rest of the measurement."""

    software_name: Any = None
    software_version: Any = None
    annotations: Any = None


class _Envelope(msgspec.Struct):
    """Where that is."""

    content: _Software


@dataclass(frozen=True, slots=True)
class Difference:
    """A submission from elsewhere: what its report id names, where it came from, what is stored of it."""

    cc: str
    asn: int
    uid: str
    network: Network
    envelope: bytes


def mismatch(network: Network, cc: str, asn: int) -> Mismatch | None:
    """What differs between a network and the country and network that a submission names."""
    if network.cc == cc.upper():
        return None if network.asn == asn else "asn"
    return "cc" if network.asn == asn else "both"


def row_of(difference: Difference) -> Row:
    """The row for a difference. What the measurement lacks or has in another type is an empty text."""
    software = _software(difference.envelope)
    annotations = software.annotations if isinstance(software.annotations, dict) else {}
    details = {
        "submission_cc": difference.cc,
        "submission_asn": difference.asn,
        "measurement_uid": difference.uid,
        "software_name": _text(software.software_name),
        "software_version": _text(software.software_version),
        "platform": _text(annotations.get("platform")),
    }
    network = difference.network
    return "geoip", network.cc, network.asn, msgspec.json.encode(details).decode()


class GeoCheck:
    """Notes submissions and writes rows. Safe from any thread."""

    def __init__(self, locator: Locator, warehouse: Inserts, metrics: ReferenceMetrics) -> None:
        self._locator = locator
        self._warehouse = warehouse
        self._metrics = metrics
        self._waiting: deque[Difference] = deque()
        self._bytes = 0
        self._changed = threading.Condition()
        self._ending = False
        self._thread: threading.Thread | None = None

    def note(self, address: str, cc: str, asn: int, uid: str, envelope: bytes) -> None:
        """Compare where `uid` came from with what its report says. Does not wait and does not raise."""
        if not self._locator.loaded:
            return
        network = self._locator.lookup(address)
        kind = mismatch(network, cc, asn)
        if kind is None:
            self._metrics.match.inc()
            return
        self._metrics.nomatch.labels(kind).inc()
        self._queue(Difference(cc, asn, uid, network, envelope))

    def close(self) -> None:
        """Write what waits, unless that takes long."""
        with self._changed:
            self._ending = True
            self._changed.notify()
            thread = self._thread
        if thread is not None:
            thread.join(2 * _BATCH_SECONDS)

    def _queue(self, difference: Difference) -> None:
        with self._changed:
            full = len(self._waiting) >= _MOST_WAITING
            if full or self._ending or self._bytes + len(difference.envelope) > _MOST_WAITING_BYTES:
                self._metrics.unrecorded.labels("full").inc()
                return
            self._waiting.append(difference)
            self._bytes += len(difference.envelope)
            if self._thread is None:
                # Not earlier: a server may fork between making this and using it.
                self._thread = threading.Thread(target=self._run, name="geocheck", daemon=True)
                self._thread.start()
            self._changed.notify()

    def _run(self) -> None:
        while batch := self._batch():
            try:
                rows = [row_of(difference) for difference in batch]
                self._warehouse.insert("faulty_measurements", FAULTY_MEASUREMENTS_COLUMNS, rows)
            except WarehouseError as exc:
                self._metrics.unrecorded.labels("clickhouse").inc(len(batch))
                _log.warning("differences were not recorded", count=len(batch), problem=str(exc)[:300])

    def _batch(self) -> Sequence[Difference]:
        """What has waited for up to a second; empty at the end."""
        with self._changed:
            self._changed.wait_for(lambda: bool(self._waiting) or self._ending)
            self._changed.wait_for(
                lambda: len(self._waiting) >= _BATCH or self._ending, timeout=_BATCH_SECONDS
            )
            batch = [self._waiting.popleft() for _ in range(min(_BATCH, len(self._waiting)))]
            self._bytes -= sum(len(difference.envelope) for difference in batch)
            return batch


def _software(envelope: bytes) -> _Software:
    try:
        return msgspec.json.decode(envelope, type=_Envelope).content
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        # Accepted, but with something that the fast decoder does not take, such as a lone surrogate.
        return _Software()


def _text(value: object) -> str:
    return value[:_LONGEST_TEXT] if isinstance(value, str) else ""
