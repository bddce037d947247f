"""Getting the files of the test lists: from a folder, an archive, a web address or a git repository.

Owns finding `lists/*.csv` in each of them within limits. What the files hold is `parsing`'s business.
"""

import os
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.resources import files as package_files
from pathlib import Path

from oonib.reference.citizenlab.archives import LARGEST, LARGEST_FILE, read_archive
from oonib.reference.problems import SourceMissing, SourceProblem
from oonib.reference.sources import STARTER, is_remote, local_path, read_packed, shown

_ARCHIVE_BYTES = 16 * 1024 * 1024
_MOST_FILES = 2000
_GIT_SECONDS = 120.0
_GIT_SOURCES = ("git@", "git://", "ssh://", "git+")
_COMMIT_LENGTH = 40


@dataclass(frozen=True, slots=True)
class Files:
    """The lists by file name, and the commit they are from where that is known."""

    by_name: dict[str, bytes]
    commit: str = ""


def fetch(source: str, *, git_seconds: float = _GIT_SECONDS) -> Files:
    """The files of a source. Raises `SourceProblem`.

    `source`: `STARTER`; a folder with the lists or with `lists` in it; a `.tar`, `.tar.gz` or `.zip`,
    local or at a web address; a git repository (`….git`, `git@…`, `ssh://…`, `git+https://…`).
    """
    if source == STARTER:
        return _folder(Path(str(package_files("oonib.reference").joinpath("starter"))))
    if is_git(source):
        return _clone(source.removeprefix("git+"), git_seconds)
    if not is_remote(source) and (path := local_path(source)).is_dir():
        return _folder(path)
    data = read_packed(source, limit=_ARCHIVE_BYTES)
    return Files(*read_archive(data, shown(source)))


def is_git(source: str) -> bool:
    """Whether the source is a git repository."""
    return source.startswith(_GIT_SOURCES) or source.rstrip("/").endswith(".git")


def _folder(path: Path) -> Files:
    lists = path / "lists" if (path / "lists").is_dir() else path
    found: dict[str, bytes] = {}
    total = 0
    try:
        for entry in sorted(lists.glob("*.csv"))[: _MOST_FILES + 1]:
            found[entry.name] = data = read_packed(str(entry), limit=LARGEST_FILE)
            total += len(data)
            if total > LARGEST or len(found) > _MOST_FILES:
                raise SourceProblem(f"{lists}: larger than any test lists")
    except OSError as exc:
        raise SourceProblem(f"{lists}: {exc.strerror}") from None
    if not found:
        raise SourceMissing(f"{lists}: no .csv files")
    return Files(found)


def _clone(url: str, seconds: float) -> Files:
    with tempfile.TemporaryDirectory(prefix="oonib-lists-") as folder:
        target = Path(folder) / "lists"
        _git("clone", "--quiet", "--depth", "1", "--", url, str(target), seconds=seconds, what=shown(url))
        commit = _git("-C", str(target), "rev-parse", "HEAD", seconds=seconds, what=shown(url)).strip()
        return Files(_folder(target).by_name, commit[:_COMMIT_LENGTH])


def _git(*arguments: str, seconds: float, what: str) -> str:
    # Without questions to a terminal, and without transports that run commands.
    environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_ALLOW_PROTOCOL": "file:git:http:https:ssh"}
    try:
        process = subprocess.Popen(  # noqa: S603 - arguments of ours, the address after `--`
            ["git", *arguments],  # noqa: S607 - the git of this host
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            # A group of its own, because git starts helpers that have to end with it.
            start_new_session=True,
        )
        said, complained = _communicate(process, seconds)
    except FileNotFoundError:
        raise SourceProblem(f"{what}: this host has no git; an archive or a folder needs none") from None
    except subprocess.TimeoutExpired:
        raise SourceProblem(f"{what}: git did not finish within {seconds:g} s") from None
    if process.returncode != 0:
        raise SourceProblem(f"{what}: git failed with {process.returncode}: {_reason(complained)}")
    return said.decode("utf-8", "replace")


def _communicate(process: subprocess.Popen[bytes], seconds: float) -> tuple[bytes, bytes]:
    with process:
        try:
            return process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise


def _reason(complained: bytes) -> str:
    lines = complained.decode("utf-8", "replace").strip().splitlines()[-1:]
    # What git says may repeat the address with its credentials.
    return lines[0][:200] if lines and "@" not in lines[0] else "it gave no reason that can be shown"
