"""What is called blocked: a table of cases, the synthetic world's truth, and noise alone."""

import math
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oonib.measurements.places.judging import CHANCE, Judgement, Tally, chance, judge, total

from support.places import simulated

FINE = Tally(ok=96, anomaly=4)
DOWN = Tally(ok=10, anomaly=90)
FIRST = date(2026, 2, 1)


def days(text: str, *, after: int = 0) -> dict[date, Tally]:
    """A letter a measurement, a word a day (`-` for none): o fine, a anomaly, c confirmed, f failure."""
    found = {}
    for number, word in enumerate(text.split()):
        if word != "-":
            counts = (word.count(letter) for letter in "oacf")
            found[FIRST + timedelta(days=number + after)] = Tally(*counts)
    return found


CASES: list[tuple[str, dict[int, str], Tally, float, str]] = [
    ("nothing odd", {1: "oo oo oo"}, FINE, 0.0, ""),
    ("nothing measured", {}, FINE, 0.0, ""),
    ("failures alone", {1: "ff fff ff", 2: "fff"}, FINE, 0.0, ""),
    ("one confirmed", {1: "c"}, FINE, 0.0, "confirmed since 1"),
    ("confirmed, nowhere else measured", {1: "cc c"}, Tally(), 0.0, "confirmed since 1"),
    ("confirmed though it fails elsewhere", {1: "cc c"}, DOWN, 0.0, "confirmed since 1"),
    ("confirmed on one of two", {1: "c c c c", 2: "oo oo oo oo"}, FINE, 0.0, "confirmed since 1 on 1"),
    ("confirmed, then clear", {1: "cc cc oo oo"}, FINE, 0.0, "over confirmed since 1 to 2"),
    ("clear, then confirmed", {1: "oo oo c cc"}, FINE, 0.0, "confirmed since 3"),
    ("one clear after is no end", {1: "cc cc o"}, FINE, 0.0, "confirmed since 1"),
    ("over, and back", {1: "ccc ccc ooo ooo c cc"}, FINE, 0.0, "confirmed since 5"),
    ("likely on two networks", {1: "a aa a", 2: "a aa"}, FINE, 0.0, "likely since 1 on 1,2"),
    ("likely on one network", {1: "aa aa aa aa"}, FINE, 0.0, "likely since 1"),
    ("too few on one network", {1: "aa aa a"}, FINE, 0.0, ""),
    ("all on one day", {1: "aaaaaaa", 2: "aaaaaa"}, FINE, 0.0, ""),
    ("down everywhere", {1: "aaa aaa aaa", 2: "aaa aaa aaa"}, DOWN, 0.0, ""),
    ("not known to work elsewhere", {1: "aaa aaa aaa", 2: "aaa aaa"}, Tally(ok=9), 0.0, ""),
    ("half of the sites fail there", {1: "aaa aaa aaa", 2: "aaa aaa"}, FINE, 0.55, ""),
    ("as often as not", {1: "ao oa ao oa ao oa", 2: "ao oa ao oa"}, FINE, 0.0, ""),
    ("one network of ten", {1: "aa aa aa aa", **dict.fromkeys(range(2, 11), "ooo ooo ooo ooo")}, FINE, 0.0,
        "likely since 1 on 1"),
    ("likely since the fourth day", {1: "oo oo oo aa aa aa", 2: "oo o o aa aa a"}, FINE, 0.0,
        "likely since 4 on 1,2"),
    ("likely, then clear", {1: "aa aa aa oo oo", 2: "aa aa a o oo"}, FINE, 0.0,
        "over likely since 1 to 3 on 1,2"),
    ("days without measurements", {1: "aa - - aa - aa", 2: "a - a"}, FINE, 0.0, "likely since 1 on 1,2"),
]  # fmt: skip


@pytest.mark.parametrize(("networks", "elsewhere", "level", "wanted"), [case[1:] for case in CASES],
    ids=[case[0] for case in CASES])  # fmt: skip
def test_cases(networks: dict[int, str], elsewhere: Tally, level: float, wanted: str) -> None:
    found = judge({asn: days(text) for asn, text in networks.items()}, elsewhere, level)
    assert told(found, with_networks=" on " in wanted) == wanted


def told(found: Judgement | None, *, with_networks: bool) -> str:
    """A judgement as the cases have it; days counted from one."""
    if found is None:
        return ""
    stretch = found.stretch
    words = ["" if stretch.ongoing else "over ", found.kind, f" since {(stretch.first - FIRST).days + 1}"]
    if not stretch.ongoing:
        words.append(f" to {(stretch.last - FIRST).days + 1}")
    if with_networks:
        words.append(f" on {','.join(map(str, sorted(found.parts)))}")
    return "".join(words)


def test_whether_it_may_be_older() -> None:
    for text, older in (("cc cc", True), ("ff cc", True), ("oo cc cc", False), ("ccc oo ooo c", False)):
        found = judge({1: days(text)}, FINE, 0.0)
        assert found is not None
        assert found.stretch.from_start == older, text


@given(st.integers(1, 400), st.data(), st.floats(0.01, 0.9))
def test_chance_is_never_told_too_small(told_: int, data: st.DataObject, expected: float) -> None:
    blocked = data.draw(st.integers(0, told_))
    exact = sum(
        math.comb(told_, k) * expected**k * (1 - expected) ** (told_ - k) for k in range(blocked, told_ + 1)
    )
    assert exact <= chance(blocked, told_, expected) * 1.000001 + 1e-12


_DAY = st.builds(Tally, *(st.integers(0, 5) for _ in range(4)))
_DAYS = st.dictionaries(st.integers(0, 30).map(lambda n: FIRST + timedelta(days=n)), _DAY, max_size=12)


@given(st.dictionaries(st.integers(1, 5), _DAYS, max_size=4), _DAY, st.floats(0, 1))
def test_any_counts_are_judged(
    networks: dict[int, dict[date, Tally]], elsewhere: Tally, level: float
) -> None:
    found = judge(networks, elsewhere, level)
    if found is None:
        return
    stretch = found.stretch
    assert stretch.first <= stretch.last
    assert set(found.parts) <= set(networks)
    assert stretch.tally.blocked > stretch.tally.ok
    assert (found.kind == "confirmed") <= any(total(days).confirmed for days in networks.values())


def _judged(count: int, seed: int, *, censors: bool = True) -> tuple[set[tuple[str, str]], ...]:
    """Now and over, as judged; then what truly lasts and ended; then what was measured often enough."""
    world = simulated(count, seed=seed, censors=censors)
    sums = {
        target: sum((total(days) for days in networks.values()), Tally())
        for target, networks in world.tallies.items()
    }
    now, over, enough = set(), set(), set()
    for (probe_cc, target), networks in world.tallies.items():
        if target in ("ndt", "dash") or target.startswith("http_"):
            continue
        elsewhere = sum(
            (one for (cc, name), one in sums.items() if name == target and cc != probe_cc), Tally()
        )
        found = judge(networks, elsewhere, 0.0)
        if found is not None:
            (now if found.stretch.ongoing else over).add((probe_cc, target))
        if sums[probe_cc, target].blocked >= 8:
            enough.add((probe_cc, target))
    return now, over, world.lasting, world.ended, enough


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_is_planted_is_found(seed: int) -> None:
    now, over, lasting, ended, enough = _judged(3000, seed)
    assert now | over <= lasting | ended, "nothing else is called blocked"
    assert over <= ended
    assert len(now & lasting) >= 0.75 * len(now), "of what ended, some was not measured since"
    assert (lasting & enough) <= now, "with enough measurements it is found"
    assert len(now & lasting) >= 0.4 * len(lasting), "most of the rest was hardly measured"


def test_noise_alone_is_never_blocking() -> None:
    now, over, *_ = _judged(12000, 4, censors=False)
    assert now | over == set()
    assert CHANCE <= 0.001
