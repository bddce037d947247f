"""What to try where a search finds nothing: a longer time, and one filter less. Pure."""

from dataclasses import dataclass
from datetime import timedelta

from oonib.measurements.times import parse_time
from oonib.web.frame.said import Said, said
from oonib.web.search.asked import FLAGS, LISTS, Asked, exact

_LONGER = timedelta(days=180)
NAMES: dict[str, Said] = {
    "probe_cc": said("country"),
    "probe_asn": said("network"),
    "test_name": said("nettest"),
    "domain": said("domain"),
    "input": said("input"),
    "category_code": said("category"),
    "ooni_run_link_id": said("OONI Run link"),
    "report_id": said("report"),
    "software_version": said("version of the probe"),
    "test_version": said("version of the nettest"),
    "engine_version": said("version of the engine"),
}


@dataclass(frozen=True, slots=True)
class Widening:
    """A wider search, and its address."""

    says: Said
    address: str


def widenings(asked: Asked, path: str) -> list[Widening]:
    """Wider searches, the likeliest first."""
    made = [*_of_url(asked, path), *_longer(asked, path)]
    if any(name in asked.given for name in FLAGS):
        none = dict.fromkeys(FLAGS, "")
        made.append(Widening(said("of every verdict"), asked.address(path, **none)))
    for name in LISTS:
        if name in asked.given:
            says = said("whatever the %(filter)s", filter=NAMES[name])
            made.append(Widening(says, asked.address(path, **{name: ""})))
    return made


def _of_url(asked: Asked, path: str) -> list[Widening]:
    """Somebody wrote an address where a domain is asked for."""
    domain = asked.first("domain")
    if "://" not in domain or "input" in asked.given:
        return []
    exactly = asked.address(path, domain="", input=domain)
    return [Widening(said("with this address as the input, exactly"), exactly)]


def _longer(asked: Asked, path: str) -> list[Widening]:
    try:
        until, since = parse_time(asked.first("until")), parse_time(asked.first("since"))
        if until - since >= _LONGER:
            return []
        earlier = exact(until - _LONGER)
    except (ValueError, OverflowError):
        return []
    return [
        Widening(
            said("in the 180 days before %(until)s", until=exact(until)), asked.address(path, since=earlier)
        )
    ]
