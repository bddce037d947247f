"""Reads of findings and OONI Run over SQLite: 10,000 findings, 2,000 links with up to 50 revisions.

Answers a second of one API worker, and the ratio to `/version` of the same worker, measured in the same run.
Answers to searches are kept ready until a finding changes: those after a change are made anew.
"""

import itertools
import json
import random
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session as Transaction

from bench.bench_checkin import VERSION, processor_seconds, run
from oonib.records import Records
from oonib.records.changes import note_change
from oonib.records.migrating import migrate
from oonib.records.tables import ALL
from oonib.records.tables import FINDINGS as CHANGED

from support.processes import Oonib

FINDINGS, LINKS, REVISIONS = 10_000, 2_000, 50
COUNTRIES = [f"{first}{second}" for first in "ABCDEFGHIJ" for second in "ABCDEFGHIJ"]
START = datetime(2025, 1, 1, tzinfo=UTC)
REQUESTS = 3_000


def findings(session: Transaction) -> None:
    """A text of 4 kB each, four countries of a hundred, a network of its own for every ten."""
    rows, values = [], []
    for number in range(FINDINGS):
        countries = [COUNTRIES[(number + step) % 100] for step in (0, 7, 13, 29)]
        asns = [64_500 + number // 10]
        moment = START + timedelta(hours=number)
        rows.append(
            {
                "id": f"{number}00", "slug": f"2025-finding-{number}", "version": 1,
                "title": f"Finding {number}",
                "creator_account_id": "0" * 32, "short_description": "What is blocked, and where. " * 5,
                "text": "A paragraph with a [link](https://explorer.ooni.org/). " * 80, "start_time": moment,
                "end_time": None, "create_time": moment, "update_time": moment, "reported_by": "us",
                "email_address": "a@news.example", "event_type": "incident", "published": True,
                "deleted": False,
                "country_codes": countries, "asns": asns, "domains": ["site.example"], "tags": ["censorship"],
                "links": [], "test_names": ["web_connectivity"], "themes": ["news_media"],
            }
        )  # fmt: skip
        listed = {"country_code": countries, "asn": asns, "domain": ["site.example"], "theme": ["news_media"]}
        values += [
            {"finding_id": f"{number}00", "kind": kind, "value": str(value)}
            for kind, some in listed.items()
            for value in some
        ]
    session.execute(insert(ALL.tables["finding"]), rows)
    session.execute(insert(ALL.tables["finding_value"]), values)


def links(session: Transaction) -> None:
    """Each with two nettests of twenty URLs in each revision."""
    draw = random.Random(1)
    rows: dict[str, list[dict[str, Any]]] = {
        "oonirun_link": [],
        "oonirun_revision": [],
        "oonirun_nettest": [],
    }
    inputs = [f"https://site{number}.example/a/path" for number in range(20)]
    for number in range(LINKS):
        key, newest = str(10_000 + number), draw.randint(1, REVISIONS)
        rows["oonirun_link"].append(
            {
                "id": key, "creator_account_id": "0" * 32, "revision": newest, "version": newest,
                "icon": None,
                "date_created": START, "date_updated": START,
                "expiration_date": datetime(2100, 1, 1, tzinfo=UTC),
                "name": "A link", "short_description": "short", "description": "long " * 100,
                "author": "a@b.example",
                "name_intl": None, "short_description_intl": None, "description_intl": None, "color": None,
            }
        )  # fmt: skip
        for revision, index in itertools.product(range(1, newest + 1), range(2)):
            if index == 0:
                rows["oonirun_revision"].append({"link_id": key, "revision": revision, "date_created": START})
            rows["oonirun_nettest"].append(
                {
                    "link_id": key, "revision": revision, "nettest_index": index,
                    "test_name": "web_connectivity",
                    "inputs": inputs, "inputs_extra": None, "options": {}, "targets_name": None,
                    "is_background_run_enabled_default": False, "is_manual_run_enabled_default": False,
                }
            )  # fmt: skip
    for name, some in rows.items():
        session.execute(insert(ALL.tables[name]), some)


def get(path: str) -> bytes:
    """A request as it goes over the wire."""
    return f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()


def post(path: str, body: dict[str, Any]) -> bytes:
    """The same with a body."""
    raw = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(raw)}"
    return head.encode() + b"\r\n\r\n" + raw


PROBE = {
    "run_type": "timed",
    "is_charging": True,
    "probe_asn": "AS30722",
    "probe_cc": "IT",
    "network_type": "wifi",
    "website_category_codes": [],
}


def loads() -> Iterator[tuple[str, list[bytes]]]:
    """What is asked, each thing some thousand times."""
    draw = random.Random(2)
    numbers = [draw.randrange(FINDINGS) for _ in range(REQUESTS)]
    keys = [10_000 + draw.randrange(LINKS) for _ in range(REQUESTS)]
    shown, api = "/api/v1/incidents/show", "/api/v2/oonirun/links"
    yield "finding by id", [get(f"{shown}/{number}00") for number in numbers]
    yield "finding by slug", [get(f"{shown}/2025-finding-{number}") for number in numbers]
    search = "/api/v1/incidents/search"
    # Each another one, which nobody asked before.
    yield "search, 10 found", [get(f"{search}?asn={64_500 + number}") for number in range(FINDINGS // 10)]
    yield "search, 10 found, ready", [get(f"{search}?asn={64_500 + number // 100}") for number in numbers]
    yield "search, 400 found", [get(f"{search}?country_code={country}") for country in COUNTRIES]
    yield (
        "search, 400 found, ready",
        [get(f"{search}?country_code={COUNTRIES[n % 10]}") for n in numbers[:500]],
    )
    yield "all 10,000 findings, ready", [get(search)] * 50
    yield "link", [get(f"{api}/{key}") for key in keys]
    yield "full descriptor", [get(f"{api}/{key}/full-descriptor/1") for key in keys]
    yield "revisions", [get(f"{api}/{key}/revisions") for key in keys]
    yield "engine descriptor", [post(f"{api}/{key}/engine-descriptor/latest", PROBE) for key in keys]
    yield "list of 2,000 links", [get(api)] * 5


def after_changes(records: Records, port: int) -> list[float]:
    """Seconds of answers with all findings, one of which has just changed each time."""
    taken: list[float] = []
    for _ in range(5):
        with records.write() as session:
            note_change(session, CHANGED)
        taken += run(port, [get("/api/v1/incidents/search")], connections=1)[1]
    return sorted(taken)


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as name:
        url = f"sqlite:///{name}/records.db"
        records = Records.open(url)
        migrate(records)
        with records.write() as session:
            findings(session)
            links(session)
        with Oonib("api", data_dir=Path(name) / "data", workers=1, database_url=url) as api:
            worker = api.tree()[0]
            run(api.port, [VERSION] * 300)
            base, _ = run(api.port, [VERSION] * REQUESTS)
            print(f"{'/version of the same worker':28} {base:7.0f}/s")
            for label, wire in loads():
                if label.endswith("ready"):
                    run(api.port, wire[: max(1, len(wire) // 10)])
                before = processor_seconds(worker)
                rate, taken = run(api.port, wire)
                spent = (processor_seconds(worker) - before) * 1000 / len(wire)
                middle = sorted(taken)[len(taken) // 2] * 1000
                print(
                    f"{label:28} {rate:7.0f}/s {rate / base:5.2f} x /version, median {middle:8.1f} ms,"
                    f" processor time of one {spent:8.2f} ms"
                )
            middle = after_changes(records, api.port)[2] * 1000
            print(f"{'all 10,000, after a change':28} median {middle:8.1f} ms")
        records.close()


if __name__ == "__main__":
    main()
