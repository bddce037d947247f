"""What findings look like when they come in and go out (contract 2.1). Unknown keys are ignored."""

from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, model_validator

from oonib.findings import slugs
from oonib.records.values import Moment, StorableText, whole_seconds

_LARGEST_ASN = 2**32 - 1
_MOST_FILTERS = 100


def _no_truth_value(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("a truth value is no number")
    return value


Asn = Annotated[int, BeforeValidator(_no_truth_value), Field(ge=0, le=_LARGEST_ASN)]
Texts = list[StorableText]


class FindingFields(BaseModel):
    """What a finding says."""

    title: StorableText = Field(min_length=1)
    short_description: StorableText = ""
    text: StorableText = Field(min_length=1, description="Markdown, kept as it is.")
    start_time: Moment
    end_time: Moment | None = None
    reported_by: StorableText = ""
    email_address: StorableText = ""
    event_type: StorableText = ""
    published: bool = False
    CCs: Texts = []
    ASNs: list[Asn] = []
    domains: Texts = []
    tags: Texts = []
    links: Texts = []
    test_names: Texts = []
    themes: Texts = []

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        end = self.end_time
        if end is not None and whole_seconds(end) < whole_seconds(self.start_time):
            raise ValueError("end_time is earlier than start_time")
        return self


class NewFinding(FindingFields):
    """A finding to create."""

    slug: Annotated[StorableText, AfterValidator(slugs.check)] | None = Field(
        None, description="Made from the title when it is not given."
    )


def _slug_to_keep(slug: str | None) -> str | None:
    return slugs.check(slug) if slug else None


class ChangedFinding(FindingFields):
    """All of a finding, as it shall be."""

    id: StorableText
    slug: Annotated[StorableText | None, AfterValidator(_slug_to_keep)] = Field(
        None, description="The old one goes on to lead here; empty keeps it."
    )


class DeletedFinding(BaseModel):
    """Which finding to delete; who is no admin shows that it is theirs."""

    id: StorableText
    email_address: StorableText = ""


class FindingId(BaseModel):
    """Which finding."""

    id: StorableText


class FindingFilters(BaseModel):
    """Which findings. Repeated values are alternatives; all parameters must agree."""

    only_mine: bool = False
    theme: Texts = Field([], max_length=_MOST_FILTERS)
    country_code: Texts = Field([], max_length=_MOST_FILTERS)
    asn: list[Asn] = Field([], max_length=_MOST_FILTERS)
    domain: Texts = Field([], max_length=_MOST_FILTERS)


class FindingSummary(BaseModel):
    """A finding in a list."""

    id: str
    slug: str
    title: str
    short_description: str
    start_time: str
    end_time: str | None
    create_time: str
    update_time: str
    reported_by: str
    email_address: str = Field(description="Empty, but for admins.")
    event_type: str
    published: bool
    CCs: list[str]
    ASNs: list[int]
    domains: list[str]
    tags: list[str]
    links: list[str]
    test_names: list[str]
    themes: list[str]
    creator_account_id: str = Field(description="Always empty.")
    mine: bool


class Finding(FindingSummary):
    """A finding with its text."""

    text: str


class FindingList(BaseModel):
    """The answer of a search."""

    incidents: list[FindingSummary]


class OneFinding(BaseModel):
    """The answer of a look at one."""

    incident: Finding


class Done(BaseModel):
    """What was changed."""

    id: str
    r: int


class Deleted(BaseModel):
    """Nothing is left to say."""
