"""Renewing the GeoIP file of this host: fetch, look into it, rename (ops contract 1.4).

A reader sees the old file or the new one, never anything between. The old one stays on any failure.
"""

import hashlib
import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from oonib.reference.geoip.announced import BESIDE, as_announced
from oonib.reference.geoip.database import ASN, COMBINED, COUNTRY, BadDatabase, Database, asn_of, country_of
from oonib.reference.problems import ReferenceProblem, SourceMissing, SourceProblem
from oonib.reference.sources import download, is_remote, local_path, shown, unpack

STAMP = "geoipdbts"
_PACKED_BYTES = 128 * 1024 * 1024
_BYTES = 256 * 1024 * 1024
_SECONDS = 600.0
_KNOWN = IPv4Address("8.8.8.8")
"""An address that every database places: a file that does not is another kind of file."""

_WANTED = {COMBINED: (asn_of, country_of), ASN: (asn_of,), COUNTRY: (country_of,)}
_MONTH = "{YYYYMM}"
_MONTH_WITH_DASH = "{YYYY-MM}"


class CheckFailed(ReferenceProblem):
    """What was fetched is no GeoIP database, does not know what every one knows, or is not what it says."""


@dataclass(frozen=True, slots=True)
class GeoIpResult:
    """What an update did. `databases`: those that were put in place, by file name. `str()` is a sentence."""

    source: str
    databases: dict[str, Database] = field(default_factory=dict)

    @property
    def changed(self) -> bool:
        """Whether any file was replaced."""
        return bool(self.databases)

    def __str__(self) -> str:
        if not self.changed:
            return f"the GeoIP data from {self.source} is in use"
        return f"{' and '.join(sorted(self.databases))} loaded from {self.source}"


def update_geoip(
    directory: Path,
    source: str,
    now: datetime,
    *,
    seconds: float = _SECONDS,
    timer: Callable[[], AbstractContextManager[object]] = nullcontext,
) -> GeoIpResult:
    """Put the database of `source` into `directory`. Raises `ReferenceProblem`, `OSError`.

    `source`: a web address, where `{YYYYMM}` or `{YYYY-MM}` stands for the month; a file, plain or gzip; or a
    folder with `asn_cc.mmdb` or the pair `asn.mmdb` and `cc.mmdb`. A month that is not published yet
    leaves the file as it is; without any usable file the month before is taken. A web address is asked again
    when its month (without a month in it: the day) has passed.
    """
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not is_remote(source):
        return _from_files(directory, source)
    stamp = _stamp(source, now)
    usable = has_usable(directory)
    if usable and _read_stamp(directory) == stamp:
        return GeoIpResult(shown(source))
    with timer():
        return _from_web(directory, source, now, stamp, seconds, usable=usable)


def has_usable(directory: Path) -> bool:
    """Whether there is a database that knows what every one knows."""
    return _passes(directory / COMBINED) or (_passes(directory / ASN) and _passes(directory / COUNTRY))


def _from_web(
    directory: Path, source: str, now: datetime, stamp: str, seconds: float, *, usable: bool
) -> GeoIpResult:
    try:
        result = _fetch(directory, _address(source, now), seconds)
    except SourceMissing as problem:
        if _address(source, now) == source:
            raise
        if usable:
            return GeoIpResult(f"{shown(source)} (this month's is not published yet)")
        before = now.replace(day=1) - timedelta(days=1)
        try:
            # Without a stamp: this month's is asked for again.
            return _fetch(directory, _address(source, before), seconds)
        except SourceMissing:
            raise problem from None
    (directory / STAMP).write_text(stamp, encoding="utf-8")
    return result


def _fetch(directory: Path, url: str, seconds: float) -> GeoIpResult:
    packed = directory / f"{COMBINED}.gz.tmp"
    try:
        with packed.open("wb") as target:
            download(url, target.write, limit=_PACKED_BYTES, seconds=seconds)
        if not as_announced(url, packed, _BYTES):
            raise CheckFailed(f"{shown(url)} is another file than {BESIDE} beside it says")
        return GeoIpResult(shown(url), _install(directory, {COMBINED: packed}))
    finally:
        packed.unlink(missing_ok=True)


def _from_files(directory: Path, source: str) -> GeoIpResult:
    path = local_path(source)
    if path.is_dir():
        found = {name: path / name for name in (COMBINED, ASN, COUNTRY) if (path / name).is_file()}
        chosen = {COMBINED: found[COMBINED]} if COMBINED in found else found
    else:
        chosen = {COMBINED: path} if path.exists() else {}
    if COMBINED not in chosen and len(chosen) != 2:
        raise SourceMissing(f"{path}: no {COMBINED}, nor the pair {ASN} and {COUNTRY}")
    return GeoIpResult(shown(source), _install(directory, chosen))


def _install(directory: Path, sources: dict[str, Path]) -> dict[str, Database]:
    """Unpack, check and rename all of `sources`; those that differ from what is there."""
    made: dict[str, Database] = {}
    ready: list[tuple[Path, Path]] = []
    try:
        for name, source in sources.items():
            fresh = directory / f"{name}.tmp"
            ready.append((fresh, directory / name))
            _unpack_to(source, fresh)
            made[name] = check(fresh)
        changed = [target.name for fresh, target in ready if _put_in_place(fresh, target)]
        if COMBINED not in sources:
            # It would be looked into before the pair.
            (directory / COMBINED).unlink(missing_ok=True)
        return {name: made[name] for name in changed}
    finally:
        for fresh, _ in ready:
            fresh.unlink(missing_ok=True)


def check(path: Path) -> Database:
    """The database in a file, which may still carry `.tmp`. Raises `CheckFailed`."""
    name = path.name.removesuffix(".tmp")
    try:
        database = Database.open(path)
        record = database.record(_KNOWN)
    except BadDatabase as exc:
        raise CheckFailed(str(exc)) from None
    if not all(read(record) for read in _WANTED[name]):
        raise CheckFailed(f"{name} does not say where {_KNOWN} is")
    return database


def _passes(path: Path) -> bool:
    try:
        check(path)
    except (CheckFailed, OSError):
        return False
    return True


def _unpack_to(source: Path, target: Path) -> None:
    with source.open("rb") as packed, target.open("wb") as plain:
        if packed.peek(2)[:2] == b"\x1f\x8b":
            unpack(packed, plain.write, _BYTES, source.name.removesuffix(".tmp"))
        else:
            while piece := packed.read(1024 * 1024):
                plain.write(piece)
                if plain.tell() > _BYTES:
                    raise SourceProblem(f"{source.name}: larger than {_BYTES} bytes")
        plain.flush()
        os.fsync(plain.fileno())


def _put_in_place(fresh: Path, target: Path) -> bool:
    if target.exists() and _digest(target) == _digest(fresh):
        return False
    fresh.replace(target)
    return True


def _digest(path: Path) -> bytes:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").digest()


def _address(source: str, day: datetime) -> str:
    return source.replace(_MONTH, f"{day:%Y%m}").replace(_MONTH_WITH_DASH, f"{day:%Y-%m}")


def _stamp(source: str, now: datetime) -> str:
    """The month (or day) that was fetched, and from where, without its credentials."""
    since = now.replace(day=1) if _address(source, now) != source else now
    return f"{since:%Y-%m-%d}\n{hashlib.sha256(source.encode()).hexdigest()[:16]}\n"


def _read_stamp(directory: Path) -> str:
    try:
        return (directory / STAMP).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
