"""Running an HTTP application of ours: one way for the API and the feeder."""

from oonib.settings import Settings

_BUFFER = 64 * 1024
"""Longest request head, in bytes; what is longer is refused before any of our code runs."""


def serve(factory: str, settings: Settings, *, host: str, port: int, workers: int, stop_seconds: int) -> None:
    """Serve what `factory` (`module:function`) makes, in `workers` processes, until asked to stop."""
    from granian import Granian
    from granian.constants import HTTPModes, Interfaces, Loops
    from granian.http import HTTP1Settings

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
        log_enabled=settings.log_level == "debug",
        http1_settings=HTTP1Settings(
            max_buffer_size=_BUFFER, header_read_timeout=int(settings.stall_seconds * 1000)
        ),
    ).serve()
