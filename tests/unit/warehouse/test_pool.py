"""Turns, idle connections and sessions, with connections that only count."""

from dataclasses import dataclass

import pytest

from oonib.warehouse.embedded.engine import Connection
from oonib.warehouse.embedded.errors import QueryError
from oonib.warehouse.embedded.pool import Pool, PoolLimits, Sessions


@dataclass
class Raw:
    closed: bool = False

    def close(self) -> None:
        self.closed = True


def connect() -> Connection:
    return Connection(raw=Raw(), home="ooni", database="ooni")


def test_the_one_too_many_is_told_so_and_writers_have_their_own_turns() -> None:
    pool = Pool(connect, PoolLimits(reads=1, writes=1, wait=0.01))
    with pool.turn(writes=False):
        with pytest.raises(QueryError) as caught, pool.turn(writes=False):
            pass
        with pool.turn(writes=True):
            pass
    assert (caught.value.code, caught.value.status) == (202, 503)
    with pool.turn(writes=False):
        pass


def test_connections_are_used_again_unless_their_state_is_spoiled() -> None:
    pool = Pool(connect, PoolLimits())
    first = pool.take()
    pool.give(first, reusable=True)
    assert pool.take() is first
    pool.give(first, reusable=False)
    assert first.raw.closed
    assert pool.take() is not first


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_session_expires_after_its_last_use() -> None:
    clock = Clock()
    sessions = Sessions(connect, clock)
    with sessions.use("s", 10, must_exist=False) as first:
        pass
    clock.now = 9
    with sessions.use("s", 10, must_exist=True) as again:
        assert again is first
    clock.now = 18
    sessions.expire()
    assert not first.raw.closed
    clock.now = 19
    sessions.expire()
    assert first.raw.closed
    with pytest.raises(QueryError) as caught, sessions.use("s", 10, must_exist=True):
        pass
    assert caught.value.code == 372


def test_a_session_in_use_is_locked_and_does_not_expire() -> None:
    clock = Clock()
    sessions = Sessions(connect, clock)
    with sessions.use("s", 0, must_exist=False) as connection:
        clock.now = 1000
        with pytest.raises(QueryError) as caught, sessions.use("s", 0, must_exist=False):
            pass
        assert not connection.raw.closed
    assert caught.value.code == 373
    sessions.close()
    assert connection.raw.closed
