"""Names of networks in a real table (ops 1.3)."""

import gzip
import json
import random
import time
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from oonib.reference import asnames, sources
from oonib.reference.asnames import parse_as_names, update_as_names
from oonib.reference.problems import ReferenceProblem
from oonib.warehouse.client import Warehouse

from support.shared_data import require_shared_data
from support.website import Website

pytestmark = pytest.mark.clickhouse


def entry(name: str, changed: str = "20200131", cc: str = "IT") -> list[str]:
    return [name, cc, changed, f"AS-{name}", "RIPE"]


def names(count: int = 20, mark: str = "a") -> bytes:
    return json.dumps({str(number): [entry(f"{mark}{number}")] for number in range(1, count + 1)}).encode()


def update(warehouse: Warehouse, source: object, **options: Any) -> str:
    return str(update_as_names(warehouse, str(source), **{"least": 10, **options}))


def stored(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    return warehouse.select_rows("SELECT asn, org_name, changed FROM asnmeta ORDER BY asn, changed").rows


def test_fresh_unchanged_changed_broken_recovered(
    warehouse: Warehouse, website: Website, tmp_path: Path, reader: type
) -> None:
    path = tmp_path / "map.json"
    path.write_bytes(names(20, "a"))
    assert update(warehouse, path) == f"20 names of networks loaded from {path}"
    with reader(warehouse, "asnmeta") as seen:
        assert "unchanged" in update(warehouse, path)
        website.pages["/map.json.gz"] = gzip.compress(names(22, "b"))
        assert "22 names of networks loaded" in update(warehouse, f"{website.url}/map.json.gz")
        path.write_bytes(names(30, "c")[:-100])
        with pytest.raises(ReferenceProblem, match="not of the expected form"):
            update(warehouse, path)
        assert stored(warehouse)[0] == (1, "b1", date(2020, 1, 31))
        path.write_bytes(names(30, "c"))
        assert "30 names of networks loaded" in update(warehouse, f"file://{path}")
    assert stored(warehouse)[29] == (30, "c30", date(2020, 1, 31))
    assert seen.counts <= {20, 22, 30}


def test_the_last_name_of_a_network_is_found_by_its_date(warehouse: Warehouse, tmp_path: Path) -> None:
    path = tmp_path / "map.json"
    both = [entry('Örg, "Old"', "20121010"), entry("New", "20200315")]
    path.write_text(json.dumps({"3269": both, "4294967295": [entry("Last", "")]}), "utf-8")
    update(warehouse, path, least=0)
    newest = warehouse.select("SELECT argMax(org_name, changed) AS name FROM asnmeta WHERE asn = 3269")
    assert newest == [{"name": "New"}]
    assert stored(warehouse)[-1] == (4294967295, "Last", date(1970, 1, 1))


@pytest.mark.parametrize(
    ("raw", "word"),
    [
        (b"", "not of the expected form"),
        (b"<html>", "not of the expected form"),
        (b"[]", "not of the expected form"),
        (b'{"1": [["a", "IT", "20200101", "x"]]}', "not of the expected form"),
        (b'{"1": [["a", "IT", "20200101", "x", null]]}', "not of the expected form"),
        (b'{"1": ["a", "IT", "20200101", "x", "RIPE"]}', "not of the expected form"),
        (b'{"1": [["\xff", "IT", "20200101", "x", "RIPE"]]}', "not of the expected form"),
        (b'{"AS1": [["a", "IT", "20200101", "x", "RIPE"]]}', "'AS1' is no number of a network"),
        (b'{"4294967296": [["a", "IT", "20200101", "x", "RIPE"]]}', "no number of a network"),
        ('{"٣": [["a", "IT", "20200101", "x", "RIPE"]]}'.encode(), "no number of a network"),
        (b"[" * 100_000, "not of the expected form"),
        (b'{"1": [' + b"[]," * 2_100_000, "1000000 rows and more"),
        (b'{"1": [["' + b"," * 10_000_001, "1000000 rows and more"),
    ],
)
def test_files_of_another_form(raw: bytes, word: str) -> None:
    started = time.monotonic()
    with pytest.raises(ReferenceProblem, match=word):
        parse_as_names(raw)
    assert time.monotonic() - started < 2


@pytest.mark.parametrize("changed", ["20201301", "2020", "", "99991231", "19000101", "20200230", "x" * 5000])
def test_a_date_that_is_none_is_the_first(changed: str) -> None:
    raw = json.dumps({"1": [entry("a", changed)]}).encode()
    assert parse_as_names(raw)[0][3] == date(1970, 1, 1)


def test_size_guard(warehouse: Warehouse, tmp_path: Path) -> None:
    path = tmp_path / "map.json"
    path.write_bytes(names(10))
    with pytest.raises(ReferenceProblem, match="10 names, expected between 10 and 1000000"):
        update(warehouse, path)
    with pytest.raises(ReferenceProblem, match="expected between 100000 and 1000000"):
        update_as_names(warehouse, str(path))
    assert stored(warehouse) == []


def test_starter_names_until_the_web_answers(warehouse: Warehouse, website: Website) -> None:
    with pytest.raises(ReferenceProblem, match="404; the starter names are in use"):
        update(warehouse, f"{website.url}/missing")
    assert (15169, "Google LLC", date(2026, 1, 15)) in stored(warehouse)
    with pytest.raises(ReferenceProblem, match=r"404; the \d+ in use stay$"):
        update(warehouse, f"{website.url}/missing")


def test_trouble_on_the_web(
    warehouse: Warehouse, website: Website, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "map.json"
    path.write_bytes(names())
    update(warehouse, path)
    monkeypatch.setattr(asnames, "_BYTES", 10 * 1024**2)
    website.pages |= {
        "/endless": website.endless,
        "/dripping": website.dripping,
        "/redirects": website.round_and_round,
        "/cut": website.cut_off,
        "/bomb": gzip.compress(bytes(11 * 1024**2), 1),
        "/half": gzip.compress(names(1000))[:-20],
    }
    words = {
        "endless": "larger than",
        "dripping": "not finished after 0.4 s",
        "redirects": "redirects",
        "cut": "peer closed connection",
        "bomb": "larger than 10485760 bytes when unpacked",
        "half": "damaged gzip",
    }
    for name, word in words.items():
        # On a busy machine what breaks off takes a while to do so.
        monkeypatch.setattr(sources, "_SECONDS", 0.4 if name == "dripping" else 30.0)
        with pytest.raises(ReferenceProblem, match=word):
            update(warehouse, f"{website.url}/{name}")
    assert len(stored(warehouse)) == 20


@pytest.mark.slow
def test_as_many_as_there_really_are(warehouse: Warehouse, tmp_path: Path) -> None:
    shuffled = random.Random(7)
    many = {
        str(number): [
            entry(f"Org {number}.{k}", f"20{12 + k}0101") for k in range(shuffled.choice((1, 1, 2)))
        ]
        for number in range(1, 100_001)
    }
    path = tmp_path / "map.json"
    path.write_text(json.dumps(many))
    started = time.monotonic()
    said = str(update_as_names(warehouse, str(path)))
    assert time.monotonic() - started < 15
    rows = sum(map(len, many.values()))
    assert said.startswith(f"{rows} names of networks loaded")
    assert warehouse.select("SELECT count() AS n FROM asnmeta") == [{"n": rows}]


@pytest.mark.shared_data
def test_the_sample(warehouse: Warehouse) -> None:
    path = require_shared_data() / "geo" / "all_as_org_map.sample.json"
    assert "loaded" in update(warehouse, path, least=0)
    assert (3269, "TIM S.p.A.", date(2020, 3, 15)) in stored(warehouse)
