"""The form of an OONI Run link: fields as text, from and to what the service knows. Pure.

What the form has no field for (translations, extras of inputs) stays as the link has it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from oonib.oonirun.schema import MOST_NETTESTS, LinkFields
from oonib.oonirun.targets import WEBSITES
from oonib.web.editing.problems import Problem, Refused
from oonib.web.frame import said
from oonib.web.frame.forms import Form

TEXTS = ("name", "short_description", "description", "author", "icon", "color", "expiration_date")
_KEPT = ("name_intl", "short_description_intl", "description_intl")


@dataclass(frozen=True, slots=True)
class Step:
    """A nettest in the form. `inputs`: one a line. `chosen`: its URLs are chosen for each probe."""

    test_name: str = ""
    inputs: str = ""
    chosen: bool = False
    background: bool = False
    manual: bool = True
    options: str = ""


@dataclass(frozen=True, slots=True)
class Filled:
    """What stands in the form. `seen`: the state of the link that was loaded."""

    values: Mapping[str, str]
    steps: Sequence[Step] = field(default_factory=tuple)
    seen: str = ""

    def with_room(self) -> "Filled":
        """The same with one more, empty nettest."""
        return Filled(self.values, (*self.steps, Step()), self.seen)

    def link(self, before: Mapping[str, Any] | None) -> LinkFields:
        """As the service takes it. `before`: the link as it is. Raises `ValidationError`, `Refused`."""
        kept = {} if before is None else {name: before[name] for name in _KEPT}
        known = [] if before is None else before["nettests"]
        texts = {name: self.values[name] or None for name in ("icon", "color", "expiration_date")}
        nettests = [_nettest(step, known) for step in self.steps if step.test_name]
        return LinkFields.model_validate({**self.values, **texts, **kept, "nettests": nettests})


EMPTY = Filled(dict.fromkeys(TEXTS, ""), (Step(chosen=True),))


def of_link(link: Mapping[str, Any]) -> Filled:
    """The form for a link as the service shows it."""
    values = {name: link[name] or "" for name in TEXTS}
    values["expiration_date"] = str(values["expiration_date"]).replace(".000000Z", "Z")
    return Filled(values, tuple(_step(one) for one in link["nettests"]), state_of(link))


def of_form(form: Form) -> Filled:
    """What somebody typed."""
    # Looked up once: a form may have thousands of fields.
    given = {name: value.strip() for name, value in reversed(form.fields)}
    steps = []
    for number in range(MOST_NETTESTS):
        if f"test_name-{number}" not in given:
            break
        name, inputs, options = (
            given.get(f"{name}-{number}", "") for name in ("test_name", "inputs", "options")
        )
        chosen, background, manual = (
            given.get(f"{name}-{number}") == "yes" for name in ("chosen", "background", "manual")
        )
        steps.append(Step(name, inputs, chosen, background, manual, options))
    return Filled({name: form.get(name) for name in TEXTS}, tuple(steps), form.get("seen"))


def state_of(link: Mapping[str, Any]) -> str:
    """What is another after each change of a link."""
    return f"{link['revision']} {link['date_updated']}"


def again(link: Mapping[str, Any], **changes: Any) -> LinkFields:
    """All fields of a link, some of them changed."""
    names = (*TEXTS, *_KEPT, "nettests")
    return LinkFields.model_validate({**{name: link[name] for name in names}, **changes})


def _step(nettest: Mapping[str, Any]) -> Step:
    return Step(
        nettest["test_name"],
        "\n".join(nettest["inputs"] or ()),
        nettest["targets_name"] is not None,
        nettest["is_background_run_enabled_default"],
        nettest["is_manual_run_enabled_default"],
        orjson.dumps(nettest["options"]).decode() if nettest["options"] else "",
    )


def _nettest(step: Step, known: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    inputs = [line.strip() for line in step.inputs.split("\n") if line.strip()]
    before = next((one for one in known if _is_of(one, step, inputs)), None)
    made: dict[str, Any] = {
        "test_name": step.test_name,
        "inputs": None if step.chosen else inputs or (before["inputs"] if before else None),
        "options": _options(step.options),
        "is_background_run_enabled_default": step.background,
        "is_manual_run_enabled_default": step.manual,
        "targets_name": WEBSITES if step.chosen else None,
    }
    if before is not None:
        made["inputs_extra"] = before["inputs_extra"]
        made["targets_name"] = before["targets_name"]
    return made


def _is_of(nettest: Mapping[str, Any], step: Step, inputs: list[str]) -> bool:
    """Whether a nettest of the link is the one of a step, which says nothing else of its inputs."""
    same = nettest["test_name"] == step.test_name and (nettest["inputs"] or []) == inputs
    return same and (nettest["targets_name"] is not None) == step.chosen


def _options(text: str) -> Any:
    if not text:
        return {}
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        wrong = said('The options of a nettest are a JSON object, like {"a": 1}, or nothing')
        raise Refused(422, Problem("nettests", wrong)) from None
