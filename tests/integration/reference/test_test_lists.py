"""The test lists in a real table: from every kind of source, and with every kind of trouble (ops 1.1)."""

import gzip
import io
import tarfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from oonib.reference import sources
from oonib.reference.citizenlab import archives, fetching, update_test_lists
from oonib.reference.citizenlab.parsing import parse_lists
from oonib.reference.problems import ReferenceProblem
from oonib.warehouse.client import Warehouse

from support.lists import COMMIT, HEADER, commit, listed, lists, tarball, write_folder, zipped
from support.shared_data import require_shared_data
from support.website import Website

pytestmark = pytest.mark.clickhouse
Rows = list[tuple[Any, ...]]


def stored(warehouse: Warehouse) -> Rows:
    return sorted(warehouse.select_rows("SELECT domain, url, cc, category_code FROM citizenlab").rows)


def update(warehouse: Warehouse, source: object, **options: Any) -> str:
    return str(update_test_lists(warehouse, str(source), **{"least": 10, **options}))


def expected(files: dict[str, bytes]) -> Rows:
    rows = []
    for name, raw in files.items():
        cc = "ZZ" if name == "global.csv" else name[:2]
        for line in raw.decode().splitlines()[1:]:
            url = line.split(",")[0]
            rows.append((url.split("/")[2], url, cc, "NEWS"))
    return sorted(rows)


def as_folder(tmp_path: Path, site: Website, files: dict[str, bytes]) -> str:
    return str(write_folder(tmp_path / "folder", files))


def as_bare_folder(tmp_path: Path, site: Website, files: dict[str, bytes]) -> str:
    return f"{write_folder(tmp_path / 'folder', files)}/lists"


def as_tar_on_the_web(tmp_path: Path, site: Website, files: dict[str, bytes]) -> str:
    site.pages["/lists.tar.gz"] = tarball(files)
    return f"{site.url}/lists.tar.gz"


def as_zip_on_the_web(tmp_path: Path, site: Website, files: dict[str, bytes]) -> str:
    site.pages["/master.zip"] = zipped(files)
    return f"{site.url}/master.zip"


def as_plain_tar(tmp_path: Path, site: Website, files: dict[str, bytes]) -> str:
    (tmp_path / "lists.tar").write_bytes(tarball(files, top="", packed=False))
    return f"file://{tmp_path}/lists.tar"


def as_git(tmp_path: Path, site: Website, files: dict[str, bytes]) -> str:
    commit(tmp_path / "upstream", files)
    return f"git+file://{tmp_path}/upstream/.git"


@pytest.mark.parametrize(
    "source_of", [as_folder, as_bare_folder, as_tar_on_the_web, as_zip_on_the_web, as_plain_tar, as_git]
)
def test_fresh_unchanged_changed_broken_recovered(
    warehouse: Warehouse,
    website: Website,
    tmp_path: Path,
    reader: type,
    source_of: Callable[[Path, Website, dict[str, bytes]], str],
) -> None:
    first, second = lists(40, "a"), lists(44, "b")
    broken = {**second, "it.csv": second["it.csv"] + b'"cut off'}
    assert "40 addresses of 3 test lists loaded" in update(warehouse, source_of(tmp_path, website, first))
    assert stored(warehouse) == expected(first)
    with reader(warehouse, "citizenlab") as seen:
        assert "unchanged" in update(warehouse, source_of(tmp_path, website, first))
        assert stored(warehouse) == expected(first)
        assert "44 addresses of 3 test lists loaded" in update(
            warehouse, source_of(tmp_path, website, second)
        )
        assert stored(warehouse) == expected(second)
        with pytest.raises(ReferenceProblem, match=r"it\.csv line \d+: not CSV"):
            update(warehouse, source_of(tmp_path, website, broken))
        assert stored(warehouse) == expected(second)
        assert "40 addresses of 3 test lists loaded" in update(warehouse, source_of(tmp_path, website, first))
    assert stored(warehouse) == expected(first)
    assert seen.counts <= {40, 44}, "never empty, never half filled"
    assert seen.looks > 10


def test_the_commit_is_named(warehouse: Warehouse, website: Website, tmp_path: Path) -> None:
    assert COMMIT[:12] in update(warehouse, as_tar_on_the_web(tmp_path, website, lists()))
    assert COMMIT[:12] in update(warehouse, as_zip_on_the_web(tmp_path, website, lists()))
    made = commit(tmp_path / "upstream", lists())
    assert made[:12] in update(warehouse, f"git+file://{tmp_path}/upstream")


def test_swapped_many_times_a_reader_sees_whole_lists_only(
    warehouse: Warehouse, tmp_path: Path, reader: type
) -> None:
    sizes = (3000, 3100)
    folders = [write_folder(tmp_path / str(size), lists(size, f"m{size}")) for size in sizes]
    update(warehouse, folders[0])
    with reader(warehouse, "citizenlab") as one, reader(warehouse, "citizenlab") as two:
        for turn in range(1, 9):
            update(warehouse, folders[turn % 2])
    assert one.counts | two.counts == set(sizes)


BROKEN: dict[str, dict[str, bytes]] = {
    "cut in a quoted cell": {"it.csv": listed([("https://a.example/", "NEWS")])[:-3]},
    "cut between cells": {"it.csv": listed([]) + b"https://a.example/,NEWS,,2026"},
    "no header": {"it.csv": b"https://a.example/,NEWS,,,,\n"},
    "columns missing": {"it.csv": b"url,category_code\nhttps://a.example/,NEWS\n"},
    "columns in another order": {"it.csv": listed([], header=HEADER[::-1])},
    "empty": {"it.csv": b""},
    "a cell too many": {"it.csv": listed([("https://a.example/", "NEWS")]).replace(b"2026", b"x,2026")},
    "not UTF-8": {"it.csv": listed([("https://a.example/", "NEWS")]).replace(b"a note", b"\xff\xfe")},
    "HTML": {"it.csv": b"<html><body>502 Bad Gateway</body></html>"},
}


@pytest.mark.parametrize("files", [pytest.param(files, id=name) for name, files in BROKEN.items()])
def test_one_broken_file_refuses_all(warehouse: Warehouse, tmp_path: Path, files: dict[str, bytes]) -> None:
    update(warehouse, write_folder(tmp_path / "good", lists()))
    with pytest.raises(ReferenceProblem, match=r"it\.csv"):
        update(warehouse, write_folder(tmp_path / "bad", {**lists(50, "b"), **files}))
    assert stored(warehouse) == expected(lists())


def test_one_address_that_is_none_is_left_out(warehouse: Warehouse, tmp_path: Path) -> None:
    odd = [
        "http://[::1]/",
        "http://under_score.example/",
        "ftp://a.example/",
        "http://a.example/ b",
        "javascript:x",
    ]
    files = {**lists(), "fr.csv": listed((url, "NEWS") for url in [*odd, "A.Example:80/x?y"])}
    files["de.csv"] = listed([("https://de.example/", "ODDITY")])
    said = update(warehouse, write_folder(tmp_path, files))
    assert "42 addresses of 5 test lists" in said
    assert "5 that are no addresses left out" in said
    assert "unknown categories ODDITY" in said
    assert ("A.Example", "A.Example:80/x?y", "fr", "NEWS") in stored(warehouse)


def test_files_that_are_no_country(warehouse: Warehouse, tmp_path: Path) -> None:
    rest = {"00-LEGEND-category_codes.csv": b"x,y\n", "cis.csv": b"nonsense"}
    folder = write_folder(tmp_path, {**lists(), **rest})
    (folder / "lists" / "official").mkdir()
    (folder / "lists" / "official" / "it.csv").write_bytes(b"nonsense")
    assert "40 addresses of 3 test lists" in update(warehouse, folder)


@pytest.mark.parametrize(
    ("size", "options", "word"),
    [
        (10, {}, "10 addresses, expected between 10 and"),
        (0, {}, "0 addresses, expected between 10 and"),
        (27, {}, "27 addresses where 40 are in use"),
        (28, {}, ""),
        (27, {"largest_loss": 0.5}, ""),
        (28, {"least": 20_000}, "expected between 20000 and"),
    ],
)
def test_size_guards(
    warehouse: Warehouse, tmp_path: Path, size: int, options: dict[str, Any], word: str
) -> None:
    update(warehouse, write_folder(tmp_path / "good", lists(40)))
    fewer = write_folder(tmp_path / "fewer", lists(size, "b"))
    if not word:
        assert "loaded" in update(warehouse, fewer, **options)
        return
    with pytest.raises(ReferenceProblem, match=word):
        update(warehouse, fewer, **options)
    assert stored(warehouse) == expected(lists(40))


def test_rows_without_end_are_not_read_to_the_end(warehouse: Warehouse, tmp_path: Path) -> None:
    update(warehouse, write_folder(tmp_path / "good", lists()))
    line = b"http://a.example/,NEWS,,,,\n"
    huge = listed([]) + line * (10_000_000 // 16)
    folder = write_folder(tmp_path / "huge", {"it.csv": huge})
    started = time.monotonic()
    with pytest.raises(ReferenceProblem, match="larger than"):
        update(warehouse, folder)
    assert time.monotonic() - started < 5
    with pytest.raises(ReferenceProblem, match="50 rows and more"):
        parse_lists(lists(60), most=50)
    assert stored(warehouse) == expected(lists())


def bomb() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        member = tarfile.TarInfo("x/big")
        member.size = 20 * 1024**2
        archive.addfile(member, io.BytesIO(bytes(member.size)))
    return gzip.compress(out.getvalue(), 1)


def trouble(site: Website) -> dict[str, tuple[Any, str]]:
    good = tarball(lists(50, "b"))
    return {
        "missing": (None, "status 404"),
        "endless": (site.endless, "larger than 16777216 bytes"),
        "dripping": (site.dripping, "not finished after 0.5 s"),
        "dripping head": (site.dripping_head, "not finished after 0.5 s"),
        "redirects": (site.round_and_round, "redirects"),
        "cut off": (site.cut_off, "peer closed connection"),
        "text": (b"hello", "neither a folder nor a sound tar or zip"),
        "empty": (b"", "neither a folder nor a sound tar or zip"),
        "half a tar": (good[: len(good) // 2], "neither a folder nor a sound tar or zip"),
        "damaged": (good[:200] + b"xxxx" + good[204:], "neither a folder nor a sound tar or zip"),
        "zip cut": (zipped(lists())[:-90], "neither a folder nor a sound tar or zip"),
        "without lists": (tarball({"notes.txt": b"x"}), r"no lists/\*\.csv in it"),
        "elsewhere": (tarball(lists(), top="a/b/"), r"no lists/\*\.csv in it"),
        "bomb": (bomb(), "unpacks to more than"),
        "zip bomb": (zipped({"it.csv": bytes(6 * 1024**2)}), "larger than any test lists"),
    }


def test_trouble_on_the_web(
    warehouse: Warehouse, website: Website, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    update(warehouse, write_folder(tmp_path / "good", lists()))
    monkeypatch.setattr(archives, "LARGEST", 4 * 1024**2)
    for name, (page, word) in trouble(website).items():
        path = f"/{name.replace(' ', '-')}"
        if page is not None:
            website.pages[path] = page
        # On a busy machine what is endless takes a while to become too large.
        monkeypatch.setattr(sources, "_SECONDS", 0.5 if name.startswith("dripping") else 30.0)
        started = time.monotonic()
        with pytest.raises(ReferenceProblem, match=word):
            update(warehouse, f"{website.url}{path}")
        assert time.monotonic() - started < 8, name
    with pytest.raises(ReferenceProblem, match="All connection attempts failed"):
        update(warehouse, "http://127.0.0.1:9/lists.tar.gz")
    assert stored(warehouse) == expected(lists())


def test_trouble_with_git(warehouse: Warehouse, tmp_path: Path, website: Website) -> None:
    update(warehouse, write_folder(tmp_path / "good", lists()))
    with pytest.raises(ReferenceProblem, match="git failed with 128"):
        update(warehouse, f"git+file://{tmp_path}/nothing")
    with pytest.raises(ReferenceProblem, match="git failed"):
        update(warehouse, "git+ext::sh -c touch% /tmp/never")
    website.pages["/slow.git/info/refs?service=git-upload-pack"] = website.dripping
    started = time.monotonic()
    with pytest.raises(ReferenceProblem, match=r"git did not finish within 0\.7 s"):
        fetching.fetch(f"git+{website.url}/slow.git", git_seconds=0.7)
    assert time.monotonic() - started < 5
    assert stored(warehouse) == expected(lists())


def test_credentials_are_not_repeated(warehouse: Warehouse, website: Website) -> None:
    address = f"{website.url}/missing.tar.gz?token=hidden".replace("//", "//user:hidden@")
    with pytest.raises(ReferenceProblem) as caught:
        update(warehouse, address)
    assert "hidden" not in str(caught.value)
    with pytest.raises(ReferenceProblem) as caught:
        update(warehouse, address.replace("missing.tar.gz", "x.git").partition("?")[0])
    assert "hidden" not in str(caught.value)


def test_starter_lists_until_the_web_answers(warehouse: Warehouse, website: Website, tmp_path: Path) -> None:
    with pytest.raises(ReferenceProblem, match="404; the starter lists are in use"):
        update(warehouse, f"{website.url}/missing")
    started = stored(warehouse)
    assert {"ZZ", "it", "ir"} <= {row[2] for row in started}
    with pytest.raises(ReferenceProblem, match=r"404; the \d+ in use stay$"):
        update(warehouse, f"{website.url}/missing")
    assert "loaded" in update(warehouse, as_tar_on_the_web(tmp_path, website, lists(200)))
    assert len(stored(warehouse)) == 200


def test_starter_lists_are_there_while_the_web_is_slow(warehouse: Warehouse, website: Website) -> None:
    website.pages["/slow"] = website.dripping

    def renew() -> None:
        with pytest.raises(ReferenceProblem):
            update(warehouse, f"{website.url}/slow")

    thread = threading.Thread(target=renew)
    thread.start()
    until = time.monotonic() + 20
    while not stored(warehouse) and time.monotonic() < until:
        time.sleep(0.02)
    assert thread.is_alive()
    assert len(stored(warehouse)) > 100
    website.ending.set()
    thread.join()


def test_a_wrong_folder_is_not_papered_over(warehouse: Warehouse, tmp_path: Path) -> None:
    with pytest.raises(ReferenceProblem, match="No such file"):
        update(warehouse, tmp_path / "wrong")
    with pytest.raises(ReferenceProblem, match=r"no \.csv files"):
        update(warehouse, tmp_path)
    assert stored(warehouse) == []


def test_counters_see_new_lists(warehouse: Warehouse, tmp_path: Path) -> None:
    update(warehouse, write_folder(tmp_path / "one", lists(40, "a")))
    update(warehouse, write_folder(tmp_path / "two", lists(40, "b")))
    at = datetime.now(UTC) - timedelta(hours=1)
    urls = [f"https://{mark}1.it.example/" for mark in "ab"]
    rows = [(f"uid{url}", f"rid{at}", url, "IT", 64500, "web_connectivity", at, at) for url in urls]
    columns = ("measurement_uid", "report_id", "input", "probe_cc", "probe_asn", "test_name")
    warehouse.insert("fastpath", (*columns, "test_start_time", "measurement_start_time"), rows)
    counted = warehouse.select("SELECT input, sum(msmt_cnt) AS n FROM counters_asn_test_list GROUP BY input")
    assert counted == [{"input": urls[1], "n": 1}]


@pytest.mark.shared_data
def test_the_public_lists(warehouse: Warehouse, reader: type) -> None:
    folder = require_shared_data() / "citizenlab"
    started = time.monotonic()
    said = update(warehouse, folder, least=20_000)
    assert time.monotonic() - started < 10
    assert said.startswith("38867 addresses of 146 test lists loaded")
    with reader(warehouse, "citizenlab") as seen:
        assert "unchanged" in update(warehouse, folder, least=20_000)
    assert seen.counts == {38867}
    by_country = {
        row["cc"]: row["n"]
        for row in warehouse.select(
            "SELECT cc, count() AS n FROM citizenlab WHERE cc IN ('ZZ', 'ru', 'br', 'ye') GROUP BY cc"
        )
    }
    assert by_country == {"ZZ": 1722, "ru": 1093, "br": 1013, "ye": 951}
    distinct = warehouse.select("SELECT uniqExact(url) AS n FROM citizenlab")
    assert distinct == [{"n": 31889}]
