"""Gets rid of a quota file that is broken.

A page that makes no sense can end the process that reads it, so before a worker opens an existing file a
process of its own reads all of it: this file, run as a script with the folder. If that fails, dies or hangs,
the file is removed. What is lost is how much some callers have used.
"""

import contextlib
import fcntl
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import lmdb

_CHECK_SECONDS = 20.0
_SOUND, _BROKEN = 0, 3


def heal(folder: Path) -> bool:
    """Make the folder fit to be opened; whether something broken had to go. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _alone(folder.with_name(folder.name + ".lock")):
        if not any((folder / name).exists() for name in ("data.mdb", "lock.mdb")):
            return False
        if _is_sound(folder):
            return False
        aside = folder.with_name(f"{folder.name}.broken-{time.time_ns()}")
        folder.rename(aside)
        shutil.rmtree(aside, ignore_errors=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        return True


def _is_sound(folder: Path) -> bool:
    # As a file and not as a module: the package would bring half of the program with it.
    command = [sys.executable, "-I", __file__, str(folder)]
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and file
            command, timeout=_CHECK_SECONDS, check=False, stdin=subprocess.DEVNULL, capture_output=True
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == _SOUND


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    with path.open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def read_all(folder: Path) -> int:
    """The number of records, after each was read. Raises `lmdb.Error`."""
    env = lmdb.open(str(folder), create=False, max_readers=512)
    with contextlib.closing(env):
        with env.begin() as transaction:
            entries = sum(len(key) > 0 for key, _ in transaction.cursor())
        # Writing takes the lock and reads the list of free pages.
        with env.begin(write=True) as transaction:
            transaction.put(b"check", b"")
            transaction.abort()
    return entries


def main() -> int:
    """The process that looks."""
    try:
        read_all(Path(sys.argv[1]))
    except lmdb.Error:
        return _BROKEN
    return _SOUND


if __name__ == "__main__":
    sys.exit(main())
