"""`oonib api`: the HTTP API of one host."""

import os
from typing import Annotated

import typer

from oonib.cli.common import DataDir, environment_for, own_folder, settings_for

_BUFFER = 64 * 1024
"""Longest request head, in bytes; what is longer is refused before any of our code runs."""


def api(
    data_dir: DataDir = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    workers: Annotated[int | None, typer.Option(help="Processes that serve.")] = None,
) -> None:
    """Serve the HTTP API. ClickHouse and the object store may come up later.

    Example: `oonib api --port 8080 --workers 2`
    """
    from granian import Granian
    from granian.constants import Interfaces, Loops
    from granian.http import HTTP1Settings

    from oonib.lifeline import follow_parent

    settings = settings_for(data_dir, host=host, port=port, workers=workers)
    own_folder(settings.data_dir)
    chosen = environment_for(data_dir=settings.data_dir.absolute(), host=host, port=port)
    if settings.workers > 1 and "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        shared = settings.data_dir.absolute() / "run" / "metrics"
        shared.mkdir(parents=True, exist_ok=True)
        chosen["PROMETHEUS_MULTIPROC_DIR"] = str(shared)
    os.environ.update(chosen)
    follow_parent()
    Granian(
        "oonib.app.build:from_environment",
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        loop=Loops.asyncio,
        workers=settings.workers,
        respawn_failed_workers=True,
        workers_kill_timeout=3,
        log_enabled=settings.log_level == "debug",
        http1_settings=HTTP1Settings(
            max_buffer_size=_BUFFER, header_read_timeout=int(settings.stall_seconds * 1000)
        ),
    ).serve()
