"""Taking a post into the spool under the uid that its API host gave it.

The same uid sent again is known and stored once: the digest that the spool remembers is made of the uid, not
of the content, because another uid was promised to somebody whatever it holds. The body is not looked at: an
empty or malformed one is stored like any other and becomes a dead letter in scoring (fastpath contract 7).
"""

import asyncio
import time
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from oonib.collector.bodies import decode_body
from oonib.collector.storing import refusal_of
from oonib.errors import BadRequest, Unavailable
from oonib.metrics import Metrics
from oonib.model.uid import BadUid, MeasurementUid, parse_uid
from oonib.spool import Spool, SpoolError, Submission
from oonib.spool.entries import digest_of

_LONGEST_UID = 128
"""Names of archived objects are made of its parts."""

_RETRY_SECONDS = 30


class Backlog(Protocol):
    """Tells why nothing should be sent here for now, or None."""

    async def problem(self) -> str | None:
        """A sentence for the sender."""


class FeederService:
    """Posts of one feeder process."""

    def __init__(
        self,
        spool: Spool,
        metrics: Metrics,
        backlog: Backlog,
        *,
        decoded_limit: int,
        reach: Callable[[str], None],
    ) -> None:
        self._spool = spool
        self._metrics = metrics
        self._backlog = backlog
        self._decoded_limit = decoded_limit
        self._reach = reach
        self._large = asyncio.Semaphore(2)

    def admit(self, name: str) -> MeasurementUid:
        """The uid that `name` is. Raises `BadRequest`."""
        try:
            if len(name) > _LONGEST_UID:
                raise BadUid(f"longer than {_LONGEST_UID} characters")
            uid = parse_uid(name)
            # Its hour names archived objects; no calendar has some that its alphabet allows.
            datetime.strptime(uid.stamp + "+0000", "%Y%m%d%H%M%S.%f%z")
        except ValueError:
            self._metrics.bad.labels("uid").inc()
            raise BadRequest("not a measurement uid") from None
        return uid

    async def welcome(self) -> None:
        """Raise `Unavailable` while too much waits here: the sender then tries another host."""
        problem = await self._backlog.problem()
        if problem is not None:
            raise Unavailable(problem, retry_after=_RETRY_SECONDS)

    async def store(self, uid: MeasurementUid, body: bytes, content_encoding: str) -> None:
        """Return when the post is durable. Raises `BadRequest`, `TooLarge`, `Unavailable`, `NoRoom`."""
        if content_encoding:
            async with self._large:
                body = await asyncio.to_thread(decode_body, body, content_encoding, self._decoded_limit)
        self._reach("feeder.before_spool")
        started = time.perf_counter()
        try:
            submission = Submission(str(uid), "", digest_of(str(uid), b""), body)
            receipt = await asyncio.wrap_future(self._spool.submit(submission))
        except SpoolError as exc:
            raise refusal_of(exc) from exc
        self._metrics.commit_seconds.observe(time.perf_counter() - started)
        (self._metrics.duplicates if receipt.duplicate else self._metrics.accepted).inc()
        self._reach("feeder.before_answer")
