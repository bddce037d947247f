"""Renewing the GeoIP file of a host (ops 1.4): months, files, broken ones, and readers meanwhile."""

import gzip
import hashlib
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from oonib.reference.geoip import GeoIp, Network
from oonib.reference.geoip import updating as geoip_updating
from oonib.reference.geoip.updating import STAMP, CheckFailed, update_geoip
from oonib.reference.problems import ReferenceProblem, SourceMissing

from support.mmdb import KNOWN, mmdb, place, write
from support.shared_data import require_shared_data
from support.website import Website

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATER = datetime(2026, 3, 30, 12, tzinfo=UTC)
NEXT = datetime(2026, 4, 1, tzinfo=UTC)
MARCH = "20260301/20260301-ip2country_as.mmdb.gz"


def database(asn: int) -> bytes:
    return mmdb({**KNOWN, "192.0.2.0/24": place("IT", asn, "One")}, epoch=asn)


def known(folder: Path) -> int:
    return GeoIp(folder).lookup("192.0.2.1").asn


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "geoip"


@pytest.fixture
def monthly(website: Website) -> str:
    return f"{website.url}/{{YYYYMM}}01/{{YYYYMM}}01-ip2country_as.mmdb.gz"


def publish(website: Website, month: str, asn: int) -> None:
    website.pages[f"/{month}01/{month}01-ip2country_as.mmdb.gz"] = gzip.compress(database(asn))


def test_once_a_month(folder: Path, website: Website, monthly: str) -> None:
    publish(website, "202603", 1)
    result = update_geoip(folder, monthly, NOW)
    assert result.changed
    assert "20260301-ip2country_as.mmdb.gz" in str(result)
    assert result.databases["asn_cc.mmdb"].build_epoch == 1
    assert known(folder) == 1
    assert (folder / STAMP).read_text().splitlines()[0] == "2026-03-01"
    assert not update_geoip(folder, monthly, LATER).changed
    assert [path for path in website.asked if path.endswith(".gz")] == [f"/{MARCH}"]
    publish(website, "202604", 2)
    assert update_geoip(folder, monthly, NEXT).changed
    assert known(folder) == 2
    assert left(folder) == ["asn_cc.mmdb", STAMP]


def test_a_month_that_is_not_published_yet(folder: Path, website: Website, monthly: str) -> None:
    publish(website, "202602", 1)
    assert update_geoip(folder, monthly, NOW).changed, "the month before, for want of any"
    assert known(folder) == 1
    result = update_geoip(folder, monthly, NOW)
    assert not result.changed
    assert "not published yet" in str(result)
    publish(website, "202603", 2)
    assert update_geoip(folder, monthly, NOW).changed
    assert known(folder) == 2


def announced(name: str, content: bytes) -> bytes:
    digest = hashlib.sha256(content).hexdigest()
    return f"- filename: {name}\n  timestamp: 20260301\n  sha256: '{digest.upper()}'\n".encode()


@pytest.mark.parametrize("suffix", [".gz", ""])
def test_what_the_publisher_says_of_the_file(
    folder: Path, website: Website, monthly: str, suffix: str
) -> None:
    content = database(1) if suffix == "" else gzip.compress(database(1))
    name = MARCH.partition("/")[2].removesuffix(".gz") + suffix
    website.pages[f"/{MARCH}"] = content if suffix else gzip.compress(content)
    website.pages["/20260301/latest.yml"] = announced(name, b"other")
    with pytest.raises(CheckFailed, match=r"another file than latest\.yml"):
        update_geoip(folder, monthly, NOW)
    assert left(folder) == []
    website.pages["/20260301/latest.yml"] = announced(name, content)
    assert update_geoip(folder, monthly, NOW).changed


def test_what_the_publisher_says_of_another_file(folder: Path, website: Website, monthly: str) -> None:
    publish(website, "202603", 1)
    website.pages["/20260301/latest.yml"] = announced("other.mmdb", b"other")
    assert update_geoip(folder, monthly, NOW).changed


@pytest.mark.parametrize(
    "said", [b"", b"\xff\0" * 100_000, b"filename: a\n" * 9999, b"sha256: x", b"- \n" * 9999]
)
def test_what_a_publisher_says_and_nobody_understands(
    folder: Path, website: Website, monthly: str, said: bytes
) -> None:
    publish(website, "202603", 1)
    website.pages["/20260301/latest.yml"] = said
    assert update_geoip(folder, monthly, NOW).changed


def test_not_further_back_than_a_month(folder: Path, website: Website, monthly: str) -> None:
    publish(website, "202601", 1)
    with pytest.raises(SourceMissing, match=r"202603.*404"):
        update_geoip(folder, monthly, NOW)
    assert left(folder) == []


def test_january_looks_to_december(folder: Path, website: Website) -> None:
    website.pages["/dbip-2025-12.mmdb"] = database(3)
    assert update_geoip(
        folder, f"{website.url}/dbip-{{YYYY-MM}}.mmdb", datetime(2026, 1, 31, tzinfo=UTC)
    ).changed
    assert known(folder) == 3


def test_an_address_without_month_is_asked_once_a_day(folder: Path, website: Website) -> None:
    website.pages["/db"] = database(1)
    assert update_geoip(folder, f"{website.url}/db", NOW).changed
    website.pages["/db"] = database(2)
    assert not update_geoip(folder, f"{website.url}/db", NOW).changed
    assert update_geoip(folder, f"{website.url}/db", LATER).changed
    assert known(folder) == 2
    website.pages["/other"] = database(3)
    assert update_geoip(folder, f"{website.url}/other", LATER).changed, "another address is asked at once"
    website.pages.clear()
    with pytest.raises(SourceMissing, match="404"):
        update_geoip(folder, f"{website.url}/db", NEXT)
    assert known(folder) == 3


def test_local_files(folder: Path, tmp_path: Path) -> None:
    plain, packed = tmp_path / "some.mmdb", tmp_path / "some.mmdb.gz"
    plain.write_bytes(database(1))
    assert update_geoip(folder, str(plain), NOW).changed
    assert not update_geoip(folder, f"file://{plain}", NOW).changed
    packed.write_bytes(gzip.compress(database(2)))
    assert update_geoip(folder, str(packed), NOW).changed
    assert known(folder) == 2
    assert plain.exists()


def test_the_older_pair(folder: Path, tmp_path: Path) -> None:
    plain = tmp_path / "some.mmdb"
    plain.write_bytes(database(1))
    update_geoip(folder, str(plain), NOW)
    write(tmp_path / "asn.mmdb", {"8.8.8.0/24": place(None, 15169, "Google LLC")})
    write(tmp_path / "cc.mmdb", {"8.8.8.0/24": place("US")})
    result = update_geoip(folder, str(tmp_path), NOW)
    assert set(result.databases) == {"asn.mmdb", "cc.mmdb"}
    assert GeoIp(folder).lookup("8.8.8.8") == Network("US", 15169, "Google LLC")
    assert known(folder) == 0


def test_half_of_the_older_pair_changes_nothing(folder: Path, tmp_path: Path) -> None:
    write(tmp_path / "asn.mmdb", {"8.8.8.0/24": place(None, 15169)})
    with pytest.raises(SourceMissing, match="nor the pair"):
        update_geoip(folder, str(tmp_path), NOW)
    write(tmp_path / "cc.mmdb", {"8.8.8.0/24": place(None, 1)})
    with pytest.raises(CheckFailed, match=r"cc\.mmdb does not say where"):
        update_geoip(folder, str(tmp_path), NOW)
    assert left(folder) == []


BAD = {
    "text": (b"hello\n" * 100, "is not a GeoIP database"),
    "empty": (b"", "is not a GeoIP database"),
    "cut": (database(1)[:-50], "is not a GeoIP database"),
    "bad gzip": (gzip.compress(database(1))[:-20], "damaged gzip"),
    "not gzip": (b"\x1f\x8bhello", "damaged gzip"),
    "a packed text": (gzip.compress(b"hello"), "is not a GeoIP database"),
    "country only": (mmdb({"8.8.8.0/24": place("US")}), "does not say where 8.8.8.8 is"),
    "network only": (mmdb({"8.8.8.0/24": place(None, 15169)}), "does not say where 8.8.8.8 is"),
    "elsewhere": (mmdb({"192.0.2.0/24": place("IT", 1)}), "does not say where 8.8.8.8 is"),
    "bomb": (gzip.compress(bytes(20 * 1024**2), 1), "larger than 10485760 bytes"),
    "large": (bytes(20 * 1024**2), "larger than 10485760 bytes"),
}


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in BAD.items()])
def test_bad_content_keeps_the_old_file(
    folder: Path,
    tmp_path: Path,
    website: Website,
    monkeypatch: pytest.MonkeyPatch,
    case: tuple[bytes, str],
) -> None:
    content, word = case
    monkeypatch.setattr(geoip_updating, "_BYTES", 10 * 1024**2)
    source = tmp_path / "source"
    source.write_bytes(database(1))
    update_geoip(folder, str(source), NOW)
    before = left(folder)
    source.write_bytes(content)
    website.pages["/db"] = content
    for bad in (str(source), f"{website.url}/db"):
        with pytest.raises(ReferenceProblem, match=word):
            update_geoip(folder, bad, NOW)
    assert known(folder) == 1
    assert left(folder) == before, "nothing half done is left, and no stamp"


def test_trouble_on_the_web(folder: Path, tmp_path: Path, website: Website) -> None:
    source = tmp_path / "source"
    source.write_bytes(database(1))
    update_geoip(folder, str(source), NOW)
    website.pages |= {
        "/endless": website.endless,
        "/dripping": website.dripping,
        "/head": website.dripping_head,
        "/redirects": website.round_and_round,
        "/cut": website.cut_off,
    }
    for name in ("endless", "dripping", "head", "redirects", "cut"):
        with pytest.raises(ReferenceProblem, match=r"not finished|larger than|redirects|peer closed"):
            update_geoip(folder, f"{website.url}/{name}", NOW, seconds=0.4)
    assert known(folder) == 1
    assert left(folder) == ["asn_cc.mmdb"]


def test_readers_meanwhile(folder: Path, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(database(1))
    update_geoip(folder, str(source), NOW)
    geoip = GeoIp(folder, look_every=0.001)
    stop, seen = threading.Event(), set[Network]()

    def ask() -> None:
        while not stop.is_set():
            seen.add(geoip.lookup("192.0.2.1"))

    thread = threading.Thread(target=ask)
    thread.start()
    turn, until = 0, time.monotonic() + 30
    # On a busy machine the reader may get its turn late.
    while turn < 10 or (len(seen) < 2 and time.monotonic() < until):
        source.write_bytes(database(1 + turn % 2))
        update_geoip(folder, str(source), NOW)
        turn += 1
    stop.set()
    thread.join()
    assert seen == {Network("IT", 1, "One"), Network("IT", 2, "One")}


@pytest.mark.shared_data
@pytest.mark.parametrize("name", ["asn_cc.mmdb", "asn_cc.mmdb.gz", ""])
def test_the_sample_files(folder: Path, name: str) -> None:
    assert update_geoip(folder, str(require_shared_data() / "mmdb" / name), NOW).changed
    assert GeoIp(folder).lookup("192.0.2.5").asn == 3269
    with pytest.raises(CheckFailed, match=r"does not say where 8\.8\.8\.8 is"):
        update_geoip(folder, str(require_shared_data() / "mmdb" / "GeoIP2-Country-Test.mmdb"), NOW)
