"""A TCP proxy on loopback that fails as networks and servers do. Knows of HTTP only what its answers need."""

import contextlib
import socket
import struct
import threading
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Literal, Self

Mode = Literal["pass", "refuse", "hang", "reset", "answer", "cut request", "lose answer", "slow"]
"""`refuse` closes at once; `hang` takes everything and says nothing; `answer` says `Fault.answer` to every
request; `cut request` passes `after` bytes on and resets; `lose answer` passes the whole request on, waits
for the answer and resets instead of giving it; `slow` holds each piece back for `seconds`."""


@dataclass(frozen=True)
class Fault:
    """How the proxy fails."""

    mode: Mode = "pass"
    after: int = 0
    seconds: float = 0.0
    answer: bytes = b""


def http(status: str, body: bytes = b"", *headers: str) -> Fault:
    """Every request gets this answer."""
    head = "\r\n".join((f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers))
    return Fault("answer", answer=head.encode() + b"\r\n\r\n" + body)


class FaultProxy:
    """Between clients and `target` (a port of this machine)."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.hits = 0
        self._fault = Fault()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self._pairs: set[tuple[socket.socket, socket.socket]] = set()
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.close()
        self.fail(Fault("refuse"))

    def fail(self, fault: Fault) -> None:
        """From now on, for connections that are open as for new ones. What hung is closed."""
        with self._lock:
            self._fault = fault
            self.hits = 0
            pairs, self._pairs = self._pairs, set()
        for pair in pairs:
            for end in pair:
                _end(end)

    def heal(self) -> None:
        """Pass everything on again."""
        self.fail(Fault())

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client, self._fault), daemon=True).start()

    def _serve(self, client: socket.socket, fault: Fault) -> None:
        if fault.mode != "pass":
            self.hits += 1
        if fault.mode in ("refuse", "reset"):
            _reset(client)
            return
        if fault.mode in ("hang", "answer"):
            self._alone(client, fault)
            return
        try:
            server = socket.create_connection(("127.0.0.1", self.target), timeout=10)
        except OSError:
            _reset(client)
            return
        server.settimeout(None)
        pair = (client, server)
        with self._lock:
            if fault is not self._fault:
                fault = self._fault
            self._pairs.add(pair)
        threading.Thread(target=self._pump, args=(client, server, fault, pair, True), daemon=True).start()
        self._pump(server, client, fault, pair, False)

    def _alone(self, client: socket.socket, fault: Fault) -> None:
        """Take what comes; answer as the fault says, once it is quiet for a moment."""
        with self._lock:
            self._pairs.add((client, client))
        client.settimeout(0.1 if fault.mode == "answer" else None)
        with contextlib.suppress(OSError):
            while True:
                try:
                    if not client.recv(65536):
                        break
                except TimeoutError:
                    break
            client.sendall(fault.answer)
            client.shutdown(socket.SHUT_WR)
        _end(client)

    def _pump(
        self,
        source: socket.socket,
        sink: socket.socket,
        fault: Fault,
        pair: tuple[socket.socket, socket.socket],
        request: bool,
    ) -> None:
        passed = 0
        with contextlib.suppress(OSError):
            while piece := source.recv(65536):
                if fault.mode == "slow":
                    time.sleep(fault.seconds)
                if fault.mode == "lose answer" and not request:
                    break
                if fault.mode == "cut request" and request and passed + len(piece) > fault.after:
                    sink.sendall(piece[: fault.after - passed])
                    break
                sink.sendall(piece)
                passed += len(piece)
        with self._lock:
            self._pairs.discard(pair)
        for end in pair:
            _reset(end) if fault.mode != "pass" else _end(end)


def _reset(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    _end(connection)


def _end(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
