"""Download of a day from a real S3 server, without keys; the example of the page."""

import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import httpx
import pytest

from oonib.client import Archive

from support.s3 import S3Server

PAGE = Path(__file__).parents[3] / "docs" / "client.md"
DAY = date(2026, 3, 2)
READABLE = {
    "Effect": "Allow",
    "Principal": "*",
    "Action": ["s3:GetObject", "s3:ListBucket"],
    "Resource": ["arn:aws:s3:::bucket", "arn:aws:s3:::bucket/*"],
}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with S3Server() as server:
        server.make_bucket("bucket")
        policy = {"Version": "2012-10-17", "Statement": [READABLE]}
        httpx.put(f"{server.url}/bucket?policy", content=json.dumps(policy)).raise_for_status()
        store = server.open("bucket")
        for hour in range(24):
            for cc in ("BR", "IT"):
                name = f"20260302{hour:02}_{cc}_telegram.n1.0"
                for ending in ("jsonl.gz", "tar.gz"):
                    body = f"{cc}{hour}".encode() * 100
                    store.put(f"raw/20260302/{hour:02}/{cc}/telegram/{name}.{ending}", body)
        store.put("raw/20260303/00/BR/telegram/2026030300_BR_telegram.n1.0.jsonl.gz", b"of another day")
        yield f"{server.url}/bucket"


def test_a_day_and_no_more(url: str, tmp_path: Path) -> None:
    archive = Archive(url, patience=5)
    files = list(archive.download(DAY, tmp_path, probe_cc="BR"))
    assert len(files) == 24
    assert all(file.fetched == file.size == file.path.stat().st_size for file in files)
    assert files[3].path.read_bytes() == b"BR3" * 100
    assert sum(path.is_file() for path in tmp_path.rglob("*")) == 24
    assert {file.fetched for file in archive.download(DAY, tmp_path, probe_cc="BR")} == {0}
    archive.close()


def test_the_example_of_the_page(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    [text] = [
        each for each in re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL) if "Arch" in each
    ]
    exec(text.replace("Archive()", f"Archive({url!r})"), {})
    assert (tmp_path / "ooni/raw/20260302/23/BR/telegram/2026030223_BR_telegram.n1.0.jsonl.gz").exists()
