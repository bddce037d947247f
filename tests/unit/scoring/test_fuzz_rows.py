"""Rows of mutated measurements go into the tables in one insert and come out as they went in."""

import random
import struct
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from oonib.scoring import (
    FASTPATH_COLUMNS,
    OBS_OPENVPN_COLUMNS,
    FingerprintSet,
    Matcher,
    Scored,
    score_body,
)
from oonib.warehouse.client import Warehouse

from support.clickhouse import EmbeddedServer, tables_on
from support.mutation import bodies, mutate, written

pytestmark = [pytest.mark.clickhouse, pytest.mark.timeout(120)]
MATCHER = Matcher.build(FingerprintSet.of([], []))
ROWS = 400


@pytest.fixture(scope="module")
def warehouse(shared_server: EmbeddedServer) -> Iterator[Warehouse]:
    with tables_on(shared_server) as url:
        warehouse = Warehouse.connect(url)
        yield warehouse
        warehouse.close()


def scored(openvpn: bool) -> list[Scored]:
    """Outcomes with a row; with `openvpn` those of that nettest alone."""
    rng = random.Random(20240506)
    originals = [body for body in bodies() if not openvpn or body["content"]["test_name"] == "openvpn"]
    found: list[Scored] = []
    while len(found) < ROWS:
        uid = f"20240506070909.{len(found):06d}_IT_webconnectivity_5d0c91e2a47b3f68"
        outcome = score_body(written(mutate(rng, rng.choice(originals)), rng), uid, MATCHER)
        if isinstance(outcome, Scored) and (outcome.openvpn is not None or not openvpn):
            found.append(outcome)
    return found


def as_stored(value: Any) -> Any:
    """What a column gives back: times without a zone, numbers with the precision of Float32."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    return struct.unpack("f", struct.pack("f", value))[0] if isinstance(value, float) else value


@pytest.mark.parametrize(
    ("table", "columns", "openvpn"),
    [("fastpath", FASTPATH_COLUMNS, False), ("obs_openvpn", OBS_OPENVPN_COLUMNS, True)],
)
def test_rows_survive_the_table(
    warehouse: Warehouse, table: str, columns: tuple[str, ...], openvpn: bool
) -> None:
    rows = [outcome.openvpn if openvpn else outcome.row for outcome in scored(openvpn)]
    warehouse.insert(table, columns, [row for row in rows if row is not None])
    stored = warehouse.select_rows(f"SELECT {', '.join(columns)} FROM {table} ORDER BY measurement_uid").rows
    wanted = {row[columns.index("measurement_uid")]: row for row in rows if row is not None}
    assert len(stored) == len(wanted) == ROWS
    for row in stored:
        sent = wanted[row[columns.index("measurement_uid")]]
        assert [as_stored(value) for value in row] == [as_stored(value) for value in sent]
