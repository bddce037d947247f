"""Looking up addresses while the files are replaced: never an error, never a wait for more than a reload.

A new file is read beside the old one and takes its place only when it is good. Without any file every
answer is unknown, and that is an answer too: check-in has to go on (probe contract 0.3).
"""

import ipaddress
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import structlog

from oonib.reference.geoip.database import (
    ASN,
    COMBINED,
    COUNTRY,
    Address,
    BadDatabase,
    Database,
    asn_of,
    country_of,
    organisation_of,
)

_log = structlog.get_logger("geoip")
_Signature = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Network:
    """Where an address is: country (two letters), number of the autonomous system, its owner.

    `ZZ`, 0 and None stand for unknown, each for itself.
    """

    cc: str
    asn: int
    org: str | None


UNKNOWN = Network("ZZ", 0, None)


class GeoIp:
    """Lookups in the files of `directory`: `asn_cc.mmdb`, or the older pair `asn.mmdb` and `cc.mmdb`.

    `look_every`: seconds between two looks at the files. Safe from any thread.
    """

    def __init__(self, directory: Path, *, look_every: float = 10.0) -> None:
        self._directory = directory
        self._look_every = look_every
        self._lock = threading.Lock()
        self._next_look = 0.0
        self._seen: dict[str, _Signature] = {}
        self._open: dict[str, Database] = {}
        self._in_use: tuple[Database, ...] = ()

    def lookup(self, address: str) -> Network:
        """The network of an address as text; unknown also for what is no address. Never raises."""
        parsed = _parse(address)
        self._look()
        if parsed is None:
            return UNKNOWN
        cc: str | None = None
        asn: int | None = None
        org: str | None = None
        for database in self._in_use:
            record = _record(database, parsed)
            cc = cc or country_of(record)
            if asn is None and (asn := asn_of(record)) is not None:
                org = organisation_of(record)
        return Network(cc or UNKNOWN.cc, asn or UNKNOWN.asn, org)

    @property
    def loaded(self) -> bool:
        """Whether there is any database to look into."""
        self._look()
        return bool(self._in_use)

    def _look(self) -> None:
        # One thread looks; meanwhile the others go on with what there is. Only for the very first they wait.
        if time.monotonic() < self._next_look or not self._lock.acquire(blocking=self._next_look == 0.0):
            return
        try:
            if time.monotonic() >= self._next_look:
                self._refresh()
                self._next_look = time.monotonic() + self._look_every
        finally:
            self._lock.release()

    def _refresh(self) -> None:
        for name in (COMBINED, ASN, COUNTRY):
            path = self._directory / name
            signature = _signature(path)
            if signature is not None and signature != self._seen.get(name):
                self._seen[name] = signature
                self._load(path)
        pair = tuple(self._open[name] for name in (ASN, COUNTRY) if name in self._open)
        if len(pair) == 2 and _signature(self._directory / COMBINED) is None:
            self._open.pop(COMBINED, None)
        self._in_use = (self._open[COMBINED],) if COMBINED in self._open else pair

    def _load(self, path: Path) -> None:
        # When this fails, what was read before stays in use for as long as the process lives.
        try:
            self._open[path.name] = Database.open(path)
        except OSError as exc:
            del self._seen[path.name]
            _log.warning("a GeoIP file cannot be read", file=path.name, problem=exc.strerror)
        except BadDatabase as exc:
            _log.warning("a GeoIP file cannot be used", file=path.name, problem=str(exc)[:300])
        else:
            _log.info("GeoIP file loaded", file=path.name, built=self._open[path.name].build_epoch)


def _parse(text: str) -> Address | None:
    try:
        address = ipaddress.ip_address(text.strip().partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _record(database: Database, address: Address) -> dict[str, object]:
    try:
        return database.record(address)
    except BadDatabase:
        return {}


def _signature(path: Path) -> _Signature | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
