"""Bodies from the wire: what counts as small, and room for the many when few send much."""

import gzip

import pytest
import zstandard

from oonib.collector.bodies import Budget, is_small
from oonib.errors import Unavailable

MIB = 1024 * 1024


@pytest.mark.parametrize(
    ("body", "encoding", "small"),
    [
        (b"x" * 1000, "", True),
        (b"x" * 1001, "", False),
        (zstandard.compress(b"x" * 1000), "zstd", True),
        (zstandard.compress(b"x" * MIB), "zstd", False),
        (gzip.compress(b"x" * MIB), "gzip", False),
        (b"neither", "zstd", True),
    ],
)
def test_small_is_what_comes_out(body: bytes, encoding: str, small: bool) -> None:
    assert is_small(body, encoding, 1000) is small


def test_large_bodies_leave_room_for_usual_ones() -> None:
    budget = Budget(64 * MIB)
    with budget.share() as slow, budget.share() as refused, budget.share() as usual:
        slow.take(48 * MIB)
        with pytest.raises(Unavailable):
            refused.take(2 * MIB)
        usual.take(MIB // 2)
        assert budget.held == 48 * MIB + MIB // 2
    assert budget.held == 0
