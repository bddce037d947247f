"""Registration, login and what they open, as tables (probe contract 8 and 9)."""

import stat
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from .conftest import PSIPHON, TOR, VPN, Backend
from support.goclient import STRING, TIME, ListOf, MapOf, read

REGISTER = {
    "platform": "miniooni",
    "probe_asn": "AS0",
    "probe_cc": "ZZ",
    "software_name": "miniooni",
    "software_version": "0.1.0-dev",
    "supported_tests": ["web_connectivity"],
    "password": "x" * 64,
}
TARGETS = MapOf(
    {
        "address": STRING,
        "fingerprint": STRING,
        "name": STRING,
        "protocol": STRING,
        "params": MapOf(ListOf(STRING)),
        "source": STRING,
    }
)
PROVIDER = {
    "provider": STRING,
    "protocol": STRING,
    "config": {"ca": STRING, "cert": STRING, "key": STRING},
    "date_updated": TIME,
    "endpoints": ListOf(STRING),
}


def register(client: httpx.Client) -> str:
    answer = client.post("/api/v1/register", json=REGISTER)
    assert answer.headers["cache-control"] == "no-cache"
    client_id: str = read(answer, {"client_id": STRING})["client_id"]
    return client_id


def login(client: httpx.Client, client_id: str) -> Any:
    answer = client.post("/api/v1/login", json={"username": client_id, "password": "x"})
    assert answer.headers["cache-control"] == "no-cache"
    return read(answer, {"token": STRING, "expire": TIME})


def test_register_then_login(client: httpx.Client) -> None:
    client_id = register(client)
    assert len(client_id) == 132
    expire = datetime.fromisoformat(login(client, client_id)["expire"])
    assert timedelta(days=6.9) < expire - datetime.now(UTC) <= timedelta(days=7)


@pytest.mark.parametrize("body", [b"{}", b'{"platform": 5}', b'{"password": "\\ud800"}'])
def test_registration_is_lenient(client: httpx.Client, body: bytes) -> None:
    assert client.post("/api/v1/register", content=body).status_code == 200


def test_a_login_of_another_backend(client: httpx.Client, bare_client: httpx.Client) -> None:
    foreign = register(bare_client)
    assert login(client, foreign)["token"]
    answer = bare_client.post("/api/v1/login", json={"username": register(client), "password": "x"})
    assert (answer.status_code, answer.json()["error"]) == (401, "Invalid credentials")


@pytest.mark.parametrize("body", [{}, {"username": "x"}, {"password": "x"}, {"username": "", "password": ""}])
def test_a_login_without_credentials(client: httpx.Client, body: dict[str, str]) -> None:
    answer = client.post("/api/v1/login", json=body)
    assert (answer.status_code, answer.json()["error"]) == (401, "Missing credentials")


@pytest.mark.parametrize("path", ["/api/v1/register", "/api/v1/login"])
@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"x"', b"\xff", b'{"a": NaN}', b"[" * 1000])
def test_no_object(client: httpx.Client, path: str, body: bytes) -> None:
    assert client.post(path, content=body).status_code == 400


@pytest.mark.parametrize("client_id", ["x", "A" * 132, "%00", "%F0%9F%A6%9D", "..%2e"])
@pytest.mark.parametrize("body", [b"", b"{", b'{"probe_cc": "BR"}'])
def test_an_update_is_always_fine(client: httpx.Client, client_id: str, body: bytes) -> None:
    answer = client.put(f"/api/v1/update/{client_id}", content=body)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_the_key_is_made_once_and_is_for_its_owner_alone(backend: Backend) -> None:
    path = backend.api.data_dir / "secrets" / "probe_token_key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert len(path.read_text().strip()) >= 40
    assert path.read_text().strip() not in backend.api.log.read_text()


def test_tor_targets(client: httpx.Client) -> None:
    answer = client.get("/api/v1/test-list/tor-targets?country_code=BR")
    assert answer.content == TOR
    assert answer.headers["cache-control"] == "no-cache"
    assert read(answer, TARGETS)["f00d"]["source"] == "private"


def test_psiphon_config(client: httpx.Client, backend: Backend) -> None:
    answer = client.get("/api/v1/test-list/psiphon-config", headers={"Authorization": "Bearer broken"})
    assert (answer.status_code, answer.json()) == (200, PSIPHON)
    assert "RemoteServerListURLs" not in backend.api.log.read_text()


def test_vpn_config(client: httpx.Client) -> None:
    answer = client.get("/api/v2/ooniprobe/vpn-config/riseupvpn?country_code=BR")
    found = read(answer, PROVIDER)
    assert (found["provider"], found["protocol"]) == ("riseupvpn", "openvpn")
    assert found["config"] == VPN["riseupvpn"]["config"]
    assert len(set(found["endpoints"])) == 4
    assert set(found["endpoints"]) <= set(VPN["riseupvpn"]["endpoints"])
    assert set(answer.json()) == set(PROVIDER)


@pytest.mark.parametrize("provider", ["riseup", "x", "%00", "a" * 3000])
def test_no_such_provider(client: httpx.Client, provider: str) -> None:
    answer = client.get(f"/api/v2/ooniprobe/vpn-config/{provider}")
    assert (answer.status_code, answer.json()["error"]) == (404, "provider not found")


GUARDED = {
    "/api/v1/test-list/tor-targets": "tor_targets_file",
    "/api/v1/test-list/psiphon-config": "psiphon_config_file",
}


@pytest.mark.parametrize(("path", "setting"), GUARDED.items())
def test_a_token_is_looked_at_where_it_is_required(
    bare_client: httpx.Client, client: httpx.Client, path: str, setting: str
) -> None:
    ours = login(bare_client, register(bare_client))["token"]
    foreign = login(client, register(client))["token"]
    table: list[tuple[dict[str, str], int]] = [
        ({}, 400),
        ({"Authorization": "Basic eDp5"}, 400),
        ({"Authorization": "Bearer"}, 400),
        ({"Authorization": "Bearer x"}, 401),
        ({"Authorization": f"Bearer {foreign}"}, 401),
        ({"Authorization": f"Bearer {register(bare_client)}"}, 401),
        ({"Authorization": f"Bearer {ours}"}, 503),
    ]
    for headers, status in table:
        answer = bare_client.get(path, headers=headers)
        assert answer.status_code == status, answer.text
    assert answer.json()["error"] == f"{setting} is not set"


def test_vpn_is_not_configured(bare_client: httpx.Client) -> None:
    answer = bare_client.get("/api/v2/ooniprobe/vpn-config/riseupvpn")
    assert (answer.status_code, answer.json()["error"]) == (503, "vpn_config_file is not set")
