"""Settings: ClickHouse, the object store, the archive."""

from pydantic import Field, SecretStr

from oonib.settings.group import Group


class StoringSettings(Group):
    """ClickHouse, the object store, the archive."""

    clickhouse_url: SecretStr | None = Field(
        None,
        description="ClickHouse server, http://user:password@host:8123/database. None: the embedded one.",
    )
    clickhouse_cluster: str | None = Field(None, description="Cluster name for replicated tables.")
    query_seconds: float = Field(28.0, gt=0, description="Longest that a query of the API may take.")
    query_rows: int = Field(
        2_000_000_000, ge=0, description="Most rows that a query of the API may read. 0: no limit."
    )
    heavy_queries: int = Field(
        4, ge=1, description="Expensive queries that an API worker runs at a time; 16 more wait up to 10 s."
    )
    long_answers: int = Field(4, ge=1, description="Answers that an API worker streams at a time.")
    object_store_url: str = Field(
        "",
        description="Archive: a folder, file://… or s3://bucket/prefix. Empty: `objects` in the data folder.",
    )
    s3_endpoint_url: str | None = Field(None, description="S3 service other than Amazon's.")
    s3_access_key: SecretStr | None = Field(None, description="S3 access key.")
    s3_secret_key: SecretStr | None = Field(None, description="S3 secret key.")
    s3_anonymous: bool = Field(False, description="Read S3 without keys.")
    s3_region: str | None = Field(None, description="S3 region.")
    archive_grace_seconds: float = Field(
        600.0, ge=0, description="Seconds after the end of an hour before it is archived."
    )
