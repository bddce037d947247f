"""Aggregation against a count by hand: every axis, filter and grain (reliability P1)."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oonib.warehouse.client import Warehouse

from support import oracle
from support.serving import Backend

PATH = "/api/v1/aggregation"
SPANS = {
    "hour": timedelta(days=5),
    "day": timedelta(days=25),
    "week": timedelta(days=29),
    "month": timedelta(days=200),
    "year": timedelta(days=480),
}
FILTERS: dict[str, tuple[list[tuple[str, str]], set[Any]]] = {
    "none": ([], set()),
    "input": ([("input", oracle.INPUTS[1])], {oracle.INPUTS[1]}),
    "inputs": ([("input", oracle.INPUTS[2]), ("input", oracle.INPUTS[3])], set(oracle.INPUTS[2:4])),
    "domain": ([("domain", " site1.example,site2.example ,")], {"site1.example", "site2.example"}),
    "category_code": ([("category_code", "GRP")], {"GRP"}),
    "category_codes": ([("category_code", "NEWS,POLR")], {"NEWS", "POLR"}),
    "probe_cc": ([("probe_cc", "IT"), ("probe_cc", "BR,IT")], {"IT", "BR"}),
    "probe_asn": ([("probe_asn", "AS30722,0")], {30722, 0}),
    "test_name": ([("test_name", "tor,signal")], {"tor", "signal"}),
    "ooni_run_link_id": ([("ooni_run_link_id", f"{2**64 - 1},5")], {2**64 - 1, 5}),
}
COLUMNS = {"inputs": "input", "category_codes": "category_code"}


@pytest.fixture(scope="module")
def table() -> oracle.Table:
    return oracle.make_table(seed=7, size=2500)


@pytest.fixture(scope="module")
def counted(
    tmp_path_factory: pytest.TempPathFactory, clickhouse: Warehouse, table: oracle.Table
) -> Iterator[Backend]:
    """The table, in parts that are never merged: half of the measurements are there in two versions."""
    names = ("fastpath", "fastpath_axes")
    for name in names:
        clickhouse.command(f"SYSTEM STOP MERGES {name}")
    backend = Backend(tmp_path_factory.mktemp("counted"), clickhouse, [])
    backend.now = oracle.LAST + timedelta(days=10)
    for batch in table.batches:
        backend.insert(*batch)
    clickhouse.insert("citizenlab", ["domain", "url", "cc", "category_code"], oracle.LISTS)
    yield backend
    backend.close()
    for name in (*names, "fastpath_uids", "citizenlab"):
        clickhouse.command(f"TRUNCATE TABLE {name}")
    for name in names:
        clickhouse.command(f"SYSTEM START MERGES {name}")


def asked_of(backend: Backend, parameters: list[tuple[str, str]]) -> Any:
    answer = backend.client.get(PATH, params=parameters)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    return body["result"] if body["dimension_count"] else [body["result"]]


def window(grain: str) -> list[tuple[str, str]]:
    since = oracle.LAST - SPANS[grain]
    return [("since", since.isoformat()), ("until", oracle.LAST.isoformat()), ("time_grain", grain)]


def compare(
    backend: Backend, table: oracle.Table, axes: tuple[str, ...], grain: str, names: tuple[str, ...]
) -> int:
    asked = window(grain) + list(zip(("axis_x", "axis_y"), axes, strict=False))
    asked += [pair for name in names for pair in FILTERS[name][0]]
    wanted = oracle.count(
        table.rows,
        axes,
        grain,
        since=oracle.LAST - SPANS[grain],
        until=oracle.LAST,
        filters={COLUMNS.get(name, name): FILTERS[name][1] for name in names if name != "none"},
    )
    assert asked_of(backend, asked) == wanted, asked
    return len(wanted)


def compare_pairs(counted: Backend, table: oracle.Table, step: int) -> int:
    """All pairs of axes, each with every `step`-th filter; the number of groups that were equal."""
    grains = list(SPANS)
    return sum(
        compare(counted, table, axes, grains[(n + m) % len(grains)], (name,))
        for m, name in enumerate(FILTERS)
        for n, axes in enumerate(oracle.AXIS_PAIRS)
        if n % step == m % step
    )


def test_every_pair_of_axes(counted: Backend, table: oracle.Table) -> None:
    assert compare_pairs(counted, table, step=7) > 1000


@pytest.mark.slow
def test_every_pair_of_axes_with_every_filter(counted: Backend, table: oracle.Table) -> None:
    assert compare_pairs(counted, table, step=1) > 7000


def test_every_grain_with_every_filter(counted: Backend, table: oracle.Table) -> None:
    for grain in SPANS:
        for name in FILTERS:
            assert compare(counted, table, ("measurement_start_day",), grain, (name,)) > 1
            assert compare(counted, table, (), grain, (name,)) == 1


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    axes=st.sampled_from(oracle.AXIS_PAIRS),
    grain=st.sampled_from(list(SPANS)),
    names=st.sets(st.sampled_from([name for name in FILTERS if name not in COLUMNS]), min_size=2, max_size=4),
)
def test_filters_together(
    counted: Backend, table: oracle.Table, axes: tuple[str, ...], grain: str, names: set[str]
) -> None:
    compare(counted, table, axes, grain, tuple(names - {"none"}))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    bounds=st.tuples(
        st.datetimes(datetime(2024, 10, 1), datetime(2026, 4, 1)),  # noqa: DTZ001 - the zone is added below
        st.datetimes(datetime(2024, 10, 1), datetime(2026, 4, 1)),  # noqa: DTZ001
    ).map(sorted)
)
def test_any_window(counted: Backend, table: oracle.Table, bounds: list[datetime]) -> None:
    since, until = (bound.replace(tzinfo=UTC) for bound in bounds)
    asked = [("since", since.isoformat()), ("until", until.isoformat()), ("axis_x", "probe_cc")]
    wanted = oracle.count(table.rows, ("probe_cc",), "day", since=since, until=until, filters={})
    assert asked_of(counted, asked) == wanted


def test_the_counts_stay_when_parts_merge(counted: Backend, table: oracle.Table) -> None:
    axes = ("probe_cc", "blocking_type")
    compare(counted, table, axes, "year", ("none",))
    counted.warehouse.command("SYSTEM START MERGES fastpath_axes")
    counted.warehouse.command("OPTIMIZE TABLE fastpath_axes FINAL")
    compare(counted, table, axes, "year", ("none",))


def test_a_measurement_is_listed_by_the_category_it_is_counted_by(
    counted: Backend, table: oracle.Table
) -> None:
    total = asked_of(counted, [*window("month"), ("category_code", "NEWS"), ("probe_cc", "IT")])
    wanted = [
        row
        for row in table.rows
        if row["probe_cc"] == "IT" and oracle.category(row, {"NEWS"}, {"IT"}) is not None
        if row["measurement_start_time"] >= oracle.LAST - SPANS["month"]
    ]
    assert total[0]["measurement_count"] == len(wanted) > 0
