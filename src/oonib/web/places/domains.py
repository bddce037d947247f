"""The list of domains and the page of one."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from oonib.measurements.places.judging import Tally
from oonib.measurements.places.service import WEB, DomainCounts
from oonib.testlists.entries import DESCRIPTIONS
from oonib.web.counts import Rows
from oonib.web.frame.said import Said, counted, said
from oonib.web.frame.view import View
from oonib.web.places import coverage, drawing, lists, telling
from oonib.web.places.asked import Evidence, Period, address, variants
from oonib.web.places.sources import Sources

_LONGEST = 253


def listed(sources: Sources, days: str, asked: Mapping[str, str], page: int) -> View:
    """Domains, the most measured first. `asked`: `q` (part of a name), `category_code`."""
    during = sources.during(days)
    text = asked.get("q", "").strip()[:_LONGEST]
    category = asked.get("category_code", "").strip().upper()[:10]
    search = partial(sources.places.domains, text, category, during.window)
    filters = {"q": text, "category_code": category}
    data = lists.listed(sources, "domains", during, page, filters=filters, search=search, row=_row)
    extra = {"during": during, "categories": DESCRIPTIONS}
    return View("places/domains.html", data, extra, section="domains", max_age=60)


def page(sources: Sources, domain: str, days: str) -> View | str:
    """One domain; the address of another name of the same site where only that was ever measured."""
    during, places = sources.during(days), sources.places
    longest = sources.during("90").window
    others = [domain, *variants(domain)]
    evidence = Evidence(during)
    found = sources.looks.get({
        "counts": sources.named(
            ("domain", domain, during.window), lambda: places.domain(domain, during.window),
            lambda counts: telling.networks_of(counts.blocked),
            lambda counts, names: (counts, [telling.told(one, evidence, names) for one in counts.blocked]),
        ),
        "variants": (("variants", domain, longest), lambda: places.variants(others, longest)),
        "lists": (("lists", domain), lambda: places.listed(others)),
        "findings": sources.findings_about(domain=[domain]),
    })  # fmt: skip
    known, lists = found["variants"], found["lists"]
    if known is not None and domain not in known and not _has(lists, domain):
        if known:
            return address("domain", max(known, key=lambda name: known[name]))
        if lists == []:
            return missing(sources, domain)
    return _view(sources, domain, during, found)


def _view(sources: Sources, domain: str, during: Period, found: dict[str, Any]) -> View:
    counts, blocked = found["counts"] or (None, None)
    evidence = Evidence(during)
    groups = None if blocked is None else telling.grouped(blocked)
    place = {"domain": domain, "test_name": WEB}
    category = next((row["category_code"] for row in found["lists"] or ()), "")
    days = drawing.worldwide(counts.countries) if counts is not None else {}
    links = evidence.by_day(**place)
    data = {
        "domain": domain,
        **during.data(),
        "as_of": sources.as_of,
        "headline": None if groups is None else _headline(groups),
        "blocked": groups,
        "rules": telling.RULES,
        "category_code": category,
        "category": DESCRIPTIONS.get(category, ""),
        "lists": found["lists"],
        "variants": _variants(domain, found["variants"]),
        "totals": None if counts is None else _totals(counts),
        "countries": None if counts is None else _countries(counts, evidence, domain),
        "findings": found["findings"],
        "links": evidence.links("probe_cc", {}, **place),
    }
    extra = {
        "during": during,
        "trend": drawing.outcomes(days, links, during, name="trend") if days else None,
        "heat": None
        if counts is None
        else drawing.by_country(
            counts.countries, during, lambda code: evidence.by_day(**place, probe_cc=code), name="heat"
        ),
    }
    return View("places/domain.html", data, extra, section="domains", max_age=30)


def missing(sources: Sources, text: str) -> View:
    """Nothing is known of such a domain."""
    during = sources.during("90")
    labels = text.lower().removeprefix("www.").split(".")
    part = max(labels[:-1] or labels, key=len)[:_LONGEST]
    search = partial(sources.places.domains, part, "", during.window)
    near = [
        (row["domain"], address("domain", row["domain"]))
        for row in lists.near(sources, "domains", part, during, search)
    ]
    return lists.missing("domain", "domains", text, near)


def _headline(groups: Mapping[str, Sequence[Mapping[str, Any]]]) -> Said:
    confirmed, likely = (len({one["probe_cc"] for one in groups[kind]}) for kind in ("confirmed", "likely"))
    return telling.in_short(
        confirmed,
        likely,
        neither=said("These measurements do not show that it is blocked anywhere."),
        sure=counted(
            "Confirmed to be blocked in %(n)s country.",
            "Confirmed to be blocked in %(n)s countries.",
            confirmed,
        ),
        maybe=counted(
            "Likely to be blocked in %(n)s country.", "Likely to be blocked in %(n)s countries.", likely
        ),
        also=counted("Likely in %(n)s more.", "Likely in %(n)s more.", likely),
    )


def _has(lists: Rows | None, domain: str) -> bool:
    return lists is None or any(f"//{domain}/" in f"{row['url']}/" for row in lists)


def _totals(counts: DomainCounts) -> dict[str, int]:
    summed = sum((one.counts for one in counts.countries), Tally())
    return {**telling.counts(summed), "countries": len(counts.countries)}


def _countries(counts: DomainCounts, evidence: Evidence, domain: str) -> list[dict[str, Any]]:
    verdicts = {one.probe_cc: one.judgement for one in counts.blocked}
    made = []
    for one in sorted(counts.countries, key=lambda one: (-one.counts.blocked, -one.counts.measured)):
        judgement = verdicts.get(one.probe_cc)
        made.append(
            {
                "probe_cc": one.probe_cc,
                **telling.counts(one.counts),
                "share": round(one.counts.share, 4),
                "networks": one.networks_measured,
                "verdict": None if judgement is None else judgement.kind,
                "ongoing": judgement is not None and judgement.stretch.ongoing,
                "search": evidence.search(probe_cc=one.probe_cc, domain=domain, test_name=WEB),
            }
        )
    return made


def _variants(domain: str, known: Mapping[str, int] | None) -> list[dict[str, Any]]:
    return [
        {"domain": name, "measurement_count": count, "address": address("domain", name)}
        for name, count in (known or {}).items()
        if name != domain
    ]


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: row[name] for name in ("domain", "category_code", "countries", *coverage.COUNTS)}
    category = DESCRIPTIONS.get(row["category_code"], "")
    return {**kept, "category": category, "address": address("domain", row["domain"])}
