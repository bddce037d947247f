"""An account's worktree: upstream with the account's edits, a commit for each. It can be thrown away.

A mark beside it says what it was made of. Where the mark is another one, or gone, the worktree is made again.
"""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from oonib.testlists.changes import Edit, Fit, fit_later
from oonib.testlists.clone import MOST_BYTES, Clone
from oonib.testlists.files import BadList, ListFile
from oonib.testlists.git import NETWORK, GitFailed
from oonib.testlists.remotes import Remote

_PLAIN_RE = re.compile(r"[0-9A-Za-z]{1,64}", re.ASCII)


class Unclean(Exception):
    """There are changes in the worktree that nobody made here."""


def safe_name(account_id: str) -> str:
    """What files and branches of an account are called: its id, or a hash of one that is no plain word."""
    if _PLAIN_RE.fullmatch(account_id):
        return account_id
    return "x" + hashlib.blake2b(account_id.encode("utf-8", "surrogatepass"), digest_size=20).hexdigest()


class Worktree:
    """That of one account. Methods raise `GitFailed`, `OSError`, `Busy`; the account's lock is held."""

    def __init__(self, clone: Clone, users: Path, account_id: str) -> None:
        name = safe_name(account_id)
        self.branch = f"user-contribution/{name}"
        self._clone = clone
        self._folder = users / name
        self._path = self._folder / "test-lists"
        self._mark = self._folder / "made-of"

    def is_of(self, base: str, edits: Sequence[Edit]) -> bool:
        """Whether it is upstream at `base` with these edits."""
        try:
            return self._mark.read_text("ascii") == _digest(base, edits) and self._is_linked()
        except (OSError, UnicodeDecodeError):
            return False

    def _is_linked(self) -> bool:
        # A clone that was lost and made again knows nothing of it, or has given its place to another one.
        link = self._path / ".git"
        there = Path(link.read_text("utf-8").removeprefix("gitdir:").strip())
        return Path((there / "gitdir").read_text("utf-8").strip()) == link.absolute()

    def mark(self, base: str, edits: Sequence[Edit]) -> None:
        """Say that it is."""
        self._mark.write_text(_digest(base, edits), "ascii")

    def forget(self) -> None:
        """It is no longer what it was made of."""
        self._mark.unlink(missing_ok=True)

    def make(self, base: str, edits: Sequence[Edit]) -> tuple[list[Edit], list[tuple[Edit, Fit]]]:
        """Make it again; the edits that it has, and those that no longer fit.

        What somebody else has done meanwhile is among neither.
        """
        self.remove()
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        words = ("worktree", "add", "--quiet", "--force", "--no-track", "-B", self.branch)
        with self._clone.alone():
            self._clone.git.run(self._clone.folder, *words, "--", str(self._path.absolute()), base)
        kept: list[Edit] = []
        unfit: list[tuple[Edit, Fit]] = []
        for edit in edits:
            found = fit_later(edit, self.list)
            if found is Fit.APPLIES:
                self.commit(edit)
                kept.append(edit)
            elif found is not Fit.THERE:
                unfit.append((edit, found))
        self.mark(base, kept)
        return kept, unfit

    def remove(self) -> None:
        """Throw it away, with its branch."""
        self.forget()
        if self._folder.exists():
            shutil.rmtree(self._folder)
        with self._clone.alone():
            self._clone.git.run(self._clone.folder, "worktree", "prune")
            self._clone.git.run(self._clone.folder, "update-ref", "-d", f"refs/heads/{self.branch}")

    def list(self, cc: str) -> ListFile | None:
        """A list as it is here, or None. `cc` is checked. Raises `BadList`."""
        place = self._path / "lists" / f"{cc}.csv"
        if place.is_symlink() or not place.is_file():
            return None
        if place.stat().st_size > MOST_BYTES:
            raise BadList("too large")
        return ListFile.parse(place.read_bytes())

    def commit(self, edit: Edit) -> None:
        """Make an edit that fits. Raises `RowMissing`, and `GitFailed` where the branch did not move."""
        found = self.list(edit.cc)
        if found is None:
            raise BadList("no such list")
        content = found.changed(edit.old, edit.new)
        # Until this is through and noted by the caller, it is neither what it was nor what it will be.
        self.forget()
        place = f"lists/{edit.cc}.csv"
        _overwrite(self._path / place, content)
        before = self.head()
        words = ("commit", "--quiet", "--no-verify", "--allow-empty-message", "--cleanup=whitespace")
        self._run(*words, "--file=-", "--", place, stdin=edit.comment.encode())
        if self.head() == before:
            raise GitFailed("the branch did not move")

    def head(self) -> str:
        """The latest commit."""
        return self._run("rev-parse", "--verify", "HEAD").decode("ascii").strip()

    def differs(self, base: str) -> bool:
        """Whether all edits together change anything."""
        return bool(self._run("diff", "--name-only", "-z", base, "HEAD", "--"))

    def push(self, remote: Remote) -> None:
        """Send the branch, whatever was there. Raises `Unclean`."""
        if self._run("status", "--porcelain", "-z"):
            raise Unclean
        refs = f"+refs/heads/{self.branch}:refs/heads/{self.branch}"
        words = ("push", "--quiet", "--force", "--no-verify", "--end-of-options", remote.url, refs)
        self._run(*words, seconds=NETWORK)

    def _run(self, *words: str, stdin: bytes = b"", seconds: float = 20.0) -> bytes:
        return self._clone.git.run(self._path, *words, stdin=stdin, seconds=seconds)


def _digest(base: str, edits: Sequence[Edit]) -> str:
    text = json.dumps([base, [edit.kept() for edit in edits]], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _overwrite(path: Path, content: bytes) -> None:
    # Never through a link.
    descriptor = os.open(path, os.O_WRONLY | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
