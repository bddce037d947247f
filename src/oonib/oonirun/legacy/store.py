"""What is kept of first-cut descriptors."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, insert, select, update

from oonib.records import Records
from oonib.records.tables import ALL

Row = Mapping[str, Any]

_TABLE = ALL.tables["oonirun_legacy"]
_LISTED = [column for column in _TABLE.columns if column.name != "descriptor"]


class LegacyStore:
    """Every method raises `RecordsUnavailable`; those that write also `Conflict`."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def newest(
        self, link_id: int, *, creator: str | None = None, created: datetime | None = None
    ) -> Row | None:
        """The newest version of a link, of a creator or of one moment where that is given."""
        query: Select[Any] = select(_TABLE).where(_TABLE.c.ooni_run_link_id == link_id)
        if creator is not None:
            query = query.where(_TABLE.c.creator_account_id == creator)
        if created is not None:
            query = query.where(_TABLE.c.descriptor_creation_time == created)
        with self._records.read() as session:
            row = session.execute(query.order_by(_TABLE.c.descriptor_creation_time.desc()).limit(1)).first()
        return None if row is None else row._asdict()

    def add(self, row: Row) -> None:
        """Add a version."""
        with self._records.write() as session:
            session.execute(insert(_TABLE).values(**row))

    def replace(self, row: Row) -> None:
        """Put a version in the place of the one with the same link and creation time."""
        keys = ("ooni_run_link_id", "descriptor_creation_time")
        same = [_TABLE.c[key] == row[key] for key in keys]
        with self._records.write() as session:
            session.execute(update(_TABLE).where(*same).values(**row))

    def archive(self, link_id: int, creator: str | None) -> None:
        """Mark all versions of a link; only those of `creator` where one is given."""
        chosen: list[ColumnElement[bool]] = [_TABLE.c.ooni_run_link_id == link_id]
        if creator is not None:
            chosen.append(_TABLE.c.creator_account_id == creator)
        with self._records.write() as session:
            session.execute(update(_TABLE).where(*chosen).values(archived=True))

    def versions(
        self, *, links: Collection[int], creator: str | None, archived: bool, only_latest: bool
    ) -> list[dict[str, Any]]:
        """Versions without their descriptors, the oldest first. `links` empty: of all."""
        query = select(*_LISTED).order_by(
            _TABLE.c.descriptor_creation_time, _TABLE.c.translation_creation_time, _TABLE.c.ooni_run_link_id
        )
        if links:
            query = query.where(_TABLE.c.ooni_run_link_id.in_(links))
        if creator is not None:
            query = query.where(_TABLE.c.creator_account_id == creator)
        if not archived:
            query = query.where(_TABLE.c.archived.is_(False))
        if only_latest:
            times = select(
                _TABLE.c.ooni_run_link_id, func.max(_TABLE.c.descriptor_creation_time).label("time")
            )
            newest = times.group_by(_TABLE.c.ooni_run_link_id).subquery()
            query = query.join(
                newest,
                (newest.c.ooni_run_link_id == _TABLE.c.ooni_run_link_id)
                & (newest.c.time == _TABLE.c.descriptor_creation_time),
            )
        with self._records.read() as session:
            return [row._asdict() for row in session.execute(query)]
