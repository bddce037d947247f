"""The search and the page of a measurement, put together."""

from fastapi import APIRouter

from oonib.app.reading import Reading
from oonib.app.shared import Shared
from oonib.archive import BodyStore, Wanted
from oonib.editorial import now
from oonib.feedback.service import FeedbackService
from oonib.measurements.asking import reading as asking
from oonib.web.counts import Counts
from oonib.web.frame.routes import Desk
from oonib.web.measurement import MeasurementPages
from oonib.web.measurement import routes as measurement_routes
from oonib.web.measurement.provenance import Place
from oonib.web.search import SearchService
from oonib.web.search import routes as search_routes


def router(shared: Shared, desk: Desk, reading: Reading, feedback: FeedbackService) -> APIRouter:
    """`/search`, `/m/…` and `/measurement/…`."""
    counts = Counts(reading.aggregation)
    search = SearchService(reading.measurements, counts, clock=now)
    archive = BodyStore(shared.warehouse, shared.objects)

    def placed(uid: str, report_id: str, input_text: str | None) -> Place | None:
        with asking():
            return place_of(archive, Wanted(uid, report_id, input_text))

    single = MeasurementPages(reading.measurements, counts, feedback, placed)
    pages = APIRouter()
    pages.routes.extend(search_routes.router(desk, search).routes)
    pages.routes.extend(measurement_routes.router(desk, single).routes)
    return pages


def place_of(archive: BodyStore, wanted: Wanted) -> Place | None:
    """Where the archive has a measurement. Raises `WarehouseError`."""
    found = archive.place(wanted)
    if found is None:
        return None
    length = int(found["member_length"])
    if length <= 0:
        return Place(str(found["s3path"]), int(found["linenum"]))
    return Place(
        str(found["s3path"]),
        int(found["linenum"]),
        int(found["member_offset"]),
        length,
        int(found["line_in_member"]),
    )
