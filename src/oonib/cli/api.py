"""`oonib api`: the HTTP API of one host."""

import importlib
import os
from typing import Annotated

import typer

from oonib.cli.common import DataDir, environment_for, free_port, own_folder, settings_for, share_metrics
from oonib.cli.serving import serve


def api(
    data_dir: DataDir = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    workers: Annotated[int | None, typer.Option(help="Processes that serve.")] = None,
) -> None:
    """Serve the HTTP API. ClickHouse and the object store may come up later.

    Example: `oonib api --port 8080 --workers 2`
    """
    from oonib.lifeline import follow_supervisor

    settings = settings_for(data_dir, host=host, port=port, workers=workers)
    own_folder(settings.data_dir)
    # The server shares a port with whoever lets it: then each would get half of the requests.
    port = free_port(settings)
    chosen = environment_for(data_dir=settings.data_dir.absolute(), host=host, port=port)
    share_metrics(settings)
    os.environ.update(chosen)
    follow_supervisor()
    # The workers are forks of this process: so what they all need is loaded once.
    importlib.import_module("oonib.app.build")
    serve(
        "oonib.app.build:from_environment",
        settings,
        host=settings.host,
        port=port,
        workers=settings.workers,
        stop_seconds=3,
    )
