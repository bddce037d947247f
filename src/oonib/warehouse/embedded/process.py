"""The life of the embedded ClickHouse process: lock, open, listen, wait for a signal, close.

It must own its process: the engine does not survive a fork, and there is one
engine per process.
"""

import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import structlog

from oonib.warehouse.embedded import datadir
from oonib.warehouse.embedded.engine import Engine
from oonib.warehouse.embedded.errors import EmbeddedError, QueryError
from oonib.warehouse.embedded.scratch import Scratch
from oonib.warehouse.embedded.server import Server, ServerLimits

_log = structlog.get_logger(__name__)
HOME = "ooni"
_HOUSEKEEPING = 15.0
_PATIENCE = 4.0
_PATTERN = frozenset("*?{}&=")


def run_embedded(
    *,
    data_dir: Path,
    host: str,
    port: int,
    password: str,
    ready: Callable[[], None] | None = None,
    limits: ServerLimits | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT. The address is in `data_dir/address` while it serves."""
    if not password:
        raise EmbeddedError("the embedded ClickHouse needs a password")
    if _PATTERN & set(str(data_dir.resolve())):
        raise EmbeddedError(f"the engine reads {''.join(sorted(_PATTERN))} in a path as patterns: {data_dir}")
    os.environ["TZ"] = "UTC"
    engine_dir = datadir.prepare(data_dir)
    lock = datadir.take_lock(data_dir)
    try:
        config = datadir.write_config(data_dir, datadir.memory_limit())
        engine = Engine(engine_dir.resolve(), config.resolve(), HOME)
        try:
            scratch = Scratch((data_dir / "tmp").resolve())
            server = Server(engine, scratch, password=password, home=HOME, limits=limits or ServerLimits())
            _serve(engine, server, data_dir, (host, port), ready)
        finally:
            engine.close()
    finally:
        os.close(lock)


def _serve(
    engine: Engine,
    server: Server,
    data_dir: Path,
    address: tuple[str, int],
    ready: Callable[[], None] | None,
) -> None:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        chosen_host, chosen_port = server.listen(*address)
    except OSError as error:
        server.stop(0)
        raise EmbeddedError(f"cannot listen on {address[0]}:{address[1]}: {error.strerror}") from None
    datadir.write_address(data_dir, chosen_host, chosen_port)
    _log.info("warehouse.embedded.ready", port=chosen_port, engine=engine.version)
    if ready is not None:
        ready()
    while not stop.wait(_HOUSEKEEPING):
        _keep_house(engine, server)
    _log.info("warehouse.embedded.stopping")
    datadir.remove_address(data_dir)
    server.stop(_PATIENCE)


def _keep_house(engine: Engine, server: Server) -> None:
    server.expire()
    try:
        # The allocator keeps freed pages; without this the process rests at its highest mark.
        engine.control("SYSTEM JEMALLOC PURGE")
    except QueryError as error:
        _log.warning("warehouse.embedded.purge_failed", code=error.code)
