"""`oonib up`: the whole backend on one machine."""

import fcntl
import os
import shutil
import socket
from pathlib import Path
from typing import Annotated

import typer

from oonib.cli.common import DataDir, environment_for, fail, own_folder, say, settings_for
from oonib.lifeline import stop_event
from oonib.settings import Settings
from oonib.supervisor import Child, Supervisor, child_environment, command

_STOP_ORDER = ("api", "demo", "migrate", "jobs", "fastpath", "clickhouse")


def up(
    data_dir: DataDir = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="Send in a synthetic world with planted censorship.")
    ] = False,
) -> None:
    """Start the whole backend and keep it running until Ctrl-C.

    Example: `oonib up --port 8080 --data-dir ./data`
    """
    settings = settings_for(data_dir, host=host, port=port)
    folder = own_folder(settings.data_dir).absolute()
    lock = _only_one(folder)
    _port_is_free(settings)
    chosen = environment_for(data_dir=folder, host=settings.host, port=settings.port)
    metrics = folder / "run" / "metrics"
    shutil.rmtree(metrics, ignore_errors=True)
    metrics.mkdir(parents=True)
    shown = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104 - only compared
    stopping = stop_event()
    say(f"starting, data in {folder}")
    Supervisor(
        children=_children(settings, demo=demo),
        stop_order=_STOP_ORDER,
        environment=child_environment({**chosen, "PROMETHEUS_MULTIPROC_DIR": str(metrics)}),
        health_url=f"http://{shown}:{settings.port}/health",
        say=say,
        stopping=stopping,
    ).run()
    os.close(lock)


def _children(settings: Settings, *, demo: bool) -> list[Child]:
    children = [
        Child("migrate", command("db", "migrate", "--wait", "60"), 2.0, once=True),
        Child("fastpath", command("fastpath"), 3.0),
        Child("jobs", command("jobs", "run"), 2.0),
        Child("api", command("api"), 4.0),
    ]
    if settings.clickhouse_url is None:
        children.insert(0, Child("clickhouse", command("clickhouse"), 4.0))
    if demo:
        address = f"http://{settings.host}:{settings.port}"
        children.append(
            Child("demo", command("simulate", "--to", address, "--count", "3000"), 1.0, once=True)
        )
    return children


def _only_one(folder: Path) -> int:
    lock = os.open(folder / "up.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        fail(f"another `oonib up` runs on {folder}")
    return lock


def _port_is_free(settings: Settings) -> None:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as exc:
            fail(
                f"cannot listen on {settings.host} port {settings.port}: {exc.strerror};"
                " choose another with --port"
            )
