"""The feeder over real processes: posts of other API hosts in over HTTP, rows out of ClickHouse."""

import asyncio
import gzip
import http.client
import json
import random
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import zstandard

from oonib.app.feeding import create_feeder
from oonib.model.uid import make_uid
from oonib.runtime import open_warehouse
from oonib.settings import Settings
from oonib.spool import Spool
from oonib.warehouse.client import Warehouse

from support.feeding import Post, posts
from support.processes import Oonib, free_port, wait_until

pytestmark = [pytest.mark.clickhouse, pytest.mark.timeout(120)]
UID = "20260302101533.048211_BR_webconnectivity_5d0c91e2a47b3f68"


class Host(Oonib):
    """`oonib up` with a feeder on a port of its own."""

    def __init__(self, data_dir: Path, **more: object) -> None:
        self.feeder_port = free_port()
        settings = {"fingerprints_source": "starter", "fastpath_listen": self.feeder_port, **more}
        super().__init__("up", data_dir=data_dir, workers=1, **settings)

    @property
    def feeder(self) -> str:
        return f"http://127.0.0.1:{self.feeder_port}"

    def fed(self) -> bool:
        try:
            return httpx.get(self.feeder).status_code == 200
        except httpx.HTTPError:
            return False


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    with Host(
        tmp_path_factory.mktemp("feeder"),
        max_body_bytes=1_000_000,
        max_decoded_bytes=2_000_000,
        stall_seconds=1.5,
    ) as up:
        wait_until(up.fed, 40, "the feeder")
        wait_until(lambda: up.get("/health")[0] == 200, 60, "a green backend")
        yield up


@pytest.fixture
def client(host: Host) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=host.feeder, timeout=20) as client:
        yield client


@pytest.fixture
def spool(host: Host) -> Iterator[Spool]:
    spool = Spool(host.data_dir / "spool" / "spool.sqlite")
    yield spool
    spool.close()


@pytest.fixture
def warehouse(host: Host) -> Iterator[Warehouse]:
    warehouse = open_warehouse(Settings(data_dir=host.data_dir))
    yield warehouse
    warehouse.close()


def some_uid() -> str:
    return str(make_uid(datetime.now(UTC), "BR", "webconnectivity", random.randbytes(8)))


def rows_of(warehouse: Warehouse, uids: list[str]) -> dict[str, dict[str, Any]]:
    found = warehouse.select(
        "SELECT measurement_uid, is_verified, count() AS n FROM fastpath"
        " WHERE measurement_uid IN {uids:Array(String)} GROUP BY ALL",
        {"uids": uids},
    )
    return {row["measurement_uid"]: row for row in found}


def test_posts_become_rows(client: httpx.Client, warehouse: Warehouse, spool: Spool) -> None:
    sent = posts(60, seed=1)

    def send(post: Post) -> int:
        answer = client.post(f"/{post[0]}", content=post[1])
        assert answer.content == b""
        return answer.status_code

    with ThreadPoolExecutor(8) as senders:
        # Every one twice, as after a lost answer.
        assert set(senders.map(send, sent + sent)) == {200}
    uids = [uid for uid, _ in sent]
    wait_until(lambda: len(rows_of(warehouse, uids)) == 60, 30, "all rows")
    assert {(row["is_verified"], row["n"]) for row in rows_of(warehouse, uids).values()} == {("t", 1)}
    assert [spool.body(uid) for uid, _ in sent] == [stored for _, stored in sent]


def test_the_body_is_served_at_once(client: httpx.Client, host: Host) -> None:
    ((uid, stored),) = posts(1, seed=2)
    assert client.post(f"/{uid}", content=stored).status_code == 200
    answer = httpx.get(f"{host.url}/api/v1/raw_measurement", params={"measurement_uid": uid}, timeout=20)
    assert answer.status_code == 200
    assert answer.json() == json.loads(stored)["content"]


def test_a_body_in_chunks(client: httpx.Client, spool: Spool) -> None:
    ((uid, stored),) = posts(1, seed=3)
    pieces = (stored[at : at + 1000] for at in range(0, len(stored), 1000))
    answer = client.post(f"/{uid}", content=pieces, headers={"Content-Type": "application/octet-stream"})
    assert answer.request.headers["transfer-encoding"] == "chunked"
    assert answer.status_code == 200
    assert spool.body(uid) == stored


@pytest.mark.parametrize("encoding", ["zstd", "gzip"])
def test_a_compressed_body(client: httpx.Client, spool: Spool, encoding: str) -> None:
    ((uid, stored),) = posts(1, seed=4 if encoding == "zstd" else 5)
    packed = zstandard.compress(stored) if encoding == "zstd" else gzip.compress(stored)
    answer = client.post(f"/{uid}", content=packed, headers={"Content-Encoding": encoding})
    assert answer.status_code == 200
    assert spool.body(uid) == stored


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "BREW"])
@pytest.mark.parametrize("path", ["/", "/health", f"/{UID}", "/2", "/%2e%2e"])
def test_any_other_method_is_a_health_check(client: httpx.Client, method: str, path: str) -> None:
    answer = client.request(method, path)
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize("path", ["/", "/x", "/report/abc", "/12", "/%2e%2e/2", "//2", "/%00"])
def test_a_post_elsewhere_is_500(client: httpx.Client, path: str) -> None:
    answer = client.post(path, content=b"{}")
    assert answer.status_code == 500
    assert "Internal Server Error" in answer.text
    assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize(
    "path",
    [
        "/2",
        f"/{UID}/",
        f"/{UID}%0a",
        f"/{UID}%00",
        f"/{UID[:-1]}",
        f"/{UID}0",
        f"/{UID.upper()}",
        f"/{UID.replace('BR', 'B1')}",
        f"/{UID.replace('webconnectivity', '..%2F..%2Fetc')}",
        f"/2%2e%2e%2f{UID}",
        f"/2%2e%2e/{UID}",
        f"/{UID.replace('webconnectivity', 'a' * 200)}",
        f"/{UID.replace('0302', '1399')}",
        "/20260302101533.048211_BR_webconnectivity_5d0c91e2a47b3f6%d9%a1",
        "/2%ff%fe",
        "/01202102037f9c2ba4e88f827d61604550760585".replace("/0", "/2"),
    ],
)
def test_what_is_no_uid_is_400(host: Host, spool: Spool, path: str) -> None:
    before = spool.status().entries
    # Sent as it stands: a client library would tidy the path.
    connection = http.client.HTTPConnection("127.0.0.1", host.feeder_port, timeout=10)
    connection.putrequest("POST", path, skip_accept_encoding=True)
    connection.putheader("Content-Length", "2")
    connection.endheaders(b"{}")
    answer = connection.getresponse()
    assert answer.status == 400, answer.read()
    assert "uid" in json.loads(answer.read())["error"]
    connection.close()
    assert spool.status().entries == before
    assert {path.name for path in host.data_dir.parent.iterdir()} >= {host.data_dir.name}


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff\x00", b'{"format":"json","content":1}'])
def test_a_body_that_cannot_be_scored_is_kept(client: httpx.Client, spool: Spool, body: bytes) -> None:
    uid = some_uid()
    assert client.post(f"/{uid}", content=body).status_code == 200
    dead = wait_until(
        lambda: [letter for letter in spool.dead_letters() if letter.uid == uid], 20, "a dead letter"
    )
    assert dead[0].reason in ("malformed_json", "not_an_object", "bad_content")
    assert spool.body(uid) == body


def test_limits(client: httpx.Client, spool: Spool) -> None:
    fits, too_large, bomb = some_uid(), some_uid(), some_uid()
    assert client.post(f"/{fits}", content=b"x" * 1_900_000).status_code == 200
    assert client.post(f"/{too_large}", content=b"x" * 2_100_000).status_code == 413
    packed = zstandard.compress(b"x" * 2_100_000)
    assert client.post(f"/{bomb}", content=packed, headers={"Content-Encoding": "zstd"}).status_code == 413
    damaged = client.post(f"/{bomb}", content=b"(]/\xfd", headers={"Content-Encoding": "gzip"})
    assert damaged.status_code == 400
    assert spool.body(too_large) is None
    assert spool.body(bomb) is None


def test_a_body_that_stalls(host: Host) -> None:
    with socket.create_connection(("127.0.0.1", host.feeder_port), timeout=20) as connection:
        head = f"POST /{some_uid()} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{{"
        connection.sendall(head.encode())
        started = time.monotonic()
        answer = connection.recv(1000)
        assert b" 408 " in answer.splitlines()[0]
        assert time.monotonic() - started < 10


def test_the_feeder_comes_back(host: Host, client: httpx.Client) -> None:
    feeders = [process for process in host.tree() if "feeder" in process.cmdline()]
    assert len(feeders) == 2
    assert {process.nice() for process in feeders} == {0}, "acknowledging comes before scoring"
    for process in feeders:
        process.kill()
    wait_until(host.fed, 20, "the feeder again")
    assert client.post(f"/{some_uid()}", content=b"{}").status_code == 200


def test_metrics(client: httpx.Client, host: Host) -> None:
    client.post("/2", content=b"")
    # Enough of them that a censor of the world has answered somebody with a known address.
    for seed in range(6, 14):
        for uid, stored in posts(30, seed=seed):
            client.post(f"/{uid}", content=stored)

    def shown() -> str:
        return httpx.get(f"{host.url}/metrics", timeout=20).text

    for line in (
        'route="feeder /{measurement_uid}",status="200"',
        'measurement_bad_count_total{reason="uid"}',
        'oonib_fingerprints_loaded{kind="dns"}',
        'oonib_fastpath_tests_total{test="web_connectivity"}',
        'oonib_fastpath_test_seconds_total{test="web_connectivity"}',
        'oonib_fastpath_fingerprint_matches_total{location="dns"}',
        'oonib_job_runs_total{job="fingerprints",result="ok"}',
    ):
        wait_until(lambda line=line: line in shown(), 60, line)
    assert " 0.0" not in next(
        row for row in shown().splitlines() if row.startswith("oonib_fingerprints_snap")
    )
    assert UID not in shown()


@pytest.fixture
def lone(tmp_path: Path) -> Iterator[Any]:
    """Starts `oonib fastpath --listen` without ClickHouse: nothing is scored, everything waits."""
    started: list[subprocess.Popen[bytes]] = []
    clients: list[httpx.Client] = []
    port = free_port()

    def start(**settings: object) -> tuple[httpx.Client, subprocess.Popen[bytes]]:
        data = Oonib("fastpath", data_dir=tmp_path / "data", **settings)
        command = [sys.executable, "-m", "oonib", "fastpath", "--listen", f"127.0.0.1:{port}"]
        process = subprocess.Popen(command, env=data.environment, stderr=subprocess.DEVNULL)
        started.append(process)
        client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20)
        clients.append(client)
        wait_until(lambda: _status(client) == 200, 30, "the feeder")
        return client, process

    yield start
    for client in clients:
        client.close()
    for process in started:
        process.kill()
        process.wait()
    wait_until(lambda: not _listens(port), 10, "the end of the feeder with its scorer")


def _status(client: httpx.Client) -> int:
    try:
        return client.get("/").status_code
    except httpx.HTTPError:
        return 0


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def alone(tmp_path: Path) -> Any:
    """Makes the feeder's whole application in this process, with nobody who scores."""

    def make(**settings: object) -> httpx.AsyncClient:
        app = create_feeder(Settings(data_dir=tmp_path / "data", **settings))  # type: ignore[arg-type]
        return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://feeder")

    return make


def test_behind_is_503(alone: Any) -> None:
    async def send() -> None:
        async with alone(feeder_backlog=3) as client:
            for _ in range(4):
                assert (await client.post(f"/{some_uid()}", content=b"{}")).status_code == 200
            # What it found at the first post counts for two seconds.
            await asyncio.sleep(2.1)
            answer = await client.post(f"/{some_uid()}", content=b"{}")
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
            assert (await client.get("/")).status_code == 200

    asyncio.run(send())


def test_no_room_is_507(alone: Any) -> None:
    async def send() -> None:
        async with alone(spool_disk_reserve=1 << 60) as client:
            answer = await client.post(f"/{some_uid()}", content=b"{}")
            assert (answer.status_code, answer.headers["retry-after"]) == (507, "600")

    asyncio.run(send())


def test_a_scorer_that_is_stopped_stops_its_feeder(lone: Any, tmp_path: Path) -> None:
    client, process = lone()
    answered: list[str] = []

    def load() -> None:
        while True:
            uid = some_uid()
            try:
                if client.post(f"/{uid}", content=b"{}").status_code == 200:
                    answered.append(uid)
            except httpx.HTTPError:
                return

    sender = threading.Thread(target=load)
    sender.start()
    time.sleep(0.5)
    process.terminate()
    assert process.wait(10) == 0
    sender.join(20)
    spool = Spool(tmp_path / "data" / "spool" / "spool.sqlite")
    assert answered
    assert all(spool.body(uid) == b"{}" for uid in answered)
    spool.close()
