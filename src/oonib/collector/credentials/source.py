"""Where the manifest comes from, and which one is in force: read again every minute, beside the requests.

A manifest that cannot be read or used is named once in the log, and the one before stays in force.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import structlog

from oonib.collector.credentials.authority import Authority, BadKeys, LibraryAbsent
from oonib.collector.credentials.crew import Crew
from oonib.collector.credentials.manifest import BadManifest, Manifest

LIFE_SECONDS = 60.0
_LARGEST = 1024 * 1024


class SourceAway(Exception):
    """The place of the manifest cannot be read. The message says why."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """The bytes of a manifest and when they were last changed (aware)."""

    raw: bytes
    modified: datetime


class Source(Protocol):
    """Where a manifest is."""

    def fetch(self, limit: int) -> Fetched:
        """Read it, up to `limit` bytes. Raises `SourceAway`, `BadManifest` when it is larger."""


@dataclass(frozen=True, slots=True)
class InForce:
    """A manifest and the authority for its parameters."""

    manifest: Manifest
    authority: Authority


class Keeper:
    """The manifest in force. `current` may be called on an event loop: it never reads anything itself.

    `note` is told `ok` or a token of what is wrong each time the manifest was read.
    """

    def __init__(
        self,
        source: Source,
        secret_key: str,
        note: Callable[[str], None],
        *,
        seconds: float = LIFE_SECONDS,
    ) -> None:
        self._source = source
        self._secret_key = secret_key
        self._note = note
        self._crew = Crew()
        self._seconds = seconds
        self._lock = threading.Lock()
        self._due = 0.0
        self._in_force: InForce | None = None
        self._raw = b""
        self._problem: tuple[str, str] | None = None

    @property
    def problem(self) -> tuple[str, str] | None:
        """Token and sentence of what was wrong at the last reading; None when all was well."""
        return self._problem

    def current(self) -> InForce | None:
        """What is in force. When it is a minute old, a thread of its own looks for a newer one."""
        if time.monotonic() >= self._due and self._lock.acquire(blocking=False):
            # Held until that thread has read: one reads, all others go on with what there is.
            self._renew_beside()
        return self._in_force

    def _renew_beside(self) -> None:
        try:
            threading.Thread(target=self._renew, name="manifest", daemon=True).start()
        except RuntimeError:
            # No thread to be had at this moment: the next request tries again.
            self._lock.release()

    def close(self) -> None:
        """End the processes that issue and verify."""
        self._crew.close()

    def load(self) -> None:
        """Read the manifest now, at the start."""
        self._lock.acquire()
        self._renew()

    def _renew(self) -> None:
        try:
            problem = self._read()
            if problem is not None and problem != self._problem:
                structlog.get_logger("credentials").error(
                    "manifest cannot be used", reason=problem[1], kept=self._in_force is not None
                )
            self._problem = problem
            self._note("ok" if problem is None else problem[0])
        finally:
            self._due = time.monotonic() + self._seconds
            self._lock.release()

    def _read(self) -> tuple[str, str] | None:
        try:
            fetched = self._source.fetch(_LARGEST)
            if self._in_force is None or fetched.raw != self._raw:
                manifest = Manifest.parse(fetched.raw, fetched.modified)
                authority = Authority.open(self._crew, manifest.body.public_parameters, self._secret_key)
                self._in_force, self._raw = InForce(manifest, authority), fetched.raw
        except SourceAway as exc:
            return "anonc_manifest_unreachable", str(exc)
        except BadManifest as exc:
            return "bad_anonc_manifest", str(exc)
        except BadKeys as exc:
            return "bad_anonc_secret_key", str(exc)
        except LibraryAbsent as exc:
            return "anonc_library_absent", str(exc)
        return None
