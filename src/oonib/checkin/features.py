"""Feature flags of probes, and switching them on for a part of the networks (probe contract 1.6).

A rollout sets a flag for the networks whose bucket is below its percentage. The bucket is a keyed hash of the
flag and the network's address block, so a network keeps its arm, and the arms of two flags are independent.
The address is hashed and forgotten.
"""

import hashlib
import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from packaging.version import InvalidVersion, Version
from pydantic import BaseModel, ConfigDict, Field, StrictBool, ValidationError, field_validator

from oonib.checkin.watched import WatchedFile

DEFAULT_FLAGS = {
    "torsf_enabled": False,
    "vanilla_tor_enabled": False,
    "openvpn_enabled": False,
    "webconnectivity_0.5": True,
}
"""What every probe gets unless a rollout says otherwise."""

_BUCKETS = 10_000
_LONGEST_VERSION = 64


@dataclass(frozen=True, slots=True)
class Probe:
    """What flags depend on: the address as text, the country and network chosen for it, its software."""

    address: str
    cc: str
    asn: int
    software_name: str
    software_version: str


class _Declared(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Match(_Declared):
    """Which probes a rollout is about. What is not given does not matter."""

    cc: frozenset[str] | None = None
    asn: frozenset[int] | None = None
    software_name: frozenset[str] | None = None
    min_version: str | None = None

    @field_validator("cc", "asn", "software_name", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return value if isinstance(value, list | None) else [value]

    @field_validator("min_version")
    @classmethod
    def _is_version(cls, value: str | None) -> str | None:
        if value is not None and _version(value) is None:
            raise ValueError("not a version")
        return value

    def fits(self, probe: Probe) -> bool:
        """Whether the probe is among them."""
        same = (
            (self.cc, probe.cc),
            (self.asn, probe.asn),
            (self.software_name, probe.software_name),
        )
        if any(wanted is not None and value not in wanted for wanted, value in same):
            return False
        return self.min_version is None or _at_least(probe.software_version, self.min_version)


class Rollout(_Declared):
    """A flag's value for `percent` of the networks that match."""

    flag: str = Field(pattern=r"^[A-Za-z0-9_.]{1,100}$")
    value: StrictBool
    percent: float = Field(100.0, ge=0, le=100)
    match: Match = Match()


class Rollouts(_Declared):
    """The file: rollouts in order, a later one wins. `key` keeps the buckets from being guessed."""

    key: str = Field("", max_length=64)
    rollouts: tuple[Rollout, ...] = ()

    def flags(self, probe: Probe) -> dict[str, bool]:
        """Every flag of this probe."""
        flags = dict(DEFAULT_FLAGS)
        for one in self.rollouts:
            if one.match.fits(probe) and bucket(self.key, one.flag, probe.address) < one.percent * 100:
                flags[one.flag] = one.value
        return flags


class Features:
    """The flags by a file, which may be edited at any time; the default ones without a good one."""

    def __init__(self, file: WatchedFile[Rollouts] | None) -> None:
        self._file = file

    @classmethod
    def watch(cls, path: Path | None, note: Callable[[str, str], None]) -> Self:
        """The file at `path`. `note` is told how each reading of it went (see `WatchedFile`)."""
        if path is None:
            return cls(None)
        return cls(WatchedFile(path, read_rollouts, setting="features", note=note))

    def flags(self, probe: Probe) -> dict[str, bool]:
        """Every flag of this probe. Never raises: a broken file leaves what was."""
        rollouts = self._file.current() if self._file is not None else None
        return (rollouts or Rollouts()).flags(probe)


def read_rollouts(raw: bytes) -> Rollouts:
    """What a file says. Raises `ValueError`, with where and why."""
    try:
        return Rollouts.model_validate_json(raw)
    except ValidationError as exc:
        # Without what stands there: the file holds a key.
        problems = (f"{'.'.join(map(str, one['loc'])) or 'file'}: {one['msg']}" for one in exc.errors())
        raise ValueError("; ".join(problems)[:500]) from None


def bucket(key: str, flag: str, address: str) -> int:
    """0 to 9999 for a flag and the /24 or /48 of an address; beyond every rollout's part for no address."""
    block = _block(address)
    if block is None:
        return _BUCKETS - 1
    digest = hashlib.blake2b(f"{flag} {block}".encode(), key=key.encode()[:64], digest_size=8).digest()
    return int.from_bytes(digest) % _BUCKETS


def _block(address: str) -> str | None:
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return None
    parsed = getattr(parsed, "ipv4_mapped", None) or parsed
    length = 24 if parsed.version == 4 else 48
    return str(ipaddress.ip_network((parsed, length), strict=False))


def _at_least(version: str, least: str) -> bool:
    found, wanted = _version(version), _version(least)
    return found is not None and wanted is not None and found >= wanted


def _version(text: str) -> Version | None:
    try:
        return Version(text) if len(text) <= _LONGEST_VERSION else None
    except InvalidVersion:
        return None
