"""What every command shares: the data folder option, messages, settings."""

import fcntl
import hashlib
import os
import socket
import stat
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from oonib.settings import Settings, load

DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", help="Folder of the backend's data. [default: $OONIB_DATA_DIR or ./data]"),
]


def say(message: str) -> None:
    """A line for the person at the terminal, never part of the result."""
    print(message, file=sys.stderr, flush=True)  # noqa: T201 - this is the command line


def out(line: str) -> None:
    """A line of the result."""
    print(line, flush=True)  # noqa: T201 - this is the command line


def fail(message: str, *, status: int = 1) -> NoReturn:
    """Say what is wrong and end."""
    say(f"oonib: {message}")
    raise SystemExit(status)


def settings_for(data_dir: Path | None = None, **overrides: object) -> Settings:
    """The settings in force with what was typed on the command line."""
    return load({"data_dir": data_dir, **overrides})


def environment_for(**overrides: object) -> dict[str, str]:
    """Overrides as variables, so that child processes have the same settings."""
    return {f"OONIB_{name.upper()}": str(value) for name, value in overrides.items() if value is not None}


def in_data_dir(settings: Settings) -> None:
    """Refuse a data folder that is not there, rather than make an empty one by mistake."""
    if not settings.data_dir.is_dir():
        fail(f"there is no data folder {settings.data_dir}; start the backend or name it with --data-dir")


def only_one(lock: Path, what: str) -> int:
    """Hold `lock` as long as the returned descriptor is open, or end because another process has it."""
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        fail(f"another {what} runs on {lock.parent}")
    return descriptor


def metrics_folder(settings: Settings) -> Path:
    """Where the processes of one data folder count together.

    In memory where there is such a place: the counts are mapped files, and touching one on a full disk
    would end the process.
    """
    name = hashlib.sha256(str(settings.data_dir.absolute()).encode()).hexdigest()[:16]
    shared = Path("/dev/shm")  # noqa: S108 - a folder of our own in it, whose owner is checked
    folder = shared / f"oonib-{os.getuid()}-{name}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError:
        return settings.data_dir.absolute() / "run" / "metrics"
    ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077
    return folder if ours else settings.data_dir.absolute() / "run" / "metrics"


def share_metrics(settings: Settings) -> None:
    """Let this process count into the folder that /metrics reads. Before `oonib.metrics` is imported."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        folder = metrics_folder(settings)
        folder.mkdir(parents=True, exist_ok=True)
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)


def free_port(settings: Settings) -> int:
    """The port to listen on: the wanted one, which must be free, or any for 0."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
            port: int = probe.getsockname()[1]
        except OSError as exc:
            fail(
                f"cannot listen on {settings.host} port {settings.port}: {exc.strerror};"
                " choose another with --port"
            )
    return port


def own_folder(path: Path) -> Path:
    """Make a folder that only this user may read."""
    path.mkdir(parents=True, exist_ok=True)
    os.chmod(path, 0o700)  # noqa: PTH101 - the folder may be a link to where the data lives
    return path
