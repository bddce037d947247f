"""What pages of places are made from, and the questions that several of them ask."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from oonib.findings.schema import FindingFilters
from oonib.measurements.aggregation.service import AggregationService
from oonib.measurements.places import PlacesService
from oonib.web.answers import Load, Wanted
from oonib.web.counts import Rows, count, key_of
from oonib.web.findings.service import address_of
from oonib.web.places.asked import Period, period
from oonib.web.places.looks import Looks

Names = Mapping[int, tuple[str, str]]
"""Name and country of the owners of networks."""

_MOST_FINDINGS = 8
_KEPT = ("title", "short_description", "start_time", "end_time", "CCs")


class Published(Protocol):
    """Who knows the findings."""

    def search(self, filters: FindingFilters, caller: None, /) -> list[dict[str, Any]]:
        """Those that everybody may see."""


@dataclass(frozen=True, slots=True)
class Sources:
    """The services behind the pages. `clock`: the time, aware."""

    places: PlacesService
    aggregation: AggregationService
    findings: Published
    clock: Callable[[], datetime]
    looks: Looks

    def during(self, days: str) -> Period:
        """The time that a page is about. Raises `Invalid`."""
        return period(days, self.clock().date())

    @property
    def as_of(self) -> str:
        """The time of a page."""
        return f"{self.clock():%Y-%m-%dT%H:%M:%SZ}"

    def counts(self, during: Period, **asked: Any) -> Wanted:
        """Counts of the aggregation API."""
        question = {**asked, "since": during.since, "until": during.until}
        return ("counts", key_of(question)), lambda: count(self.aggregation, question)[0]

    def named(
        self,
        key: Hashable,
        load: Load,
        asns: Callable[[Any], Iterable[int]],
        tell: Callable[[Any, Names], Any],
    ) -> Wanted:
        """An answer as `tell` puts it, which is given the owners of the networks that `asns` finds in it."""

        def told() -> Any:
            found = load()
            numbers = sorted({asn for asn in asns(found) if 0 < asn < 2**32})
            return tell(found, self.places.owners(numbers) if numbers else {})

        return key, told

    def findings_about(self, **filters: Sequence[Any]) -> Wanted:
        """Published findings, the latest first."""

        def load() -> Rows:
            found = self.findings.search(FindingFilters.model_validate(filters), None)
            return [
                {**{name: one[name] for name in _KEPT}, "address": address_of(one)}
                for one in found[:_MOST_FINDINGS]
            ]

        return ("findings", key_of(filters)), load
