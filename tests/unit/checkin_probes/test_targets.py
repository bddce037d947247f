"""Files of targets: as strict as probes are, and silent about what they hold."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from oonib.checkin.targets import Targets
from oonib.checkin.targets.schema import psiphon_config, tor_targets, vpn_providers
from oonib.errors import NotFound, Unavailable

TARGET = {
    "address": "198.51.100.7:443",
    "fingerprint": "A" * 40,
    "name": "bridge",
    "protocol": "obfs4",
    "params": {"cert": ["x"], "iat-mode": ["0"]},
    "source": "private",
}
KEYS = {"ca": "CA", "cert": "CERT", "key": "KEY"}
ENDPOINT = "openvpn://riseupvpn.corp/?address=198.51.100.7:53&transport=udp"
PROVIDER = {"config": KEYS, "date_updated": "2026-03-02T09:00:00.000000Z", "endpoints": [ENDPOINT]}


def raw(value: Any) -> bytes:
    return json.dumps(value).encode()


def test_tor_targets_are_passed_on_untouched() -> None:
    text = b'{ "one":' + raw({**TARGET, "unknown": 1}) + b"}\n"
    assert tor_targets(text) == text


BAD_TOR = {
    "empty object": {},
    "a list": [],
    "target is a text": {"one": "x"},
    "no address": {"one": {key: value for key, value in TARGET.items() if key != "address"}},
    "address is a number": {"one": {**TARGET, "address": 5}},
    "params of texts": {"one": {**TARGET, "params": {"cert": "x"}}},
    "params of numbers": {"one": {**TARGET, "params": {"iat-mode": [0]}}},
    "source is a truth value": {"one": {**TARGET, "source": True}},
}


@pytest.mark.parametrize("value", BAD_TOR.values(), ids=BAD_TOR.keys())
def test_tor_targets_that_probes_cannot_read(value: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        tor_targets(raw(value))


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b"null", b'{"a": NaN}', b"\xff", b"[" * 9999])
def test_psiphon_wants_an_object(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        psiphon_config(content)


BAD_VPN: dict[str, dict[str, Any]] = {
    "no endpoints": {"endpoints": []},
    "endpoints are numbers": {"endpoints": [5]},
    "another scheme": {"endpoints": [ENDPOINT.replace("openvpn:", "https:")]},
    "another host": {"endpoints": [ENDPOINT.replace(".corp", ".org")]},
    "a name for an address": {"endpoints": [ENDPOINT.replace("198.51.100.7", "host.example")]},
    "no port": {"endpoints": [ENDPOINT.replace(":53", "")]},
    "a port too large": {"endpoints": [ENDPOINT.replace(":53", ":70000")]},
    "another transport": {"endpoints": [ENDPOINT.replace("udp", "sctp")]},
    "no query": {"endpoints": ["openvpn://riseupvpn.corp/"]},
    "bad brackets": {"endpoints": ["openvpn://[riseupvpn.corp/"]},
    "date is odd": {"date_updated": "yesterday"},
    "date is null": {"date_updated": None},
    "key is missing": {"config": {"ca": "CA", "cert": "CERT"}},
    "another protocol": {"protocol": "wireguard"},
}


@pytest.mark.parametrize("change", BAD_VPN.values(), ids=BAD_VPN.keys())
def test_vpn_files_that_probes_cannot_read(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        vpn_providers(raw({"riseupvpn": {**PROVIDER, **change}}))


def test_ipv6_and_obfs4_endpoints() -> None:
    good = ["openvpn+obfs4://riseupvpn.corp/?address=[2001:db8::7]:53&transport=tcp"]
    assert vpn_providers(raw({"riseupvpn": {**PROVIDER, "endpoints": good}}))["riseupvpn"].endpoints == good


def test_problems_do_not_tell_secrets() -> None:
    secret = "correct-horse"
    for parse, value in (
        (vpn_providers, {"riseupvpn": {**PROVIDER, "config": {**KEYS, "key": [secret]}}}),
        (tor_targets, {"one": {**TARGET, "params": secret}}),
    ):
        with pytest.raises(ValueError, match=r".") as caught:
            parse(raw(value))
        assert secret not in str(caught.value)


def test_at_most_four_endpoints_and_each_in_its_turn(tmp_path: Path) -> None:
    path = tmp_path / "vpn.json"
    endpoints = [ENDPOINT.replace("100.7", f"100.{n}") for n in range(1, 11)]
    path.write_bytes(raw({"riseupvpn": {**PROVIDER, "endpoints": endpoints}}))
    targets = Targets.build(None, None, path, lambda _setting, _result: None)
    seen: set[str] = set()
    for _ in range(200):
        few = targets.vpn("riseupvpn").endpoints
        assert len(few) == len(set(few)) == 4
        seen.update(few)
    assert seen == set(endpoints)
    with pytest.raises(NotFound, match="provider not found"):
        targets.vpn("othervpn")


def test_what_is_not_set_is_named() -> None:
    targets = Targets(None, None, None, random.Random(1))
    for call, setting in (
        (targets.tor, "tor_targets_file"),
        (targets.psiphon, "psiphon_config_file"),
        (lambda: targets.vpn("riseupvpn"), "vpn_config_file"),
    ):
        with pytest.raises(Unavailable, match=f"{setting} is not set"):
            call()


def test_no_setting_is_missing_for_a_provider_that_there_is_not() -> None:
    with pytest.raises(NotFound, match="provider not found"):
        Targets(None, None, None, random.Random(1)).vpn("othervpn")
