"""How fresh lists and rules are, and what holds while the rules are away."""

import pytest

from oonib.checkin.prioritisation import DEFAULT_RULES, Entry, Rule, RulesAway
from oonib.checkin.prioritisation.lists import TestLists
from oonib.checkin.prioritisation.shelf import Shelf

RULE = Rule("NEWS", "*", "*", "*", 7)


class Lists:
    """Lists of one entry."""

    asked = 0

    def lists_version(self) -> tuple[int, int]:
        self.asked += 1
        return 1, 1

    def lists(self) -> TestLists:
        return TestLists([Entry.make("https://a.example/", "a.example", "ZZ", "NEWS")])


class Rules:
    """Rules that may be away."""

    def __init__(self) -> None:
        self.rules: tuple[Rule, ...] | None = ()
        self.asked = 0

    def stored(self) -> tuple[Rule, ...]:
        self.asked += 1
        if self.rules is None:
            raise RulesAway
        return self.rules

    def add_defaults(self) -> bool:
        return False


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def rules() -> Rules:
    return Rules()


@pytest.fixture
def shelf(rules: Rules, clock: Clock) -> Shelf:
    return Shelf(Lists(), rules, clock)  # type: ignore[arg-type]


def test_rules_are_looked_at_twice_a_second(shelf: Shelf, rules: Rules, clock: Clock) -> None:
    book, edition = shelf.fresh()
    assert book.rules == DEFAULT_RULES
    rules.rules = (RULE,)
    assert shelf.fresh() == (book, edition)
    assert rules.asked == 1
    clock.now += 0.6
    later, other = shelf.fresh()
    assert later.rules == (RULE,)
    assert other is not edition


def test_a_look_whatever_the_clock_says(shelf: Shelf, rules: Rules) -> None:
    assert shelf.look_at_rules() is None
    assert rules.asked == 0
    _, edition = shelf.fresh()
    assert shelf.look_at_rules() is None
    assert shelf.edition is edition
    rules.rules = (RULE,)
    found = shelf.look_at_rules()
    assert found is shelf.book
    assert shelf.edition is not edition
    assert shelf.look_at_rules() is None


def test_what_was_changed_here_counts_at_once(shelf: Shelf, rules: Rules) -> None:
    shelf.fresh()
    rules.rules = (RULE,)
    edition = shelf.edition
    shelf.expire()
    assert shelf.edition is not edition
    assert shelf.fresh()[0].rules == (RULE,)


def test_rules_that_are_away_hold_on(shelf: Shelf, rules: Rules, clock: Clock) -> None:
    rules.rules = (RULE,)
    book, edition = shelf.fresh()
    rules.rules = None
    clock.now += 1
    assert shelf.fresh() == (book, edition)
    asked = rules.asked
    clock.now += 1
    assert shelf.look_at_rules() is None
    assert shelf.fresh() == (book, edition)
    assert rules.asked == asked
    rules.rules = ()
    clock.now += 5
    assert shelf.fresh()[0].rules == DEFAULT_RULES


def test_rules_that_were_never_there(shelf: Shelf, rules: Rules) -> None:
    rules.rules = None
    for _ in range(2):
        with pytest.raises(RulesAway):
            shelf.fresh()
    rules.rules = (RULE,)
    assert shelf.fresh()[0].rules == (RULE,)
