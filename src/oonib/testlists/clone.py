"""The clone that all accounts share: a bare copy of upstream. Owns its locks; fetches and reads lists."""

import contextlib
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

from oonib.testlists.files import BadList, ListFile
from oonib.testlists.git import NETWORK, Git, GitFailed
from oonib.testlists.locks import Busy, held
from oonib.testlists.remotes import Remote

BRANCH = "master"
MOST_BYTES = 8 * 1024**2
"""Of one list."""

_UPSTREAM = "refs/remotes/origin/master"
_PATIENCE = 5.0
_REST = 10.0
"""Seconds after a fetch that failed before the next one is tried."""

_log = structlog.get_logger("testlists")


class NoClone(Exception):
    """Upstream was never fetched, and cannot be now."""


class Clone:
    """Safe from several threads and processes. Methods raise `GitFailed`, and `Busy` where they wait."""

    def __init__(self, folder: Path, origin: Remote, git: Git) -> None:
        self._fetching = folder / "locks" / "fetch"
        self._changing = folder / "locks" / "worktrees"
        self._origin = origin
        self.folder = folder / "test-lists.git"
        self.git = git
        self._fetched = self._failed = float("-inf")

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else makes or removes worktrees."""
        with held(self._changing, _PATIENCE):
            yield

    def refresh(self, max_age: float) -> str:
        """The commit of upstream, fetched where the last time is longer ago than `max_age` seconds.

        While upstream is away it is the last one that is known. Raises `NoClone`.
        """
        now = time.monotonic()
        if now - self._fetched > max_age and now - self._failed > _REST:
            try:
                with held(self._fetching, _PATIENCE):
                    self._fetch()
                self._fetched = time.monotonic()
            except Busy:
                # Somebody else's fetch takes long: what is known has to do.
                pass
            except GitFailed as exc:
                self._failed = time.monotonic()
                _log.warning("upstream cannot be fetched", problem=str(exc))
        return self._head()

    def has(self, commit: str) -> bool:
        """Whether a commit is still there: upstream may have been put back, and the rest thrown away."""
        try:
            self.git.run(self.folder, "cat-file", "-e", f"{commit}^{{commit}}")
        except GitFailed:
            return False
        return True

    def list(self, commit: str, cc: str) -> ListFile | None:
        """A list as it is in a commit, or None. `cc` is checked."""
        place = f"lists/{cc}.csv"
        found = self.git.run(self.folder, "ls-tree", "-l", commit, "--", place).decode("ascii", "replace")
        words = found.split()
        if len(words) < 5 or words[1] != "blob" or not words[0].startswith("100"):
            return None
        if not words[3].isdecimal() or int(words[3]) > MOST_BYTES:
            raise BadList("too large")
        return ListFile.parse(self.git.run(self.folder, "cat-file", "blob", words[2]))

    def _head(self) -> str:
        try:
            found = self.git.run(self.folder, "rev-parse", "--verify", "--quiet", _UPSTREAM)
        except (GitFailed, OSError):
            raise NoClone from None
        return found.decode("ascii").strip()

    def _fetch(self) -> None:
        if not (self.folder / "HEAD").exists():
            self._make()
        refs = f"+refs/heads/{BRANCH}:{_UPSTREAM}"
        words = ("fetch", "--quiet", "--no-tags", "--force", "--end-of-options", self._origin.url, refs)
        self.git.run(self.folder, *words, seconds=NETWORK)

    def _make(self) -> None:
        fresh = self.folder.with_suffix(".new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        self.git.run(fresh, "init", "--quiet", "--bare", "--template=")
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(self.folder)
        fresh.replace(self.folder)
