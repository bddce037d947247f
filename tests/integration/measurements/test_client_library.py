"""The client library against the real endpoints, and the examples of its page."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from oonib.client import Client, NotFound, Refused
from oonib.spool import Submission

from support.bridge import Bridge
from support.serving import Backend

PAGE = Path(__file__).parents[3] / "docs" / "client.md"
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
SPAN = {"since": "2026-02-01", "until": "2026-03-02"}


def row(number: int, **values: Any) -> dict[str, Any]:
    uid = f"20260301120000.{number:06}_BR_webconnectivity_0123456789abcdef"
    return {"measurement_uid": uid, "measurement_start_time": START + timedelta(seconds=number), **values}


@pytest.fixture
def site(backend: Backend) -> Iterator[Bridge]:
    with Bridge(backend) as site:
        yield site


@pytest.fixture
def client(site: Bridge) -> Iterator[Client]:
    with Client(site.url, patience=5) as client:
        yield client


def test_search_follows_the_pages(backend: Backend, client: Client, site: Bridge) -> None:
    backend.insert(*(row(number, probe_cc="IT" if number % 5 == 0 else "BR") for number in range(25)))
    found = list(client.search(page_size=7, **SPAN))
    assert [each["measurement_uid"] for each in found] == [
        row(number)["measurement_uid"] for number in reversed(range(25))
    ]
    assert len(site.asked) == 4
    assert {each["probe_cc"] for each in client.search(probe_cc=["IT"], order="asc", **SPAN)} == {"IT"}
    del site.asked[:]
    assert len(list(client.search(limit=10, page_size=7, **SPAN))) == 10
    assert len(site.asked) == 2
    assert list(client.search(limit=0)) == []
    with pytest.raises(Refused, match=r"^4"):
        next(client.search(probe_cc="nowhere"))


def test_counts_as_rows_and_as_a_table(backend: Backend, client: Client) -> None:
    backend.insert(*(row(number, anomaly="t" if number < 4 else "f") for number in range(10)))
    [total] = client.aggregate(**SPAN)
    assert (total["anomaly_count"], total["ok_count"], total["measurement_count"]) == (4, 6, 10)
    frame = client.aggregate_frame(axis_x="measurement_start_day", axis_y="probe_cc", **SPAN)
    assert list(frame["measurement_count"]) == [10]
    assert frame["measurement_start_day"][0] == pd.Timestamp("2026-03-01")
    with pytest.raises(Refused, match="cannot be the same"):
        client.aggregate(axis_x="domain", axis_y="domain", **SPAN)
    table = client.search_frame(limit=3, **SPAN)
    assert len(table) == 3
    assert table["measurement_start_time"][0] == pd.Timestamp("2026-03-01T12:00:09Z")
    assert len(client.search_frame(probe_cc="ZW", **SPAN)) == 0


def test_bodies(backend: Backend, client: Client) -> None:
    uid = "20260302103000.000000_BR_webconnectivity_0123456789abcdef"
    stored = b'{"format":"json","content":{"n": 1},"is_verified":"u"}'
    backend.spool.submit(Submission(uid, "", b"digest of twenty b..", stored)).result()
    backend.insert({"measurement_uid": uid})
    assert client.raw(uid) == b'{"n": 1}'
    assert client.measurement(uid) == {"n": 1}
    assert client.meta(uid)["probe_asn"] == 64500
    unknown = uid.replace("BR", "IT")
    for ask in (client.raw, client.measurement, client.meta):
        with pytest.raises(NotFound):
            ask(unknown)


def examples() -> list[str]:
    return re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)


def test_the_examples_of_the_page_run(
    backend: Backend, site: Bridge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = backend.now - timedelta(hours=1)
    backend.insert(
        *(
            {**row(number), "measurement_start_time": now, "anomaly": "t", "domain": "www.wikipedia.org"}
            for number in range(5)
        )
    )
    uid = row(0)["measurement_uid"]
    stored = b'{"format":"json","content":{"test_keys":{}},"is_verified":"u"}'
    backend.spool.submit(Submission(uid, "", b"digest of twenty b..", stored)).result()
    monkeypatch.chdir(tmp_path)
    ran = 0
    for text in examples():
        if "Archive(" in text:
            continue
        names: dict[str, Any] = {}
        exec(text.replace("http://127.0.0.1:8080", site.url), names)
        ran += 1
    assert ran >= 3
