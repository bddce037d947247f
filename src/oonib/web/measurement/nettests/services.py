"""Messengers and tools against censorship in words (fastpath contract 3.2 to 3.12). Pure."""

from collections.abc import Callable, Iterator, Mapping

from oonib.web.frame.said import Said, said
from oonib.web.measurement.nettests import reasons
from oonib.web.measurement.outcomes import failure
from oonib.web.measurement.reading import Fields, fields, number, objects, raw, text
from oonib.web.measurement.steps import answered, reached, share
from oonib.web.measurement.story import Fact, Story, Subject
from oonib.web.newest import ANOMALY, CONFIRMED, FAILURE

NAMES: Mapping[str, str] = {
    "facebook_messenger": "Facebook Messenger",
    "meek_fronted_requests_test": "Meek",
    "openvpn": "OpenVPN",
    "psiphon": "Psiphon",
    "riseupvpn": "RiseupVPN",
    "signal": "Signal",
    "stunreachability": "STUN",
    "tcp_connect": "TCP",
    "telegram": "Telegram",
    "tor": "Tor",
    "torsf": "Tor Snowflake",
    "vanilla_tor": "Tor",
    "whatsapp": "WhatsApp",
}
"""Services by nettest, as they call themselves."""

_UNJUDGED = frozenset({"riseupvpn"})
_STATES: dict[str, Said] = {
    "ok": said("reachable"),
    "blocked": said("not reachable"),
}


def story(subject: Subject) -> Story:
    """The story of a try to use a service."""
    name = NAMES[subject.test_name]
    if subject.input:
        name = f"{name} {text(subject.input, 120)}"
    facts = _FACTS.get(subject.test_name, _nothing)(subject.keys)
    return Story(
        _headline(subject, name),
        [*_RULES.get(subject.test_name, ()), *_failed(subject), *reasons.shared(subject)],
        (*facts, *_common(subject.keys)),
    )


def _headline(subject: Subject, name: str) -> Said:
    if subject.verdict is None:
        return said("%(name)s was tried; there is no verdict yet", name=name)
    if subject.test_name in _UNJUDGED:
        return said("%(name)s was tried; nothing is concluded from this nettest", name=name)
    if subject.is_(FAILURE):
        return said("This measurement does not tell whether %(name)s works here", name=name)
    if subject.is_(CONFIRMED):
        return said("%(name)s was blocked", name=name)
    if subject.is_(ANOMALY):
        return said("There are signs that %(name)s was blocked", name=name)
    return said("%(name)s was reachable", name=name)


def _failed(subject: Subject) -> Iterator[Said]:
    problem = failure(subject.keys.get("failure"))
    if problem is not None:
        yield said("The probe says: %(failure)s.", failure=problem)


_RULES: dict[str, list[Said]] = {
    "telegram": [
        said(
            "The share of data centres that cannot be connected to, the share of requests to them that fail,"
            " and a web page that is blocked are added up."
        )
    ],
    "whatsapp": [
        said(
            "The web page and the registration server must both answer, and one of the endpoints at least"
            " must be reachable."
        )
    ],
    "facebook_messenger": [
        said(
            "Each name that does not resolve to Facebook, and each endpoint that cannot be reached, counts"
            " one half."
        )
    ],
    "signal": [said("The probe tells whether the servers of Signal work; old versions of it cannot tell.")],
    "tor": [said("The share of directory authorities and bridges that could not be used is what counts.")],
    "psiphon": [said("Psiphon must start and fetch a page.")],
    "torsf": [said("Tor must start over Snowflake.")],
    "vanilla_tor": [said("Tor must start; how far it came decides.")],
    "openvpn": [said("The handshake with the OpenVPN server must succeed.")],
    "riseupvpn": [said("Results of this nettest are kept and not judged.")],
    "stunreachability": [said("The STUN server must answer.")],
}


def _nothing(_keys: Fields) -> Iterator[Fact]:
    return iter(())


def _state(label: Said, value: object) -> Iterator[Fact]:
    shown = raw(value)
    if shown:
        yield Fact(label, _STATES.get(shown, text(shown, 60)), {"ok": True, "blocked": False}.get(shown))


def _telegram(keys: Fields) -> Iterator[Fact]:
    yield from _state(said("Telegram Web"), keys.get("telegram_web_status"))
    web = failure(keys.get("telegram_web_failure"))
    if web is not None:
        yield Fact(said("Error of Telegram Web"), web, good=False)


def _whatsapp(keys: Fields) -> Iterator[Fact]:
    yield from _state(said("WhatsApp Web"), keys.get("whatsapp_web_status"))
    yield from _state(said("Registration server"), keys.get("registration_server_status"))
    yield from _state(said("Endpoints"), keys.get("whatsapp_endpoints_status"))


def _facebook(keys: Fields) -> Iterator[Fact]:
    for name in ("b_api", "b_graph", "edge", "external_cdn", "scontent_cdn", "star", "stun"):
        resolves = keys.get(f"facebook_{name}_dns_consistent")
        works = keys.get(f"facebook_{name}_reachable")
        if isinstance(resolves, bool):
            yield Fact(
                said("DNS of %(name)s", name=name),
                said("consistent") if resolves else said("not consistent"),
                resolves,
            )
        if isinstance(works, bool):
            yield Fact(
                said("Endpoint %(name)s", name=name),
                said("reachable") if works else said("not reachable"),
                works,
            )


def _signal(keys: Fields) -> Iterator[Fact]:
    yield from _state(said("Servers of Signal"), keys.get("signal_backend_status"))
    problem = failure(keys.get("signal_backend_failure"))
    if problem is not None:
        yield Fact(said("Error of the servers"), problem, good=False)


def _tor(keys: Fields) -> Iterator[Fact]:
    kinds: dict[str, list[bool]] = {}
    for target in list(fields(keys.get("targets")).values())[:2_000]:
        found = fields(target)
        problem = found.get("failure")
        if problem is not False:
            kinds.setdefault(text(found.get("target_protocol"), 40) or "?", []).append(problem is None)
    for kind, worked in list(kinds.items())[:12]:
        yield Fact(
            said("Targets of the kind %(kind)s that work", kind=kind),
            share(sum(worked), len(worked)),
            all(worked),
        )


def _tunnel(keys: Fields) -> Iterator[Fact]:
    seconds = number(keys.get("bootstrap_time"))
    if seconds:
        yield Fact(said("Time to start"), said("%(seconds)s seconds", seconds=f"{seconds:.1f}"))
    progress = number(keys.get("tor_progress"))
    if progress is not None:
        yield Fact(said("Progress of starting"), f"{progress:g} %", good=progress >= 100)
    summary = text(keys.get("tor_progress_summary"))
    if summary:
        yield Fact(said("How far it came"), summary)
    if isinstance(keys.get("success"), bool):
        yield Fact(
            said("The probe says"),
            said("it worked") if keys["success"] else said("it did not work"),
            bool(keys["success"]),
        )


def _stun(keys: Fields) -> Iterator[Fact]:
    endpoint = text(keys.get("endpoint"), 120)
    if endpoint:
        yield Fact(said("STUN server"), endpoint)


def _tcp(keys: Fields) -> Iterator[Fact]:
    found = text(keys.get("connection"), 80)
    if found:
        yield Fact(said("Connection"), found, good=found == "success")


def _common(keys: Fields) -> Iterator[Fact]:
    """Counts that every one of them may have."""
    good, tried = reached(keys)
    if tried:
        yield Fact(said("TCP connections made"), share(good, tried), good == tried)
    good, tried = answered(keys)
    if tried:
        yield Fact(said("Requests that were answered"), share(good, tried), good == tried)
    lookups = [entry.get("failure") is None for entry in objects(keys.get("queries"))]
    if lookups:
        yield Fact(said("DNS lookups that were answered"), share(sum(lookups), len(lookups)), all(lookups))


_FACTS: dict[str, Callable[[Fields], Iterator[Fact]]] = {
    "telegram": _telegram,
    "whatsapp": _whatsapp,
    "facebook_messenger": _facebook,
    "signal": _signal,
    "tor": _tor,
    "psiphon": _tunnel,
    "torsf": _tunnel,
    "vanilla_tor": _tunnel,
    "openvpn": _tunnel,
    "stunreachability": _stun,
    "tcp_connect": _tcp,
}
