"""Values never become SQL text (reliability S8), and what a search means (data contract 1)."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oonib.errors import OonibError
from oonib.measurements.filters import read_search
from oonib.measurements.listing import candidates, chosen, edge, exported, far, look, near, outset
from oonib.measurements.query import Where, latest
from oonib.measurements.schema import SearchParameters

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
TEXTS = ("report_id", "input", "domain", "category_code", "test_name", "software_version", "engine_version")


def read(**asked: Any) -> Where:
    return read_search(SearchParameters.model_validate(asked), NOW).where


def texts_of(where: Where) -> tuple[str, ...]:
    return (
        where.sql,
        look(where, ["report_id"], table="fastpath", descending=True, bounded=True),
        look(where, ["report_id"], table="fastpath_axes", descending=False, bounded=False),
        outset(where, descending=True),
        edge(where, descending=True, dense=True),
        edge(where, descending=False, dense=False),
        near(where, ["report_id"], descending=True, dense=True),
        near(where, ["report_id"], descending=False, dense=False),
        exported(far(where, ["report_id"], descending=True)),
        candidates(where, descending=False),
        chosen(where, ["report_id"], descending=False),
        latest(where, ["report_id"]),
    )


@given(st.dictionaries(st.sampled_from(TEXTS), st.text(min_size=3, max_size=19)))
def test_the_text_of_a_query_depends_on_which_parameters_are_given_and_not_on_their_values(
    asked: dict[str, str],
) -> None:
    try:
        where = read(**asked)
    except (OonibError, ValueError):
        return
    assert texts_of(where) == texts_of(read(**dict.fromkeys(asked, "abc")))


@pytest.mark.parametrize("column", ["measurement_uid; DROP", "1", "", "toString(input)", "nothing"])
def test_only_columns_of_the_table_are_named(column: Any) -> None:
    with pytest.raises(AssertionError):
        Where().compare(column, "=", "String", "x")
    with pytest.raises(AssertionError):
        latest(Where(), [column])
    with pytest.raises(AssertionError):
        look(Where(), [column], table="fastpath", descending=True, bounded=False)


def test_no_condition_is_true() -> None:
    assert Where().sql == "1"


def test_an_input_says_more_than_its_domain_and_category() -> None:
    assert texts_of(read(input="abc", domain="abc", category_code="NEWS")) == texts_of(read(input="abc"))


def test_lists_are_trimmed() -> None:
    assert read(domain=" a.example ,, b.example ").parameters.popitem()[1] == ["a.example", "b.example"]
    assert [301, 2] in read(probe_asn="as301, 2").parameters.values()
    assert ["IT", "FR"] in read(probe_cc="it,FR").parameters.values()
