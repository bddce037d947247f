"""Which helper a probe tries first, and how the probes are shared out (probe contract 3.2)."""

import ipaddress
import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oonib.checkin.helpers.entries import Helper
from oonib.checkin.helpers.ordering import Strategy, in_order, weights_of

FOUR = [Helper(f"https://{number}.th.example", "https", weight=30.0) for number in range(4)]
FOUR[0] = Helper("https://0.th.example", "https", weight=10.0, state="canary")
CDN = Helper("https://cdn.example", "cloudfront", "cdn.example")
STRATEGIES: list[Strategy] = ["random", "weighted_by_address", "round_robin_ip"]
ADDRESSES = [str(ipaddress.ip_address("192.0.2.0") + number) for number in range(200)]


def numbers(helpers: list[Helper]) -> list[str]:
    return [helper.address.removeprefix("https://")[0] for helper in helpers]


def first(strategy: Strategy, address: str, helpers: list[Helper] = FOUR) -> str:
    return in_order(helpers, strategy, address, random.random)[0].address[8:9]


def test_the_rule_of_2023_without_an_address() -> None:
    assert numbers(in_order(FOUR, "round_robin_ip", "", random.random)) == ["1", "2", "3", "0"]


def test_the_rule_of_2023_over_two_hundred_addresses() -> None:
    assert Counter(first("round_robin_ip", address) for address in ADDRESSES) == {
        "0": 20,
        "1": 60,
        "2": 60,
        "3": 60,
    }


TABLE = [
    (0, ["0", "1", "2", "3"]),
    (9, ["0", "1", "2", "3"]),
    (10, ["2", "3", "0", "1"]),
    (11, ["3", "0", "1", "2"]),
    (12, ["1", "2", "3", "0"]),
    (99, ["1", "2", "3", "0"]),
    (105, ["0", "1", "2", "3"]),
]


@pytest.mark.parametrize(("number", "order"), TABLE)
def test_the_rule_of_2023_by_number(number: int, order: list[str]) -> None:
    address = str(ipaddress.ip_address(number))
    assert numbers(in_order(FOUR, "round_robin_ip", address, random.random)) == order


def test_weights_share_out_the_addresses() -> None:
    firsts = Counter(first("weighted_by_address", str(ipaddress.ip_address(n * 7919))) for n in range(4000))
    for number, share in (("0", 0.1), ("1", 0.3), ("2", 0.3), ("3", 0.3)):
        # Four standard deviations of a binomial of 4000.
        assert abs(firsts[number] / 4000 - share) < 0.03


def test_an_address_keeps_its_order_and_its_load_spreads_when_a_helper_goes() -> None:
    for address in ADDRESSES:
        before = in_order(FOUR, "weighted_by_address", address, random.random)
        assert before == in_order(FOUR[::-1], "weighted_by_address", address, random.random)
        without = [helper for helper in FOUR if helper.address != "https://2.th.example"]
        after = in_order(without, "weighted_by_address", address, random.random)
        assert after == [helper for helper in before if helper in without]


def test_random_gives_each_its_share() -> None:
    draw = random.Random(5).random
    firsts = Counter(in_order(FOUR, "random", "192.0.2.1", draw)[0].address for _ in range(4000))
    assert abs(firsts["https://0.th.example"] / 4000 - 0.1) < 0.03


def test_a_canary_without_weight_has_a_tenth() -> None:
    live = [Helper(f"https://{n}.example", "https") for n in range(3)]
    weights = weights_of([*live, Helper("https://c.example", "https", state="canary")])
    assert weights[3] / sum(weights) == pytest.approx(0.1)
    assert weights[:3] == [1.0] * 3


@pytest.mark.parametrize("address", ["", "nonsense", "192.0.2", "::g", "1.2.3.4, 5.6.7.8", "\ud800"])
def test_an_unknown_address_never_starts_with_the_canary(address: str) -> None:
    for _ in range(50):
        assert first("weighted_by_address", address) != "0"
    assert first("round_robin_ip", address) == "1"


HELPERS = st.lists(
    st.builds(
        Helper,
        address=st.text("abc", min_size=1, max_size=3),
        type=st.sampled_from(["https", "cloudfront"]),
        weight=st.none() | st.floats(1e-3, 1e6),
        state=st.sampled_from(["live", "canary", "draining"]),
    ),
    max_size=8,
)


@given(HELPERS, st.sampled_from(STRATEGIES), st.ip_addresses().map(str) | st.text(), st.randoms())
def test_all_but_the_draining_once_and_the_fronted_last(
    helpers: list[Helper], strategy: Strategy, address: str, rng: random.Random
) -> None:
    ordered = in_order(helpers, strategy, address, rng.random)
    assert Counter(ordered) == Counter(helper for helper in helpers if helper.state != "draining")
    fronted = [helper.type == "cloudfront" for helper in ordered]
    assert fronted == sorted(fronted)
