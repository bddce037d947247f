"""Loading fingerprints into tables and reading them back, against a warehouse of dictionaries."""

import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from oonib.reference import sources
from oonib.reference.fingerprint_files import COLUMNS, read_files
from oonib.reference.fingerprints import (
    STARTER,
    FingerprintProblem,
    ReferenceProblem,
    load_fingerprints,
    update_fingerprints,
)

NAMES = ("fingerprints_dns.csv", "fingerprints_http.csv")


class Tables:
    """A warehouse that understands the few statements of the updater."""

    def __init__(self, cluster: str | None = None) -> None:
        self.cluster = cluster
        self.tables: dict[str, list[tuple[Any, ...]]] = {
            f"fingerprints_{table}{suffix}": [] for table in ("dns", "http") for suffix in ("", "_tmp")
        }
        self.commands: list[str] = []
        self.loses_rows = False

    def select(self, sql: str, parameters: Mapping[str, object] | None = None) -> list[dict[str, Any]]:
        rows = self.tables[sql.split(" FROM ")[1]]
        if "sipHash64" in sql:
            return [{"v": repr(sorted(rows))}]
        if "count()" in sql:
            return [{"n": len(rows)}]
        return [dict(zip(COLUMNS, row, strict=True)) for row in reversed(rows)]

    def insert(
        self,
        table: str,
        columns: Sequence[str],
        rows: Sequence[Sequence[object]],
        *,
        dedup_token: str | None = None,
    ) -> None:
        assert tuple(columns) == COLUMNS
        self.tables[table] += [tuple(row) for row in rows][self.loses_rows :]

    def command(self, sql: str, parameters: Mapping[str, object] | None = None) -> str:
        self.commands.append(sql)
        if found := re.match(r"TRUNCATE TABLE (\w+)", sql):
            self.tables[found[1]] = []
        elif found := re.match(r"EXCHANGE TABLES (\w+) AND (\w+)", sql):
            one, two = found.groups()
            self.tables[one], self.tables[two] = self.tables[two], self.tables[one]
        return ""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in NAMES:
        (tmp_path / name).write_bytes(sources.read_file(STARTER, name))
    return tmp_path


@pytest.fixture
def website(folder: Path) -> Iterator[str]:
    """The folder served over HTTP on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = folder / self.path.lstrip("/")
            self.send_response(200 if path.is_file() else 404)
            self.end_headers()
            if path.is_file():
                self.wfile.write(path.read_bytes())

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    thread.join()
    server.server_close()


def test_empty_tables_give_no_set() -> None:
    assert load_fingerprints(Tables()) is None


def test_update_then_load() -> None:
    tables = Tables()
    result = update_fingerprints(tables, STARTER)
    assert result.changed
    assert load_fingerprints(tables) == read_files(STARTER, limits=None).fingerprints()
    counts = f"{result.dns} DNS and {result.http} HTTP fingerprints"
    assert str(result) == f"{counts} loaded from starter, snapshot {result.snapshot_id}"


def test_unchanged_content_does_nothing(folder) -> None:
    tables = Tables()
    update_fingerprints(tables, STARTER)
    before = len(tables.commands)
    result = update_fingerprints(tables, str(folder), limits=None)
    assert not result.changed
    assert "unchanged" in str(result)
    assert not any("EXCHANGE" in command for command in tables.commands[before:])


def test_change_of_one_note_is_a_change(folder) -> None:
    tables = Tables()
    update_fingerprints(tables, str(folder), limits=None)
    path = folder / NAMES[1]
    path.write_text(path.read_text("utf-8").replace("Generic wording", "Common wording"), "utf-8")
    assert update_fingerprints(tables, str(folder), limits=None).changed
    assert "Common wording" in str(tables.tables["fingerprints_http"])


def test_over_http(website) -> None:
    tables = Tables()
    assert update_fingerprints(tables, website, limits=None).changed
    assert load_fingerprints(tables) is not None


def test_on_a_cluster() -> None:
    tables = Tables(cluster="oonib")
    update_fingerprints(tables, STARTER)
    assert all(" ON CLUSTER `oonib`" in command for command in tables.commands)
    done = [command.split(" ON CLUSTER")[0] for command in tables.commands]
    # Every replica has the rows before the tables change places.
    assert done[-2:] == [
        f"EXCHANGE TABLES fingerprints_{one}_tmp AND fingerprints_{one}" for one in ("dns", "http")
    ]
    assert done.count("SYSTEM SYNC REPLICA") == 2


def test_old_data_stays_when_the_source_is_bad(folder) -> None:
    tables = Tables()
    update_fingerprints(tables, STARTER)
    before = {name: list(rows) for name, rows in tables.tables.items()}
    (folder / NAMES[1]).write_text("nonsense", "utf-8")
    with pytest.raises(FingerprintProblem, match="header"):
        update_fingerprints(tables, str(folder), limits=None)
    with pytest.raises(FingerprintProblem, match="expected between"):
        (folder / NAMES[1]).write_bytes(sources.read_file(STARTER, NAMES[1]))
        update_fingerprints(tables, str(folder))
    assert tables.tables == before


def test_old_data_stays_when_rows_are_lost(folder) -> None:
    tables = Tables()
    update_fingerprints(tables, STARTER)
    before = list(tables.tables["fingerprints_http"])
    path = folder / NAMES[0]
    path.write_text(path.read_text("utf-8").replace("Made up", "Invented"), "utf-8")
    tables.loses_rows = True
    with pytest.raises(ReferenceProblem, match="rows were stored"):
        update_fingerprints(tables, str(folder), limits=None)
    assert tables.tables["fingerprints_http"] == before
    assert "Invented" not in str(tables.tables["fingerprints_dns"])


def test_interrupted_exchange_is_finished_next_time(folder) -> None:
    tables = Tables()
    update_fingerprints(tables, STARTER)
    tables.tables["fingerprints_http"] = []
    assert load_fingerprints(tables) is None
    assert update_fingerprints(tables, STARTER).changed
    assert load_fingerprints(tables) is not None


def test_starter_stands_in_for_an_unreachable_address(website) -> None:
    tables = Tables()
    result = update_fingerprints(tables, f"{website}missing")
    assert result.source == STARTER
    assert "status 404" in str(result)
    with pytest.raises(FingerprintProblem, match="status 404"):
        update_fingerprints(tables, f"{website}missing")


def test_nothing_stands_in_for_a_wrong_folder(tmp_path) -> None:
    tables = Tables()
    with pytest.raises(FingerprintProblem, match="No such file"):
        update_fingerprints(tables, str(tmp_path / "wrong"))
    assert load_fingerprints(tables) is None


@pytest.mark.parametrize("remote", [True, False])
def test_size_limit(website, folder, remote) -> None:
    with pytest.raises(sources.SourceProblem, match="larger than 10 bytes"):
        sources.read_file(website if remote else str(folder), NAMES[0], limit=10)


def test_refused_connections_and_odd_addresses() -> None:
    for source in ("http://127.0.0.1:9", "http://[bad"):
        with pytest.raises(sources.SourceProblem):
            sources.read_file(source, NAMES[0])


def test_file_address(folder) -> None:
    assert sources.read_file(f"file://{folder}", NAMES[0]).startswith(b"name,scope")


def test_the_time_of_fetching_is_taken() -> None:
    steps: list[str] = []

    def timer(step: str) -> AbstractContextManager[None]:
        steps.append(step)
        return nullcontext()

    update_fingerprints(Tables(), STARTER, timer=timer)
    assert steps == ["fetch_csv"]
