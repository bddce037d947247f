"""Who pays together, and that no key tells who it is."""

import pytest

from oonib.quota.callers import Callers, is_account, parse_networks

CALLERS = Callers(b"secret of this host")

SAME = [
    ("192.0.2.1", "192.0.2.254", True),
    ("192.0.2.1", "192.0.3.1", False),
    ("2001:db8:1:2::1", "2001:db8:1:ffff::9", True),
    ("2001:db8:1::1", "2001:db8:2::1", False),
    ("::ffff:192.0.2.1", "192.0.2.9", True),
    ("::ffff:192.0.2.1", "::ffff:198.51.100.1", False),
    ("fe80::1%eth0", "fe80::1%eth1", True),
    ("fe80::1%", "fe80::1%x%y", True),
    ("0.0.0.0", "::", False),
    ("nonsense", "", True),
    ("192.0.2.1, 198.51.100.1", "unknown", True),
    ("nonsense", "192.0.2.1", False),
    ("192.0.2.1:80", "192.0.2.1", False),
]


@pytest.mark.parametrize(("first", "second", "same"), SAME)
def test_networks_that_pay_together(first: str, second: str, same: bool) -> None:
    assert (CALLERS.of_address(first) == CALLERS.of_address(second)) is same


def test_keys_hide_the_network_and_differ_between_hosts() -> None:
    key = CALLERS.of_address("192.0.2.77")
    assert len(key) == 16
    assert bytes([192, 0, 2]) not in key
    assert Callers(b"another").of_address("192.0.2.77") != key


def test_an_account_is_no_network() -> None:
    assert is_account(CALLERS.of_account("192.0.2.1"))
    assert not is_account(CALLERS.of_address("192.0.2.1"))
    assert CALLERS.of_account("a") != CALLERS.of_account("b")
    assert CALLERS.of_account("\ud800")


@pytest.mark.parametrize(
    ("address", "free"),
    [
        ("192.0.2.9", True),
        ("::ffff:192.0.2.9", True),
        ("192.0.3.9", False),
        ("2001:db8::1", True),
        ("2001:db8::2", False),
        ("", False),
        ("192.0.2.9, 1.1.1.1", False),
        ("nonsense", False),
    ],
)
def test_unmetered_networks(address: str, free: bool) -> None:
    callers = Callers(b"", parse_networks(["192.0.2.0/24", "2001:db8::1"]))
    assert callers.is_unmetered(address) is free
    assert not CALLERS.is_unmetered(address)


def test_networks_that_are_none() -> None:
    with pytest.raises(ValueError, match="not-a-network"):
        parse_networks(["not-a-network"])
