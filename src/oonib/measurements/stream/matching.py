"""Whether a measurement agrees with the filters of a stream: those of a search, for one row. Pure."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from oonib.measurements.filters import read_search
from oonib.measurements.items import country, items, link, network, whole
from oonib.measurements.schema import SearchParameters

Arrival = Mapping[str, Any]
"""A row of `arrivals`."""

Matches = Callable[[Arrival], bool]


UrlsOf = Callable[[Sequence[str]], Sequence[Collection[str]]]
"""The URLs that test lists have in some categories."""


def matching(asked: SearchParameters, now: datetime, urls_of: UrlsOf) -> Matches:
    """The filters as a function. Raises what a search and `urls_of` raise."""
    read_search(asked, now)
    allowed = _allowed(asked)
    listed = None
    # As in a search, an input says more than its category.
    if asked.category_code is not None and asked.input is None:
        listed = urls_of(items("category_code", asked.category_code, str))
    flags = {
        column: "t" if wanted else "f"
        for column, wanted in (
            ("confirmed", asked.confirmed),
            ("anomaly", asked.anomaly),
            ("msm_failure", asked.failure),
        )
        if wanted is not None
    }

    def matches(row: Arrival) -> bool:
        started = row["measurement_start_time"]
        return (
            (row["probe_cc"] != "ZZ" and row["probe_asn"] != 0)
            and all(row[column] in values for column, values in allowed.items())
            and all(row[column] == flag for column, flag in flags.items())
            and (listed is None or any(row["input"] in urls for urls in listed))
            and (asked.since is None or started > asked.since)
            and (asked.until is None or started <= asked.until)
        )

    return matches


def _allowed(asked: SearchParameters) -> dict[str, frozenset[Any]]:
    found: dict[str, frozenset[Any]] = {}

    def allow(column: str, texts: list[str] | None, read: Callable[[str], Any]) -> None:
        if texts is not None:
            found[column] = frozenset(items(column, texts, read))

    allow("report_id", asked.report_id, str)
    allow("probe_cc", asked.probe_cc, country)
    allow("probe_asn", asked.probe_asn, network)
    allow("test_name", asked.test_name, str)
    allow("software_version", asked.software_version, str)
    allow("test_version", asked.test_version, str)
    allow("engine_version", asked.engine_version, str)
    allow("ooni_run_link_id", asked.ooni_run_link_id, link)
    if asked.input is not None:
        found["input"] = frozenset(whole("input", asked.input, str))
    else:
        allow("domain", asked.domain, str)
    return found
