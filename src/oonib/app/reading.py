"""Search, aggregation and statistics, put together: what people ask about measurements."""

from dataclasses import dataclass
from datetime import UTC, datetime

from fastapi import APIRouter

from oonib.app.shared import Shared
from oonib.archive import BodyStore
from oonib.measurements import routes as measurement_routes
from oonib.measurements.aggregation import routes as aggregation_routes
from oonib.measurements.aggregation.service import AggregationService
from oonib.measurements.aggregation.store import AggregationStore
from oonib.measurements.gate import Gates
from oonib.measurements.places import PlacesService
from oonib.measurements.places.store import PlacesStore
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


@dataclass(frozen=True, slots=True)
class Reading:
    """What can be asked about measurements."""

    measurements: MeasurementService
    aggregation: AggregationService
    statistics: Statistics
    places: PlacesService


def open_reading(shared: Shared, bounds: Gates) -> Reading:
    """Search, meta and bodies; counts; statistics. Closed with the rest."""
    settings = shared.settings
    measurements = MeasurementService.build(
        warehouse=shared.warehouse,
        spool=shared.spool,
        archive=BodyStore(shared.warehouse, shared.objects),
        other_collectors=settings.other_collectors,
        base_url=settings.public_url,
        gates=bounds,
        most_rows=settings.query_rows,
    )
    store = AggregationStore(shared.warehouse, most_rows=settings.query_rows)
    aggregation = AggregationService(store, bounds, lambda: datetime.now(UTC))
    statistics = Statistics.build(warehouse=shared.warehouse, base_url=settings.public_url)
    shared.at_end.extend((measurements.close, statistics.close))
    places = PlacesService(PlacesStore(shared.warehouse), bounds)
    return Reading(measurements, aggregation, statistics, places)


def router(shared: Shared, services: Reading) -> APIRouter:
    """The routes of `measurements`, of aggregation and of the statistics."""
    reading = APIRouter()
    for part in (
        measurement_routes.router(services.measurements, shared.is_local),
        aggregation_routes.router(services.aggregation, shared.is_local),
        statistics_routes.router(services.statistics),
    ):
        reading.routes.extend(part.routes)
    return reading
