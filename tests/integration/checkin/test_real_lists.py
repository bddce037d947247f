"""The real test lists, for every country there is."""

import csv
import json
import urllib.parse
from pathlib import Path
from typing import Any

import pytest

from oonib.checkin.prioritisation import DEFAULT_RULES

from support.checkin import Entry, Probes
from support.processes import wait_until
from support.shared_data import require_shared_data

pytestmark = [pytest.mark.clickhouse, pytest.mark.shared_data]
PRIORITY = {one.category_code: one.priority for one in DEFAULT_RULES}


def entries(folder: Path) -> list[Entry]:
    found = []
    for path in sorted(folder.glob("*.csv")):
        cc = "ZZ" if path.stem == "global" else path.stem
        if len(cc) != 2:
            continue
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                host = urllib.parse.urlsplit(row["url"]).hostname or ""
                found.append((host, row["url"], cc, row["category_code"]))
    return found


def test_every_country_gets_a_full_list_in_order(probes: Probes) -> None:
    shared = require_shared_data()
    listed = entries(shared / "citizenlab" / "lists")
    assert len(listed) > 30_000
    probes.list_entries(listed)
    by_cc: dict[str, set[str]] = {}
    for _, url, cc, code in listed:
        if code in PRIORITY:
            by_cc.setdefault(cc.upper(), set()).add(url)
    countries = [one["cc"] for one in json.loads((shared / "geo" / "country-list.json").read_text())]
    assert len(countries) > 200

    def manual(cc: str) -> list[dict[str, Any]]:
        answer = probes.check_in(probe_cc=cc, probe_asn="AS64500", run_type="manual")
        items: list[dict[str, Any]] = answer["tests"]["web_connectivity"]["urls"]
        return items

    # Reading so many takes a moment, in which probes get what was there before.
    wait_until(lambda: len(manual("ZZ")) == len(by_cc["ZZ"]), 60, "the lists")
    for cc in countries:
        own = by_cc.get(cc, set())
        items = manual(cc)
        urls = [item["url"] for item in items]
        assert len(urls) == len(set(urls)) == len(own | by_cc["ZZ"])
        assert {item["url"] for item in items if item["country_code"] == cc} == own
        weights = [PRIORITY[item["category_code"]] for item in items]
        assert weights == sorted(weights, reverse=True)
    assert len(probes.urls("IR", 64500)) == 100
    assert len(probes.urls("IR", 64500, charging=False)) == 20
