"""Pages from rows as they lie in a table: either the right one or none."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from oonib.measurements.firstlook import first_page


@dataclass(frozen=True)
class Row:
    measurement_start_time: int
    measurement_uid: str
    version: int


def written(rows: list[Row], again: bool = False) -> list[tuple[Row, int, bool]]:
    return [(row, row.version, again) for row in rows]


@st.composite
def tables(draw: st.DrawFn) -> list[Row]:
    """Rows of measurements whose time follows from the uid, each in one version or several."""
    numbers = draw(st.lists(st.integers(0, 12), max_size=25))
    return [Row(number // 3, f"u{number:02}", version) for version, number in enumerate(numbers)]


@given(
    # The order among rows of a moment is the server's.
    table=tables().flatmap(st.permutations),
    most=st.integers(1, 30),
    offset=st.integers(0, 10),
    limit=st.integers(1, 10),
    descending=st.booleans(),
)
def test_a_page_is_right_or_not_told(
    *, table: list[Row], most: int, offset: int, limit: int, descending: bool
) -> None:
    lying = sorted(table, key=lambda row: row.measurement_start_time, reverse=descending)
    page = first_page(
        written(lying[:most]),
        all_there=len(lying) < most,
        offset=offset,
        limit=limit,
        descending=descending,
    )
    newest = {row.measurement_uid: row for row in sorted(table, key=lambda row: row.version)}
    right = sorted(
        newest.values(),
        key=lambda row: (row.measurement_start_time, row.measurement_uid),
        reverse=descending,
    )
    if len(lying) < most:
        assert page is not None
    if page is not None:
        assert page == right[offset : offset + limit]


def test_enough_rows_of_different_moments_make_a_page() -> None:
    rows = [Row(moment, f"u{moment}", 0) for moment in range(10)]
    told = first_page(written(rows), all_there=False, offset=2, limit=7, descending=False)
    assert told == rows[2:9]
    # The last moment may have more rows.
    assert first_page(written(rows), all_there=False, offset=2, limit=8, descending=False) is None


def test_what_may_have_been_scored_again_is_not_told() -> None:
    rows = [Row(moment, f"u{moment}", 0) for moment in range(10)]
    found = [*written(rows), *written([Row(11, "u11", 0)], again=True)]
    assert first_page(found, all_there=True, offset=0, limit=3, descending=False) is None


def test_nothing_found() -> None:
    assert first_page([], all_there=True, offset=0, limit=3, descending=True) == []
