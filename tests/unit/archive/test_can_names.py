"""Names of cans, byte for byte as readers all over the world take them apart (fastpath contract 9.2)."""

import pytest

from oonib.archive import BadCanName, CanName, parse_can_key

NAME = CanName("2026030210", "BR", "webconnectivity", "1", 12)


def test_the_keys_of_a_can() -> None:
    folder = "raw/20260302/10/BR/webconnectivity/"
    assert NAME.postcan == folder + "2026030210_BR_webconnectivity.n1.12.tar.gz"
    assert NAME.jsonl == folder + "2026030210_BR_webconnectivity.n1.12.jsonl.gz"


def test_keys_read_back() -> None:
    assert parse_can_key(NAME.postcan) == (NAME, "tar.gz")
    assert parse_can_key(NAME.jsonl) == (NAME, "jsonl.gz")


@pytest.mark.parametrize(
    "key",
    [
        "",
        "raw/20260302/10/BR/webconnectivity/2026030211_BR_webconnectivity.n1.0.tar.gz",
        "raw/20260302/10/BR/webconnectivity/2026030210_IT_webconnectivity.n1.0.tar.gz",
        "raw/20260302/10/BR/webconnectivity/2026030210_BR_webconnectivity.n1.0.zip",
        "raw/20260302/10/BR/webconnectivity/2026030210_BR_webconnectivity.n1.0.tar.gz\n",
        "jsonl/webconnectivity/BR/20190101/00/20190101_BR_webconnectivity.l.0.jsonl.gz",
        "raw/\uff12\uff10\uff12\uff160302/10/BR/webconnectivity/2026030210_BR_webconnectivity.n1.0.tar.gz",
    ],
)
def test_other_keys_are_refused(key: str) -> None:
    with pytest.raises(BadCanName):
        parse_can_key(key)
