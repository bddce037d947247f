"""Settings: what this host accepts from probes, how much, and the spool that keeps it."""

from pydantic import Field

from oonib.settings.group import Group

_GIB = 1024**3


class AcceptingSettings(Group):
    """What this host accepts from probes, how much, and the spool that keeps it."""

    collector_id: str = Field(
        "1", pattern=r"^[0-9]{1,6}$", description="Number of this host in report ids and archive names."
    )
    other_collectors: list[str] = Field(
        [], description="Base URLs of the other API hosts, asked for bodies that are not archived yet."
    )
    max_body_bytes: int = Field(32 * 1024**2, ge=1024, description="Largest request body as sent, in bytes.")
    max_decoded_bytes: int = Field(
        64 * 1024**2, ge=1024, description="Largest body after decompression, in bytes."
    )
    stall_seconds: float = Field(30.0, gt=0, description="A request without progress for so long is closed.")
    spool_max_bytes: int = Field(
        20 * _GIB, ge=1024**2, description="Cap of the spool; beyond it the answer is 507."
    )
    spool_disk_reserve: int | None = Field(
        None,
        ge=0,
        description="Free bytes kept on the disk; below them the answer is 507. None: 2 % up to 1 GiB.",
    )
    spool_digest_days: int = Field(
        8, ge=7, description="Days for which the same bytes sent again get the same uid."
    )
    spool_age_alarm_seconds: float = Field(
        900.0, gt=0, description="Age of the oldest unscored measurement that turns /health red."
    )
    ledger_horizon_seconds: float = Field(
        7200.0, ge=0, description="Age after its end from which an hour of the ledger must add up."
    )
