"""What fits a test list (management contract 4.3, 4.6)."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oonib.errors import BadRequest
from oonib.reference.citizenlab.parsing import CATEGORIES
from oonib.testlists.entries import DESCRIPTIONS, country, is_date, is_url


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/",
        "HTTP://Example.Org/",
        "http://a.b-c.museum./x?y#z",
        "https://xn--80ak6aa92e.xn--p1ai/",
        "http://192.0.2.1:8080/",
        "http://example.org/ünïcode",
        f"http://{'a' * 63}.example/",
    ],
)
def test_urls(url: str) -> None:
    assert is_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://example.org",
        "https://example.org?x=1",
        "ftp://example.org/",
        "example.org/",
        "//example.org/",
        "https://localhost/",
        "https://exa mple.org/",
        "https://example.org/a b",
        " https://example.org/",
        "https://example.org/ ",
        "https://example.org/\n",
        "https://example.org/\\x",
        "https://example.org/\tx",
        "https://user@example.org/",
        "https://bücher.example/",
        "https://-a.example/",
        f"https://{'a' * 64}.example/",
        "https://example.org:x/",
        "https://[::1]/",
        "https://example.org/" + "x" * 2000,
        "javascript:alert(1)",
        "--upload-pack=touch /tmp/x",
    ],
)
def test_no_urls(url: str) -> None:
    assert not is_url(url)


@pytest.mark.parametrize("text", ["2026-03-01", "0001-01-01", "2024-02-29"])
def test_dates(text: str) -> None:
    assert is_date(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-3-1",
        "2026-02-30",
        "20260301",
        "2026-03-01T00:00:00",
        "2026-W10-1",
        "\uff12026-03-01",
        " 2026-03-01",
    ],
)
def test_no_dates(text: str) -> None:
    assert not is_date(text)


def test_countries() -> None:
    assert [country(one) for one in ("IT", "it", "Global", "cs")] == ["it", "it", "global", "cs"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "i",
        "ita",
        "..",
        "./",
        "a/",
        "\\a",
        "%2e",
        "it\0",
        "1a",
        "\u212a\u212a",
        "\u0131t",
        "--",
        "global.csv",
        "cis",
    ],
)
def test_no_countries(text: str) -> None:
    with pytest.raises(BadRequest) as refused:
        country(text)
    assert refused.value.extra["err_str"] == "err_invalid_country_code"


@given(st.text())
def test_a_country_is_a_plain_name(text: str) -> None:
    try:
        name = country(text)
    except BadRequest:
        return
    assert name == "global" or (len(name) == 2 and name.isascii() and name.isalpha() and name.islower())


def test_hosts_of_many_labels_take_no_time() -> None:
    started = time.monotonic()
    assert not is_url("http://" + "a-." * 600 + "/")
    assert not is_url("http://" + "a." * 900)
    assert time.monotonic() - started < 1


def test_categories_are_those_of_the_lists() -> None:
    assert set(DESCRIPTIONS) == CATEGORIES
    assert DESCRIPTIONS["MISC"] == "Miscellaneous content"
