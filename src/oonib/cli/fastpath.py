"""`oonib fastpath`: the scorer of this host's spool."""

import os

from oonib.cli.common import DataDir, own_folder, settings_for


def fastpath(data_dir: DataDir = None) -> None:
    """Score what comes in and write it to ClickHouse. Waits while ClickHouse is away.

    Example: `oonib fastpath --data-dir ./data`
    """
    from oonib import logs
    from oonib.fastpath import Fastpath
    from oonib.faults import from_environment
    from oonib.lifeline import follow_parent, stop_event
    from oonib.metrics import Metrics
    from oonib.runtime import open_spool, open_warehouse

    settings = settings_for(data_dir)
    logs.configure(settings.log_level, "fastpath")
    own_folder(settings.data_dir)
    stopping = stop_event()
    follow_parent()
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
