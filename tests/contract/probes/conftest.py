"""A real API process with every file that probes' requests need, and without ClickHouse."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from oonib.spool import Spool

from support.credentials import Keys, keys, manifest, rule
from support.mmdb import KNOWN, place, write
from support.processes import Oonib

HELPERS = {
    "web-connectivity": [
        {"address": "https://cdn.example.org", "type": "cloudfront", "front": "cdn.example.org"},
        {"address": "https://0.th.example.org", "type": "https", "weight": 10, "state": "canary"},
        {"address": "https://1.th.example.org", "type": "https", "weight": 30},
        {"address": "https://2.th.example.org", "type": "https", "weight": 30},
        {"address": "https://3.th.example.org", "type": "https", "weight": 30},
        {"address": "https://4.th.example.org", "type": "https", "weight": 30, "state": "draining"},
    ]
}
TOR = (
    b'{"198.51.100.9:9030": {"address": "198.51.100.9:9030", "fingerprint": "'
    + b"A" * 40
    + b'", "name": "auth", "protocol": "dir_port", "source": ""},\n "f00d":{"address":"198.51.100.7:443",'
    b'"fingerprint":"'
    + b"B"
    * 40
    + b'","name":"","protocol":"obfs4","params":{"cert":["x"],"iat-mode":["0"]},'
    b'"source":"private"}}\n'
)
PSIPHON = {"ClientPlatform": "Linux", "RemoteServerListURLs": [{"URL": "x", "SkipVerify": True}]}
VPN = {
    "riseupvpn": {
        "config": {"ca": "CA", "cert": "CERT", "key": "KEY"},
        "date_updated": "2026-03-02T09:00:00.000000Z",
        "endpoints": [
            f"openvpn://riseupvpn.corp/?address=198.51.100.{n}:53&transport=udp" for n in range(1, 8)
        ],
    }
}


@dataclass(frozen=True)
class Backend:
    """The running API and what it was started with."""

    api: Oonib
    keys: Keys


def start(folder: Path, **settings: object) -> Oonib:
    """An API whose `trusted_proxies` lets a test choose its address."""
    return Oonib("api", data_dir=folder, workers=1, trusted_proxies=1, **settings)


@pytest.fixture(scope="session")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    folder = tmp_path_factory.mktemp("probes")
    pair = keys()
    files: dict[str, bytes] = {
        "helpers.json": json.dumps(HELPERS).encode(),
        "tor.json": TOR,
        "psiphon.json": json.dumps(PSIPHON).encode(),
        "vpn.json": json.dumps(VPN).encode(),
        "manifest.json": manifest(
            pair.public, rule("IR", "*", least=3), rule("CN", "*", days=(-20, -10)), rule()
        ),
    }
    for name, raw in files.items():
        (folder / name).write_bytes(raw)
    (folder / "geoip").mkdir()
    write(folder / "geoip" / "asn_cc.mmdb", {**KNOWN, "198.51.100.0/24": place("BR", 28573, "Cabo SA")})
    with start(
        folder,
        test_helpers=folder / "helpers.json",
        test_helper_strategy="weighted-by-address",
        tor_targets_file=folder / "tor.json",
        psiphon_config_file=folder / "psiphon.json",
        vpn_config_file=folder / "vpn.json",
        manifest_url=folder / "manifest.json",
        credentials_secret_key=pair.secret,
        credentials_per_network_hour=5,
    ) as api:
        yield Backend(api, pair)


@pytest.fixture(scope="session")
def client(backend: Backend) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=backend.api.url, timeout=30) as client:
        yield client


@pytest.fixture(scope="session")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Oonib]:
    """An API with nothing configured but strictness."""
    with start(tmp_path_factory.mktemp("bare"), require_probe_token=True, strict_probe_login=True) as api:
        yield api


@pytest.fixture(scope="session")
def bare_client(bare: Oonib) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=bare.url, timeout=30) as client:
        yield client


@pytest.fixture
def stored(backend: Backend) -> Iterator[Any]:
    """The stored envelope of a uid, and its bytes."""
    spool = Spool(backend.api.data_dir / "spool" / "spool.sqlite")

    def look(uid: str) -> tuple[dict[str, Any], bytes]:
        raw = spool.body(uid)
        assert raw is not None
        return json.loads(raw), raw

    yield look
    spool.close()
