"""The feeder's rules without a server: which paths are a uid, where it listens, when it is behind."""

import asyncio
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oonib.collector.bodies import BodyLimits
from oonib.errors import BadRequest, TooLarge
from oonib.fastpath.feeder import Feeder, FeederService
from oonib.fastpath.feeder.backlog import BacklogLimits, SpoolBacklog
from oonib.faults import nothing
from oonib.metrics import Metrics
from oonib.settings import BadSettings, load
from oonib.spool import Limits, Spool, Status

UID = "20260302101533.048211_BR_webconnectivity_5d0c91e2a47b3f68"
SYNTAX = re.compile(r"2\d{13}\.\d{6}_[A-Z]{2}_[a-z0-9]+_[0-9a-f]{16}", re.ASCII)


@pytest.fixture(scope="module")
def spool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Spool]:
    spool = Spool(tmp_path_factory.mktemp("feeder") / "spool.sqlite", Limits(disk_reserve=0))
    yield spool
    spool.close()


def post(spool: Spool, path: str, body: bytes = b"{}", method: str = "POST") -> int:
    """The status of a request for the decoded `path`."""
    behind = SpoolBacklog(spool.status, BacklogLimits(10**6, 10**6))
    service = FeederService(spool, Metrics(), behind, decoded_limit=100, reach=nothing)
    feeder = Feeder(service, BodyLimits(50, 100))
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "headers": [], "query_string": b""}
    try:
        asyncio.run(feeder(scope, receive, send))
    except BadRequest:
        return 400
    return int(sent[0]["status"])


def _mutated(uid: str) -> st.SearchStrategy[str]:
    piece = st.sampled_from(
        ["../", "/", "\n", "\x00", "%2e", "_", "A", "0", "é", "\u0662", ".", "", "\ud800"]
    )
    return st.builds(
        lambda at, cut, new: uid[:at] + new + uid[at + cut :],
        st.integers(0, len(uid)),
        st.integers(0, 4),
        piece,
    )


@settings(deadline=None, max_examples=150)
@given(name=_mutated(UID) | st.text(max_size=80))
def test_only_a_uid_is_ever_stored(spool: Spool, name: str) -> None:
    before = spool.status().entries
    status = post(spool, f"/{name}")
    assert status in (200, 400, 500)
    if status == 200:
        assert SYNTAX.fullmatch(name)
        assert spool.body(name) is not None
    else:
        assert spool.status().entries == before
    assert (status == 500) == (not name.startswith("2"))


def test_two_uids_with_the_same_content_are_both_kept(spool: Spool) -> None:
    other = UID.replace("048211", "048299")
    assert post(spool, f"/{UID}", b'{"a":1}') == post(spool, f"/{other}", b'{"a":1}') == 200
    assert spool.body(other) == b'{"a":1}'


def test_the_first_body_of_a_uid_stays(spool: Spool) -> None:
    uid = UID.replace("048211", "048300")
    assert [post(spool, f"/{uid}", body) for body in (b"first", b"second")] == [200, 200]
    assert spool.body(uid) == b"first"


def test_limits_of_a_plain_body_are_those_after_decompression(spool: Spool) -> None:
    uid = UID.replace("048211", "048301")
    assert post(spool, f"/{uid}", b"x" * 90) == 200
    with pytest.raises(TooLarge):
        post(spool, f"/{uid}", b"x" * 70_000)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", None),
        ("8472", ("127.0.0.1", 8472)),
        ("0.0.0.0:8472", ("0.0.0.0", 8472)),
        ("host.example:1", ("host.example", 1)),
        ("[::1]:8472", ("::1", 8472)),
    ],
)
def test_where_it_listens(text: str, wanted: tuple[str, int] | None) -> None:
    assert load({"fastpath_listen": text}, {}).feeder_address == wanted


@pytest.mark.parametrize("text", ["x", ":8472", "a b:1", "8472/", "host:", "::1:80", "70000", "h:99999"])
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(BadSettings, match="host:port"):
        load({"fastpath_listen": text}, {})


def _status(unscored: int, oldest: float | None) -> Status:
    return Status(unscored, 0, unscored, oldest, 0, None, 0, None, None)


@pytest.mark.parametrize(
    ("status", "behind"),
    [
        (_status(0, None), False),
        (_status(10, 60.0), False),
        (_status(11, 1.0), True),
        (_status(1, 60.1), True),
    ],
)
def test_when_it_is_behind(status: Status, behind: bool) -> None:
    looks = 0

    def look() -> Status:
        nonlocal looks
        looks += 1
        return status

    async def ask() -> list[str | None]:
        backlog = SpoolBacklog(look, BacklogLimits(10, 60.0))
        await backlog.problem()
        return [await backlog.problem() for _ in range(50)]

    answers = asyncio.run(ask())
    assert {answer is not None for answer in answers} == {behind}
    assert looks == 1
