"""From entries, rules and counts to the URLs of one probe (probe contract 2.2, 2.4)."""

import json
import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oonib.checkin.prioritisation.lists import Entry, TestLists
from oonib.checkin.prioritisation.ranking import Book, rank, weight
from oonib.checkin.prioritisation.rules import DEFAULT_RULES, Rule

CODES = ["NEWS", "SRCH", "MISC", "ODD"]


def entry(number: int, category: str = "NEWS", cc: str = "ZZ") -> Entry:
    return Entry.make(f"https://site{number}.example/", f"site{number}.example", cc, category)


def book(entries: Sequence[Entry], *more: Rule) -> Book:
    return Book(TestLists(entries), (*DEFAULT_RULES, *more))


def picked(
    entries: Sequence[Entry],
    counts: dict[str, int] | None = None,
    *more: Rule,
    cc: str = "IT",
    categories: Sequence[str] = (),
    limit: int = -1,
    seed: int = 1,
) -> list[Entry]:
    ranking = rank(book(entries, *more).candidates(cc), counts or {})
    return ranking.pick(categories, limit, random.Random(seed))


@pytest.mark.parametrize(("limit", "expected"), [(-1, 5), (-7, 5), (0, 0), (1, 1), (3, 3), (5, 5), (9999, 5)])
def test_limits(limit: int, expected: int) -> None:
    assert len(picked([entry(n) for n in range(5)], limit=limit)) == expected


def test_what_was_measured_less_comes_first() -> None:
    entries = [entry(n) for n in range(4)]
    counts = {entries[0].url: 7, entries[1].url: 1, entries[3].url: 3}
    assert picked(entries, counts) == [entries[2], entries[1], entries[3], entries[0]]


def test_priority_and_count_weigh_together() -> None:
    news, misc = entry(1, "NEWS"), entry(2, "MISC")
    assert picked([news, misc]) == [news, misc]
    assert picked([news, misc], {news.url: 4, misc.url: 1}) == [news, misc]  # 25 and 20
    assert picked([news, misc], {news.url: 6, misc.url: 1}) == [misc, news]


def test_without_priority_nothing_is_handed_out() -> None:
    ruled_out = Rule("*", "*", "*", "https://site1.example/", -100)
    assert picked([entry(1), entry(2), entry(3, "ODD")], None, ruled_out) == [entry(2)]


def test_a_rule_for_a_country_counts_there_for_global_entries_too() -> None:
    more = Rule("MISC", "US", "*", "*", 500)
    entries = [entry(1, "NEWS"), entry(2, "MISC")]
    assert [one.url for one in picked(entries, None, more, cc="US")] == [entries[1].url, entries[0].url]
    assert [one.url for one in picked(entries, None, more, cc="IT")] == [entries[0].url, entries[1].url]


def test_a_url_of_two_lists_is_handed_out_once_as_the_countrys() -> None:
    both = [entry(1, "MISC", "ZZ"), entry(1, "NEWS", "it"), entry(2)]
    found = picked(both)
    assert sorted((one.url, one.country_code) for one in found) == [
        ("https://site1.example/", "IT"),
        ("https://site2.example/", "XX"),
    ]


def test_a_country_without_a_list_gets_the_global_one() -> None:
    entries = [entry(1, cc="it"), entry(2)]
    assert picked(entries, cc="BR") == picked(entries, cc="ZZ") == [entries[1]]


def test_categories_filter() -> None:
    entries = [entry(1, "NEWS"), entry(2, "SRCH"), entry(3, "MISC")]
    assert picked(entries, categories=["SRCH", "MISC"]) == entries[1:]
    assert picked(entries, categories=["XYZ"]) == []


def test_equal_weights_are_shuffled_for_each_probe() -> None:
    entries = [entry(n) for n in range(50)]
    heads = {picked(entries, limit=1, seed=seed)[0].url for seed in range(200)}
    assert len(heads) > 30
    assert picked(entries, seed=3) == picked(entries, seed=3) != picked(entries, seed=4)


def test_items_are_what_probes_read() -> None:
    assert json.loads(entry(1, "NEWS", "br").item) == {
        "category_code": "NEWS",
        "country_code": "BR",
        "url": "https://site1.example/",
    }


ENTRIES = st.lists(
    st.builds(entry, st.integers(0, 20), st.sampled_from(CODES), st.sampled_from(["ZZ", "it", "us"]))
)
COUNTS = st.dictionaries(st.integers(0, 20).map(lambda n: f"https://site{n}.example/"), st.integers(0, 50))
RULES = st.lists(
    st.builds(
        Rule,
        st.sampled_from([*CODES, "*"]),
        st.sampled_from(["*", "IT", "US"]),
        st.just("*"),
        st.sampled_from(["*", "https://site3.example/"]),
        st.integers(-150, 150),
    ),
    max_size=6,
)


@given(ENTRIES, COUNTS, RULES, st.sets(st.sampled_from(CODES)), st.integers(-1, 30), st.integers(0, 999))
def test_any_choice_keeps_the_promises(  # noqa: PLR0917 - called by hypothesis
    entries: list[Entry],
    counts: dict[str, int],
    more: list[Rule],
    categories: set[str],
    limit: int,
    seed: int,
) -> None:
    state = book(entries, *more)
    urgent = state.candidates("IT").urgent
    prices = {one: priority for priority, found, _ in urgent for one in found}
    found = rank(state.candidates("IT"), counts).pick(categories, limit, random.Random(seed))
    weights = [weight(prices[one], counts.get(one.url, 0)) for one in found]
    assert weights == sorted(weights, reverse=True)
    assert all(heavy > 0 for heavy in weights)
    assert len({one.url for one in found}) == len(found)
    assert all(one.cc in ("IT", "ZZ") for one in found)
    wanted = [one for one in prices if not categories or one.category_code in categories]
    assert len(found) == (len(wanted) if limit < 0 else min(limit, len(wanted)))
    left_out = [weight(prices[one], counts.get(one.url, 0)) for one in set(wanted) - set(found)]
    assert not weights or all(light <= weights[-1] for light in left_out)
