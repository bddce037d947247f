"""What a probe saw of a site beside what the test helper saw from elsewhere. Pure.

Whether they agree is told from both where both are there; else it is what the probe said of it.
"""

import re
from collections.abc import Iterator

from oonib.web.frame.said import Said, counted, said
from oonib.web.measurement.outcomes import failure
from oonib.web.measurement.pages import header_names, title
from oonib.web.measurement.reading import Fields, fields, items, number, objects, raw, text
from oonib.web.measurement.steps import answered, reached
from oonib.web.measurement.story import Aspect

_WORD_RE = re.compile(r"\w{5,}")
_MOST_READ = 500
_MOST_SHOWN = 8
_CONSISTENCY = {"consistent": True, "inconsistent": False}


def compared(keys: Fields) -> list[Aspect]:
    """The aspects of a visit, in the order of its steps."""
    helper = fields(keys.get("control"))
    return [
        *_dns(keys, fields(helper.get("dns"))),
        *_connections(keys, fields(helper.get("tcp_connect"))),
        *_tls(keys, fields(helper.get("tls_handshake"))),
        *_http(keys, fields(helper.get("http_request"))),
    ]


def _dns(keys: Fields, helper: Fields) -> Iterator[Aspect]:
    mine = addresses(keys)
    theirs = [text(one, 60) for one in items(helper.get("addrs"))[:_MOST_READ]]
    problem, there = failure(keys.get("dns_experiment_failure")), failure(helper.get("failure"))
    if not (mine or theirs or problem or there):
        return
    told = _CONSISTENCY.get(raw(keys.get("dns_consistency"))) if helper else None
    label = said("DNS answers")
    yield Aspect(label, problem or _listed(mine), there or (_listed(theirs) if helper else _untried()), told)


def foreign(keys: Fields) -> list[str]:
    """Addresses that the probe was given and the test helper was not, where the probe finds that odd."""
    theirs = {text(one, 60) for one in items(fields(fields(keys.get("control")).get("dns")).get("addrs"))}
    odd = raw(keys.get("dns_consistency")) == "inconsistent"
    return [one for one in addresses(keys) if one not in theirs][:_MOST_SHOWN] if odd else []


def addresses(keys: Fields) -> list[str]:
    """The addresses in the DNS answers of the probe."""
    found = [
        text(answer.get(name), 60)
        for query in objects(keys.get("queries"))
        for answer in objects(query.get("answers"))
        for name in ("ipv4", "ipv6")
        if answer.get(name)
    ]
    return list(dict.fromkeys(found))


def _listed(addresses: list[str]) -> Said | str:
    if not addresses:
        return said("no addresses")
    return ", ".join(addresses[:_MOST_SHOWN]) + (" …" if len(addresses) > _MOST_SHOWN else "")


def _connections(keys: Fields, helper: Fields) -> Iterator[Aspect]:
    good, tried = reached(keys)
    yield from _counts(said("TCP connections made"), good, tried, helper)


def _tls(keys: Fields, helper: Fields) -> Iterator[Aspect]:
    mine = [entry.get("failure") is None for entry in objects(keys.get("tls_handshakes"))]
    yield from _counts(said("TLS handshakes done"), sum(mine), len(mine), helper)


def _counts(label: Said, good: int, tried: int, helper: Fields) -> Iterator[Aspect]:
    there = [fields(one).get("status") is True for one in list(helper.values())[:_MOST_READ]]
    if tried or there:
        same = (good > 0) == any(there) if tried and there else None
        yield Aspect(label, _of(good, tried), _of(sum(there), len(there)), same)


def _of(good: int, tried: int) -> Said:
    return said("%(good)s of %(all)s", good=good, all=tried) if tried else _untried()


def _untried() -> Said:
    return said("not tried")


def _http(keys: Fields, helper: Fields) -> Iterator[Aspect]:
    good, tried = answered(keys)
    first = next(objects(keys.get("requests")), {})
    response = fields(first.get("response"))
    problem = failure(keys.get("http_experiment_failure")) or (
        None if good else failure(first.get("failure"))
    )
    if not tried and problem is None:
        return
    there = failure(helper.get("failure"))
    code, status = number(response.get("code")), number(helper.get("status_code"))
    mine, theirs = problem or _status(code), there or _status(status)
    yield Aspect(
        said("HTTP"), mine, theirs if helper else _untried(), str(mine) == str(theirs) if helper else None
    )
    if code and status:
        yield from _contents(keys, response, helper)


def _status(code: float | None) -> Said:
    return said("status %(code)s", code=int(code)) if code and code > 0 else said("no answer")


def _contents(keys: Fields, response: Fields, helper: Fields) -> Iterator[Aspect]:
    mine, there = title(response), text(helper.get("title"), 160)
    if mine or there:
        same = _same(mine == there, keys.get("title_match") and _share_a_word(mine, there))
        yield Aspect(said("Title"), mine or said("none"), there or said("none"), same)
    body, length = response.get("body"), number(helper.get("body_length"))
    if isinstance(body, str) and length is not None and length >= 0:
        size = len(body.encode("utf-8", "replace"))
        same = _same(size == length, keys.get("body_length_match"))
        yield Aspect(said("Length of the page"), _bytes(size), _bytes(int(length)), same)
    names, others = header_names(response), header_names(helper)
    if names or others:
        same = _same(names == others, keys.get("headers_match"))
        yield Aspect(said("Names of headers"), ", ".join(sorted(names)), ", ".join(sorted(others)), same)


def _same(equal: bool, told: object) -> bool | None:
    """What is equal agrees; how much difference is too much is the probe's judgement."""
    return True if equal else told if isinstance(told, bool) else None


def _share_a_word(mine: str, there: str) -> bool:
    """Whether two titles have a longer word in common. Without one, nobody would believe that they agree."""
    return bool({*_WORD_RE.findall(mine.lower())} & {*_WORD_RE.findall(there.lower())})


def _bytes(n: int) -> Said:
    return counted("%(n)s byte", "%(n)s bytes", n)
