"""Which addresses get login links (management contract 1.2, 1.5; reliability S11, S16)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oonib.accounts.addresses import BadAddress, checked_address
from oonib.accounts.identity import account_id


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("integtest@openobservatory.org", "71e398652ecfb1be6a2359923c7df008"),
        ("nick@localhost.local", "ff266536c4bda24306b30187fca19f6b"),
        (" Nick@LOCALHOST.local\n", "ff266536c4bda24306b30187fca19f6b"),
    ],
)
def test_account_ids(address: str, expected: str) -> None:
    assert account_id(address, "CHANGEME") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("user@example.org", "user@example.org"),
        (" User.Name+tag@Example.ORG ", "user.name+tag@example.org"),
        ("a@xn--bcher-kva.example", "a@xn--bcher-kva.example"),
        ("a_b-c@sub.example.com", "a_b-c@sub.example.com"),
    ],
)
def test_addresses(text: str, expected: str) -> None:
    assert checked_address(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "@",
        "nick@localhost",
        "x@a.test",
        "x@localhost.local",
        "nick",
        "a@b@example.org",
        "a b@example.org",
        '"a b"@example.org',
        "<a@example.org>",
        "A <a@example.org>",
        "a@example.org, b@example.org",
        "a@[127.0.0.1]",
        "a@127.0.0.1",
        "a..b@example.org",
        "a@example..org",
        "a@-example.org",
        "a@example.org\r\nBcc: b@example.org",
        "a\r\nBcc:b@example.org",
        "a@example.org\0",
        "a\0@example.org",
        "a\t@example.org",
        "a@exam%0aple.org",
        # The Kelvin sign is a k in lower case, and so on.
        "nic\u212a@example.org",
        "\u0130nfo@example.org",
        "us\u0435r@example.org",
        "user@b\u00fccher.example",
        "user@\uff45xample.org",
        "user\u200b@example.org",
        "\ud800@example.org",
        "u" * 65 + "@example.org",
        "u@" + "x." * 130 + "org",
    ],
)
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(BadAddress) as refused:
        checked_address(text)
    assert len(text) < 5 or text not in str(refused.value)


@given(st.text(max_size=40) | st.from_regex(r"\A[ -~]{1,20}@[ -~]{1,20}\.[a-z]{2,3}\Z"))
def test_what_passes_is_one_line_of_ascii_and_stays(text: str) -> None:
    try:
        address = checked_address(text)
    except BadAddress:
        return
    assert address.isascii()
    assert address.isprintable()
    assert set(address).isdisjoint(' "<>,;:()[]\\')
    assert address.count("@") == 1
    assert checked_address(address) == address == address.lower()


@given(st.from_regex(r"\A[a-z]{1,10}@[a-z]{1,10}\.org\Z"), st.data())
def test_every_spelling_is_one_account(address: str, data: st.DataObject) -> None:
    spelt = "".join(data.draw(st.sampled_from((char, char.upper()))) for char in address)
    assert account_id(checked_address(f" {spelt}\t"), "k") == account_id(address, "k")
