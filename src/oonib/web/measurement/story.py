"""What a page tells of a measurement: a headline, the reasons, the evidence. Values only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import orjson

from oonib.web import newest
from oonib.web.frame.said import Said
from oonib.web.measurement.reading import Fields, fields, raw


@dataclass(frozen=True)
class Subject:
    """One measurement. `row`: its meta as the API has it, empty where there is none (yet); `body`: what the
    probe sent, empty where it cannot be had.
    """

    uid: str
    row: Mapping[str, Any]
    body: Fields

    @cached_property
    def keys(self) -> Fields:
        """The test keys."""
        return fields(self.body.get("test_keys"))

    @cached_property
    def scores(self) -> Fields:
        """What scoring found."""
        try:
            return fields(orjson.loads(raw(self.row.get("scores")) or "{}"))
        except orjson.JSONDecodeError:
            return {}

    @cached_property
    def analysis(self) -> Fields:
        """The part of the scores about the way of blocking."""
        return fields(self.scores.get("analysis"))

    @property
    def test_name(self) -> str:
        """The nettest, as it was sent."""
        return raw(self.row.get("test_name")) or raw(self.body.get("test_name"))

    @property
    def input(self) -> str:
        """What was tested, empty where the nettest has no input."""
        found = self.row.get("input") if self.row else self.body.get("input")
        return raw(found)

    @property
    def probe_cc(self) -> str:
        """The country of the probe."""
        return raw(self.row.get("probe_cc")) or raw(self.body.get("probe_cc"))

    @property
    def verdict(self) -> newest.Verdict | None:
        """The strongest flag, None as long as there is no row."""
        return newest.verdict(self.row) if self.row else None

    def is_(self, verdict: newest.Verdict) -> bool:
        """Whether this is the verdict."""
        return self.verdict is verdict


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that was seen. `value` is fit to be seen; `good`: whether it is as it should be, where that
    can be told.
    """

    label: Said | str
    value: Said | str
    good: bool | None = None


@dataclass(frozen=True, slots=True)
class Aspect:
    """The same thing as the probe and as the test helper saw it. `same` is None where it cannot be told."""

    label: Said
    probe: Said | str
    helper: Said | str
    same: bool | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """What a measurement says, why, and what shows it."""

    headline: Said
    because: Sequence[Said] = ()
    evidence: Sequence[Fact] = ()
    compared: Sequence[Aspect] = field(default_factory=tuple)
