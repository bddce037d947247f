"""How rules come in and go out (management contract 4.7). Unknown keys are ignored."""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field

from oonib.checkin.prioritisation import Rule
from oonib.checkin.prioritisation.rules import ANY
from oonib.records.values import StorableText

_LARGEST = 2**31 - 1
_MOST_BYTES = {"code": 100, "domain": 255, "url": 2000}
# Together they stay below what an index entry of PostgreSQL may hold.


def _no_more_than(most: int) -> AfterValidator:
    def check(text: str) -> str:
        if len(text.encode()) > most:
            raise ValueError(f"longer than {most} bytes")
        return text

    return AfterValidator(check)


def _anything_if_empty(value: Any) -> Any:
    value = value.strip() if isinstance(value, str) else value
    return ANY if value in (None, "") else value


def _no_truth_value(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("a truth value is no number")
    return value


def _none_if_empty(value: Any) -> Any:
    return None if value == {} else value


_Empty = BeforeValidator(_anything_if_empty)
_Code = Annotated[StorableText, _no_more_than(_MOST_BYTES["code"]), _Empty]


class RuleEntry(BaseModel):
    """A rule. Where a field is missing or empty, it is `*`: any value."""

    category_code: _Code = ANY
    cc: Annotated[_Code, AfterValidator(str.upper)] = ANY
    domain: Annotated[StorableText, _no_more_than(_MOST_BYTES["domain"]), _Empty] = ANY
    url: Annotated[StorableText, _no_more_than(_MOST_BYTES["url"]), _Empty] = ANY
    priority: Annotated[int, BeforeValidator(_no_truth_value), Field(ge=-_LARGEST, le=_LARGEST)]

    def rule(self) -> Rule:
        """The same, as check-in knows it."""
        return Rule(self.category_code, self.cc, self.domain, self.url, self.priority)


_Given = Annotated[RuleEntry | None, BeforeValidator(_none_if_empty)]


class RuleChange(BaseModel):
    """Only `new_entry`: add it. Only `old_entry`: remove it. Both: replace. Null and `{}` mean none."""

    old_entry: _Given = None
    new_entry: _Given = None

    def rules(self) -> tuple[Rule | None, Rule | None]:
        """The old and the new one, as check-in knows them."""
        old, new = self.old_entry, self.new_entry
        return None if old is None else old.rule(), None if new is None else new.rule()
