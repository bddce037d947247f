"""What the files of targets hold, as strictly as probes decode it (probe contract 9).

One value of the wrong type makes a probe refuse the whole answer, so such a file is refused here before.
"""

import ipaddress
import re
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import parse_qs, urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from oonib.model import jsontext

_Value = TypeVar("_Value")
_TIME_RE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)


class TorTarget(BaseModel):
    """One way into tor. `params` is there for obfs4 only, `source` for those that are not public."""

    model_config = ConfigDict(extra="allow", strict=True)

    address: str = Field(examples=["198.51.100.7:443"])
    fingerprint: str
    name: str | None = None
    protocol: str = Field(examples=["or_port"])
    params: dict[str, list[str]] | None = None
    source: str | None = None


def _endpoint(text: str) -> str:
    parts = urlsplit(text)
    query = parse_qs(parts.query)
    address, _, port = query.get("address", [""])[0].rpartition(":")
    ipaddress.ip_address(address.strip("[]"))
    right = (
        parts.scheme in ("openvpn", "openvpn+obfs4")
        and (parts.hostname or "").endswith(".corp")
        and query.get("transport", [""])[0] in ("tcp", "udp")
        and port.isdecimal()
        and 0 < int(port) < 65536
    )
    if not right:
        raise ValueError("not openvpn://PROVIDER.corp/?address=IP:PORT&transport=tcp|udp")
    return text


def _time(text: str) -> str:
    if not _TIME_RE.fullmatch(text):
        raise ValueError("not a time like 2026-03-02T10:15:30Z")
    return text


class VpnKeys(BaseModel):
    """What a client of the provider authenticates with."""

    model_config = ConfigDict(extra="allow", strict=True)

    ca: str
    cert: str
    key: str


class VpnProvider(BaseModel):
    """One provider in `vpn_config_file`, and the answer about it."""

    model_config = ConfigDict(strict=True)

    provider: str = ""
    protocol: Literal["openvpn"] = "openvpn"
    config: VpnKeys
    date_updated: Annotated[str, AfterValidator(_time)] = Field(examples=["2026-03-02T09:00:00.000000Z"])
    endpoints: list[Annotated[str, AfterValidator(_endpoint)]] = Field(
        min_length=1, examples=[["openvpn://riseupvpn.corp/?address=198.51.100.7:53&transport=udp"]]
    )


_TOR: TypeAdapter[dict[str, TorTarget]] = TypeAdapter(dict[str, TorTarget])
_VPN: TypeAdapter[dict[str, VpnProvider]] = TypeAdapter(dict[str, VpnProvider])
_PSIPHON: TypeAdapter[dict[str, Any]] = TypeAdapter(dict[str, Any])


def tor_targets(raw: bytes) -> bytes:
    """The file as it is, when probes can read it. Raises `ValueError`."""
    _parsed(raw, _TOR)
    return raw


def psiphon_config(raw: bytes) -> bytes:
    """The file as it is, when it is an object. Raises `ValueError`."""
    _parsed(raw, _PSIPHON)
    return raw


def vpn_providers(raw: bytes) -> dict[str, VpnProvider]:
    """Providers by name. Raises `ValueError`."""
    return _parsed(raw, _VPN)


def _parsed(raw: bytes, kind: TypeAdapter[dict[str, _Value]]) -> dict[str, _Value]:
    value = jsontext.loads(raw)
    try:
        found = kind.validate_python(value)
    except ValidationError as exc:
        # Without the values, which are secret.
        first = exc.errors(include_input=False, include_url=False)[0]
        raise ValueError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}"[:300]) from None
    if not found:
        raise ValueError("empty")
    return found
