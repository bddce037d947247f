"""What is blocked, as sentences and figures with the measurements behind them. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from oonib.measurements.places import judging
from oonib.measurements.places.judging import Tally
from oonib.measurements.places.service import WEB, Blocked, Judged
from oonib.model.nettests import NAMES
from oonib.web.frame.said import Said, counted, said
from oonib.web.places.asked import Evidence, address
from oonib.web.places.sources import Names

RULES: dict[str, Said] = {
    "confirmed": said(
        "Confirmed: at least one measurement there got a block page or a false address that is known from"
        " censors (a fingerprint)."
    ),
    "likely": said(
        "Likely: at least %(least)s measurements with anomalies on two networks or more, or %(one)s on one"
        " network, on at least %(days)s days; at least half of the measurements of those days have them, and"
        " at least twice the share that is usual. Usual is the largest of: the share in all other countries"
        " together, the median of all sites there, %(errors)s%%. So many must be less likely than 1 in"
        " %(chance)s by chance, all days and networks considered.",
        least=judging.LEAST,
        one=judging.LEAST_ON_ONE,
        days=judging.LEAST_DAYS,
        errors=round(100 * judging.ERRORS),
        chance=round(1 / judging.CHANCE),
    ),
    "down": said(
        "What fails in other countries as well may be down: without at least %(n)s measurements elsewhere,"
        " most of them without anomaly, nothing is called likely.",
        n=judging.LEAST_ELSEWHERE,
    ),
    "since": said(
        "Since: the first day of the run of days in which measurements that show blocking outnumber those"
        " without anomaly by most, counted by day on the networks where it is blocked. The run is over when"
        " after it those without anomaly are ahead by %(n)s.",
        n=judging.CLEAR,
    ),
    "failures": said("Measurements that failed say nothing about blocking and are left out of shares."),
}
"""The rules of the judgement, in words."""

_MOST, _MOST_NETWORKS = 150, 12


def counts(tally: Tally) -> dict[str, int]:
    """As the API names them."""
    return {
        "measurement_count": tally.measured,
        "ok_count": tally.ok,
        "anomaly_count": tally.anomaly,
        "confirmed_count": tally.confirmed,
        "failure_count": tally.failure,
    }


@dataclass(frozen=True, slots=True)
class Told:
    """What is blocked in a place, as pages have it."""

    items: Sequence[dict[str, Any]]
    level: float
    complete: bool


def networks_of(blocked: Iterable[Blocked]) -> list[int]:
    """The networks on which something is blocked, those that are told."""
    return [on.probe_asn for one in blocked for on in one.networks[:_MOST_NETWORKS]]


def judged(found: Judged, evidence: Evidence, names: Names, *, asn: int | None = None) -> Told:
    """All that is blocked in a country, or on the network `asn`; at most as much as a page can hold."""
    items = [told(one, evidence, names, asn=asn) for one in found.blocked[:_MOST]]
    return Told(items, found.level, found.complete and len(found.blocked) <= _MOST)


def told(one: Blocked, evidence: Evidence, names: Names, *, asn: int | None = None) -> dict[str, Any]:
    """A blocked target of a country, or of the network `asn`."""
    stretch = one.judgement.stretch
    filters: dict[str, Any] = {"probe_cc": one.probe_cc} if asn is None else {"probe_asn": f"AS{asn}"}
    filters |= {"test_name": one.test_name, "domain": one.domain}
    return {
        "test_name": one.test_name,
        "domain": one.domain,
        "probe_cc": one.probe_cc,
        "target": one.domain or NAMES.get(one.test_name, one.test_name),
        "verdict": one.judgement.kind,
        "ongoing": stretch.ongoing,
        "first_seen": stretch.first.isoformat(),
        "older_possible": stretch.from_start,
        "last_seen": stretch.last.isoformat(),
        **counts(one.counts),
        "during": counts(stretch.tally),
        "usual_share": round(one.judgement.expected, 4),
        "elsewhere": {**counts(one.elsewhere), "share": round(one.elsewhere.share, 4)},
        "networks_blocked": len(one.networks),
        "networks_measured": one.networks_measured,
        "networks": [
            {
                "probe_asn": on.probe_asn,
                "name": names.get(on.probe_asn, ("", ""))[0],
                **counts(on.counts),
                "address": address("as", on.probe_asn),
                "search": evidence.search(**{**filters, "probe_asn": f"AS{on.probe_asn}"}),
            }
            for on in one.networks[:_MOST_NETWORKS]
        ],
        "says": _says(one),
        "when": _when(one),
        "links": _links(one, evidence, filters),
    }


def _says(one: Blocked) -> Said:
    tally = one.counts
    if one.judgement.kind == "confirmed":
        figures = {
            "blocked": tally.blocked,
            "all": tally.measured,
            "confirmed": tally.confirmed,
            "anomaly": tally.anomaly,
        }
        if not tally.anomaly:
            return said("%(confirmed)s of %(all)s measurements confirm blocking.", **figures)
        return said(
            "%(blocked)s of %(all)s measurements show blocking: %(confirmed)s confirmed, %(anomaly)s with an"
            " anomaly.",
            **figures,
        )
    return said(
        "%(anomaly)s of %(all)s measurements have an anomaly (%(share)s%%); in other countries"
        " %(elsewhere)s%%.",
        anomaly=tally.blocked,
        all=tally.measured,
        share=_percent(tally),
        elsewhere=_percent(one.elsewhere),
    )


def _percent(tally: Tally) -> int:
    """The blocked ones of all that the page counts, those that failed included."""
    return round(100 * tally.blocked / tally.measured) if tally.measured else 0


def _when(one: Blocked) -> Said:
    stretch = one.judgement.stretch
    dates = {"first": stretch.first.isoformat(), "last": stretch.last.isoformat()}
    if not stretch.ongoing:
        return said("From %(first)s to %(last)s, not since.", **dates)
    if stretch.from_start:
        return said("Since %(first)s or earlier, last seen %(last)s.", **dates)
    return said("Since %(first)s, last seen %(last)s.", **dates)


def _links(one: Blocked, evidence: Evidence, filters: dict[str, Any]) -> dict[str, str]:
    strongest = "confirmed_count" if one.judgement.kind == "confirmed" else "anomaly_count"
    links = {
        "evidence": evidence.search(strongest, **filters),
        "search": evidence.search(**filters),
        "chart": evidence.chart("probe_asn", **filters),
    }
    if one.test_name == WEB:
        links["domain"] = address("domain", one.domain)
    return links


def grouped(items: Sequence[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Confirmed now, likely now, over."""
    return {
        "confirmed": [one for one in items if one["ongoing"] and one["verdict"] == "confirmed"],
        "likely": [one for one in items if one["ongoing"] and one["verdict"] == "likely"],
        "over": [one for one in items if not one["ongoing"]],
    }


def headline(groups: Mapping[str, Sequence[Any]]) -> Said:
    """The answer in one line."""
    confirmed, likely = len(groups["confirmed"]), len(groups["likely"])
    return in_short(
        confirmed,
        likely,
        neither=said("Nothing is found to be blocked by these measurements."),
        sure=counted(
            "%(n)s target is confirmed to be blocked.",
            "%(n)s targets are confirmed to be blocked.",
            confirmed,
        ),
        maybe=counted(
            "%(n)s target is likely to be blocked.", "%(n)s targets are likely to be blocked.", likely
        ),
        also=counted("%(n)s more is likely to be.", "%(n)s more are likely to be.", likely),
    )


def in_short(confirmed: int, likely: int, *, neither: Said, sure: Said, maybe: Said, also: Said) -> Said:
    """The sentences that fit the numbers. `maybe` says the likely ones alone, `also` after the sure ones."""
    if not confirmed:
        return maybe if likely else neither
    return said("%(confirmed)s %(likely)s", confirmed=sure, likely=also) if likely else sure
