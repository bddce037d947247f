"""A web site on loopback that serves what a test puts there, and misbehaves where it is told to."""

import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

Answer = Callable[[BaseHTTPRequestHandler], None]


class Website:
    """Pages by path: bytes that are served, or a function that answers by itself. `asked` lists the paths."""

    def __init__(self) -> None:
        self.pages: dict[str, bytes | Answer] = {}
        self.asked: list[str] = []
        self.ending = threading.Event()
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.asked.append(self.path)
                page = site.pages.get(self.path)
                try:
                    if callable(page):
                        page(self)
                    else:
                        send(self, 404 if page is None else 200, page or b"")
                except OSError:
                    self.close_connection = True  # the client has had enough

            def log_message(self, *_args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.ending.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Without a closing slash."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def endless(self, handler: BaseHTTPRequestHandler) -> None:
        """A body without end."""
        head(handler)
        while not self.ending.is_set():
            handler.wfile.write(b"x" * 65536)

    def dripping(self, handler: BaseHTTPRequestHandler) -> None:
        """A body of which a byte comes now and then."""
        head(handler)
        while not self.ending.wait(0.02):
            handler.wfile.write(b"x")

    def dripping_head(self, handler: BaseHTTPRequestHandler) -> None:
        """An answer whose head does not end."""
        handler.wfile.write(b"HTTP/1.0 200 OK\r\nX-Long: ")
        while not self.ending.wait(0.02):
            handler.wfile.write(b"x")

    def round_and_round(self, handler: BaseHTTPRequestHandler) -> None:
        """A redirect to itself."""
        send(handler, 302, b"", location=handler.path)

    def cut_off(self, handler: BaseHTTPRequestHandler) -> None:
        """A body that ends before it should."""
        send(handler, 200, b"half", length=1000)


def send(
    handler: BaseHTTPRequestHandler,
    status: int,
    body: bytes,
    *,
    location: str = "",
    length: int | None = None,
) -> None:
    """A whole answer."""
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(body) if length is None else length))
    if location:
        handler.send_header("Location", location)
    handler.end_headers()
    handler.wfile.write(body)


def head(handler: BaseHTTPRequestHandler) -> None:
    """The head of an answer whose length is not told."""
    handler.send_response(200)
    handler.end_headers()


def waits(seconds: float, then: Answer) -> Answer:
    """An answer that comes late."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(seconds)
        then(handler)

    return answer
