"""Reasons that all nettests share: what the scores object says of itself (fastpath contract 2). Pure."""

from collections.abc import Iterator, Mapping

from oonib.web.frame.said import Said, said
from oonib.web.measurement.reading import Fields, fields, items, number, raw, text
from oonib.web.measurement.story import Fact, Subject

_PLACES: dict[str, Said] = {
    "dns": said("the DNS answer"),
    "body": said("the page"),
    "header.location": said("the address that it redirects to"),
    "header.server": said("the header Server"),
}
_SCOPES: Mapping[str, Said] = {
    "nat": said("used all over a country"),
    "isp": said("used by an operator"),
    "inst": said("used by an institution"),
    "prod": said("of a filtering product"),
    "vbw": said("too vague to say who uses it"),
    "fp": said("known for false alarms"),
}
_MSGS: dict[str, Said] = {
    "Measurement start time from the future": said(
        "It claims to have been made after it arrived, so it counts as failed: the probe's clock is wrong."
    ),
    "Measurement start time too old": said(
        "It arrived long after it claims to have been made, so it counts as failed."
    ),
}


def unscored() -> Said:
    """Why there is no verdict."""
    return said("It was accepted and is kept, and no row of the table of measurements has it yet.")


def shared(subject: Subject) -> list[Said]:
    """What the scores say whatever the nettest: their note, the sum, what a failure means."""
    return [*_note(subject), *_sum(subject), *_failed(subject)]


def _note(subject: Subject) -> Iterator[Said]:
    note = raw(subject.scores.get("msg")) or raw(subject.analysis.get("msg"))
    if note in _MSGS:
        yield _MSGS[note]
    elif note and not note.startswith("failure: "):
        # That of a messenger only repeats what its facts say.
        yield said("Scoring notes: %(note)s.", note=text(note).rstrip("."))


def _sum(subject: Subject) -> Iterator[Said]:
    general = number(subject.scores.get("blocking_general"))
    if general is not None and subject.row:
        if general > 0.5:
            yield said("The blocking score is %(score)s: above 0.5 it is an anomaly.", score=f"{general:g}")
        else:
            yield said("The blocking score is %(score)s: up to 0.5 it is no anomaly.", score=f"{general:g}")


def _failed(subject: Subject) -> Iterator[Said]:
    if subject.row.get("failure"):
        yield said("It counts as failed: what it says of blocking is not to be relied on.")


def fingerprints(subject: Subject) -> list[Said]:
    """The known traces of censors that were found in it."""
    return [_trace(fields(one)) for one in items(subject.scores.get("fingerprints"))[:5]]


def _trace(entry: Fields) -> Said:
    countries = ", ".join(text(one, 2) for one in items(entry.get("expected_countries"))[:12])
    values = {
        "name": text(entry.get("name"), 120),
        "place": place(entry),
        "scope": _SCOPES.get(raw(entry.get("scope")), said("of unknown scope")),
        "confidence": text(entry.get("confidence_no_fp")) or "?",
    }
    if countries:
        return said(
            "The fingerprint %(name)s was found in %(place)s. It is %(scope)s, known from %(countries)s, and"
            " no false alarm with a confidence of %(confidence)s out of 10.",
            countries=countries,
            **values,
        )
    return said(
        "The fingerprint %(name)s was found in %(place)s. It is %(scope)s, and no false alarm with a"
        " confidence of %(confidence)s out of 10.",
        **values,
    )


def place(entry: Fields) -> Said:
    """Where a fingerprint was found."""
    found = raw(entry.get("location_found"))
    return _PLACES.get(found, said("the header %(name)s", name=text(found.removeprefix("header."), 60)))


def plain_scores(subject: Subject) -> list[Fact]:
    """What else scoring wrote down, as it stands."""
    told = {"fingerprints", "msg", "analysis", "extra", "confirmed"}
    extra = {**fields(subject.scores.get("extra")), **subject.analysis}
    both = [*subject.scores.items(), *extra.items()]
    return [
        Fact(text(name, 60), shown)
        for name, value in both[:40]
        if name not in told and not name.startswith("blocking_") and (shown := text(value)) != ""
    ]
