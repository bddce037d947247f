"""What `oonib doctor` looks at: each check is a function from settings to a finding with advice.

It reads and measures only; nothing is changed, created or repaired.
"""

import os
import platform
import shutil
import socket
import sqlite3
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

from oonib.settings import Settings

_SPACE = 5 * 1024**3
_FUTURE_SECONDS = 60.0
_EARLIEST_YEAR = 2026


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One thing that was looked at, and what to do where it is not well."""

    subject: str
    status: Literal["ok", "warning", "fail"]
    detail: str
    advice: str = ""


def diagnose(settings: Settings) -> Iterator[Diagnosis]:
    """Every check, the cheap ones first."""
    yield _versions()
    yield from _folder(settings.data_dir)
    yield _disk(settings.data_dir)
    yield _fsync(settings.data_dir)
    yield _port(settings)
    yield _clock(settings.data_dir)
    yield _memory()


def _versions() -> Diagnosis:
    names = ("chdb", "clickhouse-connect", "granian", "fastapi")
    shown = ", ".join(f"{name} {metadata.version(name)}" for name in names)
    return Diagnosis(
        "versions", "ok", f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {shown}"
    )


def _folder(folder: Path) -> Iterator[Diagnosis]:
    if not folder.exists():
        yield Diagnosis("data folder", "warning", f"{folder} does not exist", "it is made by `oonib up`")
        return
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        owner = folder.stat().st_uid
        yield Diagnosis(
            "data folder", "fail", f"{folder} is not writable", f"run as user id {owner} or change its owner"
        )
        return
    yield Diagnosis("data folder", "ok", f"{folder.absolute()} is writable")
    exposed = [path for path in _secrets(folder) if stat.S_IMODE(path.stat().st_mode) & 0o077]
    for path in exposed:
        yield Diagnosis("secrets", "fail", f"{path} can be read by others", f"chmod 600 {path}")
    if not exposed:
        yield Diagnosis("secrets", "ok", "only this user can read them")


def _secrets(folder: Path) -> list[Path]:
    return [path for path in (folder / "clickhouse" / "password",) if path.exists()]


def _disk(folder: Path) -> Diagnosis:
    near = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    free = shutil.disk_usage(near).free
    detail = f"{free / 1024**3:.1f} GiB free"
    if free < _SPACE:
        return Diagnosis(
            "disk", "warning", detail, "free some space: submissions stop before the disk is full"
        )
    return Diagnosis("disk", "ok", detail)


def _fsync(folder: Path) -> Diagnosis:
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        return Diagnosis("fsync", "warning", "not measured: no data folder")
    path = folder / f".doctor-{os.getpid()}"
    try:
        with path.open("wb") as file:
            started = time.perf_counter()
            for _ in range(10):
                file.write(b"x" * 4096)
                file.flush()
                os.fsync(file.fileno())
            each = (time.perf_counter() - started) / 10
    finally:
        path.unlink(missing_ok=True)
    slow = each > 0.05
    advice = "every submission waits for the disk: use a faster one" if slow else ""
    return Diagnosis("fsync", "warning" if slow else "ok", f"{each * 1000:.1f} ms", advice)


def _port(settings: Settings) -> Diagnosis:
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as exc:
            running = (settings.data_dir / "up.lock").exists()
            advice = (
                "fine if that is oonib itself" if running else "stop what listens there or set OONIB_PORT"
            )
            return Diagnosis("port", "warning", f"{settings.host}:{settings.port}: {exc.strerror}", advice)
    return Diagnosis("port", "ok", f"{settings.host}:{settings.port} is free")


def _clock(folder: Path) -> Diagnosis:
    now = time.time()
    newest = max((path.stat().st_mtime for path in folder.glob("spool/*")), default=0.0)
    if time.gmtime(now).tm_year < _EARLIEST_YEAR or newest > now + _FUTURE_SECONDS:
        return Diagnosis(
            "clock",
            "fail",
            time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now)),
            "set the clock: uids carry the time",
        )
    return Diagnosis("clock", "ok", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now)))


def _memory() -> Diagnosis:
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    detail = f"{total / 1024**3:.1f} GiB, {os.cpu_count()} processors"
    if total < 2 * 1024**3:
        return Diagnosis("memory", "warning", detail, "2 GiB or more are advised")
    return Diagnosis("memory", "ok", detail)
