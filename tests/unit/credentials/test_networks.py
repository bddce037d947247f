"""The share of one network."""

import pytest

from oonib.collector.credentials.networks import NetworkLimit

SAME = [
    ("192.0.2.1", "192.0.2.254", True),
    ("192.0.2.1", "192.0.3.1", False),
    ("2001:db8:1:2::1", "2001:db8:1:ffff::9", True),
    ("2001:db8:1::1", "2001:db8:2::1", False),
    ("::ffff:192.0.2.1", "192.0.2.9", True),
    ("fe80::1%eth0", "fe80::1%eth1", True),
    ("nonsense", "", True),
    ("nonsense", "192.0.2.1", False),
]


@pytest.mark.parametrize(("first", "second", "same"), SAME)
def test_networks(first: str, second: str, same: bool) -> None:
    limit = NetworkLimit(1)
    assert limit.admit(first)
    assert limit.admit(second) is not same


def test_the_count_starts_again_after_an_hour() -> None:
    now = 0.0
    limit = NetworkLimit(2, clock=lambda: now)
    assert [limit.admit("192.0.2.1") for _ in range(3)] == [True, True, False]
    now = 3599.0
    assert not limit.admit("192.0.2.1")
    now = 3601.0
    assert limit.admit("192.0.2.1")


def test_nothing_kept_holds_an_address() -> None:
    limit = NetworkLimit(2)
    limit.admit("192.0.2.77")
    assert "192.0.2" not in repr(vars(limit))
    assert bytes([192, 0, 2, 0]) not in b"".join(limit._counts)
