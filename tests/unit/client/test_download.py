"""Download of a day, from a store that misbehaves."""

import hashlib
from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from oonib.client import Archive, BadAnswer, ChecksumMismatch, Refused

from support.website import Website

DAY = date(2026, 3, 2)
KEY = "raw/20260302/10/BR/webconnectivity/2026030210_BR_webconnectivity.n1.0.jsonl.gz"
BODY = b"0123456789" * 1000
LIST = "/bucket/?list-type=2&prefix=raw%2F20260302%2F&encoding-type=url"


class Store(Website):
    """A bucket with one object, which is cut off now and then."""

    def __init__(self) -> None:
        super().__init__()
        self.body = BODY
        self.cuts = 0
        self.ranges: list[str | None] = []
        self.entries(entry(KEY, BODY))
        self.pages[f"/bucket/{KEY}"] = self.serve

    def entries(self, *entries: str, path: str = LIST, more: str = "") -> None:
        self.pages[path] = f"<ListBucketResult>{''.join(entries)}{more}</ListBucketResult>".encode()

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        wanted = handler.headers.get("Range")
        self.ranges.append(wanted)
        start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted else 0
        etag = f'"{hashlib.md5(self.body).hexdigest()}"'
        if wanted and handler.headers.get("If-Match") != etag:
            handler.send_response(412)
            handler.send_header("Content-Length", "0")
            handler.end_headers()
            return
        handler.send_response(206 if wanted else 200)
        handler.send_header("Content-Length", str(len(self.body) - start))
        handler.end_headers()
        sent = self.body[start:]
        if self.cuts:
            self.cuts -= 1
            handler.wfile.write(sent[:3000])
            handler.wfile.flush()
            handler.connection.close()
            return
        handler.wfile.write(sent)


def entry(key: str, body: bytes, etag: str | None = None) -> str:
    tag = hashlib.md5(body).hexdigest() if etag is None else etag
    return f"<Contents><Key>{key}</Key><Size>{len(body)}</Size><ETag>&quot;{tag}&quot;</ETag></Contents>"


@pytest.fixture
def store() -> Iterator[Store]:
    with Store() as store:
        yield store


@pytest.fixture
def archive(store: Store) -> Iterator[Archive]:
    archive = Archive(f"{store.url}/bucket", patience=5)
    archive._asking._sleep = lambda _seconds: None
    yield archive
    archive.close()


def test_once_is_enough(store: Store, archive: Archive, tmp_path: Path) -> None:
    [first] = archive.download(DAY, tmp_path)
    assert first.path == tmp_path / KEY
    assert first.path.read_bytes() == BODY
    assert first.fetched == first.size == len(BODY)
    [again] = archive.download(DAY, tmp_path)
    assert again.fetched == 0
    assert store.ranges == [None]
    assert [path.name for path in tmp_path.rglob("*.part")] == []


def test_cut_off_and_continued(store: Store, archive: Archive, tmp_path: Path) -> None:
    store.cuts = 2
    [whole] = archive.download(DAY, tmp_path)
    assert whole.path.read_bytes() == BODY
    assert store.ranges == [None, "bytes=3000-", "bytes=6000-"]


def test_a_part_of_another_object_is_thrown_away(store: Store, archive: Archive, tmp_path: Path) -> None:
    part = tmp_path / (KEY + ".part")
    part.parent.mkdir(parents=True)
    part.write_bytes(b"x" * 100)
    changed = b"9876543210" * 1000
    store.body = changed
    with pytest.raises(ChecksumMismatch):
        # The listing is older than the object.
        list(archive.download(DAY, tmp_path))
    assert not part.exists()
    store.entries(entry(KEY, changed))
    part.write_bytes(b"x" * 20_000)
    [whole] = archive.download(DAY, tmp_path)
    assert whole.path.read_bytes() == changed


def test_a_damaged_file_is_fetched_again(archive: Archive, tmp_path: Path) -> None:
    path = tmp_path / KEY
    path.parent.mkdir(parents=True)
    path.write_bytes(b"y" * len(BODY))
    [whole] = archive.download(DAY, tmp_path)
    assert whole.fetched == len(BODY)
    assert path.read_bytes() == BODY


def test_damage_on_the_way_is_found(store: Store, archive: Archive, tmp_path: Path) -> None:
    store.entries(entry(KEY, BODY[::-1]))
    with pytest.raises(ChecksumMismatch, match="webconnectivity"):
        list(archive.download(DAY, tmp_path))
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_an_object_that_came_in_parts_is_held_against_its_size(
    store: Store, archive: Archive, tmp_path: Path
) -> None:
    store.entries(entry(KEY, BODY, etag=f"{'0' * 32}-2"))
    assert next(archive.download(DAY, tmp_path)).path.read_bytes() == BODY


def test_pages_of_a_listing(store: Store, archive: Archive) -> None:
    other = KEY.replace("BR", "IT")
    store.entries(entry(KEY, BODY), more="<NextContinuationToken>a&amp;b=</NextContinuationToken>")
    store.entries(entry(other, BODY), path=LIST + "&continuation-token=a%26b%3D")
    assert [listed.key for listed in archive.objects(DAY)] == [KEY, other]
    assert [listed.key for listed in archive.objects(DAY, probe_cc="IT")] == [other]
    assert [listed.key for listed in archive.objects(DAY, test_name="web_connectivity")] == [KEY, other]
    assert list(archive.objects(DAY, test_name="telegram")) == []
    assert list(archive.objects(DAY, suffix=".tar.gz")) == []


@pytest.mark.parametrize(
    "key",
    [
        "raw/20260302/../../../evil.jsonl.gz",
        "raw/20260302/10/BR/..%5C..%5Cx/evil.jsonl.gz",
        "raw/20260302/10/BR/C:/evil.jsonl.gz",
        "raw/20260302/10/BR/x%00/evil.jsonl.gz",
    ],
)
def test_keys_that_lead_elsewhere(store: Store, archive: Archive, tmp_path: Path, key: str) -> None:
    store.entries(entry(key, BODY))
    with pytest.raises(BadAnswer):
        list(archive.download(DAY, tmp_path / "in"))
    assert list(tmp_path.rglob("evil*")) == []


@pytest.mark.parametrize(
    "page",
    [
        b"<html>sign in</html>",
        b"",
        b"<ListBucketResult><Contents><Key>raw/1</Key></Contents></ListBucketResult>",
        b"<ListBucketResult><Contents><Key>x</Key><Size>many</Size><ETag>e</ETag></Contents></ListBucketResult>",
    ],
)
def test_listings_that_are_none(store: Store, archive: Archive, page: bytes) -> None:
    store.pages[LIST] = page
    with pytest.raises(BadAnswer):
        list(archive.objects(DAY))


def test_a_body_longer_than_listed_is_not_stored(store: Store, archive: Archive, tmp_path: Path) -> None:
    store.pages[f"/bucket/{KEY}"] = store.endless
    with pytest.raises(BadAnswer, match="longer"):
        list(archive.download(DAY, tmp_path))
    assert sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()) <= len(BODY)


def test_no_such_bucket(archive: Archive, store: Store) -> None:
    del store.pages[LIST]
    with pytest.raises(Refused):
        list(archive.objects(DAY))
