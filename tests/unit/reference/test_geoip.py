"""Looking up addresses: contract 0.3 of probes, ops 1.4 and 9; files that come, go and break meanwhile."""

import gzip
import ipaddress
import os
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oonib.reference.geoip import UNKNOWN, GeoIp, Network

from support.mmdb import KNOWN, mmdb, place, write
from support.processes import wait_until
from support.shared_data import require_shared_data

NETWORKS = {
    **KNOWN,
    "192.0.2.0/25": place("IT", 3269, "Operator One"),
    "198.51.100.128/25": place("DE"),
    "203.0.113.0/25": place(None, 64500, "Reserved"),
    "2001:db8:1::/48": place("RU", 12389, "Operator Four"),
    "192.0.2.128/26": place("it", 1, ""),
}
ANSWERS = [
    ("192.0.2.5", Network("IT", 3269, "Operator One")),
    ("198.51.100.200", Network("DE", 0, None)),
    ("203.0.113.9", Network("ZZ", 64500, "Reserved")),
    ("2001:db8:1::1", Network("RU", 12389, "Operator Four")),
    ("192.0.2.129", Network("IT", 1, None)),
    (" 192.0.2.5 ", Network("IT", 3269, "Operator One")),
    ("::ffff:192.0.2.5", Network("IT", 3269, "Operator One")),
    ("fe80::1%eth0", UNKNOWN),
    ("10.0.0.1", UNKNOWN),
    ("", UNKNOWN),
    ("unknown", UNKNOWN),
    ("192.0.2.5, 10.0.0.1", UNKNOWN),
    ("192.0.2.5:443", UNKNOWN),
    ("192.0.2", UNKNOWN),
    ("192.0.2.05", UNKNOWN),
    ("٣.0.2.5", UNKNOWN),
    ("1" * 100_000, UNKNOWN),
    ("\x00", UNKNOWN),
]


@pytest.mark.parametrize(("address", "expected"), ANSWERS)
def test_answers(tmp_path: Path, address: str, expected: Network) -> None:
    write(tmp_path / "asn_cc.mmdb", NETWORKS)
    assert GeoIp(tmp_path).lookup(address) == expected


def test_the_older_pair_is_read_field_by_field(tmp_path: Path) -> None:
    write(tmp_path / "asn.mmdb", {"192.0.2.0/24": place(None, 3269, "One")})
    geoip = GeoIp(tmp_path, look_every=0)
    assert geoip.lookup("192.0.2.5") == Network("ZZ", 3269, "One")
    write(tmp_path / "cc.mmdb", {"192.0.2.0/25": place("IT"), "198.51.100.0/24": place("BR")})
    assert geoip.lookup("192.0.2.5") == Network("IT", 3269, "One")
    assert geoip.lookup("192.0.2.200") == Network("ZZ", 3269, "One")
    assert geoip.lookup("198.51.100.1") == Network("BR", 0, None)
    write(tmp_path / "asn_cc.mmdb", {"192.0.2.0/24": place("FR", 1)})
    assert geoip.lookup("192.0.2.5") == Network("FR", 1, None)
    (tmp_path / "asn_cc.mmdb").unlink()
    assert geoip.lookup("192.0.2.5") == Network("IT", 3269, "One")


@pytest.mark.parametrize(
    "record",
    [
        {"country": "IT", "autonomous_system_number": "3269"},
        {"country": {"iso_code": 5}, "autonomous_system_number": -0},
        {"country": {"iso_code": "ITA"}, "autonomous_system_number": 2**33},
        {"country": {"iso_code": "İT"}, "autonomous_system_number": True},
        {"country": [], "autonomous_system_organization": "nobody"},
        "text",
        [1, 2],
    ],
)
def test_records_of_another_form_say_nothing(tmp_path: Path, record: object) -> None:
    write(tmp_path / "asn_cc.mmdb", {"192.0.2.0/24": record})
    assert GeoIp(tmp_path).lookup("192.0.2.5") == UNKNOWN


@pytest.mark.parametrize(
    "content", [b"", b"a text file\n" * 1000, gzip.compress(mmdb(KNOWN)), mmdb(KNOWN)[:-40], bytes(100_000)]
)
def test_a_bad_file_at_start_then_a_good_one(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "asn_cc.mmdb"
    path.write_bytes(content)
    geoip = GeoIp(tmp_path, look_every=0)
    assert geoip.lookup("8.8.8.8") == UNKNOWN
    assert not geoip.loaded
    write(path, KNOWN)
    assert geoip.lookup("8.8.8.8").asn == 15169
    path.write_bytes(content)
    assert geoip.lookup("8.8.8.8").asn == 15169, "the good one stays in use"
    path.unlink()
    assert geoip.lookup("8.8.8.8").asn == 15169


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert GeoIp(tmp_path / "missing").lookup("8.8.8.8") == UNKNOWN


def test_a_file_shortened_in_place_hurts_nobody(tmp_path: Path) -> None:
    # A reader that maps the file itself would die of SIGBUS here.
    path = write(tmp_path / "asn_cc.mmdb", {**KNOWN, "192.0.2.0/24": place("IT", 1, "x" * 250)})
    geoip = GeoIp(tmp_path)
    assert geoip.lookup("8.8.8.8").cc == "US"
    os.truncate(path, 0)
    assert geoip.lookup("192.0.2.1") == Network("IT", 1, "x" * 250)


def test_the_file_is_looked_at_now_and_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    geoip = GeoIp(tmp_path, look_every=10)
    assert geoip.lookup("8.8.8.8") == UNKNOWN
    write(tmp_path / "asn_cc.mmdb", KNOWN)
    now[0] += 9
    assert geoip.lookup("8.8.8.8") == UNKNOWN
    now[0] += 2
    assert geoip.lookup("8.8.8.8").cc == "US"


def test_replaced_under_load_no_lookup_fails(tmp_path: Path) -> None:
    good = [mmdb({"192.0.2.0/24": place("IT", number, "x" * 200)}, epoch=number) for number in (1, 2)]
    path = tmp_path / "asn_cc.mmdb"
    path.write_bytes(good[0])
    geoip = GeoIp(tmp_path, look_every=0.001)
    stop, answers = threading.Event(), [set[Network]() for _ in range(4)]

    def ask(seen: set[Network]) -> None:
        while not stop.is_set():
            seen.add(geoip.lookup("192.0.2.7"))

    threads = [threading.Thread(target=ask, args=(seen,)) for seen in answers]
    for thread in threads:
        thread.start()
    for turn in range(24):
        # Replaced as it should be, overwritten in place, spoilt, taken away.
        match turn % 4:
            case 0:
                path.with_suffix(".tmp").write_bytes(good[1])
                path.with_suffix(".tmp").replace(path)
            case 1:
                path.write_bytes(good[0])
            case 2:
                path.write_bytes(b"spoilt")
            case _:
                path.unlink()
        time.sleep(0.004)
    path.write_bytes(good[1])
    wait_until(lambda: geoip.lookup("192.0.2.7").asn == 2, 5, "the last file")
    stop.set()
    for thread in threads:
        thread.join()
    expected = {Network("IT", 1, "x" * 200), Network("IT", 2, "x" * 200)}
    assert set().union(*answers) == expected


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damage_anywhere_in_the_file_never_raises(tmp_path_factory: pytest.TempPathFactory, data) -> None:
    raw = bytearray(mmdb(NETWORKS))
    for _ in range(data.draw(st.integers(1, 8))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    folder = tmp_path_factory.mktemp("damaged")
    (folder / "asn_cc.mmdb").write_bytes(bytes(raw))
    geoip = GeoIp(folder)
    for address, _ in ANSWERS[:6]:
        found = geoip.lookup(address)
        assert len(found.cc) == 2
        assert 0 <= found.asn < 2**32


@given(st.one_of(st.text(), st.ip_addresses().map(str)))
def test_any_text_has_an_answer(text: str) -> None:
    assert GeoIp(Path("/nonexistent")).lookup(text) == UNKNOWN


@given(st.ip_addresses(v=4))
def test_as_the_networks_say(
    tmp_path_factory: pytest.TempPathFactory, address: ipaddress.IPv4Address
) -> None:
    folder = tmp_path_factory.getbasetemp() / "geoip-all"
    if not folder.exists():
        folder.mkdir()
        write(folder / "asn_cc.mmdb", {f"{first}.0.0.0/8": place(None, first + 1) for first in range(256)})
    geoip = _ALL.setdefault(folder, GeoIp(folder))
    assert geoip.lookup(str(address)).asn == int(address) // 2**24 + 1


_ALL: dict[Path, GeoIp] = {}


@pytest.mark.shared_data
def test_the_sample_databases() -> None:
    geoip = GeoIp(require_shared_data() / "mmdb")
    expected = {
        "192.0.2.5": ("IT", 3269),
        "192.0.2.200": ("IR", 44244),
        "198.51.100.5": ("BR", 28573),
        "198.51.100.200": ("DE", 0),
        "203.0.113.9": ("ZZ", 64500),
        "2001:db8:1::1": ("RU", 12389),
        "2001:db8:2::1": ("CN", 4134),
        "8.8.8.8": ("US", 15169),
        "10.0.0.1": ("ZZ", 0),
    }
    assert {
        address: (geoip.lookup(address).cc, geoip.lookup(address).asn) for address in expected
    } == expected
