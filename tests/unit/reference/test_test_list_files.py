"""What a test list may hold, and what happens to archives that are anything but sound (ops 1.1)."""

import gzip
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oonib.reference.citizenlab.archives import read_archive
from oonib.reference.citizenlab.fetching import fetch, is_git
from oonib.reference.citizenlab.parsing import CATEGORIES, country_of, domain_of, parse_lists
from oonib.reference.problems import ReferenceProblem, SourceProblem
from oonib.reference.sources import STARTER, shown

from support.lists import COMMIT, listed, lists, tarball, zipped


@pytest.mark.parametrize(
    ("url", "domain"),
    [
        ("https://www.Example.org/", "www.Example.org"),
        ("HTTP://example.org", "example.org"),
        ("example.org/path?x=1#y", "example.org"),
        ("http://example.org:8080/", "example.org"),
        ("http://example.org?x", "example.org"),
        ("http://example.org./", "example.org."),
        ("http://xn--e1afmkfd.xn--p1ai/", "xn--e1afmkfd.xn--p1ai"),
        ("http://192.0.2.7", "192.0.2.7"),
        ("http://192.0.2.7:80/x", "192.0.2.7"),
        (f"http://{'a' * 63}.org/", f"{'a' * 63}.org"),
        ("http://example.org/пример", "example.org"),
        (f"http://{'a' * 64}.org/", None),
        ("http://example.org#x", None),
        ("http://example.org?", None),
        ("http://example.org/a b", None),
        ("http://example.org/a\u3000b", None),
        ("http://example.org/\n", None),
        ("http://example.org/\t", None),
        ("http://example.org/\\x", None),
        ("http://under_score.org/", None),
        ("http://-a.org/", None),
        ("http://a-.org/", None),
        ("http://user@example.org/", None),
        ("http://[2001:db8::1]/", None),
        ("http://example.org:/", None),
        ("http://пример.org/", None),
        ("http://example.\u017fs/", None),
        ("http://٣.0.2.7/", None),
        ("ftp://example.org/", None),
        ("http:example.org", None),
        ("localhost", None),
        ("http://", None),
        ("", None),
        (" http://example.org/", None),
    ],
)
def test_addresses(url: str, domain: str | None) -> None:
    assert domain_of(url) == domain


@pytest.mark.parametrize(
    ("name", "cc"),
    [
        ("it.csv", "it"),
        ("IT.csv", "it"),
        ("global.csv", "ZZ"),
        ("cis.csv", None),
        ("00-LEGEND-x.csv", None),
        (".csv", None),
    ],
)
def test_countries(name: str, cc: str | None) -> None:
    assert country_of(name) == cc


def test_rows_are_distinct_and_stored_untouched() -> None:
    raw = listed([("http://A.it/", " NEWS"), ("http://A.it/", " NEWS"), ("http://A.it/", "HUMR")])
    found = parse_lists({"it.csv": b"\xef\xbb\xbf" + raw})
    assert found.rows == (("A.it", "http://A.it/", "it", " NEWS"), ("A.it", "http://A.it/", "it", "HUMR"))
    assert found.unknown_categories == (" NEWS",)


def test_blank_lines_are_no_rows() -> None:
    raw = listed([("http://a.it/", "NEWS")]).replace(b"\nhttp", b"\n\r\n\nhttp") + b"\n\n"
    assert len(parse_lists({"it.csv": raw}).rows) == 1


def test_the_starter_lists_are_sound() -> None:
    found = parse_lists(fetch(STARTER).by_name)
    assert (found.left_out, found.unknown_categories) == (0, ())
    assert len(found.rows) > 100
    countries = {row[2] for row in found.rows}
    assert "ZZ" in countries
    assert len(countries) > 15
    assert len({row[3] for row in found.rows}) > 12
    assert {row[3] for row in found.rows} <= CATEGORIES


@given(st.text())
def test_a_domain_is_a_part_of_its_address(url: str) -> None:
    domain = domain_of(url)
    assert domain is None or (domain in url and "/" not in domain)


def test_no_address_takes_long() -> None:
    for url in (
        "a." * 100_000,
        "a-" * 100_000,
        "1." * 100_000 + "!",
        "http://" + "a" * 200_000 + ".x",
        "-" * 200_000,
    ):
        domain_of(url)


@given(st.binary(), st.sampled_from(["it.csv", "global.csv"]))
def test_any_bytes_are_rows_or_a_problem(raw: bytes, name: str) -> None:
    for content in (raw, listed([]) + raw):
        try:
            found = parse_lists({name: content})
        except ReferenceProblem:
            continue
        assert all(row[2] in ("it", "ZZ") for row in found.rows)


@given(
    st.lists(
        st.tuples(
            st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\r")),
            st.sampled_from(sorted(CATEGORIES)),
        )
    )
)
def test_what_is_written_is_read(rows: list[tuple[str, str]]) -> None:
    found = parse_lists({"it.csv": listed(rows)})
    good = {(domain_of(url), url, "it", code) for url, code in rows if domain_of(url)}
    assert set(found.rows) == good


SOUND = {"tar.gz": tarball(lists()), "tar": tarball(lists(), packed=False), "zip": zipped(lists())}


@pytest.mark.parametrize("kind", SOUND)
def test_sound_archives(kind: str) -> None:
    assert read_archive(SOUND[kind], "x") == (lists(), COMMIT)


@pytest.mark.parametrize("kind", SOUND)
@settings(max_examples=120, deadline=None)
@given(seed=st.integers(0, 2**32), count=st.integers(1, 20), cut=st.booleans())
def test_damaged_archives_give_lists_or_a_problem(kind: str, seed: int, count: int, cut: bool) -> None:
    chance = random.Random(seed)
    raw = bytearray(SOUND[kind])
    for _ in range(count):
        raw[chance.randrange(len(raw))] = chance.randrange(256)
    if cut:
        del raw[chance.randrange(len(raw)) :]
    try:
        found, _ = read_archive(bytes(raw), "x")
    except SourceProblem:
        return
    assert set(found) <= {chr(0)} | {name for name in found if name.endswith(".csv")}


@given(st.binary())
def test_no_bytes_are_taken_for_an_archive(raw: bytes) -> None:
    for content in (raw, b"PK\x03\x04" + raw, b"\x1f\x8b" + raw, gzip.compress(raw)):
        with pytest.raises(SourceProblem):
            read_archive(content, "x")


def test_a_flipped_bit_in_a_packed_tar_is_found_by_its_checksum() -> None:
    raw = bytearray(gzip.compress(SOUND["tar"], 0))
    at = raw.index(b"a0.it.example")
    raw[at] ^= 1
    with pytest.raises(SourceProblem, match="CRC"):
        read_archive(bytes(raw), "x")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("https://github.com/citizenlab/test-lists.git", True),
        ("git@github.com:citizenlab/test-lists", True),
        ("git+https://example.org/lists", True),
        ("/srv/lists.git/", True),
        ("https://github.com/citizenlab/test-lists/archive/refs/heads/master.tar.gz", False),
        ("/srv/lists", False),
        ("starter", False),
    ],
)
def test_what_is_a_git_repository(source: str, expected: bool) -> None:
    assert is_git(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("https://user:secret@example.org/a?token=secret#x", "https://example.org/a"),
        ("http://[bad", "a malformed address"),
        ("/srv/lists", "/srv/lists"),
        ("starter", "starter"),
    ],
)
def test_sources_are_shown_without_secrets(source: str, expected: str) -> None:
    assert shown(source) == expected
