"""What is in a login mail (management contract 1.6; reliability S16)."""

import email
import email.policy
from datetime import UTC, datetime

import pytest

from oonib.accounts.mailing import login_letter

from support.accounts import link_of

NOW = datetime(2026, 3, 2, 10, 30, tzinfo=UTC)
LINK = "https://explorer.ooni.org/login?token=" + "abc-_." * 300


def test_a_login_mail() -> None:
    letter = login_letter("OONI <login@mail.example>", "user@news.example", LINK, NOW)
    read = email.message_from_bytes(bytes(letter), policy=email.policy.default)
    assert read["Subject"] == "OONI Account activation email"
    assert (read["To"], read["From"]) == ("user@news.example", "OONI <login@mail.example>")
    assert read["Message-ID"].endswith("@mail.example>")
    assert read["Date"].datetime == NOW
    assert [part.get_content_type() for part in read.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
    assert link_of(read) == LINK
    text = read.get_body(("plain",))
    assert text is not None
    assert LINK in text.get_content()
    for part in (text, read.get_body(("html",))):
        assert part is not None
        assert "several devices" in part.get_content()
        assert "24 hours" in part.get_content()
    assert max(map(len, bytes(letter).splitlines())) < 998


@pytest.mark.parametrize(
    "address",
    [
        "user@news.example\r\nBcc: other@news.example",
        "user@news.example\nBcc: other@news.example",
        "user@news.example, other@news.example",
        "user@news.example\r\n\r\n<b>body</b>",
    ],
)
def test_no_address_gets_into_other_lines(address: str) -> None:
    with pytest.raises((ValueError, email.errors.MessageError)):
        login_letter("login@mail.example", address, LINK, NOW)


def test_no_sender_does_either() -> None:
    with pytest.raises(ValueError, match="linefeed"):
        login_letter("login@mail.example\r\nBcc: x@news.example", "user@news.example", LINK, NOW)


def test_a_link_cannot_leave_its_attribute() -> None:
    letter = login_letter("login@mail.example", "user@news.example", 'https://x.example/?a="><b&c', NOW)
    assert link_of(letter) == 'https://x.example/?a="><b&c'
