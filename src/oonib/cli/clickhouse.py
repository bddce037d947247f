"""`oonib clickhouse`: the embedded ClickHouse, for where no server is configured."""

from oonib.cli.common import DataDir, fail, own_folder, settings_for


def clickhouse(data_dir: DataDir = None) -> None:
    """Run the embedded ClickHouse on loopback. One process for each data folder.

    Example: `oonib clickhouse --data-dir ./data`
    """
    from oonib import logs
    from oonib.lifeline import follow_supervisor
    from oonib.runtime import embedded_endpoint
    from oonib.warehouse.embedded import EmbeddedError, run_embedded

    settings = settings_for(data_dir)
    if settings.clickhouse_url is not None:
        fail("clickhouse_url is set, so the embedded ClickHouse is not used", status=2)
    logs.configure(settings.log_level, "clickhouse")
    own_folder(settings.data_dir)
    endpoint = embedded_endpoint(settings)
    follow_supervisor()
    try:
        run_embedded(
            data_dir=endpoint.folder, host=endpoint.host, port=endpoint.port, password=endpoint.password
        )
    except EmbeddedError as exc:
        fail(str(exc))
