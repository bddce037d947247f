"""`oonib up`: the whole backend on one machine."""

import os
import shutil
from typing import Annotated

import typer

from oonib.cli.common import (
    DataDir,
    environment_for,
    free_port,
    metrics_folder,
    only_one,
    own_folder,
    say,
    settings_for,
)
from oonib.cli.demo import prepare
from oonib.lifeline import SUPERVISED, stop_event
from oonib.settings import Settings
from oonib.supervisor import Child, Supervisor, child_environment, command

_STOP_ORDER = (("api", "demo", "migrate"), ("jobs", "fastpath"), ("clickhouse",))
"""Together they may take less than ten seconds: 4, 2.5 and 3."""


def up(
    data_dir: DataDir = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="With a synthetic world of probes and censors in it.")
    ] = False,
) -> None:
    """Start the whole backend and keep it running until Ctrl-C.

    Example: `oonib up --port 8080 --data-dir ./data`
    """
    settings = settings_for(data_dir, host=host, port=port)
    folder = own_folder(settings.data_dir).absolute()
    lock = only_one(folder / "up.lock", "`oonib up`")
    port = free_port(settings)
    world = prepare(folder / "world") if demo else {}
    chosen = environment_for(data_dir=folder, host=settings.host, port=port, **world)
    counts = metrics_folder(settings)
    shutil.rmtree(counts, ignore_errors=True)
    address = _address(settings.host, port)
    stopping = stop_event()
    say(f"starting, data in {folder}")
    Supervisor(
        children=_children(settings, address if demo else None),
        stop_order=_STOP_ORDER,
        environment=child_environment({**chosen, SUPERVISED: "1"}),
        health_url=f"{address}/health",
        say=say,
        stopping=stopping,
    ).run()
    shutil.rmtree(counts, ignore_errors=True)
    os.close(lock)


def _children(settings: Settings, demo: str | None) -> list[Child]:
    children = [
        Child("migrate", command("db", "migrate", "--wait", "60"), 2.0, once=True),
        Child("fastpath", command("fastpath"), 2.5),
        Child("jobs", command("jobs", "run"), 2.0),
        Child("api", command("api"), 4.0),
    ]
    if settings.clickhouse_url is None:
        children.insert(0, Child("clickhouse", command("clickhouse"), 3.0))
    if demo:
        children.append(Child("demo", command("demo", "--to", demo), 1.0, once=True))
    return children


def _address(host: str, port: int) -> str:
    """Where processes of this machine find what listens on `host`."""
    local = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - only compared
    return f"http://[{local}]:{port}" if ":" in local else f"http://{local}:{port}"
