"""Search, aggregation and statistics, put together: what people ask about measurements."""

from datetime import UTC, datetime

from fastapi import APIRouter

from oonib.app.shared import Shared
from oonib.archive import BodyStore
from oonib.measurements import routes as measurement_routes
from oonib.measurements.aggregation import routes as aggregation_routes
from oonib.measurements.aggregation.service import AggregationService
from oonib.measurements.aggregation.store import AggregationStore
from oonib.measurements.gate import Gates
from oonib.measurements.service import MeasurementService
from oonib.measurements.statistics import Statistics
from oonib.measurements.statistics import routes as statistics_routes


def gates(shared: Shared) -> Gates:
    """The bounds on expensive queries of this process."""
    counter = shared.metrics.queries_refused
    return Gates(
        shared.settings.heavy_queries,
        long=shared.settings.long_answers,
        refused=lambda reason: counter.labels(reason).inc(),
    )


def measurements(shared: Shared, bounds: Gates) -> MeasurementService:
    """Search, meta and bodies. Closed with the rest."""
    settings = shared.settings
    service = MeasurementService.build(
        warehouse=shared.warehouse,
        spool=shared.spool,
        archive=BodyStore(shared.warehouse, shared.objects),
        other_collectors=settings.other_collectors,
        base_url=settings.public_url,
        gates=bounds,
        most_rows=settings.query_rows,
    )
    shared.at_end.append(service.close)
    return service


def router(shared: Shared, service: MeasurementService, bounds: Gates) -> APIRouter:
    """The routes of `measurements`, of aggregation and of the statistics."""
    store = AggregationStore(shared.warehouse, most_rows=shared.settings.query_rows)
    aggregation = AggregationService(store, bounds, lambda: datetime.now(UTC))
    statistics = Statistics.build(warehouse=shared.warehouse, base_url=shared.settings.public_url)
    shared.at_end.append(statistics.close)
    reading = APIRouter()
    reading.routes.extend(measurement_routes.router(service, shared.is_local).routes)
    reading.routes.extend(aggregation_routes.router(aggregation, shared.is_local).routes)
    reading.routes.extend(statistics_routes.router(statistics).routes)
    return reading
