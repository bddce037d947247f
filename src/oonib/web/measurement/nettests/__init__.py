"""How each nettest is told: its headline, the rule that decided, the evidence (fastpath contract 3). Pure."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from oonib.web.measurement.nettests import lines, others, services, web
from oonib.web.measurement.story import Story, Subject

TELLERS: Mapping[str, Callable[[Subject], Story]] = MappingProxyType(
    {
        "web_connectivity": web.story,
        **dict.fromkeys(services.NAMES, services.story),
        **lines.TELLERS,
    }
)
"""Which nettests have a story of their own."""


def story(subject: Subject) -> Story:
    """The story of a measurement, whatever it is of."""
    return TELLERS.get(subject.test_name, others.story)(subject)
