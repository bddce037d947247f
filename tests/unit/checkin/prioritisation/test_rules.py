"""Which rules count for which entry, and the worked numbers of probe contract 2.4."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oonib.checkin.prioritisation.lists import Entry
from oonib.checkin.prioritisation.ranking import weight
from oonib.checkin.prioritisation.rules import DEFAULT_RULES, Rule, RuleBook, applying, matches


def entry(
    cc: str = "ZZ", category: str = "MISC", domain: str = "ooni.org", url: str = "https://ooni.org/"
) -> Entry:
    return Entry.make(url, domain, cc, category)


def rule(priority: int = 10, category: str = "*", cc: str = "*", domain: str = "*", url: str = "*") -> Rule:
    return Rule(category, cc, domain, url, priority)


@pytest.mark.parametrize(
    ("rules", "target", "cc", "priority", "expected"),
    [
        ([rule(20, "MISC"), rule(-200, "MISC", "US")], entry("ZZ"), "US", -180, -4.7368421052631575),
        (
            [rule(20, cc="IT", domain="ooni.org"), rule(400, cc="IT", domain="ooni.org")],
            entry("it"),
            "IT",
            420,
            11.052631578947368,
        ),
    ],
)
def test_the_worked_numbers(
    rules: list[Rule], target: Entry, cc: str, priority: int, expected: float
) -> None:
    summed = RuleBook(applying(rules, cc)).priority(target)
    assert summed == priority
    assert weight(summed, 38) == expected


@pytest.mark.parametrize(
    ("one", "target", "expected"),
    [
        (rule(), entry(), True),
        (rule(category="", cc="", domain="", url=""), entry(), True),
        (rule(category="MISC"), entry(), True),
        (rule(category="misc"), entry(), False),
        (rule(category="NEWS"), entry(), False),
        (rule(domain="ooni.org"), entry(), True),
        (rule(domain="*.org"), entry(), False),
        (rule(domain="ooni"), entry(), False),
        (rule(url="https://ooni.org/"), entry(), True),
        (rule(url="https://ooni.org"), entry(), False),
        (rule(url="https://*"), entry(), False),
        (rule(cc="US"), entry("ZZ"), True),
        (rule(cc="US"), entry("us"), True),
        (rule(cc="us"), entry("us"), True),
        (rule(cc="US"), entry("it"), False),
        (rule(cc="US"), entry("us\0\0"), True),
        (rule(category="MISC", domain="ooni.org", url="https://x/"), entry(), False),
    ],
)
def test_what_a_rule_matches(one: Rule, target: Entry, expected: bool) -> None:
    assert matches(one, target) is expected


@pytest.mark.parametrize(
    ("cc", "counts"), [("*", True), ("", True), ("IT", True), ("it", False), ("US", False), ("ZZ", False)]
)
def test_rules_are_fetched_by_exact_country(cc: str, counts: bool) -> None:
    assert bool(applying([rule(cc=cc)], "IT")) is counts


def test_the_default_rules() -> None:
    by_code = {one.category_code: one.priority for one in DEFAULT_RULES}
    assert len(by_code) == len(DEFAULT_RULES) == 31
    assert {(one.cc, one.domain, one.url) for one in DEFAULT_RULES} == {("*", "*", "*")}
    assert [by_code[code] for code in ("NEWS", "SRCH", "REL", "IGO", "PORN", "CTRL")] == [
        100, 80, 60, 40, 30, 20,
    ]  # fmt: skip


WORDS = {
    "category": st.sampled_from(["NEWS", "MISC", "*", ""]),
    "cc": st.sampled_from(["IT", "US", "it", "*", ""]),
    "domain": st.sampled_from(["a.org", "b.org", "*", ""]),
    "url": st.sampled_from(["https://a.org/", "https://b.org/", "*", ""]),
}
RULES = st.lists(st.builds(rule, st.integers(-500, 500), **WORDS), max_size=12)
ENTRIES = st.builds(
    entry,
    st.sampled_from(["ZZ", "it", "us"]),
    st.sampled_from(["NEWS", "MISC"]),
    st.sampled_from(["a.org", "b.org"]),
    st.sampled_from(["https://a.org/", "https://b.org/"]),
)


@given(RULES, ENTRIES)
def test_the_book_sums_up_the_rules_that_match(rules: list[Rule], target: Entry) -> None:
    expected = sum(one.priority for one in rules if matches(one, target))
    assert RuleBook(rules).priority(target) == expected
