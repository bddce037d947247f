"""Where, when and by what it was measured. Pure."""

from collections.abc import Iterator
from urllib.parse import urlencode

from oonib.web.frame.said import Said, said
from oonib.web.measurement.reading import fields, number, raw, text
from oonib.web.measurement.story import Fact, Subject

_VERIFIED: dict[str, Said] = {
    "verified": said("verified: the probe showed an anonymous credential"),
    "failed": said("the credential of the probe was not valid"),
}


def circumstances(subject: Subject) -> list[Fact]:
    """Facts about the measurement, but for country, network and time, which have links of their own."""
    return [fact for fact in _all(subject) if fact.value]


def network(subject: Subject) -> tuple[int, str]:
    """Number and name of the network of the probe; 0 where it is not known."""
    known = subject.row.get("probe_asn", subject.body.get("probe_asn"))
    digits = str(known).upper().removeprefix("AS")
    asn = int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 10 else 0
    return asn, text(subject.body.get("probe_network_name"), 120)


def started(subject: Subject) -> str:
    """When it was measured, `2026-03-02T10:15:30Z`, empty where nobody knows."""
    return text(subject.row.get("measurement_start_time"), 30) or _iso(
        raw(subject.body.get("measurement_start_time"))
    )


def report_search(subject: Subject) -> str:
    """The search for all of the same report, empty without one."""
    report = raw(subject.row.get("report_id")) or raw(subject.body.get("report_id"))
    return f"/search?{urlencode({'report_id': report}, errors='replace')}" if report else ""


def _iso(sent: str) -> str:
    made = text(sent, 30).replace(" ", "T")
    return f"{made}Z" if len(made) == 19 else made


def _all(subject: Subject) -> Iterator[Fact]:
    body, notes = subject.body, fields(subject.body.get("annotations"))
    yield Fact(said("Resolver"), _resolver(subject))
    yield Fact(said("Kind of network"), text(notes.get("network_type"), 40))
    yield Fact(
        said("Software"), _joined(text(body.get("software_name"), 80), text(body.get("software_version"), 40))
    )
    yield Fact(
        said("Platform"), _joined(text(notes.get("platform"), 40), text(notes.get("architecture"), 40))
    )
    yield Fact(
        said("Engine"), _joined(text(notes.get("engine_name"), 80), text(notes.get("engine_version"), 40))
    )
    yield Fact(said("Version of the nettest"), text(body.get("test_version"), 40))
    yield Fact(said("Run time"), _seconds(number(body.get("test_runtime"))))
    yield Fact(said("Category"), text(subject.row.get("category_code"), 40))
    yield Fact(said("OONI Run link"), text(notes.get("ooni_run_link_id"), 40))
    yield Fact(said("Origin"), _VERIFIED.get(raw(subject.row.get("verification_status")), ""))
    yield Fact(said("Report"), text(subject.row.get("report_id")) or text(body.get("report_id")))


def _resolver(subject: Subject) -> str:
    named = (
        text(subject.body.get(name), 80) for name in ("resolver_asn", "resolver_network_name", "resolver_ip")
    )
    return _joined(*named)


def _joined(*parts: str) -> str:
    return " ".join(filter(None, parts))


def _seconds(found: float | None) -> Said | str:
    return said("%(seconds)s seconds", seconds=f"{found:.2f}") if found is not None else ""
