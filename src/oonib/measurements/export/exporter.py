"""Exports days: new files first, then the manifest that names them, then the old ones go.

After a crash the next run makes the day again under the same version and removes what nothing names.
"""

import hashlib
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from oonib.measurements.export.manifest import (
    BadManifest,
    ExportFile,
    Manifest,
    Version,
    file_key,
    folder_of,
    manifest_key,
)
from oonib.measurements.export.store import ExportStore, Slice
from oonib.objects import ObjectNotFound, ObjectStore, ObjectStoreError
from oonib.warehouse.errors import WarehouseError

_TIMES = "%Y-%m-%dT%H:%M:%SZ"
_NOTHING = "0-0000000000000000"
_EARLIER = 50
"""Versions that a manifest remembers."""

_TRIES = 3


class ExportFailed(Exception):
    """A day could not be exported. Its last export, if there is one, is as it was."""


@dataclass(slots=True)
class Summary:
    """What a run did. `str()` is a sentence for logs."""

    exported: list[Manifest] = field(default_factory=list)
    unchanged: int = 0

    def __str__(self) -> str:
        rows = sum(made.rows for made in self.exported)
        return f"{len(self.exported)} days exported with {rows} rows, {self.unchanged} unchanged"


class Exporter:
    """Exports to `objects`. `work_dir` holds one file at a time while it is made."""

    def __init__(
        self,
        store: ExportStore,
        objects: ObjectStore,
        work_dir: Path,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._objects = objects
        self._work_dir = work_dir
        self._clock = clock

    def export(
        self, since: date, until: date, note: Callable[[Manifest], None] = lambda _made: None
    ) -> Summary:
        """Export the days from `since` to before `until` that changed; days that are not over are left out.

        `note` is told of each day that was exported. Raises `ExportFailed`.
        """
        summary = Summary()
        until = min(until, self._clock().astimezone(UTC).date())
        try:
            states = self._store.states(since, until) if since < until else {}
            for number in range((until - since).days):
                day = since + timedelta(days=number)
                made = self._day(day, states.get(day, _NOTHING))
                if made is None:
                    summary.unchanged += 1
                    continue
                summary.exported.append(made)
                note(made)
        except (WarehouseError, ObjectStoreError, OSError) as exc:
            raise ExportFailed(f"{exc} ({summary})") from exc
        return summary

    def _day(self, day: date, state: str) -> Manifest | None:
        before = self._manifest(day)
        if (_NOTHING if before is None else before.state) == state:
            return None
        version = 1 if before is None else before.version + 1
        state, files = self._files(day, state, version)
        made = Manifest(
            date=day.isoformat(),
            version=version,
            made_at=self._clock().astimezone(UTC).strftime(_TIMES),
            rows=sum(file.rows for file in files),
            state=state,
            columns=self._store.columns(),
            files=files,
            earlier=_earlier(before),
        )
        self._objects.put(manifest_key(day), made.encode())
        self._sweep(day, made)
        return made

    def _files(self, day: date, state: str, version: int) -> tuple[str, tuple[ExportFile, ...]]:
        """The files of one state of the day, and that state. It begins again when something is scored."""
        for _ in range(_TRIES):
            pieces = enumerate(self._store.slices(day))
            files = tuple(self._file(file_key(day, version, number), piece) for number, piece in pieces)
            began, state = state, self._store.states(day, day + timedelta(days=1)).get(day, _NOTHING)
            if began == state:
                return state, files
        raise ExportFailed(f"{day} is being scored again; try later")

    def _manifest(self, day: date) -> Manifest | None:
        try:
            return Manifest.decode(self._objects.get(manifest_key(day)))
        except ObjectNotFound:
            return None
        except BadManifest as exc:
            raise ExportFailed(f"{manifest_key(day)} is damaged; remove it to export the day again") from exc

    def _file(self, key: str, piece: Slice) -> ExportFile:
        self._work_dir.mkdir(parents=True, exist_ok=True)
        digest, size = hashlib.sha256(), 0
        with tempfile.NamedTemporaryFile(dir=self._work_dir, suffix=".parquet") as file:
            for part in self._store.parquet(piece):
                digest.update(part)
                size += file.write(part)
            file.flush()
            self._objects.put(key, Path(file.name))
        return ExportFile(
            key,
            piece.rows,
            size,
            digest.hexdigest(),
            piece.since.strftime(_TIMES),
            piece.until.strftime(_TIMES),
        )

    def _sweep(self, day: date, made: Manifest) -> None:
        """Remove what the manifest does not name, so that whoever reads the folder reads each row once."""
        named = {manifest_key(day), *(file.key for file in made.files)}
        for found in list(self._objects.list(folder_of(day))):
            if found.key not in named:
                self._objects.delete(found.key)


def _earlier(before: Manifest | None) -> tuple[Version, ...]:
    if before is None:
        return ()
    return (Version(before.version, before.made_at, before.rows), *before.earlier)[:_EARLIER]
