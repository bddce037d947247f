"""What a change of a rule does to the first URLs of a network: equal to looking twice."""

from hypothesis import given
from hypothesis import strategies as st

from oonib.checkin.prioritisation import Entry, Rule
from oonib.checkin.prioritisation.service import Explained
from oonib.web.priorities.comparing import MOST, Change, Moved, first, moved

CATEGORIES, COUNTRIES = ("NEWS", "FILE", "GRP"), ("ZZ", "IT")
RULES = st.builds(
    Rule,
    st.sampled_from((*CATEGORIES, "*")),
    st.sampled_from(("IT", "BR", "*")),
    st.sampled_from(("site1.example", "*")),
    st.sampled_from(("https://site2.example/", "*")),
    st.integers(-100, 100),
)


def entries(counts: list[int]) -> list[Explained]:
    found = []
    for number, count in enumerate(counts):
        name = f"site{number}.example"
        cc, category = COUNTRIES[number % 2], CATEGORIES[number % 3]
        found.append(Explained(Entry.make(f"https://{name}/", name, cc, category), count, 0, 0.0))
    return found


def places(counts: list[int], rules: list[Rule]) -> dict[str, tuple[int, int]]:
    return {one.url: (one.place, one.priority) for one in first(entries(counts), rules, "IT")}


@given(st.lists(st.integers(0, 5), max_size=70), st.lists(RULES, max_size=6), RULES, RULES)
def test_what_moves_is_what_differs_between_two_looks(
    counts: list[int], rules: list[Rule], old: Rule, new: Rule
) -> None:
    before = [*rules, old]
    after = Change(old, new).applied(before)
    was, now = places(counts, before), places(counts, after)
    found = {one.url: one for one in moved(entries(counts), before, after, "IT")}
    for url in was.keys() | now.keys():
        told = found.get(url)
        if told is None:
            assert was.get(url) == now.get(url)
        else:
            assert (told.before, told.after) == (was.get(url, (None,))[0], now.get(url, (None,))[0])
            assert url not in was or told.priority_before == was[url][1]
            assert url not in now or told.priority_after == now[url][1]
    assert found.keys() <= was.keys() | now.keys()
    assert len(was) <= MOST


def test_a_change_knows_whether_it_was_made() -> None:
    old, new = Rule("NEWS", "*", "*", "*", 1), Rule("NEWS", "*", "*", "*", 2)
    assert Change(old, new).is_in([new])
    assert not Change(old, new).is_in([old])
    assert Change(old, new).undone().applied([new]) == [old]
    assert Change(None, new).undone().applied([old, new]) == [old]
    assert Change(old, None).undone().applied([]) == [old]
    assert Change(old, old).is_none


def test_why_a_url_is_where_it_is() -> None:
    rules = [Rule("NEWS", "*", "*", "*", 50), Rule("*", "IT", "*", "*", 5), Rule("FILE", "*", "*", "*", -9)]
    found = first(entries([0, 0, 0, 1]), rules, "IT")
    # Entries of the global list do not mind the rule's country.
    told = [(one.url, one.priority, one.weight, [rule.priority for rule in one.rules]) for one in found]
    assert told == [
        ("https://site0.example/", 55, 550.0, [50, 5]),
        ("https://site3.example/", 55, 55.0, [50, 5]),
        ("https://site2.example/", 5, 50.0, [5]),
    ]
    assert not Moved("u", "NEWS", 1, 2, 3, 4).only_shifts
    assert not Moved("u", "NEWS", None, 2, 3, 3).only_shifts
    assert Moved("u", "NEWS", 1, 2, 3, 3).only_shifts
