"""S3 servers that refuse, delay or lie (reliability D8)."""

import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from oonib.objects import ObjectExists, ObjectStore, ObjectStoreError, ObjectStoreUnavailable


class Scripted:
    """A server that answers as `answer` says and keeps what is put."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.seen: list[str] = []
        self.answer: Callable[[BaseHTTPRequestHandler], int | None] = lambda _request: None
        scripted = self

        class Handler(BaseHTTPRequestHandler):
            def handle_any(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                scripted.seen.append(self.command)
                status = scripted.answer(self)
                if status is None and self.command == "PUT":
                    scripted.kept[self.path] = body
                found = scripted.kept.get(self.path)
                self.send_response(status or (200 if found is not None else 404))
                self.send_header("ETag", '"0"')
                self.send_header("Last-Modified", "Mon, 02 Mar 2026 10:00:00 GMT")
                self.send_header("Content-Length", str(len(found or b"") if self.command == "HEAD" else 0))
                self.end_headers()

            do_GET = do_PUT = do_HEAD = do_DELETE = handle_any  # noqa: N815

            def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the name it has there
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()
        self.store = ObjectStore.open(
            "s3://bucket",
            endpoint_url=f"http://127.0.0.1:{self.server.server_port}",
            access_key="a",
            secret_key="b",
            data_dir=None,
        )

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    scripted = Scripted()
    yield scripted
    scripted.close()


def test_a_server_without_conditional_writes(scripted: Scripted) -> None:
    scripted.answer = lambda request: 501 if request.headers.get("If-None-Match") else None
    scripted.store.put_new("a", b"one")
    with pytest.raises(ObjectExists):
        scripted.store.put_new("a", b"two")
    assert list(scripted.kept.values()) == [b"one"]


def test_a_busy_server_is_asked_again_and_then_given_up(scripted: Scripted) -> None:
    failures = [503, 503]
    scripted.answer = lambda _request: failures.pop() if failures else None
    scripted.store.put("a", b"one")
    scripted.answer = lambda _request: 503
    began = time.monotonic()
    with pytest.raises(ObjectStoreUnavailable):
        scripted.store.put("a", b"two")
    assert time.monotonic() - began < 20


@pytest.mark.parametrize("status", [400, 403])
def test_a_refusal_is_not_worth_another_try(scripted: Scripted, status: int) -> None:
    scripted.answer = lambda _request: status
    with pytest.raises(ObjectStoreError) as refused:
        scripted.store.put("a", b"x")
    assert not isinstance(refused.value, ObjectStoreUnavailable)
    assert scripted.seen == ["PUT"]
