"""Speed tests and tests for middleboxes in words (fastpath contract 3.4, 3.5, 3.12). Pure."""

from collections.abc import Callable, Iterator, Mapping

from oonib.web.frame.said import Said, said
from oonib.web.measurement.nettests import reasons
from oonib.web.measurement.outcomes import failure
from oonib.web.measurement.reading import Fields, fields, items, number, objects, text
from oonib.web.measurement.story import Fact, Story, Subject
from oonib.web.newest import ANOMALY, CONFIRMED, FAILURE

_MOST_LINES = 12


def _ndt(subject: Subject) -> Story:
    summary = fields(subject.keys.get("summary"))
    down, up = (_megabits(summary.get(name)) for name in ("download", "upload"))
    if down and up:
        headline = said("Downloads at %(down)s, uploads at %(up)s Mbit/s", down=down, up=up)
    else:
        headline = said("A speed test without a result")
    because = [said("This nettest measures speed; it says nothing about blocking."), *_failed(subject)]
    return Story(headline, because, tuple(_ndt_facts(subject.keys, summary)))


def _ndt_facts(keys: Fields, summary: Fields) -> Iterator[Fact]:
    for name, label in (("download", said("Download")), ("upload", said("Upload"))):
        if speed := _megabits(summary.get(name)):
            yield Fact(label, said("%(speed)s Mbit/s", speed=speed))
    times = (
        ("ping", said("Ping")),
        ("min_rtt", said("Shortest round trip")),
        ("max_rtt", said("Longest round trip")),
    )
    for name, label in times:
        found = number(summary.get(name))
        if found is not None:
            yield Fact(label, said("%(time)s ms", time=f"{found:.1f}"))
    lost = number(summary.get("retransmit_rate"))
    if lost is not None:
        yield Fact(said("Sent again"), f"{100 * lost:.2f} %")
    yield from _server(keys)


def _dash(subject: Subject) -> Story:
    simple = fields(subject.keys.get("simple"))
    rate = _megabits(simple.get("median_bitrate"))
    headline = (
        said("Video could stream at %(rate)s Mbit/s", rate=rate)
        if rate
        else said("A streaming test without a result")
    )
    because = [
        said("This nettest measures how well video would stream."),
        *_failed(subject),
        *reasons.shared(subject),
    ]
    return Story(headline, because, tuple(_dash_facts(subject.keys, simple)))


def _dash_facts(keys: Fields, simple: Fields) -> Iterator[Fact]:
    if rate := _megabits(simple.get("median_bitrate")):
        yield Fact(said("Median bit rate"), said("%(speed)s Mbit/s", speed=rate))
    for name, label in (
        ("connect_latency", said("Time to connect")),
        ("min_playout_delay", said("Delay before it plays")),
    ):
        found = number(simple.get(name))
        if found is not None:
            yield Fact(label, said("%(seconds)s seconds", seconds=f"{found:.2f}"))
    yield from _server(keys)


def _server(keys: Fields) -> Iterator[Fact]:
    server = text(fields(keys.get("server")).get("hostname"), 120)
    if server:
        yield Fact(said("Server"), server)


def _megabits(kilobits: object) -> str:
    found = number(kilobits)
    return f"{found / 1000:.2f}" if found is not None and found > 0 else ""


def _failed(subject: Subject) -> Iterator[Said]:
    problem = failure(subject.keys.get("failure"))
    if problem is not None:
        yield said("The probe says: %(failure)s.", failure=problem)


def _middlebox(rule: Said, facts: Callable[[Fields], Iterator[Fact]]) -> Callable[[Subject], Story]:
    def tell(subject: Subject) -> Story:
        return Story(_headline(subject), [rule, *reasons.shared(subject)], tuple(facts(subject.keys)))

    return tell


def _headline(subject: Subject) -> Said:
    if subject.verdict is None:
        return said("A middlebox was looked for; there is no verdict yet")
    if subject.is_(FAILURE):
        return said("This measurement does not tell whether something on the way changes traffic")
    if subject.is_(ANOMALY) or subject.is_(CONFIRMED):
        return said("Something on the way changes traffic: there is a middlebox")
    return said("Nothing on the way changed what was sent: no middlebox was noticed")


def _sent_lines(keys: Fields) -> Iterator[Fact]:
    sent, received = items(keys.get("sent")), items(keys.get("received"))
    for mine, back in list(zip(sent, received, strict=False))[:_MOST_LINES]:
        label = said("Sent: %(line)s", line=text(mine, 80))
        if mine == back:
            yield Fact(label, said("came back unchanged"), good=True)
        else:
            yield Fact(label, said("came back as: %(line)s", line=text(back, 120)), good=False)


def _sent_headers(keys: Fields) -> Iterator[Fact]:
    first = next(objects(keys.get("requests")), {})
    for name, value in list(fields(fields(first.get("request")).get("headers")).items())[:_MOST_LINES]:
        yield Fact(said("Sent header"), f"{text(name, 60)}: {text(value, 120)}")
    for name, changed in list(fields(keys.get("tampering")).items())[:_MOST_LINES]:
        if isinstance(changed, bool):
            yield Fact(
                said("The probe on %(name)s", name=text(name, 60)),
                said("changed") if changed else said("unchanged"),
                not changed,
            )


TELLERS: Mapping[str, Callable[[Subject], Story]] = {
    "ndt": _ndt,
    "dash": _dash,
    "http_invalid_request_line": _middlebox(
        said("Odd requests are sent to an echo server; all that comes back must be what was sent."),
        _sent_lines,
    ),
    "http_header_field_manipulation": _middlebox(
        said("Headers in odd case are sent to a helper; it must have received them exactly so."),
        _sent_headers,
    ),
}
"""Stories by nettest."""
