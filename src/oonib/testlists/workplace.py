"""The folder of all clones and worktrees: locks of accounts, and how much room they take."""

import contextlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

from oonib.testlists.clone import Clone
from oonib.testlists.git import GitFailed
from oonib.testlists.locks import Busy, held
from oonib.testlists.worktree import Worktree, safe_name

_PATIENCE = 5.0
_AT_ONCE = 4
_log = structlog.get_logger("testlists")


class Workplace:
    """`most`: worktrees that stay on disk. Those beyond it that lie idle the longest are thrown away."""

    def __init__(self, folder: Path, clone: Clone, *, most: int = 50) -> None:
        self._locks = folder / "locks"
        self._users = folder / "users"
        self._most = most
        self._room = threading.BoundedSemaphore(_AT_ONCE)
        self.clone = clone
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    @contextmanager
    def held(self, account_id: str) -> Iterator[None]:
        """Nobody else works for this account. Raises `Busy` after 5 s, also where too many work at all."""
        if not self._room.acquire(timeout=_PATIENCE):
            raise Busy("too many at once")
        try:
            with held(self._lock_of(safe_name(account_id)), _PATIENCE):
                yield
        finally:
            self._room.release()

    def worktree(self, account_id: str) -> Worktree:
        """That of an account, whether it is there or not."""
        return Worktree(self.clone, self._users, account_id)

    def make_room(self) -> None:
        """Throw away the worktrees that lay idle the longest, beyond `most`. Those in use stay."""
        folders = sorted(self._users.glob("*"), key=_age) if self._users.exists() else []
        for folder in folders[: max(0, len(folders) - self._most)]:
            with contextlib.suppress(Busy):
                self._throw_away(folder.name)

    def _throw_away(self, name: str) -> None:
        with held(self._lock_of(name), 0.0):
            try:
                Worktree(self.clone, self._users, name).remove()
            except (OSError, GitFailed) as exc:
                _log.warning("a worktree cannot be removed", problem=str(exc))

    def _lock_of(self, name: str) -> Path:
        return self._locks / f"account-{name}"


def _age(folder: Path) -> float:
    try:
        return folder.stat().st_mtime
    except OSError:
        return 0.0
