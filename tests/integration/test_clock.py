"""What the host's clock may do (reliability D11): ends of hours, days and years, 29 February, steps of hours.

From acceptance to manifest with a clock that is passed in. Nothing is lost, nothing is there twice, no two
measurements share a uid.
"""

import asyncio
import tarfile
import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oonib.archive import BodyStore, Wanted, parse_can_key
from oonib.archive.reindexing import cans_between
from oonib.collector.bodies import BodyLimits
from oonib.collector.service import CollectorService
from oonib.errors import Unavailable
from oonib.model.envelope import content_span
from oonib.model.uid import parse_uid
from oonib.spool import Tally

from support.manifests import Sealed
from support.submissions import REPORT_ID, body

MICROSECOND = timedelta(microseconds=1)
GRACE = timedelta(minutes=10)
HOUR = timedelta(hours=1)
BOUNDARIES = {
    "an hour": datetime(2026, 3, 2, 11, tzinfo=UTC),
    "a day": datetime(2026, 3, 3, tzinfo=UTC),
    "a month": datetime(2026, 4, 1, tzinfo=UTC),
    "29 February begins": datetime(2028, 2, 29, tzinfo=UTC),
    "29 February ends": datetime(2028, 3, 1, tzinfo=UTC),
    "no 29 February": datetime(2027, 3, 1, tzinfo=UTC),
    "no 29 February in 2100": datetime(2100, 3, 1, tzinfo=UTC),
    "a year": datetime(2027, 1, 1, tzinfo=UTC),
    "summer time of others begins": datetime(2026, 3, 29, 1, tzinfo=UTC),
    "summer time of others ends": datetime(2026, 10, 25, 1, tzinfo=UTC),
}


class World(Sealed):
    """Acceptance, scoring and packing of one host whose clock is `now`."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.now = BOUNDARIES["an hour"]
        self.collector_service = CollectorService(
            self.spool,
            metrics(),
            collector_id="1",
            limits=BodyLimits(1_000_000, 1_000_000),
            clock=lambda: self.now,
            reach=lambda _point: None,
        )
        self.accepted: dict[str, bytes] = {}

    def submit(self, sent: bytes) -> str:
        """Send in a measurement; its uid."""
        report_id = self.collector_service.admit(REPORT_ID)
        assert report_id is not None
        receipt = asyncio.run(self.collector_service.receive(report_id, sent, ""))
        stored = self.spool.body(receipt.uid)
        if not receipt.duplicate:
            assert receipt.uid not in self.accepted
            assert stored is not None
            self.accepted[receipt.uid] = stored
        return receipt.uid

    def score(self) -> None:
        """Everything is scored, and counted by its hour."""
        entries = self.spool.after(self.spool.mark(), limit=100_000, max_bytes=1 << 40)
        hours = Counter(parse_uid(entry.uid).hour for entry in entries)
        if entries:
            self.spool.settle(entries[-1].seq, [Tally(hour, "scored", "", n) for hour, n in hours.items()])

    def archived(self) -> dict[str, list[str]]:
        """The uids of each can, by the hour that its name gives."""
        found: dict[str, list[str]] = {}
        for info in self.store.list("raw/"):
            name, kind = parse_can_key(info.key)
            if kind == "tar.gz":
                with tarfile.open(self.root / info.key) as tar:
                    uids = [member.name.rpartition("/")[2].removesuffix(".post") for member in tar]
                found.setdefault(name.hour, []).extend(uids)
        return found

    def check(self) -> None:
        """Each accepted measurement is archived once, in the hour of its uid, signed, indexed and served."""
        cans = self.archived()
        assert sorted(uid for uids in cans.values() for uid in uids) == sorted(self.accepted)
        assert all(parse_uid(uid).hour == hour for hour, uids in cans.items() for uid in uids)
        assert Counter(row["measurement_uid"] for row in self.table.rows) == Counter(list(self.accepted))
        signed = [can.name[:10] for manifest in self.chain() for can in manifest.body.cans]
        assert set(signed) == set(cans)
        bodies = BodyStore(self.table, self.store)
        for uid, stored in self.accepted.items():
            assert bodies.find(Wanted(uid)) == content_span(stored)
        assert all(account.adds_up for account in self.spool.accounts())
        assert sum(account.archived for account in self.spool.accounts()) == len(self.accepted)
        assert self.spool.status().entries == 0


def metrics():
    from oonib.metrics import Metrics

    return Metrics()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    found = World(tmp_path)
    yield found
    found.close()


@pytest.mark.parametrize("boundary", BOUNDARIES.values(), ids=BOUNDARIES.keys())
def test_no_hour_is_lost_or_packed_twice(world: World, boundary: datetime) -> None:
    sent = {}
    for moment in (boundary - HOUR, boundary - MICROSECOND, boundary, boundary + HOUR - MICROSECOND):
        world.now = moment
        sent[moment] = world.submit(body())
        assert sent[moment].startswith(f"{moment:%Y%m%d%H%M%S.%f}_BR_")
    world.score()
    before, after = f"{boundary - HOUR:%Y%m%d%H}", f"{boundary:%Y%m%d%H}"
    world.pack(boundary + GRACE - MICROSECOND)
    assert world.archived() == {}
    world.pack(boundary + GRACE)
    assert {hour: len(uids) for hour, uids in world.archived().items()} == {before: 2}
    world.pack(boundary + HOUR + GRACE - MICROSECOND)
    assert set(world.archived()) == {before}
    world.pack(boundary + HOUR + GRACE)
    assert {hour: len(uids) for hour, uids in world.archived().items()} == {before: 2, after: 2}
    world.check()
    # Reading a period up to the boundary and from it on gives each can once.
    found = [
        can.name.hour
        for period in ((boundary - 24 * HOUR, boundary), (boundary, boundary + 24 * HOUR))
        for can in cans_between(world.store, *period)
    ]
    assert found == [before, after]


def test_steps_of_two_hours(world: World) -> None:
    start = world.now
    again = body()
    first = world.submit(again)
    for step in (2, -2, -2, 2, 2, -2):
        world.now += step * HOUR
        for _ in range(3):
            # Not a microsecond passes: the clock stands still, or comes by a second time.
            world.submit(body())
        assert world.submit(again) == first
        world.score()
        world.pack(world.now)
    assert len({uid[:21] for uid in world.accepted}) == 3
    assert len(world.accepted) == 19
    world.pack(start + 6 * HOUR)
    world.check()


moves = st.one_of(
    st.tuples(st.just("submit"), st.timedeltas(min_value=-2 * HOUR, max_value=2 * HOUR)),
    st.tuples(st.just("submit"), st.sampled_from([timedelta(0), HOUR, -HOUR, MICROSECOND, -MICROSECOND])),
    st.tuples(st.sampled_from(["repeat", "score", "pack"]), st.just(timedelta(0))),
)


@settings(max_examples=15, deadline=None)
@given(st.sampled_from(list(BOUNDARIES.values())), st.lists(moves, max_size=14))
def test_whatever_the_clock_does(start: datetime, steps: list[tuple[str, timedelta]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder))
        world.now = latest = start
        known = [(sent := body(), world.submit(sent))]
        for what, step in steps:
            world.now += step
            latest = max(latest, world.now)
            if what == "submit":
                known.append((sent := body(), world.submit(sent)))
            elif what == "repeat":
                sent, uid = known[len(known) // 2]
                assert world.submit(sent) == uid
            elif what == "score":
                world.score()
            else:
                world.pack(world.now)
        assert len(set(world.accepted)) == len(known)
        world.score()
        world.pack(latest + 2 * HOUR)
        world.check()
        world.close()


def test_a_clock_that_was_never_set_stores_nothing(world: World) -> None:
    """A host without a battery begins in 1970: no archive of ours has such a year."""
    world.now = datetime(1970, 1, 1, 0, 3, tzinfo=UTC)
    with pytest.raises(Unavailable):
        world.submit(body())
    assert world.spool.status().entries == 0
    world.now = BOUNDARIES["a day"]
    world.submit(body())
    world.score()
    world.pack(world.now + 2 * HOUR)
    world.check()
