"""`oonib fastpath`: the scorer of this host's spool."""

import os
from typing import Annotated

import typer

from oonib.cli.common import DataDir, environment_for, only_one, own_folder, settings_for, share_metrics

_NICE = 15


def fastpath(
    data_dir: DataDir = None,
    listen: Annotated[
        str | None,
        typer.Option(
            help="Also take measurements from other API hosts, at PORT (of this machine) or HOST:PORT."
        ),
    ] = None,
) -> None:
    """Score what comes in and write it to ClickHouse. Waits while ClickHouse is away.

    Example: `oonib fastpath --data-dir ./data --listen 10.0.0.2:8472`
    """
    settings = settings_for(data_dir, fastpath_listen=listen)
    # Where counts go is settled when the library that counts is imported.
    share_metrics(settings)

    from oonib import logs
    from oonib.fastpath import Fastpath
    from oonib.fastpath.feeder.keeper import Keeper
    from oonib.faults import from_environment
    from oonib.lifeline import SUPERVISED, follow_supervisor, stop_event
    from oonib.metrics import Metrics
    from oonib.runtime import open_spool, open_warehouse
    from oonib.supervisor import child_environment, command

    logs.configure(settings.log_level, "fastpath")
    # Two scorers of one spool would count everything twice.
    lock = only_one(own_folder(settings.data_dir) / "fastpath.lock", "`oonib fastpath`")
    stopping = stop_event()
    follow_supervisor()
    keeper = None
    if settings.feeder_address is not None:
        chosen = environment_for(
            data_dir=settings.data_dir.absolute(), fastpath_listen=settings.fastpath_listen
        )
        keeper = Keeper(command("feeder"), child_environment({**chosen, SUPERVISED: "1"}), stopping)
        keeper.start()
    # Where processors are short, acknowledging comes before scoring.
    os.nice(_NICE)
    spool = open_spool(settings)
    warehouse = open_warehouse(settings)
    Fastpath(
        spool,
        warehouse,
        Metrics(),
        stopping,
        scorers=settings.scorers or max(1, (os.cpu_count() or 1) - 1),
        semantics=settings.fingerprint_semantics,
        reach=from_environment(),
    ).run()
    if keeper is not None:
        keeper.join()
    spool.close()
    warehouse.close()
    os.close(lock)
