"""What came of the last run of each job, kept in files that any process of the host may read."""

import json
import os
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import structlog

_LONGEST_MESSAGE = 500
_log = structlog.get_logger("jobs")


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a run. `skipped`: it was not this process's turn, and nothing was done."""

    at: datetime
    seconds: float
    ok: bool
    message: str
    skipped: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of a job: its last run that was not skipped, and when it is due next. Times are aware."""

    at: datetime | None = None
    seconds: float | None = None
    ok: bool | None = None
    message: str = ""
    next_due: datetime | None = None


class Journal:
    """The last results, one small file for each job in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, name: str) -> Entry:
        """What is known of a job; an empty entry when it never ran or its file is damaged."""
        try:
            found = json.loads((self._folder / f"{name}.json").read_text(encoding="utf-8"))
            times = {key: _time(found[key]) for key in ("at", "next_due")}
            return Entry(**{**found, **times})
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            return Entry()

    def record(self, name: str, result: Result) -> None:
        """Keep the result of a run."""
        message = result.message[:_LONGEST_MESSAGE]
        entry = self.read(name)
        self._write(name, replace(entry, at=result.at, seconds=result.seconds, ok=result.ok, message=message))

    def plan(self, name: str, due: float) -> None:
        """Keep when a job is due next (seconds since the epoch)."""
        self._write(name, replace(self.read(name), next_due=datetime.fromtimestamp(due, UTC)))

    def _write(self, name: str, entry: Entry) -> None:
        path = self._folder / f"{name}.json"
        fresh = path.with_suffix(f".{os.getpid()}.tmp")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            fresh.write_text(json.dumps(asdict(entry), default=datetime.isoformat), encoding="utf-8")
            fresh.replace(path)
        except OSError as exc:
            # A full disk must not keep jobs from running: they may be what frees it.
            _log.warning("the result of a job cannot be kept", job=name, problem=exc.strerror)


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
