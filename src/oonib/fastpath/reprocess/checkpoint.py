"""What a run has done, kept so that the same command goes on after a kill: a file of JSON lines.

The first line names the job and the run, each further one a file whose rows are durable. Lines are synced
before they count; one that was cut off by a crash is dropped, and its file is scored again, which is
harmless. A lock on the file keeps a second run of the same job out.
"""

import fcntl
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from oonib.fastpath.reprocess.job import Job


class CheckpointBusy(Exception):
    """Another process is at work on the same job."""


@dataclass(frozen=True, slots=True)
class DoneFile:
    """A file that is through: its size when it was read, and counts by outcome; problems by reason."""

    key: str
    size: int
    measurements: int
    rows: int
    problems: int = 0


class Checkpoint:
    """The checkpoint of one job in `folder`. `restart` forgets what was done."""

    def __init__(self, folder: Path, job: Job, *, restart: bool = False) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.path = folder / f"{job.key}.jsonl"
        self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._file)
            raise CheckpointBusy(f"another `oonib reprocess` does the same: {self.path} is locked") from None
        lines = [] if restart else self._kept()
        self.done: dict[str, DoneFile] = {}
        if lines:
            self.run_id = str(lines[0]["run"])
            for line in lines[1:]:
                one = DoneFile(**line)
                self.done[one.key] = one
        else:
            self.run_id = uuid4().hex
            os.ftruncate(self._file, 0)
            self._append([{"run": self.run_id, "job": json.loads(json.dumps(asdict(job), default=str))}])
            _sync_folder(folder)

    def is_done(self, key: str, size: int) -> bool:
        """Whether an earlier start of this job has done the file, as it is now."""
        found = self.done.get(key)
        return found is not None and found.size == size

    def add(self, files: Sequence[DoneFile]) -> None:
        """Note files whose rows are durable; on return the note is durable too."""
        if files:
            self._append([asdict(one) for one in files])
            self.done.update({one.key: one for one in files})

    def close(self) -> None:
        """Let another run have it."""
        os.close(self._file)

    def _kept(self) -> list[dict[str, Any]]:
        """The whole lines from the beginning; the file is cut behind them."""
        os.lseek(self._file, 0, os.SEEK_SET)
        with os.fdopen(os.dup(self._file), "rb") as stream:
            text = stream.read()
        lines = []
        kept = 0
        for line in text.splitlines(keepends=True):
            try:
                value = json.loads(line) if line.endswith(b"\n") else None
            except ValueError:
                value = None
            if not isinstance(value, dict) or ("run" in value) != (kept == 0):
                break
            lines.append(value)
            kept += len(line)
        os.ftruncate(self._file, kept)
        return lines

    def _append(self, lines: Sequence[dict[str, Any]]) -> None:
        text = "".join(json.dumps(line) + "\n" for line in lines).encode()
        os.lseek(self._file, 0, os.SEEK_END)
        while text:
            text = text[os.write(self._file, text) :]
        os.fsync(self._file)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
