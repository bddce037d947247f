"""Running an HTTP application of ours: one way for the API and the feeder."""

import contextlib
import ctypes
import resource

from oonib.settings import Settings

_BUFFER = 64 * 1024
"""Longest request head, in bytes; what is longer is refused before any of our code runs."""

_QUEUE = 4096
"""Connections that the system completes before a worker takes them."""

_CONNECTIONS = 4096
"""Most that a worker has at a time: far above what is served, as idle ones count until their deadline."""

_LARGE_MEMORY = 1024 * 1024
_M_MMAP_THRESHOLD = -3
_M_TRIM_THRESHOLD = -1

_FILES_BESIDE = 256
"""Open files of a worker that are no connections of clients: stores, databases, libraries."""


def serve(factory: str, settings: Settings, *, host: str, port: int, workers: int, stop_seconds: int) -> None:
    """Serve what `factory` (`module:function`) makes, in `workers` processes, until asked to stop."""
    from granian import Granian
    from granian.constants import HTTPModes, Interfaces, Loops
    from granian.http import HTTP1Settings

    _give_memory_back()
    Granian(
        factory,
        factory=True,
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        loop=Loops.uvloop,
        # Our limits and deadlines for heads are those of HTTP/1; a proxy in front may speak HTTP/2.
        http=HTTPModes.http1,
        workers=workers,
        respawn_failed_workers=True,
        workers_kill_timeout=stop_seconds,
        backlog=_QUEUE,
        backpressure=min(_CONNECTIONS, max(1, _open_files() - _FILES_BESIDE)),
        log_enabled=settings.log_level == "debug",
        http1_settings=HTTP1Settings(
            max_buffer_size=_BUFFER, header_read_timeout=int(settings.stall_seconds * 1000)
        ),
    ).serve()


def _give_memory_back() -> None:
    """Have the memory of large bodies go back to the system at once, in this process and its workers.

    By itself the C library keeps it with the thread that had it, once for each of dozens of threads.
    """
    with contextlib.suppress(AttributeError, OSError):
        library = ctypes.CDLL(None)
        library.mallopt(_M_MMAP_THRESHOLD, _LARGE_MEMORY)
        # Not what small requests use over and over.
        library.mallopt(_M_TRIM_THRESHOLD, 16 * _LARGE_MEMORY)


def _open_files() -> int:
    """How many files this process and its workers may have open, raised as far as it goes."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return _CONNECTIONS + _FILES_BESIDE if soft == resource.RLIM_INFINITY else soft
