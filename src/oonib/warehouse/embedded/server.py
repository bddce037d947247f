"""The HTTP door: accepts connections, one thread each, takes requests to the runner and answers back."""

import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

import structlog

from oonib.warehouse.embedded import request as requests
from oonib.warehouse.embedded.engine import Engine
from oonib.warehouse.embedded.errors import ClientGoneError, HttpError, QueryError
from oonib.warehouse.embedded.live import Live
from oonib.warehouse.embedded.pool import Pool, PoolLimits, Sessions
from oonib.warehouse.embedded.respond import Responder
from oonib.warehouse.embedded.run import Runner
from oonib.warehouse.embedded.scratch import Scratch
from oonib.warehouse.embedded.watch import Watcher
from oonib.warehouse.embedded.wire import Body, Head, Wire, WireLimits

_log = structlog.get_logger(__name__)
USER = "default"
_DRAIN_BYTES = 64 * 1024 * 1024
_DRAIN_SECONDS = 5.0
_BACKLOG = 128


@dataclass(frozen=True, slots=True)
class ServerLimits:
    """Everything about the server that is bounded."""

    connections: int = 256
    pool: PoolLimits = field(default_factory=PoolLimits)
    wire: WireLimits = field(default_factory=WireLimits)


class Server:
    """Serves the ClickHouse HTTP interface over one engine."""

    def __init__(
        self, engine: Engine, scratch: Scratch, *, password: str, home: str, limits: ServerLimits
    ) -> None:
        self._engine = engine
        self._password = password
        self._home = home
        self._limits = limits
        self._pool = Pool(engine.connect, limits.pool)
        self._sessions = Sessions(engine.connect)
        self._live = Live(engine.control)
        self._watcher = Watcher()
        self._runner = Runner(self._pool, self._sessions, self._live, scratch)
        self._clients: dict[socket.socket, threading.Thread] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._listener: socket.socket | None = None

    def listen(self, host: str, port: int) -> tuple[str, int]:
        """Open the door; port 0 takes any free one."""
        self._listener = socket.create_server((host, port), backlog=_BACKLOG)
        name = self._listener.getsockname()
        threading.Thread(target=self._accept, args=(self._listener,), name="accept", daemon=True).start()
        return str(name[0]), int(name[1])

    def expire(self) -> None:
        """Housekeeping, called now and then."""
        self._sessions.expire()

    def stop(self, patience: float) -> None:
        """Close the door, let running statements end for a while, then end them."""
        self._stopping.set()
        if self._listener is not None:
            self._listener.close()
        for sock in self._open_clients():
            # Wakes threads that wait for a next request; an answer under way still goes out.
            _shutdown(sock, socket.SHUT_RD)
        self._join(patience)
        self._live.kill_all()
        for sock in self._open_clients():
            _shutdown(sock, socket.SHUT_RDWR)
        self._join(patience)
        self._watcher.stop()
        self._sessions.close()
        self._pool.close()

    def _accept(self, listener: socket.socket) -> None:
        while not self._stopping.is_set():
            try:
                sock, _ = listener.accept()
            except OSError:
                # The listener was closed, or the process is out of descriptors: the event tells which.
                self._stopping.wait(0.05)
                continue
            self._admit(sock)

    def _admit(self, sock: socket.socket) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        thread = threading.Thread(target=self._serve, args=(sock,), name="client", daemon=True)
        with self._lock:
            full = len(self._clients) >= self._limits.connections
            if not full:
                self._clients[sock] = thread
        if full:
            _refuse(sock)
        else:
            thread.start()

    def _serve(self, sock: socket.socket) -> None:
        wire = Wire(sock, self._limits.wire)
        try:
            while not self._stopping.is_set() and self._serve_one(wire):
                pass
        except ClientGoneError:
            pass
        except Exception:  # noqa: BLE001 - a fault of ours must cost one connection and be seen
            _log.exception("warehouse.embedded.request_failed")
        finally:
            with self._lock:
                self._clients.pop(sock, None)
            sock.close()

    def _serve_one(self, wire: Wire) -> bool:
        try:
            head = wire.read_head()
        except HttpError as error:
            Responder(wire, keep_alive=False, common={}).whole(error.status, error.text.encode(), {})
            return False
        if head is None:
            return False
        body = Body(wire, head)
        responder = Responder(wire, keep_alive=head.keep_alive, common=self._common())
        try:
            self._route(head, body, responder)
        except QueryError as error:
            self._send_error(error, body, responder)
        except HttpError as error:
            responder.keep_alive = False
            _refuse_request(responder, body, error)
            return False
        if not body.done and not body.drain(_DRAIN_BYTES, _DRAIN_SECONDS):
            return False
        return responder.keep_alive

    def _route(self, head: Head, body: Body, responder: Responder) -> None:
        if head.path in {"/ping", "/replicas_status"} or (head.path == "/" and _is_greeting(head)):
            responder.whole(200, b"Ok.\n", {"Content-Type": "text/html; charset=UTF-8"})
        elif head.path != "/":
            responder.whole(404, f"There is no handle {head.path}\n".encode(), {"Content-Type": "text/plain"})
        elif head.method not in {"GET", "POST"}:
            responder.whole(405, b"Only GET and POST\n", {"Content-Type": "text/plain"})
        else:
            self._query(head, body, responder)

    def _query(self, head: Head, body: Body, responder: Responder) -> None:
        requests.authenticate(head, USER, self._password)
        request = requests.read(head, body, self._home)
        with self._live.running(request.query_id):
            if request.statement.kind == "insert" or request.statement.keyword not in _KILLED_WITH_CLIENT:
                self._runner.run(request, responder)
                return
            with self._watcher.watching(responder.sock, lambda: self._live.kill(request.query_id)):
                self._runner.run(request, responder)

    def _send_error(self, error: QueryError, body: Body, responder: Responder) -> None:
        text = (
            error.message
            if "(version " in error.message
            else f"{error.message} (version {self._engine.version})"
        )
        headers = {
            "X-ClickHouse-Exception-Code": str(error.code),
            "Content-Type": "text/plain; charset=UTF-8",
        }
        if error.status == 401:
            headers["WWW-Authenticate"] = 'Basic realm="ClickHouse server HTTP API"'
        if not body.done and not body.drain(_DRAIN_BYTES, _DRAIN_SECONDS):
            responder.keep_alive = False
        responder.whole(error.status, text.encode() + b"\n", headers)

    def _common(self) -> Mapping[str, str]:
        return {
            "X-ClickHouse-Server-Display-Name": self._engine.display_name,
            "X-ClickHouse-Timezone": self._engine.timezone,
        }

    def _open_clients(self) -> list[socket.socket]:
        with self._lock:
            return list(self._clients)

    def _join(self, patience: float) -> None:
        with self._lock:
            threads = list(self._clients.values())
        share = patience / max(1, len(threads))
        for thread in threads:
            if thread.is_alive():
                thread.join(share)


_KILLED_WITH_CLIENT = frozenset({"SELECT", "WITH", "FROM"})


def _is_greeting(head: Head) -> bool:
    return head.method in {"GET", "HEAD"} and "query" not in head.params


def _refuse_request(responder: Responder, body: Body, error: HttpError) -> None:
    if responder.begun:
        return
    if error.status == 413:
        # Only here is the framing still sound; the client reads the answer once it has sent its body.
        body.drain(_DRAIN_BYTES, _DRAIN_SECONDS)
    responder.whole(error.status, error.text.encode() + b"\n", {"Content-Type": "text/plain; charset=UTF-8"})


def _refuse(sock: socket.socket) -> None:
    with sock:
        try:
            sock.settimeout(1.0)
            sock.sendall(
                b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: Close\r\n\r\n"
            )
        except OSError:
            # The client is told as far as it listens.
            return


def _shutdown(sock: socket.socket, how: int) -> None:
    try:
        sock.shutdown(how)
    except OSError:
        # Closed by its own thread meanwhile.
        return
