"""Where bodies come from, in which order, and what other hosts are trusted with (data contract 2.5)."""

import gzip
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from oonib.measurements.peers import Peers
from oonib.model.uid import parse_uid
from oonib.warehouse.client import Warehouse

from support.archiving import post, submit
from support.processes import free_port
from support.serving import Backend

RECEIVED = datetime(2026, 3, 2, 10, 15, tzinfo=UTC)
REPORT = "20260302T095900Z_webconnectivity_BR_64500_n1_AbCdEfGhIjKlMnOp"


class OtherHost:
    """Another API host: answers what it is told to, and remembers what it was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, bytes]] = {}
        self.asked: list[str] = []
        host = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                host.asked.append(self.path)
                status, body = host.answers.get(self.path, (404, b"not here"))
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - the base class names it so
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def others() -> Iterator[list[OtherHost]]:
    hosts = [OtherHost(), OtherHost()]
    yield hosts
    for host in hosts:
        host.close()


@pytest.fixture
def backend(tmp_path: Path, warehouse: Warehouse, others: list[OtherHost]) -> Iterator[Any]:
    backend = Backend(tmp_path / "one", warehouse, [host.url for host in others])
    yield backend
    backend.close()


def archive(backend: Any, uid: str, body: bytes) -> None:
    """A line of the archive as another program wrote it: no place of a gzip member, no uid in the row."""
    key = "raw/20260302/10/BR/webconnectivity/2026030210_BR_webconnectivity.n1.0.jsonl.gz"
    backend.store.put(key, gzip.compress(b"{}\n" + body + b"\n"))
    columns = ["report_id", "input", "s3path", "linenum", "measurement_uid"]
    backend.warehouse.insert("jsonl", columns, [(REPORT, "", key, 1, uid)])


def accept(backend: Any, number: int) -> str:
    uid = submit(backend.spool, post(REPORT, number), received=RECEIVED)
    backend.insert({"measurement_uid": uid, "report_id": REPORT, "input": ""})
    return uid


def number_of(backend: Any, uid: str) -> Any:
    return backend.client.get(f"/api/v1/measurement/{uid}").json().get("n")


@pytest.mark.parametrize(("age", "expected"), [(timedelta(minutes=59), 1), (timedelta(minutes=61), 2)])
def test_fresh_bodies_come_from_the_spool_and_older_ones_from_the_archive(
    backend: Any, age: timedelta, expected: int
) -> None:
    uid = accept(backend, 1)
    archive(backend, uid, f'{{"report_id":"{REPORT}","n":2}}'.encode())
    backend.now = RECEIVED + age
    assert number_of(backend, uid) == expected


def test_old_rows_are_found_by_report_and_input(backend: Any) -> None:
    backend.insert({"measurement_uid": "old", "report_id": REPORT, "input": ""})
    archive(backend, "", f'{{"report_id":"{REPORT}","n":3}}'.encode())
    assert number_of(backend, "old") == 3


def test_a_line_of_another_report_is_not_served(backend: Any) -> None:
    backend.insert({"measurement_uid": "old", "report_id": REPORT, "input": ""})
    archive(backend, "old", b'{"report_id":"another"}')
    assert backend.client.get("/api/v1/measurement/old").status_code == 404


@pytest.mark.parametrize(
    "packed", [b"not gzip", gzip.compress(b"{}\n" * 5)[:-4], gzip.compress(b"one line\n")]
)
def test_a_damaged_object_is_a_missing_body_and_no_error(backend: Any, packed: bytes) -> None:
    uid = accept(backend, 1)
    archive(backend, uid, b"{}")
    backend.store.put(next(info.key for info in backend.store.list()), packed)
    backend.now = RECEIVED + timedelta(hours=2)
    assert number_of(backend, uid) == 1


def test_other_hosts_are_asked_in_turn(backend: Any, others: list[OtherHost]) -> None:
    elsewhere = submit_elsewhere(REPORT)
    uid, stored = elsewhere
    path = f"/measurement_spool/{parse_uid(uid).spool_path}"
    others[1].answers[path] = (200, stored)
    assert [number_of(backend, uid) for _ in range(4)] == [7, 7, 7, 7]
    assert others[1].asked == [path] * 4
    # The one that does not have it is asked first half of the time.
    assert others[0].asked == [path] * 2


@pytest.mark.parametrize(
    "answer",
    [(200, b"nonsense"), (200, b'{"content":1}'), (500, b""), (302, b""), (200, b"\xff" * 100), (204, b"")],
)
def test_another_host_that_answers_nonsense_is_passed_over(
    backend: Any, others: list[OtherHost], answer: tuple[int, bytes]
) -> None:
    uid, _ = submit_elsewhere(REPORT)
    path = f"/measurement_spool/{parse_uid(uid).spool_path}"
    for host in others:
        host.answers[path] = answer
    assert backend.client.get(f"/api/v1/measurement/{uid}").status_code == 404


def test_another_host_that_is_away_is_passed_over(others: list[OtherHost]) -> None:
    uid, stored = submit_elsewhere(REPORT)
    others[0].answers[f"/measurement_spool/{parse_uid(uid).spool_path}"] = (200, stored)
    peers = Peers([f"http://127.0.0.1:{free_port()}", others[0].url + "/"])
    assert [peers.fetch(parse_uid(uid)) for _ in range(2)] == [stored, stored]
    peers.close()


def test_another_host_cannot_send_without_end(
    others: list[OtherHost], monkeypatch: pytest.MonkeyPatch
) -> None:
    from oonib.measurements import peers as module

    monkeypatch.setattr(module, "_LARGEST_BODY", 1000)
    uid, _ = submit_elsewhere(REPORT)
    others[0].answers[f"/measurement_spool/{parse_uid(uid).spool_path}"] = (200, b" " * 1001)
    peers = Peers([others[0].url])
    assert peers.fetch(parse_uid(uid)) is None
    peers.close()


def test_nobody_is_asked_for_what_never_was_in_a_spool(backend: Any, others: list[OtherHost]) -> None:
    backend.insert(
        {"measurement_uid": "0120200101aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "report_id": "old_format"}
    )
    backend.client.get("/api/v1/measurement/0120200101aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")
    backend.client.get("/api/v1/measurement/..%2F..%2Fx")
    assert others[0].asked == others[1].asked == []


def submit_elsewhere(report_id: str) -> tuple[str, bytes]:
    """The uid and stored bytes of a measurement that another host accepted."""
    from oonib.model.uid import make_uid

    stored = post(report_id, 7).replace(b'"n":7', b'"n":7,"probe_asn":"AS1"')
    return str(make_uid(RECEIVED, "BR", "webconnectivity", stored)), stored


def test_the_spool_is_served_to_other_hosts(backend: Any) -> None:
    stored = post(REPORT, 5)
    uid = submit(backend.spool, stored, received=RECEIVED)
    answer = backend.client.get(f"/measurement_spool/{parse_uid(uid).spool_path}")
    assert (answer.status_code, answer.content) == (200, stored)
    assert answer.headers["content-type"] == "application/octet-stream"


@pytest.mark.parametrize(
    "path",
    [
        "x/y",
        "2026030210_BR_webconnectivity/nothing.post",
        "2026030210_BR_webconnectivity/20260302101500.000000_BR_webconnectivity_0123456789abcdef.post",
        "2026030211_BR_webconnectivity/20260302101500.000000_BR_webconnectivity_0123456789abcdef.post",
        "..%2F..%2Fetc/passwd",
        "%2e%2e/%2e%2e",
        "a%00/b%00.post",
        "2026030210_BR_webconnectivity/..%5c..%5cx.post",
    ],
)
def test_paths_that_are_no_spooled_posts(nothing: Any, path: str) -> None:
    assert nothing.client.get(f"/measurement_spool/{path}").status_code == 404


def test_two_real_hosts(backend: Any, tmp_path: Path, others: list[OtherHost]) -> None:
    uid = submit(
        backend.spool, post(REPORT, 5).replace(b'"n":5', b'"n":5,"probe_asn":"AS1"'), received=RECEIVED
    )
    path = f"/measurement_spool/{parse_uid(uid).spool_path}"
    others[0].answers[path] = (200, backend.client.get(path).content)
    second = Backend(tmp_path / "two", backend.warehouse, [others[0].url])
    try:
        assert number_of(second, uid) == 5
    finally:
        second.close()
