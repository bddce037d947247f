"""Answer of `GET /api/v1/ledger`, and the same as CSV. Pure."""

import csv
import io
from datetime import UTC, datetime

from pydantic import BaseModel, Field

from oonib.spool import Account

COLUMNS = (
    "collector_id",
    "hour",
    "accepted",
    "duplicate",
    "scored",
    "rejected",
    "dead_letter",
    "in_flight",
    "removed",
    "missing",
    "archived",
    "unarchived",
    "removed_before_archive",
    "missing_in_archive",
    "settled",
    "adds_up",
    "rejected_by_reason",
    "dead_letter_by_reason",
)


class LedgerHour(BaseModel):
    """One hour of uids. accepted = scored + rejected + dead_letter + in_flight + removed + missing.

    Also accepted = archived + unarchived + removed_before_archive + missing_in_archive.
    """

    hour: datetime = Field(description="When the hour began.")
    accepted: int = Field(description="Stored durably and acknowledged.")
    duplicate: int = Field(description="Sent again; not accepted a second time.")
    scored: int = Field(description="Have a row in the table of measurements.")
    rejected: int = Field(description="Have none, by a rule that names why.")
    dead_letter: int = Field(description="Could not be scored. Can be tried again.")
    in_flight: int = Field(description="Wait for the scorer at this moment.")
    removed: int = Field(description="Removed by the operator before they were scored.")
    missing: int = Field(description="The difference: lost, or where negative counted twice. Should be 0.")
    archived: int = Field(description="In the archive.")
    unarchived: int = Field(description="Wait for the archive at this moment.")
    removed_before_archive: int = Field(description="Removed by the operator before they were archived.")
    missing_in_archive: int = Field(description="The difference. Should be 0.")
    settled: bool = Field(description="Whether the hour is older than the horizon: a difference is an alarm.")
    adds_up: bool = Field(description="Whether both differences are 0.")
    rejected_by_reason: dict[str, int]
    dead_letter_by_reason: dict[str, int]


class LedgerMetadata(BaseModel):
    """Where the next older hours are; None on the last page."""

    limit: int
    next_url: str | None


class Ledger(BaseModel):
    """The hours, the latest first. Each host tells of what it accepted itself."""

    collector_id: str = Field(description="The host: its number in report ids and names of cans.")
    horizon_seconds: float = Field(description="Age after its end from which an hour must add up.")
    adds_up: bool = Field(description="Whether all settled hours of the last 31 days add up.")
    hours: list[LedgerHour]
    metadata: LedgerMetadata


def hour_out(account: Account, *, settled: bool) -> LedgerHour:
    """An hour as it is told."""
    return LedgerHour(
        hour=hour_time(account.hour),
        accepted=account.accepted,
        duplicate=account.duplicate,
        scored=account.scored,
        rejected=sum(account.rejected.values()),
        dead_letter=account.dead_letter,
        in_flight=account.in_flight,
        removed=account.removed_unscored,
        missing=account.missing,
        archived=account.archived,
        unarchived=account.unarchived,
        removed_before_archive=account.removed_unarchived,
        missing_in_archive=account.missing_in_archive,
        settled=settled,
        adds_up=account.adds_up,
        rejected_by_reason=account.rejected,
        dead_letter_by_reason=account.dead_letters,
    )


def hour_time(hour: str) -> datetime:
    """The moment that an hour of the ledger began."""
    return datetime.strptime(hour, "%Y%m%d%H").replace(tzinfo=UTC)


def as_csv(ledger: Ledger) -> str:
    """The hours as CSV with a line of names; reasons as `reason: n; reason: n`."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for hour in ledger.hours:
        values = hour.model_dump()
        values["collector_id"] = ledger.collector_id
        values["hour"] = f"{hour.hour:%Y-%m-%dT%H:%M:%SZ}"
        for name in ("rejected_by_reason", "dead_letter_by_reason"):
            values[name] = "; ".join(f"{reason}: {n}" for reason, n in sorted(values[name].items()))
        for name in ("settled", "adds_up"):
            values[name] = str(values[name]).lower()
        writer.writerow([values[name] for name in COLUMNS])
    return text.getvalue()
