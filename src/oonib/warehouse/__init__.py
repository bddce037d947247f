"""Everything that is ClickHouse: the embedded server, the client, the schema.

No other room imports clickhouse_connect or chdb. This module stays empty of
imports on purpose: the supervisor may import `oonib.warehouse.embedded`
without loading a client, and API workers never load the engine.
"""
