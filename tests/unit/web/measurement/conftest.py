"""The page of a measurement over real feedback; the rest is given by the test."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import orjson
import pytest

from oonib.errors import OonibError
from oonib.feedback.service import FeedbackService
from oonib.feedback.store import FeedbackStore
from oonib.measurements.aggregation.reading import Aggregation
from oonib.measurements.aggregation.schema import AggregationParameters
from oonib.measurements.aggregation.service import Counted
from oonib.measurements.schema import MetaParameters, OneParameters
from oonib.measurements.service import MeasurementService
from oonib.records import Records
from oonib.warehouse.client import Summary
from oonib.web.counts import Counts
from oonib.web.measurement import MeasurementPages
from oonib.web.measurement.provenance import Place
from oonib.web.measurement.routes import router

from .worlds import kinds
from support.pages import BASE, Client, make_app, make_desk
from support.records import migrated


@dataclass
class Kept:
    """Stands for the measurement service: rows and bodies by uid, or what it raises."""

    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    bodies: dict[str, bytes] = field(default_factory=dict)
    row_error: OonibError | None = None
    body_error: OonibError | None = None
    base_url: str = BASE

    def meta(self, asked: MetaParameters) -> tuple[dict[str, Any], bool]:
        """The row, empty where there is none."""
        if self.row_error is not None:
            raise self.row_error
        if asked.measurement_uid is not None:
            return self.rows.get(asked.measurement_uid, {}), True
        wanted = (asked.report_id, asked.input or "")
        found = [row for row in self.rows.values() if (row["report_id"], row["input"]) == wanted]
        return (found[0] if found else {}), True

    def raw(self, asked: OneParameters) -> bytes | None:
        """The body."""
        if self.body_error is not None:
            raise self.body_error
        return self.bodies.get(asked.measurement_uid or "")


@dataclass
class Around:
    """Stands for the counts."""

    rows: list[tuple[Any, ...]] = field(default_factory=list)
    error: OonibError | None = None

    def read(self, asked: AggregationParameters) -> Aggregation:
        """What was asked."""
        return cast("Aggregation", asked)

    def count(self, _aggregation: Aggregation) -> Counted:
        """The rows."""
        if self.error is not None:
            raise self.error
        columns = (
            "probe_asn",
            "anomaly_count",
            "confirmed_count",
            "failure_count",
            "ok_count",
            "measurement_count",
        )
        return Counted(columns, self.rows, None, Summary())


class Site:
    """The page and what lies behind it."""

    def __init__(self, records: Records) -> None:
        self.kept, self.around = Kept(), Around()
        self.place: Place | OonibError | None = None
        self.feedback = FeedbackService(FeedbackStore(records), clock=lambda: datetime.now(UTC))
        service = MeasurementPages(
            cast("MeasurementService", self.kept),
            Counts(self.around, patience=60.0),
            self.feedback,
            self._placed,
        )
        desk = make_desk(records)
        app = make_app(desk)
        app.include_router(router(desk, service))
        self.client = Client(app)

    def _placed(self, uid: str, report_id: str, input_text: str | None) -> Place | None:
        assert uid
        if isinstance(self.place, OonibError):
            raise self.place
        return self.place

    def put(self, row: dict[str, Any], body: Any) -> str:
        """A measurement with its row; its uid."""
        uid = str(row["measurement_uid"])
        self.kept.rows[uid] = row
        self.kept.bodies[uid] = body if isinstance(body, bytes) else orjson.dumps(body)
        return uid

    def put_one(self, test_name: str = "web_connectivity", *, anomaly: bool = True) -> str:
        """A measurement of the simulated world."""
        for subject, truth in kinds():
            if subject.test_name == test_name and truth.anomaly == anomaly and subject.row:
                return self.put(dict(subject.row), dict(subject.body))
        raise LookupError(test_name)

    def twin(self, uid: str) -> dict[str, Any]:
        """What the page says, for programs."""
        found: dict[str, Any] = self.client.get(f"/m/{uid}?format=json").json()
        return found


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Records]:
    with migrated(f"sqlite:///{tmp_path_factory.mktemp('records') / 'records.db'}") as made:
        yield made


@pytest.fixture
def site(records: Records, tmp_path: Path) -> Site:
    return Site(records)
