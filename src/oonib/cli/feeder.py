"""`oonib feeder`: the process that `oonib fastpath --listen` starts beside itself."""

import os

from oonib.cli.common import (
    DataDir,
    environment_for,
    fail,
    free_port,
    own_folder,
    settings_for,
    share_metrics,
)
from oonib.cli.serving import serve


def feeder(data_dir: DataDir = None) -> None:
    """Take measurements from other API hosts at the setting `fastpath_listen`.

    Example: `OONIB_FASTPATH_LISTEN=8472 oonib feeder`
    """
    from oonib.lifeline import follow_supervisor

    settings = settings_for(data_dir)
    where = settings.feeder_address
    if where is None:
        fail("fastpath_listen is not set", status=2)
    own_folder(settings.data_dir)
    host, port = where
    port = free_port(settings.model_copy(update={"host": host, "port": port}))
    share_metrics(settings)
    os.environ.update(environment_for(data_dir=settings.data_dir.absolute()))
    follow_supervisor()
    serve("oonib.app.feeding:from_environment", settings, host=host, port=port, workers=1, stop_seconds=1)
