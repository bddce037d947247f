"""`oonib fastpath`: the scorer of this host's spool."""

import os

from oonib.cli.common import DataDir, only_one, own_folder, settings_for, share_metrics

_NICE = 15


def fastpath(data_dir: DataDir = None) -> None:
    """Score what comes in and write it to ClickHouse. Waits while ClickHouse is away.

    Example: `oonib fastpath --data-dir ./data`
    """
    from oonib import logs
    from oonib.fastpath import Fastpath
    from oonib.faults import from_environment
    from oonib.lifeline import follow_supervisor, stop_event
    from oonib.metrics import Metrics
    from oonib.runtime import open_spool, open_warehouse

    settings = settings_for(data_dir)
    logs.configure(settings.log_level, "fastpath")
    # Two scorers of one spool would count everything twice.
    lock = only_one(own_folder(settings.data_dir) / "fastpath.lock", "`oonib fastpath`")
    share_metrics(settings)
    # Where processors are short, acknowledging comes before scoring.
    os.nice(_NICE)
    stopping = stop_event()
    follow_supervisor()
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
    spool.close()
    warehouse.close()
    os.close(lock)
