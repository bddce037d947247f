"""Whose turn it is: a job never runs twice at once on a host, nor a shared one on two hosts.

On one host a locked file decides, which the system lets go when a process dies. Between hosts a lease in the
object store decides: numbered objects `jobs/leases/<job>/<number>`, of which the highest counts. Each number
can be made once only, so one of many that want it gets it. A lease that was not renewed for five minutes has
ended; clocks of hosts may differ by less than that.
"""

import fcntl
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
import structlog

from oonib.objects import ObjectExists, ObjectNotFound, ObjectStore, ObjectStoreError

_LEASE_SECONDS = 300.0
_RENEW_SECONDS = 60.0
_TRIES = 5
_TRY_PAUSE = 0.02
_log = structlog.get_logger("jobs")


class NotOurTurn(Exception):
    """The job is not to be run here now. The message says why."""


class Lease(msgspec.Struct, frozen=True):
    """Who has a job and until when, and when it was last done well (seconds since the epoch, 0 for never)."""

    host: str
    until: float
    done: float


@dataclass(slots=True)
class Turn:
    """A run under way; `ok` is set when it went well."""

    ok: bool = False


@contextmanager
def local_turn(lock: Path) -> Iterator[None]:
    """Hold the turn of this host. Raises `NotOurTurn`, `OSError`."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _lock(descriptor)
        yield
    finally:
        os.close(descriptor)


def is_running(lock: Path) -> bool:
    """Whether some process of this host holds the turn."""
    try:
        descriptor = os.open(lock, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _lock(descriptor: int) -> None:
    for attempt in range(_TRIES):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if attempt == _TRIES - 1:
                raise NotOurTurn("it runs already") from None
            # Somebody who only looks has it for a moment.
            time.sleep(_TRY_PAUSE)
        else:
            return


class Leases:
    """Leases of one host, which calls itself `host`."""

    def __init__(
        self,
        objects: ObjectStore,
        host: str,
        *,
        clock: Callable[[], float] = time.time,
        lasts: float = _LEASE_SECONDS,
        renew_every: float = _RENEW_SECONDS,
    ) -> None:
        self._objects = objects
        self._host = host
        self._clock = clock
        self._lasts = lasts
        self._renew_every = renew_every

    def turn(self, name: str, fresh: float | None) -> AbstractContextManager[Turn]:
        """Hold the turn of all hosts, renewing it while it is held. Raises `NotOurTurn`, `ObjectStoreError`.

        The caller holds this host's turn already. It is nobody's turn while another host has done the job
        less than `fresh` seconds ago; None waives that.
        """
        return self._held(name, fresh)

    @contextmanager
    def _held(self, name: str, fresh: float | None) -> Iterator[Turn]:
        number, done = self._take(name, fresh)
        turn, over = Turn(), threading.Event()
        keeper = threading.Thread(target=self._keep, args=(name, number, done, over), daemon=True)
        keeper.start()
        try:
            yield turn
        finally:
            over.set()
            keeper.join()
            self._put(name, number, until=0.0, done=self._clock() if turn.ok else done)

    def _take(self, name: str, fresh: float | None) -> tuple[int, float]:
        number, lease = self._newest(name)
        now = self._clock()
        if lease is not None and lease.host != self._host:
            # A lease of ours was left by a process that died: this host's turn is held.
            if lease.until > now:
                raise NotOurTurn(f"host {lease.host} is at it")
            if fresh is not None and 0 <= now - lease.done < fresh:
                raise NotOurTurn(f"host {lease.host} did it {now - lease.done:.0f} s ago")
        mine = number + 1
        done = 0.0 if lease is None else lease.done
        try:
            self._objects.put_new(_key(name, mine), self._lease(now + self._lasts, done))
        except ObjectExists:
            raise NotOurTurn("another host was faster") from None
        if self._newest(name)[0] != mine:
            # The number had been used and cleared away since we looked.
            self._objects.delete(_key(name, mine))
            raise NotOurTurn("another host was faster")
        self._clear(name, below=mine - 1)
        return mine, done

    def _keep(self, name: str, number: int, done: float, over: threading.Event) -> None:
        while not over.wait(self._renew_every):
            self._put(name, number, until=self._clock() + self._lasts, done=done)

    def _put(self, name: str, number: int, *, until: float, done: float) -> None:
        try:
            newest = self._newest(name)[0]
            if newest == number:
                self._objects.put(_key(name, number), self._lease(until, done))
            else:
                _log.warning("a lease went to another host", job=name)
        except ObjectStoreError as exc:
            _log.warning("a lease cannot be renewed", job=name, problem=str(exc)[:300])

    def _newest(self, name: str) -> tuple[int, Lease | None]:
        numbers = self._numbers(name)
        if not numbers:
            return 0, None
        try:
            raw = self._objects.get(_key(name, numbers[-1]))
            return numbers[-1], msgspec.json.decode(raw, type=Lease)
        except (ObjectNotFound, msgspec.DecodeError):
            return numbers[-1], None

    def _numbers(self, name: str) -> list[int]:
        tails = (info.key.rpartition("/")[2] for info in self._objects.list(_folder(name)))
        return sorted(int(tail) for tail in tails if tail.isdecimal())

    def _clear(self, name: str, *, below: int) -> None:
        for number in self._numbers(name):
            if number < below:
                self._objects.delete(_key(name, number))

    def _lease(self, until: float, done: float) -> bytes:
        return msgspec.json.encode(Lease(self._host, until, done))


def _folder(name: str) -> str:
    return f"jobs/leases/{name}"


def _key(name: str, number: int) -> str:
    return f"{_folder(name)}/{number:012}"
