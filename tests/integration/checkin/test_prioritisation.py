"""Counts, rules and lists in a real ClickHouse, and what probes get of them (probe contract 2)."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from oonib.checkin.prioritisation import DEFAULT_RULES, Failover, RulesAway
from oonib.warehouse.errors import WarehouseUnavailable
from oonib.warehouse.tables import FASTPATH_COLUMNS

from support.checkin import Probes, entry
from support.processes import wait_until
from support.serving import measurement

pytestmark = pytest.mark.clickhouse
LISTED = [*(entry(n) for n in range(5)), *(entry(n, "MISC") for n in range(5, 8))]


def url(number: int) -> str:
    return f"https://site{number}.example/"


def measure(probes: Probes, number: int, cc: str = "IT", asn: int = 30722, times: int = 1) -> None:
    started = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5)
    rows = []
    for time_ in range(times):
        uid = f"{started:%Y%m%d%H%M%S}.{time.monotonic_ns() % 10**6:06}_{cc}_webconnectivity_{time_:016x}"
        row = measurement(
            measurement_uid=uid,
            report_id=f"r{time.monotonic_ns()}",
            input=url(number),
            probe_cc=cc,
            probe_asn=asn,
            measurement_start_time=started,
        )
        rows.append([row[name] for name in FASTPATH_COLUMNS])
    probes.warehouse.insert("fastpath", FASTPATH_COLUMNS, rows)


def test_measuring_a_url_moves_it_down_in_that_network_only(probes: Probes) -> None:
    probes.list_entries(LISTED)
    first = probes.urls()[0]
    assert first in {url(n) for n in range(5)}
    measure(probes, int(first.removeprefix("https://site").split(".")[0]))
    wait_until(lambda: probes.urls()[4] == first, 3, "the measured URL behind the others of its weight")
    elsewhere = {probes.urls(asn=1)[0] for _ in range(60)}
    assert elsewhere == {url(n) for n in range(5)}


def test_weeks_and_networks_that_count(probes: Probes) -> None:
    probes.list_entries(LISTED[:5])
    probes.measured({url(0): 1})
    probes.measured({url(1): 2}, weeks_ago=1)
    probes.measured({url(2): 90}, weeks_ago=2)
    probes.measured({url(3): 90}, ("IT", 1))
    probes.measured({url(4): 90}, ("BR", 30722))
    answer = probes.get("/api/_/debug_prioritization", probe_cc="IT", probe_asn="AS30722")
    counts = {one["url"]: one["msmt_cnt"] for one in answer["entries"]}
    assert counts == {url(0): 1, url(1): 2, url(2): 0, url(3): 0, url(4): 0}
    whole = probes.get("/api/_/debug_prioritization", probe_cc="IT")
    assert {one["url"]: one["msmt_cnt"] for one in whole["entries"]} == counts | {url(3): 90}
    assert probes.urls()[3:] == [url(0), url(1)]
    assert probes.urls(asn=0)[2:] == [url(0), url(1), url(3)]


def test_counts_are_summed_up_over_weeks_and_parts(probes: Probes) -> None:
    probes.list_entries(LISTED[:1])
    for weeks_ago in (0, 0, 1, 1, 1):
        probes.measured({url(0): 3}, weeks_ago=weeks_ago)
    answer = probes.get("/api/_/debug_prioritization", probe_cc="IT", probe_asn="30722")
    assert answer["test_items"] == [
        {
            "category_code": "NEWS",
            "country_code": "XX",
            "url": url(0),
            "msmt_cnt": 15,
            "priority": 100,
            "weight": 100 / 15,
        }
    ]


def test_a_rule_counts_at_once_where_it_was_made(probes: Probes) -> None:
    probes.list_entries(LISTED)
    assert probes.urls()[0] in {url(n) for n in range(5)}
    for one in DEFAULT_RULES:
        probes.rule(one.priority, category_code=one.category_code)
    probes.rule(500, url=url(7), cc="IT")
    probes.prioritisation.rules_changed()
    assert probes.urls()[0] == url(7)
    assert probes.urls(cc="BR")[0] != url(7)
    probes.rule(500, url=url(7), cc="IT", back=True)
    probes.rule(-500, category_code="NEWS", cc="IT")
    probes.prioritisation.rules_changed()
    assert set(probes.urls()) == {url(5), url(6), url(7)}


def test_a_rule_made_elsewhere_counts_within_seconds(probes: Probes) -> None:
    probes.list_entries(LISTED)
    probes.urls()
    probes.rule(50, url=url(7))
    started = time.monotonic()
    wait_until(lambda: probes.urls() == [url(7)], 3, "the only rule there is")
    assert time.monotonic() - started < 2.5


def test_new_lists_count_after_a_while(probes: Probes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("oonib.checkin.prioritisation.shelf.LISTS_LIFE", 0.2)
    probes.list_entries(LISTED[:3])
    assert len(probes.urls()) == 3
    probes.list_entries([entry(n, cc="it") for n in range(50, 60)])
    wait_until(lambda: len(probes.urls()) == 13, 5, "the longer list")


def test_why_a_probe_gets_what_it_gets(probes: Probes) -> None:
    probes.list_entries([*LISTED, entry(9, cc="br")])
    probes.rule(20, category_code="MISC")
    probes.rule(30, category_code="NEWS", cc="BR")
    probes.rule(40, category_code="NEWS", cc="US")
    answer = probes.get("/api/_/debug_prioritization", probe_cc="br", limit=4)
    assert set(answer) == {"test_items", "entries", "prio_rules"}
    assert len(answer["test_items"]) == 4
    assert len(answer["entries"]) == 9
    assert [one["priority"] for one in answer["prio_rules"]] == [20, 30]
    assert [one["weight"] for one in answer["test_items"]] == [300.0] * 4
    only = probes.get("/api/_/debug_prioritization", probe_cc="br", category_codes="misc", limit=0)
    assert only["test_items"] == []
    for odd in ("probe_asn=x", "probe_cc=BRA", "limit=10000"):
        assert probes.send("GET", f"/api/_/debug_prioritization?{odd}").status_code == 422


def test_what_is_measured_in_each_country(probes: Probes) -> None:
    assert probes.send("GET", "/api/_/show_countries_prioritization").status_code == 400
    probes.list_entries([entry(1, "MISC", "it"), entry(2, "NEWS", "it"), entry(3, "MISC", "br"), entry(4)])
    probes.rule(20, category_code="MISC")
    probes.rule(-200, category_code="MISC", cc="IT")
    probes.rule(400, category_code="NEWS", cc="US")
    measure(probes, 1, times=3)
    measure(probes, 3, cc="IT")
    rows = probes.get("/api/_/show_countries_prioritization")
    columns = ["anomaly_perc", "category_code", "cc", "domain", "msmt_cnt", "priority", "url"]
    assert [list(row) for row in rows] == [columns] * 4
    assert [(row["cc"], row["url"], row["msmt_cnt"], row["priority"]) for row in rows] == [
        ("BR", url(3), 0, 20),
        ("IT", url(2), 0, 0),
        ("IT", url(1), 3, -180),
        ("ZZ", url(4), 0, 400),
    ]
    text = probes.send("GET", "/api/_/show_countries_prioritization?format=csv")
    assert text.headers["content-type"].startswith("text/csv")
    assert text.headers["cache-control"] == "max-age=1"
    assert text.text.splitlines()[0] == ",".join(columns)
    assert len(text.text.splitlines()) == 5
    assert probes.send("GET", "/api/_/show_countries_prioritization?format=xml").status_code == 422


def test_anomalies_in_percent(probes: Probes) -> None:
    probes.list_entries([entry(1, "NEWS", "it")])
    measure(probes, 1, times=2)
    base = measurement(input=url(1), probe_cc="IT", anomaly="t", report_id="anomalous")
    base["measurement_start_time"] = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
    probes.warehouse.insert("fastpath", FASTPATH_COLUMNS, [[base[name] for name in FASTPATH_COLUMNS]])
    (row,) = probes.get("/api/_/show_countries_prioritization")
    assert (row["msmt_cnt"], row["anomaly_perc"]) == (3, 33)


def test_without_lists_there_is_the_failover_list(tmp_path: Path, probes: Probes) -> None:
    probes.list_entries(LISTED)
    probes.urls()
    probes.warehouse.command("TRUNCATE TABLE citizenlab")
    later = Probes(tmp_path / "later", probes.warehouse)
    assert later.urls() == []
    later.failover.update(probes.prioritisation._shelf.fresh()[0])
    assert sorted(later.urls()) == sorted(one[1] for one in LISTED)
    later.close()


def test_a_stampede_is_answered_by_a_few_queries(probes: Probes) -> None:
    probes.list_entries(LISTED)
    queries: list[int] = []
    real = probes.store.counts

    def counted(networks: list[tuple[str, int]], now: datetime) -> object:
        queries.append(len(networks))
        return real(networks, now)

    probes.store.counts = counted  # type: ignore[method-assign, assignment]
    claim = {"probe_cc": "IT", "probe_asn": "AS30722"}
    answers = probes.send_all(("POST", "/api/v1/check-in", {"json": claim}) for _ in range(200))
    assert {answer.status_code for answer in answers} == {200}
    assert len(queries) <= 2


def test_a_clickhouse_that_is_away_is_done_without(
    tmp_path: Path, probes: Probes, monkeypatch: pytest.MonkeyPatch
) -> None:
    probes.list_entries([*LISTED, entry(20, cc="it")])
    assert len(probes.urls()) == 9

    def away(*_: object, **__: object) -> object:
        raise WarehouseUnavailable(None, "away")

    monkeypatch.setattr(probes.warehouse, "select_rows", away)
    probes.prioritisation.rules_changed()
    assert sorted(probes.urls()) == sorted(one[1] for one in LISTED)
    assert probes.urls(web_connectivity={"category_codes": ["MISC"]}, charging=False) != []
    results = probes.get("/api/v1/test-list/urls?country_code=IT&debug=1&limit=3")["results"]
    assert [one["weight"] for one in results] == [0.0] * 3
    for path in ("debug_prioritization", "show_countries_prioritization"):
        response = probes.send("GET", f"/api/_/{path}")
        assert response.status_code == 503
        assert response.headers["retry-after"] == "5"
    assert len(Failover(tmp_path / "probes" / "checkin" / "failover.json")) == 8


def test_records_that_are_away_are_done_without(probes: Probes, monkeypatch: pytest.MonkeyPatch) -> None:
    probes.list_entries(LISTED)
    probes.rule(5, category_code="MISC")
    chosen = sorted(probes.urls())

    def away() -> object:
        raise RulesAway

    monkeypatch.setattr(probes.rules, "stored", away)
    probes.prioritisation.rules_changed()
    assert sorted(probes.urls()) == chosen
    assert probes.get("/api/_/debug_prioritization", probe_cc="IT")["prio_rules"] != []
    assert probes.send("GET", "/api/_/show_countries_prioritization").status_code == 503


def test_the_first_lists_count_at_once(probes: Probes) -> None:
    assert probes.urls() == []
    probes.list_entries(LISTED)
    wait_until(lambda: len(probes.urls()) == len(LISTED), 4, "the first lists")
