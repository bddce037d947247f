"""web_connectivity in words: what was seen of a site here and elsewhere (fastpath contract 3.1). Pure."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from oonib.web.frame.said import Said, said
from oonib.web.measurement.certificates import certificates
from oonib.web.measurement.comparing import compared, foreign
from oonib.web.measurement.nettests import reasons
from oonib.web.measurement.outcomes import failure
from oonib.web.measurement.pages import headers, title
from oonib.web.measurement.reading import Fields, fields, objects, raw, text
from oonib.web.measurement.story import Fact, Story, Subject
from oonib.web.newest import ANOMALY, CONFIRMED, FAILURE

_SIGNS: dict[str, Said] = {
    "dns": said("The DNS answer for %(site)s was not the one that others get"),
    "tcp_ip": said("No connection to %(site)s could be made, while others can"),
    "http-failure": said("The connection to %(site)s broke off, while others reach it"),
    "http-diff": said("Instead of %(site)s another page came than others get"),
}
_RULES: dict[str, Said] = {
    "dns": said(
        "The probe compared its DNS answers with those of a test helper elsewhere: they do not agree."
    ),
    "tcp_ip": said(
        "The probe could not connect to the addresses of the site; a test helper elsewhere could."
    ),
    "http-failure": said("The request or its TLS handshake failed; it worked for a test helper elsewhere."),
    "http-diff": said("The page that came differs from the one that a test helper elsewhere got."),
}
_BLOCKED: dict[str, Said] = {
    "dns": said("%(site)s was blocked: the DNS answer is one that censors are known to give"),
    "body": said("%(site)s was blocked: a known block page came instead"),
}
_BY_HEADER = said("%(site)s was blocked: the answer has a header that censors are known to send")


def site_of(subject: Subject) -> str:
    """The site in short: its host, or the input as it is."""
    try:
        host = urlsplit(subject.input).hostname or ""
    except ValueError:
        host = ""
    return text(host or subject.input, 120) or "?"


def story(subject: Subject) -> Story:
    """The story of a visit of a site."""
    return Story(
        _headline(subject), _because(subject), tuple(_evidence(subject.keys)), compared(subject.keys)
    )


def _headline(subject: Subject) -> Said:
    site = site_of(subject)
    if subject.verdict is None:
        return said("%(site)s was visited; there is no verdict yet", site=site)
    if subject.is_(CONFIRMED):
        return Said(_blocked(subject).message, {"site": site})
    if subject.is_(FAILURE):
        return said("This measurement does not tell whether %(site)s could be reached", site=site)
    if subject.is_(ANOMALY):
        known = _SIGNS.get(raw(subject.analysis.get("blocking_type")))
        return (
            Said(known.message, {"site": site})
            if known
            else said("There are signs that %(site)s was blocked", site=site)
        )
    if subject.keys.get("accessible") is False:
        return _down(subject, site)
    return said("%(site)s could be reached", site=site)


def _down(subject: Subject, site: str) -> Said:
    helper = fields(fields(subject.keys.get("control")).get("http_request"))
    if failure(helper.get("failure")) is not None:
        return said(
            "%(site)s could not be reached, neither here nor from elsewhere: no sign of blocking", site=site
        )
    return said("%(site)s could not be reached, and nothing of it looks like blocking", site=site)


def _blocked(subject: Subject) -> Said:
    for entry in objects(subject.scores.get("fingerprints")):
        where = raw(entry.get("location_found"))
        if where in _BLOCKED:
            return _BLOCKED[where]
    return _BY_HEADER


def _because(subject: Subject) -> list[Said]:
    kind = raw(subject.analysis.get("blocking_type"))
    found = reasons.fingerprints(subject)
    if subject.is_(CONFIRMED):
        found.append(
            said(
                "A fingerprint of a country or an operator, or one that is expected here, confirms blocking."
            )
        )
    elif found:
        found.append(said("None of these is enough to confirm blocking here."))
    if kind in _RULES:
        found.append(_RULES[kind])
    return [*found, *_troubles(subject.keys), *reasons.shared(subject)]


def _troubles(keys: Fields) -> Iterator[Said]:
    helper = failure(keys.get("control_failure"))
    if helper is not None:
        yield said(
            "The test helper could not be asked, so there is nothing to compare with: %(failure)s.",
            failure=helper,
        )
    for name, value in keys.items():
        if name.endswith("_failure") and raw(value).startswith("unknown_failure"):
            yield said("The probe met an error that it does not know: %(failure)s.", failure=text(value, 160))
            break
    if "accessible" in keys and keys["accessible"] is None:
        yield said("The probe could not tell whether the site is accessible.")
    if keys.get("title_match") not in (True, False, None):
        yield said("The probe's comparison of the titles cannot be read.")


def _evidence(keys: Fields) -> Iterator[Fact]:
    if odd := foreign(keys):
        yield Fact(said("Addresses that only the probe was given"), ", ".join(odd), good=False)
    yield from _resolver(keys)
    for entry in objects(keys.get("tls_handshakes")):
        for certificate in certificates(entry)[:1]:
            yield Fact(said("Certificate"), certificate.says, certificate.good)
            return
    last = next(objects(keys.get("requests")), None)
    if last is None:
        return
    request, response = fields(last.get("request")), fields(last.get("response"))
    yield Fact(said("Final address"), text(request.get("url")))
    for name, value in headers(response):
        if name.lower() in ("server", "location"):
            yield Fact(said("Header %(name)s", name=name), value)
    if name := title(response):
        yield Fact(said("Title of the page"), name)


def _resolver(keys: Fields) -> Iterator[Fact]:
    resolver = text(keys.get("client_resolver"), 60)
    if resolver:
        yield Fact(said("Resolver of the network"), resolver)
    owners = sorted(
        {
            f"AS{text(answer.get('asn'), 12)} {text(answer.get('as_org_name'), 60)}".strip()
            for query in objects(keys.get("queries"))
            for answer in objects(query.get("answers"))
            if answer.get("asn")
        }
    )
    if owners:
        yield Fact(said("The addresses belong to"), ", ".join(owners[:6]))
