"""Transactions, types and migrations, on SQLite and on PostgreSQL (management contract 7)."""

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import StatementError

from oonib.records import Conflict, Records, RecordsUnavailable
from oonib.records.migrating import check, migrate
from oonib.records.tables import (
    Account,
    Audit,
    Counter,
    Finding,
    OoniRunLink,
    OoniRunNettest,
    OoniRunRevision,
)
from oonib.records.version import NEWEST, problem, version

from support.records import ENGINES, fresh_url, migrated

NOW = datetime(2026, 3, 2, 10, 0, 0, 123456, tzinfo=UTC)


def test_the_tables_are_those_that_the_program_knows(records: Records) -> None:
    assert check(records) == []
    assert migrate(records) == []


@pytest.mark.parametrize("engine", ENGINES)
def test_migrators_at_once(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    url = fresh_url(engine, request, tmp_path)

    def one(_number: int) -> list[str]:
        records = Records.open(url)
        try:
            return migrate(records)
        finally:
            records.close()

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(one, range(4)))
    assert sorted(map(len, done)) == [0, 0, 0, 1]
    with migrated(url) as records:
        assert check(records) == []


@pytest.mark.parametrize("engine", ENGINES)
def test_what_is_missing_is_named(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    records = Records.open(fresh_url(engine, request, tmp_path))
    assert check(records) == ["pending: 0001"]
    migrate(records)
    with records.write() as session:
        session.execute(text("UPDATE records_version SET version_num = '9999'"))
    assert check(records) == ["the database is of a later version: 9999"]
    records.close()


@pytest.mark.parametrize(
    "zone", [UTC, timezone(timedelta(hours=5, minutes=30)), timezone(timedelta(hours=-8))]
)
def test_moments_come_back_in_utc(records: Records, zone: timezone) -> None:
    with records.write() as session:
        session.add(Account(account_id="a", role="admin", update_time=NOW.astimezone(zone)))
    with records.read() as session:
        found = session.get_one(Account, "a").update_time
        assert (found, found.tzinfo) == (NOW, UTC)
        earlier = select(Account).where(Account.update_time < (NOW + timedelta(seconds=1)).astimezone(zone))
        assert session.scalars(earlier).one().role == "admin"


def test_a_naive_moment_is_refused(records: Records) -> None:
    with pytest.raises(StatementError, match="without a zone"), records.write() as session:
        session.add(Account(account_id="a", role="admin", update_time=NOW.replace(tzinfo=None)))


def test_all_or_nothing(records: Records) -> None:
    with pytest.raises(RuntimeError), records.write() as session:
        session.add(Account(account_id="a", role="admin", update_time=NOW))
        session.flush()
        raise RuntimeError
    with records.read() as session:
        assert session.get(Account, "a") is None


def test_a_taken_value_is_a_conflict(records: Records) -> None:
    for attempt in range(2):
        with pytest.raises(Conflict) if attempt else _nothing(), records.write() as session:
            session.add(Account(account_id="a", role=f"{attempt}", update_time=NOW))
    with records.read() as session:
        assert session.get_one(Account, "a").role == "0"


def test_numbers_are_given_out_once(records: Records) -> None:
    with records.write() as session:
        session.add(Counter(name="links", next=10_000))

    def take(_number: int) -> int:
        with records.write() as session:
            counter = session.scalars(select(Counter).where(Counter.name == "links").with_for_update()).one()
            counter.next += 1
            return counter.next - 1

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(take, range(40))) == list(range(10_000, 10_040))


def test_a_reader_sees_one_state_while_others_write(records: Records) -> None:
    with records.write() as session:
        session.add(Account(account_id="a", role="old", update_time=NOW))
    with records.read() as session:
        assert session.get_one(Account, "a").role == "old"

        def change() -> None:
            with records.write() as other:
                other.get_one(Account, "a").role = "new"

        thread = threading.Thread(target=change)
        thread.start()
        thread.join(20)
        assert not thread.is_alive()
    with records.read() as session:
        assert session.get_one(Account, "a").role == "new"


def test_revisions_keep_their_nettests_in_order(records: Records) -> None:
    link = OoniRunLink(
        id="10000",
        creator_account_id="a",
        date_created=NOW,
        date_updated=NOW,
        expiration_date=NOW,
        name="n",
        short_description="s",
        description="d",
        author="x@example.org",
        name_intl={"it": "nome"},
        short_description_intl=None,
        description_intl={},
        icon=None,
        color=None,
    )
    revision = OoniRunRevision(link_id="10000", revision=1, date_created=NOW)
    revision.nettests = [
        OoniRunNettest(
            nettest_index=index,
            test_name=f"t{index}",
            inputs=None if index else ["https://é.example/"],
            inputs_extra=None,
            options={"a": [1, None]},
            is_background_run_enabled_default=False,
            is_manual_run_enabled_default=True,
            targets_name=None,
        )
        for index in (1, 0)
    ]
    with records.write() as session:
        session.add(link)
        session.flush()
        session.add(revision)
    with records.read() as session:
        found = session.get_one(OoniRunRevision, ("10000", 1)).nettests
        assert [one.test_name for one in found] == ["t0", "t1"]
        assert (found[0].inputs, found[1].inputs) == (["https://é.example/"], None)
        assert session.get_one(OoniRunLink, "10000").description_intl == {}
        assert session.execute(
            text("SELECT inputs IS NULL FROM oonirun_nettest WHERE nettest_index = 1")
        ).scalar()


def test_two_who_edit_the_same(records: Records) -> None:
    lists = ("country_codes", "asns", "domains", "tags", "links", "test_names", "themes")
    values: dict[str, Any] = {name: [] for name in lists}
    with records.write() as session:
        session.add(
            Finding(
                id="1",
                slug="s",
                creator_account_id="a",
                title="t",
                short_description="",
                text="x",
                start_time=NOW,
                end_time=None,
                create_time=NOW,
                update_time=NOW,
                reported_by="",
                email_address="",
                event_type="",
                published=False,
                **values,
            )
        )
    with records.read() as session:
        seen = session.get_one(Finding, "1")
    with records.write() as session:
        session.get_one(Finding, "1").title = "first"
    seen.title = "second"
    with pytest.raises(Conflict), records.write() as session:
        session.add(seen)


def test_the_log_counts_up(records: Records) -> None:
    for action in "ab":
        with records.write() as session:
            session.add(Audit(time=NOW, account_id="a", action=action, object_id="", detail={}))
    with records.read() as session:
        assert [one.action for one in session.scalars(select(Audit).order_by(Audit.number))] == ["a", "b"]


@pytest.mark.parametrize(
    "url",
    ["sqlite://secret", "mysql://root:secret@localhost/x", "nonsense", "postgresql+nothing://u:secret@h/x"],
)
def test_what_is_no_database_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(ValueError, match="database") as refused:
        Records.open(url)
    assert "secret" not in str(refused.value)


def test_a_server_that_is_away() -> None:
    records = Records.open("postgresql+psycopg://oonib:secret@127.0.0.1:9/x?connect_timeout=2")
    with pytest.raises(RecordsUnavailable) as away, records.read() as session:
        session.execute(text("SELECT 1"))
    assert "secret" not in str(away.value)
    records.close()


def _nothing() -> Any:
    return contextlib.nullcontext()


def test_the_newest_version_is_known_without_a_look_at_the_files(records: Records) -> None:
    assert version(records) == NEWEST
    assert problem(records) is None


@pytest.mark.parametrize("engine", ENGINES)
def test_what_keeps_the_program_from_working(
    engine: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    records = Records.open(fresh_url(engine, request, tmp_path))
    assert version(records) is None
    assert "none" in (problem(records) or "")
    records.close()
