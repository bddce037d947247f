"""What a day's export consists of: keys and the manifest beside the files. Pure.

`export/fastpath/date=2026-03-02/v0001-00.parquet`: tools that read folders of Parquet take `date` from the
path.
"""

from datetime import date
from typing import Final, Literal

import msgspec

PREFIX: Final = "export/fastpath"
FORMAT: Final = 1


class BadManifest(ValueError):
    """The bytes are not the manifest of an export."""


class ExportFile(msgspec.Struct, frozen=True):
    """One file. `since` and `until` bound its measurements' start, UTC, the second of them excluded."""

    key: str
    rows: int
    bytes: int
    sha256: str
    since: str
    until: str


class Version(msgspec.Struct, frozen=True):
    """An earlier version, whose files are gone."""

    version: int
    made_at: str
    rows: int


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """A day. `state` changes with the table's content; `columns` are name and ClickHouse type, in order."""

    table: Literal["fastpath"] = "fastpath"
    format: Literal[1] = FORMAT
    date: str
    version: int
    made_at: str
    rows: int
    state: str
    columns: tuple[tuple[str, str], ...]
    files: tuple[ExportFile, ...]
    earlier: tuple[Version, ...] = ()

    def encode(self) -> bytes:
        """As the object that people read."""
        return msgspec.json.format(msgspec.json.encode(self), indent=1)

    @classmethod
    def decode(cls, body: bytes) -> "Manifest":
        """Read it back. Raises `BadManifest`."""
        try:
            return msgspec.json.decode(body, type=cls)
        except msgspec.DecodeError as exc:
            raise BadManifest(str(exc)) from exc


def folder_of(day: date) -> str:
    """Where a day's objects are."""
    return f"{PREFIX}/date={day.isoformat()}"


def manifest_key(day: date) -> str:
    """The key of a day's manifest."""
    return f"{folder_of(day)}/manifest.json"


def file_key(day: date, version: int, number: int) -> str:
    """The key of one file of a version."""
    return f"{folder_of(day)}/v{version:04}-{number:02}.parquet"
