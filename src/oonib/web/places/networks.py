"""The list of networks and the page of one."""

from collections.abc import Mapping
from typing import Any

from oonib.measurements.places.service import WEB
from oonib.web.frame.view import View
from oonib.web.places import apps, coverage, telling
from oonib.web.places.asked import Evidence, address
from oonib.web.places.sources import Sources

SIZE = 100
_MOST_PAGES = 1000
_NEAR = 8
_LONGEST = 100


def listed(sources: Sources, days: str, asked: Mapping[str, str], page: int) -> View:
    """Networks, the most measured first. `asked`: `q` (a number or part of a name), `probe_cc`."""
    during = sources.during(days)
    text, probe_cc = asked.get("q", "").strip()[:_LONGEST], asked.get("probe_cc", "").strip().upper()[:2]
    page = min(max(1, page), _MOST_PAGES)
    wanted = (
        ("networks", text, probe_cc, page, during.window),
        lambda: sources.places.networks(text, probe_cc, during.window, limit=SIZE, offset=(page - 1) * SIZE),
    )
    found = sources.looks.get({"networks": wanted})["networks"]
    total = found[0]["total"] if found else 0
    data = {
        "networks": None if found is None else [_row(row) for row in found],
        "total": total,
        "page": page,
        "pages": min(_MOST_PAGES, -(-total // SIZE)),
        "q": text,
        "probe_cc": probe_cc,
        **during.data(),
        "as_of": sources.as_of,
    }
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
        "coverage": (
            ("coverage", probe_asn, during.window),
            lambda: places.coverage("probe_asn", probe_asn, during.window),
        ),
        "tests": sources.counts(
            during, probe_asn=[str(probe_asn)], axis_x="test_name", axis_y="measurement_start_day",
            time_grain="day",
        ),
        "findings": sources.findings_about(asn=[probe_asn]),
    })  # fmt: skip
    judged: telling.Told | None = found["judged"]
    blocked = None if judged is None else judged.items
    groups = None if blocked is None else telling.grouped(blocked)
    tests = apps.by_test(found["tests"])
    place = {"probe_asn": f"AS{probe_asn}"}
    data = {
        "probe_asn": probe_asn,
        "owner": name,
        "probe_cc": home,
        "registered_cc": registered,
        "countries": countries[:12],
        **during.data(),
        "as_of": sources.as_of,
        "headline": None if groups is None else telling.headline(groups),
        "blocked": groups,
        "blocked_complete": None if judged is None else judged.complete,
        "usual_share": None if judged is None else round(judged.level, 4),
        "rules": telling.RULES,
        "apps": apps.lines(tests, blocked or (), evidence, **place),
        "totals": coverage.totals(found["coverage"]),
        "coverage": coverage.by_day(found["coverage"]),
        "findings": found["findings"],
        "links": evidence.links("domain", {"test_name": WEB}, **place),
    }
    extra = {
        "during": during,
        "trends": apps.trends(tests, during),
        **coverage.pictures(found["coverage"], evidence.by_day(**place), during, "countries"),
    }
    return View("places/network.html", data, extra, section="networks", max_age=30)


def missing(sources: Sources, text: str) -> View:
    """There is no such network, or nothing is known of it."""
    during = sources.during("90")
    beginning = text.strip().upper().removeprefix("AS")[:3]
    near = []
    if beginning:
        wanted = (
            ("networks near", beginning, during.window),
            lambda: sources.places.networks(beginning, "", during.window, limit=_NEAR, offset=0),
        )
        near = [
            {
                "name": f"AS{row['probe_asn']} {row['org_name']}".strip(),
                "address": address("as", row["probe_asn"]),
            }
            for row in sources.looks.get({"near": wanted})["near"] or ()
        ]
    data = {
        "error": "No such network",
        "detail": "No such network",
        "status": 404,
        "asked": text,
        "near": near,
    }
    return View("places/missing.html", data, {"kind": "network"}, section="networks", status=404)


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: row[name] for name in ("probe_asn", "probe_cc", *coverage.COUNTS)}
    return {**kept, "name": row["org_name"], "address": address("as", row["probe_asn"])}
