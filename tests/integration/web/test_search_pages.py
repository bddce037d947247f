"""The search and the page of a measurement over a real ClickHouse, a real spool and a real archive."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from oonib.app.searchpages import place_of
from oonib.archive import BodyStore, Packer, Wanted
from oonib.feedback.service import FeedbackService
from oonib.feedback.store import FeedbackStore
from oonib.measurements.aggregation.service import AggregationService
from oonib.measurements.asking import reading
from oonib.measurements.gate import Gates
from oonib.model.uid import make_uid
from oonib.records import Records
from oonib.scoring import FASTPATH_COLUMNS, Matcher, Scored, score_body
from oonib.simulate import Expected, World
from oonib.spool import Submission
from oonib.warehouse.client import Warehouse
from oonib.warehouse.migrations import migrate
from oonib.web.counts import Counts
from oonib.web.measurement import MeasurementPages
from oonib.web.measurement import routes as measurement_routes
from oonib.web.measurement.provenance import Place
from oonib.web.search import SearchService
from oonib.web.search import routes as search_routes

from support.archiving import score_everything
from support.clickhouse import EmbeddedServer
from support.pages import Client, make_app, make_desk
from support.serving import Backend

RECEIVED = datetime(2026, 3, 2, 10, 15, tzinfo=UTC)
COUNT = 260


class Site:
    """The pages over the parts of one host. `truth`: what was planted, by uid."""

    def __init__(self, backend: Backend, truth: dict[str, Expected]) -> None:
        self.backend, self.truth = backend, truth
        records = Records.open(f"sqlite:///{backend.folder / 'none.db'}")
        feedback = FeedbackService(FeedbackStore(records), clock=lambda: backend.now)
        aggregation = AggregationService(backend.aggregation, Gates(), clock=lambda: backend.now)
        counts = Counts(aggregation, patience=60.0)
        self.archive = BodyStore(backend.warehouse, backend.store)
        desk = make_desk()
        app = make_app(desk)
        search = SearchService(backend.service, counts, clock=lambda: backend.now)
        single = MeasurementPages(backend.service, counts, feedback, self._placed)
        app.include_router(search_routes.router(desk, search))
        app.include_router(measurement_routes.router(desk, single))
        self.client = Client(app)

    def _placed(self, uid: str, report_id: str, input_text: str | None) -> Place | None:
        with reading():
            return place_of(self.archive, Wanted(uid, report_id, input_text))

    def twin(self, path: str) -> dict[str, Any]:
        """What a page says, for programs."""
        joint = "&" if "?" in path else "?"
        found: dict[str, Any] = self.client.get(f"{path}{joint}format=json").json()
        return found

    def pack(self, folder: Path) -> None:
        """Everything from the spool into the archive."""
        score_everything(self.backend.spool)
        packer = Packer(
            self.backend.spool, self.backend.store, self.backend.warehouse, collector="1", work_dir=folder
        )
        assert packer.pack(self.backend.now, include_current=True).ok


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with EmbeddedServer() as server:
        warehouse = Warehouse.connect(server.url)
        migrate(warehouse)
        backend = Backend(tmp_path_factory.mktemp("pages"), warehouse, [])
        yield Site(backend, _fill(backend))
        backend.close()
        warehouse.close()


def _fill(backend: Backend) -> dict[str, Expected]:
    world = World(5)
    matcher = Matcher.build(world.fingerprints)
    truth, rows = {}, []
    start = RECEIVED - timedelta(days=3)
    for number, made in enumerate(world.measurements(COUNT, start=start, end=RECEIVED)):
        stored = made.envelope()
        received = RECEIVED + timedelta(microseconds=number)
        uid = str(
            make_uid(
                received, str(made.body["probe_cc"]), str(made.body["test_name"]).replace("_", ""), stored
            )
        )
        outcome = score_body(stored, uid, matcher)
        assert isinstance(outcome, Scored)
        rows.append(dict(zip(FASTPATH_COLUMNS, outcome.row, strict=True)))
        backend.spool.submit(Submission(uid, "", uid.encode()[-20:], stored)).result()
        truth[uid] = made.expected
    backend.insert(*rows)
    return truth


def test_walking_through_the_list_meets_each_once(site: Site) -> None:
    seen, address = [], "/search?limit=30"
    while address:
        found = site.twin(address)
        assert found["problem"] is None
        seen += [one["measurement_uid"] for one in found["results"]]
        address = found["next"].removeprefix(site.backend.service.base_url)
    assert len(seen) == COUNT
    assert set(seen) == set(site.truth)


@pytest.mark.parametrize("verdict", ["Anomaly", "Confirmed", "Failure", "No anomaly", "All"])
def test_each_count_is_the_length_of_its_list(site: Site, verdict: str) -> None:
    choice = next(one for one in site.twin("/search")["verdicts"] if one["word"] == verdict)
    query = "&".join(f"{name}={value}" for name, value in choice["flags"].items())
    listed = site.backend.search(limit="1000", since="2026-02-01", until="2026-03-03", **choice["flags"])[
        "results"
    ]
    assert choice["count"] == len(listed)
    assert {one["measurement_uid"] for one in site.twin(f"/search?limit=200&{query}")["results"]} <= {
        one["measurement_uid"] for one in listed
    }


def test_each_value_beside_the_list_leads_to_as_many(site: Site) -> None:
    for facet in site.twin("/search")["facets"]:
        assert facet["values"], facet["axis"]
        one = facet["values"][0]
        listed = site.backend.search(limit="1000", **{facet["axis"]: one["value"]})["results"]
        assert one["measurements"] == len(listed)


def test_planted_blocking_is_told(site: Site) -> None:
    confirmed = [uid for uid, truth in site.truth.items() if truth.confirmed]
    assert confirmed
    for uid in confirmed[:5]:
        told = site.twin(f"/m/{uid}")
        assert (told["state"], told["flags"]["confirmed"]) == ("scored", True)
        assert "was blocked" in told["headline"]
        assert any("fingerprint" in reason for reason in told["because"])
        counts = told["neighbours"]
        assert 1 <= counts["network"]["confirmed"] <= counts["network"]["total"] <= counts["country"]["total"]
        assert told["feedback"] is None


def test_the_counts_of_others_are_their_lists(site: Site) -> None:
    uid = next(uid for uid, truth in site.truth.items() if truth.anomaly and "webconnectivity" in uid)
    told = site.twin(f"/m/{uid}")["neighbours"]
    for around in ("network", "country"):
        assert told[around]["total"] == len(site.twin(f"{told[around]['search']}&limit=200")["results"])


def test_in_the_archive(site: Site, tmp_path: Path) -> None:
    uid = next(iter(site.truth))
    before = site.twin(f"/m/{uid}")
    assert before["provenance"]["place"] is None
    site.pack(tmp_path)
    after = site.twin(f"/m/{uid}")
    place = after["provenance"]["place"]
    assert after["provenance"]["state"] == "archived"
    line = BodyStore(site.backend.warehouse, site.backend.store).find(Wanted(uid))
    assert line is not None
    assert after["provenance"]["bytes"] == len(line)
    assert place["key"].startswith("raw/20260302/10/")
    assert place["member_length"] > 0
    assert after["provenance"]["hour"] == "2026030210"
    assert after["headline"] == before["headline"]
    assert site.client.get(f"/m/{uid}").status_code == 200


def test_a_report_leads_to_its_measurement(site: Site) -> None:
    uid = next(iter(site.truth))
    body = orjson.loads(site.backend.client.get(f"/api/v1/measurement/{uid}").content)
    asked = {"input": body["input"]} if body["input"] else {}
    moved = site.client.get(f"/measurement/{body['report_id']}", params=asked)
    assert (moved.status_code, moved.headers["location"]) == (303, f"/m/{uid}")


@pytest.mark.parametrize(
    "path",
    [
        "/m/20260302100000.000000_BR_webconnectivity_0123456789abcdef",
        "/measurement/nothing",
        "/measurement/20260302T095900Z_x_BR_1_n1_abcdefgh",
    ],
)
def test_what_is_not_there(site: Site, path: str) -> None:
    answer = site.client.get(path)
    assert answer.status_code == 404
    assert "/search" in answer.text


def test_without_clickhouse(site: Site) -> None:
    """What the spool has is shown; the rest says why. On a host of its own, whose database is nowhere."""
    nowhere = Warehouse.connect("http://127.0.0.1:9")
    backend = Backend(site.backend.folder / "alone", nowhere, [])
    away = Site(backend, {})
    try:
        stored = next(
            World(5).measurements(1, start=RECEIVED, end=RECEIVED + timedelta(seconds=1))
        ).envelope()
        uid = str(make_uid(RECEIVED, "BR", "x", stored))
        backend.spool.submit(Submission(uid, "", uid.encode()[-20:], stored)).result()
        answer = away.client.get(f"/m/{uid}")
        assert answer.status_code == 200
        assert "The verdict cannot be shown just now" in answer.text
        assert away.client.get("/search").status_code == 503
        assert away.client.get("/m/20260302100000.000000_BR_x_0123456789abcdef").status_code == 503
    finally:
        backend.close()
        nowhere.close()
