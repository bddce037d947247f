"""Where a measurement's body is looked for, and in which order (data contract 2.5).

Fresh ones are in a spool: here, then on the other hosts, then perhaps already in the archive. Older ones are
in the archive first. What has a uid of the old kind never was in a spool.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog

from oonib.archive import BodyStore, Wanted
from oonib.errors import Gone, Unavailable
from oonib.measurements.gate import Gate
from oonib.measurements.peers import Peers
from oonib.model import jsontext
from oonib.model.envelope import BadEnvelope, read_envelope
from oonib.model.uid import BadUid, MeasurementUid, parse_uid
from oonib.objects import ObjectStoreError
from oonib.spool import CorruptBody, Spool, SpoolError
from oonib.warehouse.errors import WarehouseError

_FRESH = timedelta(hours=1)
_AWAY = (SpoolError, ObjectStoreError, WarehouseError)

_AT_A_TIME = 8
"""Bodies that a process fetches at one time: a large one takes several times its size meanwhile."""

Source = Callable[[], bytes | None]


class Bodies:
    """Finds bodies. `clock` gives the time as an aware datetime."""

    def __init__(self, spool: Spool, archive: BodyStore, peers: Peers, clock: Callable[[], datetime]) -> None:
        self._spool = spool
        self._archive = archive
        self._peers = peers
        self._clock = clock
        self._turns = Gate(_AT_A_TIME, waiting=8 * _AT_A_TIME, patience=10.0)
        self._log = structlog.get_logger("measurements")

    def stored(self, uid: MeasurementUid) -> bytes | None:
        """The bytes that this host's spool has under a uid, as they were stored. Raises `Unavailable`."""
        try:
            return self._spool.body(str(uid))
        except CorruptBody as exc:
            self._log.error("spooled body damaged", uid=str(uid), problem=str(exc))
            return None
        except SpoolError as exc:
            raise Unavailable("The spool cannot be read just now", retry_after=5) from exc

    def spooled(self, uid: str, *, fresh_only: bool) -> bytes | None:
        """The measurement if this host's spool has it: without asking anybody else."""
        if fresh_only and not self._is_fresh(uid):
            return None
        try:
            return _content(self.stored(parse_uid(uid)))
        except BadUid:
            return None

    def find(self, wanted: Wanted) -> bytes | None:
        """The measurement, byte for byte as it was sent, without a line end; None when nobody has it.

        Raises `Unavailable` when one who may have it could not be asked, or too many ask for bodies.
        """
        with self._turns.turn():
            return self._found(wanted)

    def _found(self, wanted: Wanted) -> bytes | None:
        away: Exception | None = None
        for source in self._sources(wanted):
            try:
                body = source()
            except (*_AWAY, Unavailable) as exc:
                self._log.warning("body source away", uid=wanted.uid, problem=str(exc))
                away = exc
                continue
            if body is not None:
                return body
        if away is not None:
            raise Unavailable("The body cannot be fetched just now", retry_after=10) from away
        return None

    def refuse_removed(self, uid: str) -> None:
        """Raise `Gone` for a measurement that was removed, with the reason; `Unavailable` if nobody knows."""
        try:
            found = self._archive.removed(uid)
        except ObjectStoreError as exc:
            raise Unavailable("The archive cannot be read just now", retry_after=10) from exc
        if found is not None:
            raise Gone(
                f"This measurement was removed on {found.removed_at[:10]}: {found.reason}",
                extra={
                    "removed_at": found.removed_at,
                    "removed_by": found.removed_by,
                    "reason": found.reason,
                },
            )

    def _sources(self, wanted: Wanted) -> list[Source]:
        archive: Source = lambda: self._archive.find(wanted)  # noqa: E731 - one of a list of three
        uid = _current_uid(wanted)
        if uid is None:
            return [archive]
        spools: list[Source] = [
            lambda: _content(self.stored(uid)),
            lambda: _content(self._peers.fetch(uid)),
        ]
        return [*spools, archive] if self._is_fresh(wanted.uid) else [archive, *spools]

    def _is_fresh(self, uid: str) -> bool:
        return uid > (self._clock().astimezone(UTC) - _FRESH).strftime("%Y%m%d%H%M")


def _current_uid(wanted: Wanted) -> MeasurementUid | None:
    """The uid taken apart, if it is of the current kind: such a measurement went through a spool.

    The uid alone decides: probes still send measurements under report ids of other forms, and what they
    send has its body from the second it is accepted.
    """
    try:
        return parse_uid(wanted.uid)
    except BadUid:
        return None


def _content(stored: bytes | None) -> bytes | None:
    if stored is None:
        return None
    try:
        return read_envelope(stored).content_bytes
    except (jsontext.MalformedJson, BadEnvelope):
        return None
