"""Both search engines answer what a plain `in` loop answers, whatever the patterns and texts."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from oonib.scoring.matching import literals
from oonib.scoring.matching.ahocorasick_engine import AhoCorasickSearch
from oonib.scoring.matching.hyperscan_engine import HyperscanSearch
from oonib.scoring.matching.regexps import BadRegexp, check_regexp, regexp_search

# A small alphabet makes overlaps, prefixes and repeats likely; the rest are bytes that engines treat apart.
_byte = st.sampled_from(
    [b"a", b"b", b"A", b".", b"*", b"\\", b"\n", b"\x00", b"\xff", b"\xc3\xa9", "封".encode()]
)
_text = st.lists(_byte, max_size=60).map(b"".join)
_pattern = st.lists(_byte, min_size=1, max_size=8).map(b"".join) | st.binary(min_size=1, max_size=4)
_patterns = st.lists(_pattern, min_size=1, max_size=25, unique=True)


def _plain(patterns: list[bytes], text: bytes) -> list[int]:
    return [i for i, pattern in enumerate(patterns) if pattern in text]


@pytest.mark.parametrize("engine", [HyperscanSearch.of_literals, AhoCorasickSearch])
@settings(deadline=None, max_examples=150)
@given(patterns=_patterns, parts=st.lists(_text | st.integers(0, 24), max_size=6))
@example(patterns=[b"a", b"aa", b"aaa"], parts=[b"aaaa"])
@example(patterns=[b"abc", b"bc", b"c", b"abcd"], parts=[b"xabc"])
@example(patterns=[b"a"], parts=[])
def test_engines_equal_plain_search(engine, patterns, parts) -> None:
    # A number stands for one of the patterns, so that they occur at both ends and next to each other.
    text = b"".join(patterns[part % len(patterns)] if isinstance(part, int) else part for part in parts)
    assert engine(patterns).find(text) == _plain(patterns, text)


@pytest.mark.parametrize("engine", [HyperscanSearch.of_literals, AhoCorasickSearch])
def test_long_patterns(engine) -> None:
    patterns = [b"x" * 8_001, b"y" * 8_000, b"z"]
    search = engine(patterns)
    assert search.find(b"." + patterns[0] + b"z") == [0, 2]
    assert search.find(b"x" * 8_000 + patterns[1]) == [1]


@pytest.mark.parametrize("engine", [HyperscanSearch.of_literals, AhoCorasickSearch])
def test_many_patterns_in_a_large_text(engine) -> None:
    patterns = [f"pattern {i} of many".encode() for i in range(1_500)]
    text = b"filler " * 50_000 + b" ".join(patterns[::3]) + b" filler" * 50_000
    assert engine(patterns).find(text) == list(range(0, 1_500, 3))


def test_fallback_without_hyperscan(monkeypatch) -> None:
    monkeypatch.setattr(literals, "find_spec", lambda _name: None)
    assert isinstance(literals.literal_search([b"a"]), AhoCorasickSearch)


def test_nothing_to_find() -> None:
    assert literals.literal_search([]).find(b"text") == []


def test_regexps() -> None:
    search = regexp_search(["stop.*here", r"<b>\d+</b>", "é."])
    assert search.find(b"please stop\n\nright here") == [0]
    assert search.find("<b>12</b> éa".encode()) == [1, 2]
    assert search.find(b"") == []


@pytest.mark.parametrize("pattern", ["(", "a{2,1}", r"(?=x)y"])
def test_bad_regexps(pattern) -> None:
    with pytest.raises(BadRegexp):
        check_regexp(pattern)


def test_regexps_are_refused_without_hyperscan(monkeypatch) -> None:
    monkeypatch.setattr("oonib.scoring.matching.regexps.find_spec", lambda _name: None)
    with pytest.raises(BadRegexp, match="production semantics"):
        regexp_search(["a"])
    check_regexp("a.*b")
