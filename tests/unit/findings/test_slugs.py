"""Slugs of findings (management contract 2.1)."""

import re
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oonib.findings import slugs


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Signal is blocked", "2026-signal-is-blocked"),
        ("Iran: 50% of sites, (again)!", "2026-iran-50-of-sites-again"),
        ("Блокировка", "2026-"),
        ("a" * 100, "2026-" + "a" * 59),
        ("a  b", "2026-a--b"),
        ("../etc", "2026-etc"),
    ],
)
def test_slugs_of_titles(title: str, slug: str) -> None:
    assert slugs.generated(title, 2026) == slug


@given(st.text(), st.integers(1, 9999))
def test_a_generated_slug_can_be_chosen(title: str, year: int) -> None:
    slug = slugs.generated(title, year)
    assert re.fullmatch(r"[0-9]{4}-[0-9a-z-]*", slug)
    assert len(slug) <= 64
    assert not slugs.is_id(slug)
    for one in islice(slugs.numbered(slug), 5):
        assert slugs.check(one) == one


@given(st.text())
def test_a_chosen_slug_is_found_by_its_address(slug: str) -> None:
    try:
        slugs.check(slug)
    except ValueError:
        return
    assert not slugs.is_id(slug)
    assert not set(slug) & set("/\\?#% \t\n\0")
    assert slug.isprintable()


def test_numbers_follow() -> None:
    assert list(islice(slugs.numbered("a"), 3)) == ["a", "a-2", "a-3"]
