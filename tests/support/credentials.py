"""Keys, manifests and real clients of anonymous credentials; skips where the library has no wheel."""

import base64
import json
from dataclasses import dataclass
from typing import Any

import pytest


def library() -> Any:
    """The library; skips the calling test where it is absent."""
    return pytest.importorskip("ooniauth_py", reason="ooniauth-py has no wheel for this machine")


@dataclass(frozen=True)
class Keys:
    """A pair of keys, base64."""

    public: str
    secret: str


def keys() -> Keys:
    """A fresh pair."""
    state = library().ServerState()
    return Keys(state.get_public_parameters(), state.get_secret_key())


def rule(cc: str = "*", asn: str = "*", least: int = 0, days: tuple[int, int] = (-10, 10)) -> dict[str, Any]:
    """A rule of the policy. `days`: first and last day of issue, counted from today."""
    today = library().ServerState.today()
    return {
        "match": {"probe_cc": cc, "probe_asn": asn},
        "policy": {"age": [today + days[0], today + days[1]], "min_measurement_count": least},
    }


def manifest(public: str, *rules: dict[str, Any]) -> bytes:
    """A manifest's file."""
    return json.dumps({"submission_policy": list(rules or [rule()]), "public_parameters": public}).encode()


def aborting(public: str) -> str:
    """A request that makes the library ask for more memory than there is: one of its lengths is enormous."""
    raw = bytearray(base64.b64decode(library().UserState(public).make_registration_request()))
    raw[76] = 0xFF
    return base64.b64encode(raw).decode()
