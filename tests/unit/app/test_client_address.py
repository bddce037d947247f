"""Only the declared proxies are believed (design section 6; reliability S10)."""

import pytest
from starlette.requests import Request

from oonib.app.client import client_address


def request(*forwarded: str) -> Request:
    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    return Request({"type": "http", "headers": headers, "client": ("192.0.2.1", 1234)})


@pytest.mark.parametrize(
    ("forwarded", "trusted", "address"),
    [
        ([], 0, "192.0.2.1"),
        (["127.0.0.1"], 0, "192.0.2.1"),
        (["127.0.0.1, 198.51.100.7"], 1, "198.51.100.7"),
        (["127.0.0.1", "198.51.100.7"], 1, "198.51.100.7"),
        (["127.0.0.1, 198.51.100.7, 203.0.113.9"], 2, "198.51.100.7"),
        (["127.0.0.1"], 2, ""),
        ([], 1, ""),
    ],
)
def test_the_entry_of_the_outermost_trusted_proxy(forwarded: list[str], trusted: int, address: str) -> None:
    assert client_address(request(*forwarded), trusted) == address
