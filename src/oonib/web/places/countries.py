"""The list of countries and the page of one."""

from typing import Any

from oonib.measurements.statistics.countries import NAMES
from oonib.web.counts import Rows
from oonib.web.frame.said import Said, said
from oonib.web.frame.view import View
from oonib.web.places import coverage, lists, place, telling
from oonib.web.places.asked import Evidence, Period, address, near_countries
from oonib.web.places.sources import Sources

SORTS: dict[str, Said] = {
    "name": said("Country"),
    "measurements": said("Measurements"),
    "anomalies": said("Anomalies"),
    "confirmed": said("Confirmed"),
    "networks": said("Networks"),
}
"""By what the list can be ordered."""

_COLUMNS = {
    "measurements": "measurement_count",
    "anomalies": "anomaly_count",
    "confirmed": "confirmed_count",
    "networks": "networks",
}
_NOWHERE = "ZZ"
_MOST_NETWORKS = 20


def listed(sources: Sources, days: str, sort: str) -> View:
    """All countries in which something was measured."""
    during = sources.during(days)
    sort = sort if sort in SORTS else "measurements"
    found = _measured(sources, during)
    rows = None
    if found is not None:
        rows = [
            {
                **row,
                "name": NAMES.get(row["probe_cc"], row["probe_cc"]),
                "address": address("country", row["probe_cc"]),
            }
            for row in found
            if row["probe_cc"] not in ("", _NOWHERE)
        ]
        rows.sort(key=lambda row: row["name"])
        if sort in _COLUMNS:
            rows.sort(key=lambda row: -row[_COLUMNS[sort]])
    data = {"countries": rows, "sort": sort, **during.data(), "as_of": sources.as_of}
    extra = {"during": during, "sorts": SORTS}
    return View("places/countries.html", data, extra, section="countries", max_age=60)


def page(sources: Sources, probe_cc: str, days: str) -> View:
    """One country by its code of two capital letters; for one that does not exist, what may be meant."""
    during, places = sources.during(days), sources.places
    if probe_cc not in NAMES and not _is_measured(sources, probe_cc):
        return missing(probe_cc)
    evidence = Evidence(during)
    found = sources.looks.get({
        "judged": sources.named(
            ("blocked_in", probe_cc, during.window),
            lambda: places.blocked_in(probe_cc, during.window),
            lambda found: telling.networks_of(found.blocked),
            lambda found, names: telling.judged(found, evidence, names),
        ),
        **place.wanted(sources, during, "probe_cc", probe_cc),
        "networks": sources.named(*_networks(sources, probe_cc, during)),
        "findings": sources.findings_about(country_code=[probe_cc]),
    })  # fmt: skip
    filters = {"probe_cc": probe_cc}
    data = {
        "probe_cc": probe_cc,
        "country_name": NAMES.get(probe_cc, probe_cc),
        **during.data(),
        "as_of": sources.as_of,
        **place.data(found, evidence, filters),
        "networks": _network_lines(found["networks"], evidence, probe_cc),
    }
    extra = place.pictures(found, evidence, during, "networks", filters)
    return View("places/country.html", data, extra, section="countries", max_age=30)


def missing(text: str) -> View:
    """There is no such country."""
    meant = [(NAMES[code], address("country", code)) for code in near_countries(text)]
    return lists.missing("country", "countries", text, meant)


def _measured(sources: Sources, during: Period) -> Rows | None:
    wanted = ("countries", during.window), lambda: sources.places.countries(during.window)
    found: Rows | None = sources.looks.one(wanted)
    return found


def _is_measured(sources: Sources, probe_cc: str) -> bool:
    if probe_cc == _NOWHERE:
        return False
    found = _measured(sources, sources.during("90"))
    return found is not None and any(row["probe_cc"] == probe_cc for row in found)


def _networks(sources: Sources, probe_cc: str, during: Period) -> tuple[Any, Any, Any, Any]:
    key, load = sources.counts(during, probe_cc=probe_cc, axis_x="probe_asn")

    def most() -> Any:
        rows = load()
        return coverage.ranked(rows, "probe_asn", lambda asn: asn > 0, _MOST_NETWORKS), len(rows)

    def asns(found: Any) -> list[int]:
        return [row["probe_asn"] for row in found[0]]

    return (key, "networks"), most, asns, lambda found, names: (found, names)


def _network_lines(found: Any, evidence: Evidence, probe_cc: str) -> Any:
    if found is None:
        return None
    (rows, total), names = found
    return {
        "total": total,
        "most_measured": [
            {
                **row,
                "name": names.get(row["probe_asn"], ("", ""))[0],
                "address": address("as", row["probe_asn"]),
                "search": evidence.search(probe_cc=probe_cc, probe_asn=f"AS{row['probe_asn']}"),
            }
            for row in rows
        ],
    }
