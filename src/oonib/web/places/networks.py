"""The list of networks and the page of one."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from oonib.web.frame.view import View
from oonib.web.places import coverage, lists, place, telling
from oonib.web.places.asked import Evidence, address
from oonib.web.places.sources import Sources

_LONGEST = 100


def listed(sources: Sources, days: str, asked: Mapping[str, str], page: int) -> View:
    """Networks, the most measured first. `asked`: `q` (a number or part of a name), `probe_cc`."""
    during = sources.during(days)
    text, probe_cc = asked.get("q", "").strip()[:_LONGEST], asked.get("probe_cc", "").strip().upper()[:2]
    search = partial(sources.places.networks, text, probe_cc, during.window)
    filters = {"q": text, "probe_cc": probe_cc}
    data = lists.listed(sources, "networks", during, page, filters=filters, search=search, row=_row)
    return View("places/networks.html", data, {"during": during}, section="networks", max_age=60)


def page(sources: Sources, probe_asn: int, days: str) -> View:
    """One network by its number."""
    during, places = sources.during(days), sources.places
    longest = sources.during("90").window
    known = sources.looks.get({
        "home": (("home", probe_asn, longest), lambda: places.home(probe_asn, longest)),
        "owner": (("owner", probe_asn), lambda: places.owners([probe_asn])),
    })  # fmt: skip
    if known["home"] == {} and known["owner"] == {}:
        return missing(sources, str(probe_asn))
    name, registered = (known["owner"] or {}).get(probe_asn, ("", ""))
    countries = list(known["home"] or {})
    home = countries[0] if countries else registered
    evidence = Evidence(during)
    found = sources.looks.get({
        "judged": (
            ("blocked_on", probe_asn, home, during.window),
            lambda: telling.judged(
                places.blocked_on(probe_asn, home, during.window), evidence, {}, asn=probe_asn
            ),
        ),
        **place.wanted(sources, during, "probe_asn", probe_asn),
        "findings": sources.findings_about(asn=[probe_asn]),
    })  # fmt: skip
    filters = {"probe_asn": f"AS{probe_asn}"}
    data = {
        "probe_asn": probe_asn,
        "owner": name,
        "probe_cc": home,
        "registered_cc": registered,
        "countries": countries[:12],
        **during.data(),
        "as_of": sources.as_of,
        **place.data(found, evidence, filters),
    }
    extra = place.pictures(found, evidence, during, "countries", filters)
    return View("places/network.html", data, extra, section="networks", max_age=30)


def missing(sources: Sources, text: str) -> View:
    """There is no such network, or nothing is known of it."""
    during = sources.during("90")
    beginning = text.strip().upper().removeprefix("AS")[:3]
    search = partial(sources.places.networks, beginning, "", during.window)
    near = [
        (f"AS{row['probe_asn']} {row['org_name']}".strip(), address("as", row["probe_asn"]))
        for row in lists.near(sources, "networks", beginning, during, search)
    ]
    return lists.missing("network", "networks", text, near)


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: row[name] for name in ("probe_asn", "probe_cc", *coverage.COUNTS)}
    return {**kept, "name": row["org_name"], "address": address("as", row["probe_asn"])}
