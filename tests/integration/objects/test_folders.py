"""Names of folders in every kind of object store."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from oonib.objects import ObjectStore

from support.s3 import S3Server


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    with S3Server() as server:
        server.make_bucket("folders")
        yield server


@pytest.mark.parametrize("kind", ["folder", "s3-with-prefix"])
def test_folders_right_below(kind: str, tmp_path: Path, server: S3Server) -> None:
    store = ObjectStore.open(str(tmp_path)) if kind == "folder" else server.open("folders", "below/here")
    for key in ("raw/20260302/10/a", "raw/20260301/10/a", "raw/20260301/11/b", "raw/file", "raw-other/x"):
        store.put(key, b"x")
    assert list(store.folders("raw")) == ["20260301", "20260302"]
    assert list(store.folders("raw/20260301/")) == ["10", "11"]
    assert list(store.folders()) == ["raw", "raw-other"]
    assert list(store.folders("raw/20260301/10")) == []
    assert list(store.folders("nothing/here")) == []
