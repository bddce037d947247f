"""The submission endpoints, put together: limits, spool, credentials, the comparison of networks."""

from datetime import UTC, datetime

from oonib import faults
from oonib.app.shared import Shared
from oonib.collector.bodies import BodyLimits
from oonib.collector.credentials import Credentials
from oonib.collector.geocheck import GeoCheck
from oonib.collector.routes import SubmissionRoutes
from oonib.collector.service import CollectorService


def submissions(shared: Shared, credentials: Credentials) -> SubmissionRoutes:
    """Routes that store what probes measured."""
    settings = shared.settings
    limits = BodyLimits(settings.max_body_bytes, settings.max_decoded_bytes)
    geocheck = GeoCheck(shared.geoip, shared.warehouse, shared.metrics.reference)
    shared.at_end.append(geocheck.close)
    collector = CollectorService(
        shared.spool,
        shared.metrics,
        collector_id=settings.collector_id,
        limits=limits,
        clock=lambda: datetime.now(UTC),
        reach=faults.from_environment(),
        credentials=credentials,
        geocheck=geocheck,
    )
    return SubmissionRoutes(collector, limits, shared.sender_of)
