"""Builds the feeder's application from settings: the endpoint, and around it what all our requests have."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from oonib import faults
from oonib.app import errors
from oonib.app.middleware import Surroundings
from oonib.collector.bodies import BodyLimits
from oonib.fastpath.feeder import Feeder, FeederService
from oonib.fastpath.feeder.backlog import BacklogLimits, SpoolBacklog
from oonib.metrics import Metrics
from oonib.runtime import open_spool
from oonib.settings import Settings
from oonib.settings import load as load_settings
from oonib.spool import Spool


def create_feeder(settings: Settings) -> ASGIApp:
    """The feeder of one worker process. Opens the spool."""
    metrics = Metrics()
    spool = open_spool(settings)
    limits = BodyLimits(settings.max_body_bytes, settings.max_decoded_bytes)
    behind = BacklogLimits(settings.feeder_backlog, settings.feeder_backlog_seconds)
    service = FeederService(
        spool,
        metrics,
        SpoolBacklog(spool.status, behind),
        decoded_limit=limits.decoded,
        reach=faults.from_environment(),
    )
    guarded = errors.guarded(Feeder(service, limits))
    return _closing(Surroundings(guarded, metrics, settings.stall_seconds), spool)


def _closing(app: ASGIApp, spool: Spool) -> ASGIApp:
    """`app`, which writes what waits in the spool when the server ends."""

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await app(scope, receive, send)
            return
        while True:
            message: Message = await receive()
            kind = str(message["type"])
            if kind == "lifespan.shutdown":
                spool.close()
            await send({"type": f"{kind}.complete"})
            if kind == "lifespan.shutdown":
                return

    return served


def from_environment() -> ASGIApp:
    """The application for a server's worker process, which gets its settings from the environment."""
    from oonib import logs  # noqa: PLC0415 - only a worker sets up logging here
    from oonib.lifeline import follow_parent  # noqa: PLC0415 - and only a worker has a parent to follow

    follow_parent()
    settings = load_settings()
    logs.configure(settings.log_level, "feeder")
    return create_feeder(settings)
