"""Old records from a real ClickHouse into both engines (management contract 7)."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from oonib.cli import app
from oonib.records import Records
from oonib.records.changes import changes
from oonib.records.importing import Imported, import_records
from oonib.records.tables import (
    FINDINGS,
    Account,
    Finding,
    FindingValue,
    MeasurementFeedback,
    OoniRunLegacy,
    SessionExpunge,
    UrlPriority,
)
from oonib.warehouse.client import Warehouse

from support.clickhouse import EmbeddedServer

TABLES = """
CREATE TABLE accounts (account_id FixedString(32), role String, update_time DateTime DEFAULT now())
    ENGINE = MergeTree ORDER BY account_id;
CREATE TABLE session_expunge (account_id FixedString(32), threshold DateTime DEFAULT now())
    ENGINE = MergeTree ORDER BY account_id;
CREATE TABLE incidents (update_time DateTime, start_time DateTime, end_time Nullable(DateTime),
    creator_account_id FixedString(32), reported_by String, id String, title String, text String,
    event_type LowCardinality(String), published UInt8, deleted UInt8 DEFAULT 0, CCs Array(FixedString(2)),
    ASNs Array(UInt32), domains Array(String), tags Array(String), links Array(String),
    test_names Array(String), short_description String, email_address String, create_time DateTime)
    ENGINE = ReplacingMergeTree(update_time) ORDER BY id;
CREATE TABLE oonirun (ooni_run_link_id UInt64, descriptor_creation_time DateTime64(3),
    translation_creation_time DateTime64(3), creator_account_id FixedString(32), archived UInt8 DEFAULT 0,
    descriptor String, author String, name String, short_description String, icon String)
    ENGINE = ReplacingMergeTree(translation_creation_time)
    ORDER BY (ooni_run_link_id, descriptor_creation_time);
CREATE TABLE url_priorities (sign Int8, category_code String, cc String, domain String, url String,
    priority Int32) ENGINE = CollapsingMergeTree(sign) ORDER BY (category_code, cc, domain, url, priority);
CREATE TABLE msmt_feedback (measurement_uid String, account_id String, status String,
    update_time DateTime64(3) MATERIALIZED now64(), comment String)
    ENGINE = ReplacingMergeTree ORDER BY (measurement_uid, account_id)
"""
ROWS = """
INSERT INTO accounts VALUES (repeat('a', 32), 'admin', '2023-01-02 03:04:05'),
    (repeat('b', 32), 'root', '2023-01-02 03:04:05');
INSERT INTO session_expunge VALUES (repeat('a', 32), '2023-02-02 03:04:05');
INSERT INTO incidents VALUES
    ('2023-03-01', '2023-01-01', NULL, repeat('a', 32), 'r', '2300', 'Old title!', 'old', 'incident', 0, 0,
        [], [], [], [], [], [], 's', 'x@news.example', '2023-03-01'),
    ('2023-03-02', '2023-01-01', '2023-01-05', repeat('a', 32), 'r', '2300', 'Old title!', '# new é\\0',
        'incident', 1, 0, ['IT', 'BR'], [30722, 4294967295], ['x.example'], ['t'], ['https://l'],
        ['signal'], 's', 'x@news.example', '2023-03-01'),
    ('2023-03-02', '2023-01-01', NULL, repeat('a', 32), 'r', '2301', 'Old title?', 'second', 'incident',
        1, 0, ['IT'], [], [], [], [], [], 's', 'x@news.example', '2023-03-02'),
    ('2023-03-02', '2023-01-01', NULL, repeat('a', 32), 'r', '2302', 'Deleted', 'gone', 'incident',
        1, 1, [], [], [], [], [], [], 's', 'x@news.example', '2023-03-02');
INSERT INTO oonirun VALUES
    (42949672950100, '2023-06-02 12:33:43.123', '2023-06-02 12:33:43.123', repeat('a', 32), 0, '{"name":"a"}',
        'me', 'old', 's', 'i'),
    (42949672950100, '2023-06-02 12:33:43.123', '2023-06-03 12:33:43.456', repeat('a', 32), 1, '{"name":"b"}',
        'me', 'new', 's', 'i'),
    (18446744073709551615, '2023-06-02 12:33:43.123', '2023-06-02 12:33:43.123', repeat('a', 32), 0, '{}',
        '', '', '', '');
INSERT INTO url_priorities VALUES (1, 'NEWS', 'it', '', '', 100), (1, '', '', '', '', 5),
    (1, '*', '*', '*', '*', 7),
    (1, 'GAME', '*', '*', '*', 50), (-1, 'GAME', '*', '*', '*', 50),
    (1, 'HUMR', 'BR', '*', '*', 60), (1, 'HUMR', 'BR', '*', '*', 40);
INSERT INTO msmt_feedback VALUES ('20260101120000.123456_IT_x_00', repeat('a', 32), 'ok', '');
INSERT INTO msmt_feedback VALUES ('20260101120000.123456_IT_x_00', repeat('a', 32), 'blocked.dns', 'c'),
    ('20260101120000.123456_IT_x_00', '', 'ok', '')
"""
EXPECTED = {
    "accounts": (2, 1, 0, {"neither user nor admin": 1}),
    "session_expunge": (1, 1, 0, {}),
    "incidents": (2, 2, 0, {}),
    "oonirun": (2, 1, 0, {"ooni_run_link_id is out of range": 1}),
    "url_priorities": (4, 3, 1, {}),
    "msmt_feedback": (2, 1, 0, {"account_id is empty": 1}),
}


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedServer]:
    with EmbeddedServer() as running:
        warehouse = Warehouse.connect(running.url)
        for statement in (TABLES + ";" + ROWS).split(";\n"):
            warehouse.command(statement.strip().rstrip(";"))
        warehouse.close()
        yield running


def counts(done: list[Imported]) -> dict[str, tuple[int, int, int, dict[str, int]]]:
    return {one.table: (one.read, one.added, one.known, one.problems or {}) for one in done}


def test_everything_comes_over_once(server: EmbeddedServer, records: Records) -> None:
    warehouse = Warehouse.connect(server.url)
    assert counts(list(import_records(warehouse.select, records))) == EXPECTED
    again = counts(list(import_records(warehouse.select, records)))
    warehouse.close()
    assert {one[1] for one in again.values()} == {0}
    assert [one[2] for one in again.values()] == [1, 1, 2, 1, 4, 1]
    with records.rows() as connection:
        assert changes(connection, FINDINGS) > 0, "answers that are ready would go without them"
    with records.read() as session:
        account = session.get_one(Account, "a" * 32)
        assert (account.role, account.update_time) == ("admin", datetime(2023, 1, 2, 3, 4, 5, tzinfo=UTC))
        assert session.get_one(SessionExpunge, "a" * 32).threshold.month == 2
        finding = session.get_one(Finding, "2300")
        assert (finding.text, finding.published, finding.slug) == ("# new é", True, "2023-old-title")
        assert (finding.country_codes, finding.asns) == (["IT", "BR"], [30722, 4294967295])
        assert finding.end_time == datetime(2023, 1, 5, tzinfo=UTC)
        second = session.get_one(Finding, "2301")
        assert (second.slug, second.end_time, second.themes) == ("2023-old-title-2", None, [])
        values = session.scalars(select(FindingValue).where(FindingValue.finding_id == "2300"))
        assert {(one.kind, one.value) for one in values} == {
            ("asn", "30722"),
            ("asn", "4294967295"),
            ("country_code", "BR"),
            ("country_code", "IT"),
            ("domain", "x.example"),
        }
        link = session.scalars(select(OoniRunLegacy)).one()
        assert (link.ooni_run_link_id, link.name, link.archived) == (42949672950100, "new", True)
        assert link.translation_creation_time.microsecond == 456_000
        rules = session.scalars(select(UrlPriority).order_by(UrlPriority.category_code))
        assert {(one.category_code, one.cc, one.domain, one.url, one.priority) for one in rules} == {
            ("*", "*", "*", "*", 5),
            ("HUMR", "BR", "*", "*", 100),
            ("NEWS", "IT", "*", "*", 100),
        }
        said = session.scalars(select(MeasurementFeedback)).one()
        assert (said.status, said.comment) == ("blocked.dns", "c")


def test_what_was_edited_here_stays(server: EmbeddedServer, records: Records) -> None:
    warehouse = Warehouse.connect(server.url)
    list(import_records(warehouse.select, records))
    with records.write() as session:
        session.get_one(Finding, "2300").title = "Edited here"
        session.get_one(Account, "a" * 32).role = "user"
    list(import_records(warehouse.select, records))
    warehouse.close()
    with records.read() as session:
        assert session.get_one(Finding, "2300").title == "Edited here"
        assert session.get_one(Account, "a" * 32).role == "user"


def test_the_command(server: EmbeddedServer, tmp_path: Path) -> None:
    environment = {"OONIB_DATA_DIR": str(tmp_path / "data")}
    run = CliRunner().invoke(app, ["db", "import-records", "--from", server.url], env=environment)
    assert run.exit_code == 0, run.output
    assert run.stdout.splitlines()[:3] == [
        "accounts: 2 read, 1 added, 0 here already, 1 left out (neither user nor admin)",
        "session_expunge: 1 read, 1 added, 0 here already",
        "incidents: 2 read, 2 added, 0 here already",
    ]
    elsewhere = server.url.replace("/ooni", "/system")
    run = CliRunner().invoke(app, ["db", "import-records", "--from", elsewhere], env=environment)
    assert run.stdout.splitlines()[0] == "accounts: there is no such table"
    bad = CliRunner().invoke(app, ["db", "import-records", "--from", "nonsense"], env=environment)
    assert (bad.exit_code, bad.stdout) == (2, "")
    away = CliRunner().invoke(
        app, ["db", "import-records", "--from", "http://x:hidden@127.0.0.1:9/y"], env=environment
    )
    assert away.exit_code == 1
    assert "hidden" not in away.output
