"""The data pages over a folder of objects: what is shown, what is given out, and what never is."""

import asyncio
import html
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st

from oonib.measurements.export import ExportFile, Manifest
from oonib.objects import ObjectStore
from oonib.web.data import DataService
from oonib.web.data import service as service_module
from oonib.web.data.places import is_public, parse_place
from oonib.web.data.ranges import BadRange, parse_range
from oonib.web.data.routes import router

from support.pages import make_app, make_desk

BASE = "https://api.example.org"
CAN = "raw/20260302/10/BR/webconnectivity/2026030210_BR_webconnectivity.n1.0"
PARQUET = "export/fastpath/date=2026-03-02/v0002-00.parquet"
MANIFEST = "export/fastpath/date=2026-03-02/manifest.json"
BODY = bytes(range(256)) * 9000


@dataclass
class Site:
    """The pages and the store behind them."""

    app: FastAPI
    objects: ObjectStore

    def ask(self, path: str, method: str = "GET", **headers: str) -> httpx.Response:
        """The answer, whatever it is."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return asyncio.run(self._ask(method, path, named))

    async def _ask(self, method: str, path: str, headers: dict[str, str]) -> httpx.Response:
        transport = httpx.ASGITransport(app=self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://host.example") as client:
            return await client.request(method, path, headers=headers)

    def json(self, path: str) -> Any:
        """The JSON twin of a page."""
        answer = self.ask(path + ("&" if "?" in path else "?") + "format=json")
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
def empty(tmp_path: Path) -> Site:
    objects = ObjectStore.open(str(tmp_path / "objects"))
    desk = make_desk()
    app = make_app(desk)
    app.include_router(router(desk, DataService(objects, base_url=BASE)))
    return Site(app, objects)


@pytest.fixture
def site(empty: Site) -> Site:
    empty.objects.put(f"{CAN}.jsonl.gz", BODY)
    empty.objects.put(f"{CAN}.tar.gz", b"tar")
    empty.objects.put("raw/20260301/09/IT/tor/2026030109_IT_tor.n1.0.jsonl.gz", b"x" * 7)
    empty.objects.put("raw/20260301/secret.txt", b"no")
    empty.objects.put("raw/<script>/09/IT/tor/a", b"no")
    empty.objects.put("jobs/leases/asn/1", b"no")
    file = ExportFile(PARQUET, 5, 6, "ab", "2026-03-02T00:00:00Z", "2026-03-03T00:00:00Z")
    made = Manifest(
        date="2026-03-02",
        version=2,
        made_at="2026-03-03T03:00:00Z",
        rows=5,
        state="s",
        columns=(("probe_cc", "String"),),
        files=(file,),
    )
    empty.objects.put(MANIFEST, made.encode())
    empty.objects.put(PARQUET, b"PAR1aa")
    return empty


PAGES = [
    "/data",
    "/data/",
    "/data/export",
    "/data/raw",
    "/data/raw/20260302",
    "/data/raw/20260302/10",
    "/data/raw/20260302/10/BR",
    "/data/raw/20260302/10/BR/webconnectivity",
]


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_whole_and_safe_and_has_its_twin(site: Site, path: str) -> None:
    answer = site.ask(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert answer.text.count("<h1>") == 1
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?! src=)", answer.text)
    assert isinstance(site.json(path), dict)
    head = site.ask(path, "HEAD")
    assert head.status_code == 200


@pytest.mark.parametrize("path", PAGES)
def test_every_link_of_a_page_leads_somewhere(site: Site, path: str) -> None:
    for address in re.findall(r'href="(/data[^"]*)"', site.ask(path).text):
        assert site.ask(html.unescape(address)).status_code == 200, address


@pytest.mark.parametrize("path", ["/data", "/data/raw", "/data/export"])
def test_pages_of_an_empty_store(empty: Site, path: str) -> None:
    answer = empty.ask(path)
    assert answer.status_code == 200
    assert 'class="note"' in answer.text


def test_overview(site: Site) -> None:
    found = site.json("/data")
    assert [day["name"] for day in found["archive"]] == ["20260302", "20260301"]
    assert found["days"] == 2
    assert found["exports"] == [
        {
            "date": "2026-03-02",
            "version": 2,
            "made_at": "2026-03-03T03:00:00Z",
            "rows": 5,
            "bytes": 6,
            "manifest": f"/data/objects/{MANIFEST}",
            "files": [f"/data/objects/{PARQUET}"],
        }
    ]
    text = html.unescape(site.ask("/data").text)
    url = f"{BASE}/data/objects/{PARQUET}"
    for line in (
        f"FROM read_parquet(['{url}'])",
        f'pd.read_parquet(url) for url in ["{url}"]',
        f'pl.scan_parquet(["{url}"])',
        f'download.file("{url}", file, mode = "wb")',
        f"curl -O '{url}'",
    ):
        assert line in text


def test_from_the_day_down_to_the_object(site: Site) -> None:
    assert site.json("/data/raw/20260302")["entries"] == [
        {"name": "10", "path": "/data/raw/20260302/10", "bytes": len(BODY) + 3, "objects": 2}
    ]
    assert [one["name"] for one in site.json("/data/raw/20260302/10")["entries"]] == ["BR"]
    assert [one["name"] for one in site.json("/data/raw/20260302/10/BR")["entries"]] == ["webconnectivity"]
    found = site.json("/data/raw/20260302/10/BR/webconnectivity")
    assert found["holds"] == "objects"
    assert [(one["name"], one["bytes"]) for one in found["entries"]] == [
        ("2026030210_BR_webconnectivity.n1.0.jsonl.gz", len(BODY)),
        ("2026030210_BR_webconnectivity.n1.0.tar.gz", 3),
    ]
    assert site.ask(found["entries"][0]["path"]).content == BODY


def test_long_folders_have_pages(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_module, "PAGE", 10)
    for number in range(1, 26):
        hour = f"raw/20250101/{number - 1:02}" if number < 25 else "raw/20250102/00"
        objects = f"{hour}/IT/tor/{hour[4:12]}{hour[13:]}_IT_tor.n1.0.jsonl.gz"
        site.objects.put(objects, b"x")
    names = []
    for page in (1, 2, 3):
        found = site.json(f"/data/raw/20250101?page={page}")
        assert (found["total"], found["page"], found["pages"]) == (24, page, 3)
        names += [one["name"] for one in found["entries"]]
    assert names == [f"{number:02}" for number in range(24)]
    assert 'href="?page=2" rel="next"' in site.ask("/data/raw/20250101").text
    assert site.json("/data/raw/20250101?page=99")["entries"] == []


def test_too_much_to_count_is_listed_without_sizes(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_module, "_MOST_COUNTED", 1)
    assert site.json("/data/raw/20260302")["entries"] == [
        {"name": "10", "path": "/data/raw/20260302/10", "bytes": None, "objects": None}
    ]


@pytest.mark.parametrize(
    "path",
    [
        "raw/2026030",
        "raw/20260309",
        "raw/20260302/10/BR/webconnectivity/more",
        "raw/20260302/1x",
        "raw/20260302/10/br",
        "raw/..%2f..%2fetc",
        "raw/%3Cscript%3E",
        "raw/20260302//10",
        "objects/raw/20260301/secret.txt",
        "objects/jobs/leases/asn/1",
        "objects/",
        "objects/export/fastpath/date=2026-03-02/v0009-00.parquet",
        "objects/export/fastpath/../../jobs/leases/asn/1",
        "objects/..%2f..%2fetc%2fpasswd",
        f"objects/{CAN}.jsonl.gz%00",
        f"objects//{CAN}.jsonl.gz",
        "objects/raw/20260302/10/BR/webconnectivity/2026030211_BR_webconnectivity.n1.0.jsonl.gz",
    ],
)
def test_what_is_not_there_or_not_for_everybody(site: Site, path: str) -> None:
    answer = site.ask(f"/data/{path}")
    assert answer.status_code == 404
    assert set(answer.json()) == {"error", "detail"}


@pytest.mark.parametrize("query", ["page=0", "page=-1", "page=x", "page=99999999999", "format=xml"])
def test_odd_parameters(site: Site, query: str) -> None:
    for path in ("/data/raw", "/data/export"):
        assert site.ask(f"{path}?{query}").status_code == 422


def test_names_of_strangers_are_not_shown(site: Site) -> None:
    assert "script" not in str(site.json("/data/raw"))
    assert "secret" not in site.ask("/data/raw/20260301").text


@given(st.text(max_size=60))
def test_no_path_leads_out(path: str) -> None:
    place = parse_place(path)
    if place is not None:
        assert re.fullmatch(r"raw(/[0-9]{8}(/[0-9]{2}(/[A-Z]{2}(/[a-z0-9]+)?)?)?)?", place.prefix, re.ASCII)
    if is_public(path):
        assert ".." not in path


def test_a_download(site: Site) -> None:
    answer = site.ask(f"/data/objects/{CAN}.jsonl.gz")
    assert answer.status_code == 200
    assert answer.content == BODY
    assert answer.headers["content-type"] == "application/gzip"
    assert answer.headers["content-length"] == str(len(BODY))
    assert answer.headers["accept-ranges"] == "bytes"
    assert "content-encoding" not in answer.headers
    assert answer.headers["cache-control"] == "public, max-age=86400"
    head = site.ask(f"/data/objects/{CAN}.jsonl.gz", "HEAD")
    assert (head.content, head.headers["content-length"]) == (b"", str(len(BODY)))
    etag = answer.headers["etag"]
    assert site.ask(f"/data/objects/{CAN}.jsonl.gz", if_none_match=etag).status_code == 304
    assert site.ask(f"/data/objects/{MANIFEST}").headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    ("asked", "first", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=10-19", 10, 20),
        ("bytes=1048570-1048590", 1048570, 1048591),
        ("bytes=5-", 5, len(BODY)),
        ("bytes=0-", 0, len(BODY)),
        (f"bytes=0-{len(BODY) - 1}", 0, len(BODY)),
        ("bytes=-8", len(BODY) - 8, len(BODY)),
        (f"bytes=7-{10**17}", 7, len(BODY)),
    ],
)
def test_a_part_of_an_object(site: Site, asked: str, first: int, end: int) -> None:
    answer = site.ask(f"/data/objects/{CAN}.jsonl.gz", range=asked)
    assert answer.status_code == 206
    assert answer.content == BODY[first:end]
    assert answer.headers["content-range"] == f"bytes {first}-{end - 1}/{len(BODY)}"


@pytest.mark.parametrize(
    "asked", ["bytes=0-1,4-5", "lines=1-2", "bytes=-", "bytes=9-3", "bytes=a-b", "bytes=٣-"]
)
def test_a_range_that_is_none_is_ignored(asked: str) -> None:
    assert parse_range(asked, 100) is None


def test_a_range_beyond_the_end(site: Site) -> None:
    answer = site.ask(f"/data/objects/{CAN}.tar.gz", range="bytes=3-")
    assert answer.status_code == 416
    assert answer.headers["content-range"] == "bytes */3"


def test_a_part_of_another_version_is_not_given(site: Site) -> None:
    answer = site.ask(f"/data/objects/{CAN}.tar.gz", range="bytes=1-", if_range='"other"')
    assert (answer.status_code, answer.content) == (200, b"tar")
    etag = answer.headers["etag"]
    assert site.ask(f"/data/objects/{CAN}.tar.gz", range="bytes=1-", if_range=etag).content == b"ar"


@given(st.text(max_size=30) | st.from_regex(r"bytes=[0-9]{0,20}-[0-9]{0,20}"), st.integers(0, 50))
def test_any_range(header: str, size: int) -> None:
    try:
        found = parse_range(header, size)
    except BadRange:
        return
    if found is not None:
        assert 0 <= found.offset < found.offset + found.length <= size == found.size


def test_a_damaged_manifest_is_left_out(site: Site) -> None:
    site.objects.put("export/fastpath/date=2026-03-03/manifest.json", b"{")
    site.objects.put("export/fastpath/date=yesterday/manifest.json", b"{}")
    assert [one["date"] for one in site.json("/data/export")["exports"]] == ["2026-03-02"]


def test_a_store_that_is_away() -> None:
    desk = make_desk()
    app = make_app(desk)
    objects = ObjectStore.open(
        "s3://bucket", endpoint_url="http://127.0.0.1:1", access_key="a", secret_key="b"
    )
    app.include_router(router(desk, DataService(objects, base_url=BASE)))
    answer = Site(app, objects).ask("/data/raw")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
