"""Writes small GeoIP databases in MaxMind's format, with whatever records a test wants."""

import ipaddress
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_EMPTY = -1
_MARKER = b"\xab\xcd\xefMaxMind.com"


def place(cc: str | None = None, asn: int | None = None, org: str | None = None) -> dict[str, Any]:
    """A record of the combined database."""
    record: dict[str, Any] = {}
    if cc is not None:
        record["country"] = {"iso_code": cc}
    if asn is not None:
        record["autonomous_system_number"] = asn
    if org is not None:
        record["autonomous_system_organization"] = org
    return record


KNOWN = {"8.8.8.0/24": place("US", 15169, "Google LLC")}
"""What every real database knows."""


def mmdb(networks: Mapping[str, Any], *, epoch: int = 1_700_000_000) -> bytes:
    """A database of IPv4 and IPv6 networks, which do not overlap, with their records."""
    nodes: list[list[int]] = [[_EMPTY, _EMPTY]]
    records: list[Any] = []
    for text, record in networks.items():
        records.append(record)
        _insert(nodes, ipaddress.ip_network(text), len(records) - 1)
    offsets, data = [], b""
    for record in records:
        offsets.append(len(data))
        data += _encode(record)
    return _tree(nodes, offsets) + bytes(16) + data + _MARKER + _encode(_metadata(len(nodes), epoch))


def write(path: Path, networks: Mapping[str, Any], *, epoch: int = 1_700_000_000) -> Path:
    """A database as a file, put in place at once."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.write_bytes(mmdb(networks, epoch=epoch))
    return fresh.replace(path)


def _insert(
    nodes: list[list[int]], network: ipaddress.IPv4Network | ipaddress.IPv6Network, record: int
) -> None:
    # IPv4 lies in the first 2^32 addresses of IPv6. Records are kept below -1, nodes from 0.
    length = network.prefixlen + (96 if network.version == 4 else 0)
    number = int(network.network_address)
    node = 0
    for depth in range(length):
        bit = number >> (127 - depth) & 1
        if depth == length - 1:
            nodes[node][bit] = -2 - record
        elif nodes[node][bit] == _EMPTY:
            nodes.append([_EMPTY, _EMPTY])
            nodes[node][bit] = len(nodes) - 1
        node = nodes[node][bit]


def _tree(nodes: list[list[int]], offsets: list[int]) -> bytes:
    def value(entry: int) -> int:
        if entry >= 0:
            return entry
        return len(nodes) if entry == _EMPTY else len(nodes) + 16 + offsets[-2 - entry]

    return b"".join(struct.pack(">II", value(left), value(right)) for left, right in nodes)


class U16(int):
    """Stored in 16 bits, as readers want it of some fields."""


class U64(int):
    """Stored in 64 bits."""


def _metadata(count: int, epoch: int) -> dict[str, Any]:
    return {
        "binary_format_major_version": U16(2),
        "binary_format_minor_version": U16(0),
        "build_epoch": U64(epoch),
        "database_type": "test",
        "description": {"en": "made for a test"},
        "ip_version": U16(6),
        "languages": ["en"],
        "node_count": count,
        "record_size": U16(32),
    }


def _encode(value: Any) -> bytes:
    if isinstance(value, str):
        raw = value.encode()
        return _control(2, len(raw)) + raw
    if isinstance(value, bool):
        return _control(14, int(value))
    if isinstance(value, int):
        raw = value.to_bytes(8).lstrip(b"\0")
        kind = 5 if isinstance(value, U16) else 9 if isinstance(value, U64) or len(raw) > 4 else 6
        return _control(kind, len(raw)) + raw
    if isinstance(value, list):
        return _control(11, len(value)) + b"".join(map(_encode, value))
    assert isinstance(value, dict)
    return _control(7, len(value)) + b"".join(_encode(key) + _encode(item) for key, item in value.items())


def _control(kind: int, size: int) -> bytes:
    extended = bytes([kind - 7]) if kind > 7 else b""
    first = 0 if kind > 7 else kind << 5
    if size < 29:
        return bytes([first | size]) + extended
    assert size < 285
    return bytes([first | 29]) + extended + bytes([size - 29])
