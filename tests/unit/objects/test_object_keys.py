"""Which keys reach a store (reliability S9)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oonib.objects import BadKey
from oonib.objects.keys import check_key, check_prefix


@pytest.mark.parametrize(
    "key",
    ["a", "raw/20260302/10/BR/webconnectivity/x.n1.0.tar.gz", "ä/é", "a..b", "...", "a b"],
)
def test_ordinary_keys_pass(key: str) -> None:
    assert check_key(key) == key


@pytest.mark.parametrize(
    "key",
    [
        "",
        "/",
        "/etc/passwd",
        "a//b",
        "a/",
        "..",
        "../a",
        "a/../b",
        "a/./b",
        "a\0b",
        "a\nb",
        "..\\a",
        "\ud800",
        "a" * 300,
        "a/" * 600 + "a",
    ],
)
def test_keys_that_could_lead_elsewhere_are_refused(key: str) -> None:
    with pytest.raises(BadKey):
        check_key(key)


def test_a_prefix_is_a_folder() -> None:
    assert check_prefix("") == ""
    assert check_prefix("raw/") == "raw"
    with pytest.raises(BadKey):
        check_prefix("../raw")


@given(st.text())
def test_any_text_passes_or_is_refused(text: str) -> None:
    try:
        check_key(text)
    except BadKey:
        return
    assert ".." not in text.split("/")
    assert "\0" not in text
