"""Outcomes as JSON for people and programs: the lines of `oonib score` and `oonib reprocess --stdout`."""

import json
from datetime import datetime
from typing import Any

import orjson

from oonib.fastpath.worker import Outcome
from oonib.scoring import FASTPATH_COLUMNS, OBS_OPENVPN_COLUMNS

_SCORES = FASTPATH_COLUMNS.index("scores")
WORDS = {"scored": "row", "rejected": "discarded", "dead_letter": "dead_letter"}
"""The ledger's words and those of the command line (design, section 7)."""


def outcome_line(outcome: Outcome, *, rows: bool) -> str:
    """One line of `oonib score`; `scores` is null where there are none."""
    fields: dict[str, Any] = {"measurement_uid": outcome.uid, "outcome": WORDS[outcome.kind]}
    if outcome.reason:
        fields["reason"] = outcome.reason
    if outcome.detail:
        fields["detail"] = outcome.detail
    fields["scores"] = None if outcome.row is None else orjson.Fragment(outcome.row[_SCORES])
    if rows and outcome.row is not None:
        fields["row"] = readable(FASTPATH_COLUMNS, outcome.row)
        if outcome.openvpn is not None:
            fields["obs_openvpn"] = readable(OBS_OPENVPN_COLUMNS, outcome.openvpn)
    return _text(fields)


def row_line(outcome: Outcome) -> str:
    """The row of a scored measurement, as an object by column name."""
    assert outcome.row is not None
    return _text(readable(FASTPATH_COLUMNS, outcome.row))


def readable(columns: tuple[str, ...], row: tuple[Any, ...]) -> dict[str, Any]:
    """A row by column name, times as `YYYY-MM-DD HH:MM:SS` in UTC."""
    return {
        name: value.strftime("%Y-%m-%d %H:%M:%S") if isinstance(value, datetime) else value
        for name, value in zip(columns, row, strict=True)
    }


def _text(fields: dict[str, Any]) -> str:
    try:
        return orjson.dumps(fields).decode()
    except TypeError:
        # Names of files and members may hold bytes that are no text.
        if isinstance(fields.get("scores"), orjson.Fragment):
            fields = fields | {"scores": json.loads(bytes(fields["scores"].contents))}
        return json.dumps(fields)
