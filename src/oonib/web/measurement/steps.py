"""What a probe did, step after step: DNS, TCP, TLS, QUIC, HTTP, with times where it noted them. Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from oonib.web.frame.said import Said, said
from oonib.web.measurement.outcomes import failure
from oonib.web.measurement.reading import Fields, fields, number, objects, text

MOST = 80
"""Steps on a page."""

_READ = 2_000
_ANSWERS = 6
_LONGEST_TIME = 3_600.0


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `at` and `took` are seconds since the start of the measurement, None where they were not
    noted; `problem` is None where it went well.
    """

    kind: str
    what: str
    outcome: Said | str
    problem: Said | None
    at: float | None
    took: float | None


@dataclass(frozen=True, slots=True)
class Timeline:
    """The steps that a page shows, in the order of time. `whole`: seconds up to the end of the last."""

    steps: Sequence[Step]
    total: int
    whole: float


def timeline(keys: Fields) -> Timeline:
    """The steps in test keys."""
    found = list(islice(_all(keys), _READ))
    if all(step.at is not None for step in found):
        found.sort(key=lambda step: step.at or 0.0)
    # What went wrong tells most, so it is not cut off behind what went well.
    kept = found if len(found) <= MOST else _telling(found)
    ends = [(step.at or 0.0) + (step.took or 0.0) for step in kept]
    return Timeline(kept, len(found), max(ends, default=0.0))


def _telling(found: list[Step]) -> list[Step]:
    bad = [place for place, step in enumerate(found) if step.problem is not None][:MOST]
    rest = [place for place, step in enumerate(found) if step.problem is None][: MOST - len(bad)]
    return [found[place] for place in sorted((*bad, *rest))]


def _all(keys: Fields) -> Iterator[Step]:
    for name, read in _READERS.items():
        for entry in objects(keys.get(name)):
            yield read(entry)
    for name, target in islice(fields(keys.get("targets")).items(), _READ):
        yield _target(name, fields(target))


def _times(entry: Fields) -> tuple[float | None, float | None]:
    start, end = number(entry.get("t0")), number(entry.get("t"))
    if start is None or end is None or not 0 <= start <= end <= _LONGEST_TIME:
        return (end if end is not None and 0 <= end <= _LONGEST_TIME else None), None
    return start, end - start


def _query(entry: Fields) -> Step:
    problem = failure(entry.get("failure"))
    what = f"{text(entry.get('query_type'), 20)} {text(entry.get('hostname'), 120)}".strip()
    answers = [_answer(one) for one in objects(entry.get("answers"))]
    shown = ", ".join(filter(None, answers[:_ANSWERS])) + (" …" if len(answers) > _ANSWERS else "")
    return Step("DNS", what, problem or shown or said("no addresses"), problem, *_times(entry))


def _answer(answer: Fields) -> str:
    for name in ("ipv4", "ipv6", "hostname"):
        if answer.get(name):
            return text(answer[name], 120)
    return ""


def _connect(entry: Fields) -> Step:
    status = fields(entry.get("status"))
    problem = failure(status.get("failure"))
    if problem is None and status.get("success") is False:
        problem = said("no connection could be made")
    address = f"{text(entry.get('ip'), 60)}:{text(entry.get('port'), 10)}"
    return Step("TCP", address, problem or said("connected"), problem, *_times(entry))


def _handshake(kind: str) -> Callable[[Fields], Step]:
    def read(entry: Fields) -> Step:
        problem = failure(entry.get("failure"))
        name, address = text(entry.get("server_name"), 120), text(entry.get("address"), 80)
        outcome = text(entry.get("tls_version"), 30) or said("done")
        what = f"{name} ({address})" if name and address else name or address
        return Step(kind, what, problem or outcome, problem, *_times(entry))

    return read


def _transaction(entry: Fields) -> Step:
    problem = failure(entry.get("failure"))
    request, response = fields(entry.get("request")), fields(entry.get("response"))
    what = f"{text(request.get('method'), 10)} {text(request.get('url'), 200)}".strip()
    outcome: Said | str = said("an answer without a status")
    code = number(response.get("code"))
    if code:
        outcome = said("status %(code)s", code=int(code))
    return Step("HTTP", what, problem or outcome, problem, *_times(entry))


def _target(name: str, target: Fields) -> Step:
    problem = failure(target.get("failure"))
    label = text(target.get("target_name"), 60)
    address = text(target.get("target_address"), 80) or text(name, 80)
    what = f"{text(target.get('target_protocol'), 40)} {label} {address}".strip()
    return Step("Tor", what, problem or said("works"), problem, None, None)


_READERS: Mapping[str, Callable[[Fields], Step]] = {
    "queries": _query,
    "tcp_connect": _connect,
    "tls_handshakes": _handshake("TLS"),
    "quic_handshakes": _handshake("QUIC"),
    "requests": _transaction,
}


def reached(keys: Fields) -> tuple[int, int]:
    """How many TCP connections were made, and how many were tried."""
    tried = [fields(entry.get("status")).get("success") for entry in objects(keys.get("tcp_connect"))]
    return sum(one is True for one in tried), sum(one is True or one is False for one in tried)


def answered(keys: Fields) -> tuple[int, int]:
    """How many requests got an answer, and how many there were."""
    tried = [entry.get("failure") for entry in objects(keys.get("requests"))]
    return sum(one is None for one in tried), len(tried)


def share(good: int, tried: int) -> Said:
    """`3 of 4` in words."""
    return said("%(good)s of %(all)s", good=good, all=tried)
