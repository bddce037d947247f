"""One GeoIP file in MaxMind's format: opened so that nothing done to the file can hurt its readers.

Owns how a file becomes a reader, and which fields of its records mean what (ops contract 1.4).
"""

import os
import shutil
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Any

import maxminddb
from maxminddb import InvalidDatabaseError, Reader
from maxminddb.const import MODE_AUTO, MODE_MEMORY

Address = IPv4Address | IPv6Address

COMBINED = "asn_cc.mmdb"
ASN = "asn.mmdb"
COUNTRY = "cc.mmdb"

_LARGEST = 1024**3
_LARGEST_ASN = 2**32 - 1
_COUNTRY_LENGTH = 2


class BadDatabase(Exception):
    """The file is no GeoIP database, or lacks what it should hold. The message says why."""


class Database:
    """An open database. Safe from any thread, and independent of the file that it was read from."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        metadata = reader.metadata()
        self.node_count = int(metadata.node_count)
        self.build_epoch = int(metadata.build_epoch)

    @classmethod
    def open(cls, path: Path) -> "Database":
        """Read a file. Raises `BadDatabase`, `OSError` (also where there is none)."""
        try:
            return cls(_open(path))
        except (InvalidDatabaseError, ValueError) as exc:
            raise BadDatabase(f"{path.name} is not a GeoIP database") from exc

    def record(self, address: Address) -> dict[str, Any]:
        """What the database says about an address; empty when nothing. Raises `BadDatabase` if damaged."""
        try:
            found = self._reader.get(address)
        except (InvalidDatabaseError, UnicodeDecodeError, RecursionError) as exc:
            raise BadDatabase(str(exc)[:300]) from None
        except ValueError:
            # An IPv6 address in a database of IPv4 only.
            return {}
        return found if isinstance(found, dict) else {}


def country_of(record: dict[str, Any]) -> str | None:
    """The two letters of the country in a record."""
    country = record.get("country")
    code = country.get("iso_code") if isinstance(country, dict) else None
    if not isinstance(code, str) or len(code) != _COUNTRY_LENGTH or not (code.isascii() and code.isalpha()):
        return None
    return code.upper()


def asn_of(record: dict[str, Any]) -> int | None:
    """The number of the autonomous system in a record."""
    number = record.get("autonomous_system_number")
    return number if type(number) is int and 0 < number <= _LARGEST_ASN else None


def organisation_of(record: dict[str, Any]) -> str | None:
    """The owner of the autonomous system in a record."""
    name = record.get("autonomous_system_organization")
    return name if isinstance(name, str) and name else None


def _open(path: Path) -> Reader:
    if path.stat().st_size > _LARGEST:
        raise BadDatabase(f"{path.name} is larger than {_LARGEST} bytes")
    if not hasattr(os, "memfd_create"):
        return maxminddb.open_database(path, MODE_MEMORY)
    # The fast reader maps its file, and a mapped file that somebody shortens ends the process: it gets a
    # copy in memory that nobody else has.
    copy = os.memfd_create("geoip", os.MFD_CLOEXEC)
    try:
        with path.open("rb") as source, os.fdopen(copy, "wb", closefd=False) as target:
            shutil.copyfileobj(source, target, 1024 * 1024)
        return maxminddb.open_database(f"/proc/self/fd/{copy}", MODE_AUTO)
    finally:
        os.close(copy)
