"""From the errors of services and schemas to what stands beside a form, in the reader's language.

Services say what is wrong in English; the sentences that they say are listed here as well, so that they are
found for the catalogues. One that is missing is shown as it is.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from oonib.errors import BadRequest, Failed, Forbidden, Invalid, NotFound, OonibError, Taken, Unavailable
from oonib.records import Conflict, RecordsUnavailable
from oonib.web.frame import Said, View, said

_STATUS: tuple[tuple[type[OonibError], int], ...] = (
    (BadRequest, 400), (Forbidden, 403), (NotFound, 404), (Taken, 409), (Invalid, 422), (Failed, 500),
    (Unavailable, 503),
)  # fmt: skip
_KNOWN: Mapping[str, Said] = {
    str(one): one
    for one in (
        said("Another finding has that slug"),
        said("Invalid email address for creator account"),
        said("You are not allowed to publish"),
        said("OONI Finding not found"),
        said("end_time is earlier than start_time"),
        said("a slug must not be empty, nor a number: that is an id"),
        said("a slug is more than dots"),
        said("a slug has at most 200 characters, no spaces, none of / \\ ? # %"),
        said("a text with a NUL character or half a character"),
        said("a time out of reach"),
        said("author is not the email address of the account"),
        said("OONI Run link not found"),
        said("OONI Run link has expired and cannot be edited"),
        said("a nettest has either targets_name, or inputs and inputs_extra"),
        said("inputs_extra is as long as inputs"),
        said("only printable characters in one line"),
        said("API token not found"),
        said("An account has 20 API tokens at most: revoke one"),
        said("Too many mails are on their way"),
        said("Unable to send the email"),
        said("not a valid email address"),
        said("not a valid email address: only ASCII is supported"),
        said("not a valid email address: 5 to 255 characters"),
        said("not a page that may receive a login"),
        said("Invalid credentials"),
        said("Expired token"),
        said("Invalid URL"),
        said("Invalid category code"),
        said("Invalid date"),
        said("Invalid country code"),
        said("Invalid PR state"),
        said("Country not supported"),
        said("No changes are being proposed"),
        said("Unable to update. The URL list has changed in the meantime."),
        said("Unable to close PR. Please reload data."),
        said("Unable to propose changes. Please try again."),
        said("Another request is under way. Please try again."),
        said("The test lists cannot be fetched now"),
        said("It did not work. Please try again."),
        said("Test lists cannot be edited here: test_lists_origin is not set"),
        said("The rule was not found"),
        said("There is a rule for the same already"),
        said("ClickHouse is away"),
        said("counting took too long"),
        said("The database is away for a moment"),
        said("a truth value is no number"),
    )
}
_TYPES: Mapping[str, Said] = {
    "missing": said("This is needed"),
    "int_parsing": said("This is no whole number"),
    "int_type": said("This is no whole number"),
    "int_from_float": said("This is no whole number"),
    "int_parsing_size": said("This number is too large"),
    "datetime_parsing": said("This is no date: write it as 2026-03-02 or 2026-03-02T10:30"),
    "datetime_from_date_parsing": said("This is no date: write it as 2026-03-02 or 2026-03-02T10:30"),
    "datetime_type": said("This is no date: write it as 2026-03-02 or 2026-03-02T10:30"),
    "string_pattern_mismatch": said("This is not in the form that is asked for"),
    "json_invalid": said("This is no JSON"),
}
_FASTER = said("Somebody else was faster. Try again.")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a field; `name` is empty for what is wrong with the whole form."""

    name: str
    says: Said | str


class Refused(Exception):
    """A form that could not be dealt with. `status`: of the page that shows it again."""

    def __init__(self, status: int, *problems: Problem) -> None:
        super().__init__(status)
        self.status = status
        self.problems = problems


class Outdated(Refused):
    """Somebody else changed it since the form was loaded, as `lost` says."""

    def __init__(self, lost: Said) -> None:
        super().__init__(409, Problem("", lost))


@contextmanager
def refusals(lost: Said = _FASTER, names: Mapping[str, str] | None = None) -> Iterator[None]:
    """Raise `Refused` for what a service or a schema does not take, `Outdated` for a lost race.

    `lost`: what is said of that. `names`: of fields of the form, where those of the schema are others.
    """
    try:
        yield
    except ValidationError as exc:
        raise Refused(422, *_of_fields(exc, names or {})) from None
    except Conflict:
        raise Outdated(lost) from None
    except RecordsUnavailable:
        raise Refused(503, Problem("", _KNOWN["The database is away for a moment"])) from None
    except OonibError as exc:
        status = next((status for kind, status in _STATUS if isinstance(exc, kind)), 0)
        if not status:
            raise
        raise Refused(status, Problem("", known(exc.message))) from None


def with_problems(view: View, refused: Refused | None) -> View:
    """A page with a form, and what was wrong with what was sent, if anything was."""
    if refused is None:
        return replace(view, data={**view.data, "problems": []})
    return replace(view, data={**view.data, "problems": list(refused.problems)}, status=refused.status)


def known(text: str) -> Said | str:
    """A sentence of a service, translatable where it is known here."""
    return _KNOWN.get(text, text)


def _of_fields(error: ValidationError, names: Mapping[str, str]) -> Iterator[Problem]:
    for one in error.errors(include_url=False, include_input=False):
        place = str(one["loc"][0]) if one["loc"] else ""
        yield Problem(names.get(place, place), _says(one["type"], one["msg"], one.get("ctx", {})))


def _says(kind: str, message: str, about: Mapping[str, Any]) -> Said | str:
    if kind in ("string_too_short", "too_short"):
        least = int(about["min_length"])
        return said("This is needed") if least <= 1 else said("At least %(n)s characters", n=least)
    if kind == "string_too_long":
        return said("At most %(n)s characters", n=about["max_length"])
    if kind == "too_long":
        return said("At most %(n)s of them", n=about["max_length"])
    if kind in ("greater_than_equal", "less_than_equal"):
        return said("This number is out of range")
    if kind == "value_error":
        return known(str(about.get("error", message)))
    return _TYPES.get(kind, message)
