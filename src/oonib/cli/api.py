"""`oonib api`: the HTTP API of one host."""

import os
from typing import Annotated

import typer

from oonib.cli.common import DataDir, environment_for, free_port, own_folder, settings_for, share_metrics

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
    from granian.constants import HTTPModes, Interfaces, Loops
    from granian.http import HTTP1Settings

    from oonib.lifeline import follow_supervisor

    settings = settings_for(data_dir, host=host, port=port, workers=workers)
    own_folder(settings.data_dir)
    # The server shares a port with whoever lets it: then each would get half of the requests.
    port = free_port(settings)
    chosen = environment_for(data_dir=settings.data_dir.absolute(), host=host, port=port)
    share_metrics(settings)
    os.environ.update(chosen)
    follow_supervisor()
    Granian(
        "oonib.app.build:from_environment",
        factory=True,
        address=settings.host,
        port=port,
        interface=Interfaces.ASGI,
        loop=Loops.asyncio,
        # Our limits and deadlines for heads are those of HTTP/1; a proxy in front may speak HTTP/2.
        http=HTTPModes.http1,
        workers=settings.workers,
        respawn_failed_workers=True,
        workers_kill_timeout=3,
        log_enabled=settings.log_level == "debug",
        http1_settings=HTTP1Settings(
            max_buffer_size=_BUFFER, header_read_timeout=int(settings.stall_seconds * 1000)
        ),
    ).serve()
