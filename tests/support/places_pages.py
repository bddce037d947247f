"""The pages of places in an application of their own."""

from typing import Any

from oonib.measurements.aggregation.service import AggregationService
from oonib.measurements.gate import Gates
from oonib.measurements.places import PlacesService
from oonib.measurements.places.store import PlacesStore
from oonib.web.places import PlacePages
from oonib.web.places.looks import Looks
from oonib.web.places.routes import router
from oonib.web.places.sources import Sources

from support.pages import Client, make_app, make_desk
from support.places import NOW


class Findings:
    """Stands for the findings service."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    def search(self, _filters: Any, _caller: None) -> list[dict[str, Any]]:
        """All of them."""
        return self.rows


def make_places(warehouse: Any, aggregation: AggregationService, findings: Findings | None = None) -> Client:
    """A client of the pages over `warehouse`."""
    sources = Sources(
        PlacesService(PlacesStore(warehouse), Gates()),
        aggregation,
        findings or Findings(),
        lambda: NOW,
        Looks(patience=20.0),
    )
    desk = make_desk()
    app = make_app(desk)
    app.include_router(router(desk, PlacePages(sources)))
    return Client(app)
