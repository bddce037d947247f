"""Any other nettest in words: what scoring made of it, and what its test keys say at their top. Pure."""

from collections.abc import Iterator

from oonib.model.nettests import NAMES
from oonib.scoring import SCORERS
from oonib.web.frame.said import Said, said
from oonib.web.measurement.nettests import reasons
from oonib.web.measurement.outcomes import failure
from oonib.web.measurement.reading import Fields, text
from oonib.web.measurement.story import Fact, Story, Subject
from oonib.web.newest import ANOMALY, CONFIRMED, FAILURE

_MOST = 30


def story(subject: Subject) -> Story:
    """The story of a nettest that is not told in any other way."""
    because = [*_judged(subject), *reasons.fingerprints(subject), *_failed(subject), *reasons.shared(subject)]
    return Story(_headline(subject), because, (*_facts(subject.keys), *reasons.plain_scores(subject)))


def _headline(subject: Subject) -> Said:
    values = {
        "nettest": text(NAMES.get(subject.test_name, subject.test_name), 60) or "?",
        "input": text(subject.input, 160),
    }
    if subject.verdict is not None and subject.test_name in SCORERS:
        if subject.is_(CONFIRMED):
            return said("%(nettest)s found confirmed blocking", **values)
        if subject.is_(FAILURE):
            return said("This measurement of %(nettest)s does not tell anything about blocking", **values)
        if subject.is_(ANOMALY):
            return said("%(nettest)s found signs of blocking", **values)
        return said("%(nettest)s found no sign of blocking", **values)
    if subject.input:
        return said("What %(nettest)s found of %(input)s", **values)
    return said("What %(nettest)s found", **values)


def _judged(subject: Subject) -> Iterator[Said]:
    if subject.row and subject.test_name not in SCORERS:
        yield said(
            "There is no rule for this nettest: its results are kept, and nothing is concluded from them."
        )


def _failed(subject: Subject) -> Iterator[Said]:
    problem = failure(subject.keys.get("failure"))
    if problem is not None:
        yield said("The probe says: %(failure)s.", failure=problem)


def _facts(keys: Fields) -> Iterator[Fact]:
    for name, value in list(keys.items())[:_MOST]:
        shown = text(value, 160)
        if shown and name != "failure":
            yield Fact(text(name, 60), shown)
