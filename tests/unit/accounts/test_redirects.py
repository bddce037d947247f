"""Where logins may lead (management contract 1.5; reliability S16)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oonib.accounts.redirects import BadRedirect, Redirects

HOSTS = ["explorer.ooni.org", "run.ooni.io"]
REDIRECTS = Redirects(HOSTS, "http://127.0.0.1:8080")


@pytest.mark.parametrize(
    ("target", "page"),
    [
        ("https://explorer.ooni.org", "https://explorer.ooni.org/login"),
        ("https://explorer.ooni.org/a/b?c=d#e", "https://explorer.ooni.org/login"),
        ("HTTPS://run.ooni.io/", "https://run.ooni.io/login"),
        ("http://127.0.0.1:8080/x", "http://127.0.0.1:8080/login"),
    ],
)
def test_pages(target: str, page: str) -> None:
    assert REDIRECTS.login_page(target) == page


@pytest.mark.parametrize(
    "target",
    [
        "",
        "/",
        "//explorer.ooni.org/",
        "explorer.ooni.org",
        "http://explorer.ooni.org/",
        "ftp://explorer.ooni.org/",
        "javascript://explorer.ooni.org/%0aalert(1)",
        "https://evil.example/",
        "https://evil.example/explorer.ooni.org",
        "https://explorer.ooni.org.evil.example/",
        "https://evilexplorer.ooni.org/",
        "https://Explorer.ooni.org/",
        "https://explorer.ooni.org:443/",
        "https://explorer.ooni.org@evil.example/",
        "https://evil.example@explorer.ooni.org/",
        "https://explorer.ooni.org\\@evil.example/",
        "https://explorer.ooni.org\\.evil.example/",
        "https:\\\\explorer.ooni.org/",
        "https://explorer.ooni.org%2eevil.example/",
        "https://explorer.ooni.org\n.evil.example/",
        "https://explorer.ooni.org\t/",
        "https://explorer.ooni.org/ x",
        "https://explorer.ooni.org/\0",
        "https://explorer.ooni.org/\r\nBcc: x@example.org",
        "\x01https://explorer.ooni.org/",
        "https://expl\u043erer.ooni.org/",
        "https://explorer.ooni.org/\ud800",
        "https://[explorer.ooni.org/",
        "https:///explorer.ooni.org/",
        "https:explorer.ooni.org/",
        "http://127.0.0.1:8081/",
        "https://127.0.0.1:8080/",
        "http://localhost:8080/",
        "https://explorer.ooni.org/" + "x" * 2048,
    ],
)
def test_what_may_not_receive_a_login(target: str) -> None:
    with pytest.raises(BadRedirect):
        REDIRECTS.login_page(target)


@given(st.text() | st.text().map("https://explorer.ooni.org".__add__))
def test_no_other_page_ever(target: str) -> None:
    try:
        page = REDIRECTS.login_page(target)
    except BadRedirect:
        return
    assert page in {*(f"https://{host}/login" for host in HOSTS), "http://127.0.0.1:8080/login"}
