"""What links and descriptors look like when they come in and go out (contract 3.1, 3.5).

Unknown keys are ignored: clients send back what they got.
"""

import re
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field, StringConstraints, field_validator, model_validator

from oonib.model import jsontext
from oonib.records.values import Moment, PlainObject, StorableText

MOST_NETTESTS = 500
_COLOR = r"^#[0-9a-fA-F]{6}$"
_ASN_RE = re.compile(r"(?:AS)?([0-9]{1,10})", re.ASCII)
_CC_RE = re.compile(r"[A-Za-z]{2}", re.ASCII)

Translations = dict[StorableText, Annotated[StorableText, StringConstraints(min_length=2)]]


class Nettest(BaseModel):
    """A nettest of a link, and its inputs; `targets_name` in their place where they are chosen each time."""

    test_name: StorableText = Field(min_length=2, max_length=100)
    inputs: list[StorableText] | None = None
    options: PlainObject = {}
    is_background_run_enabled_default: bool = False
    is_manual_run_enabled_default: bool = False
    targets_name: StorableText | None = None
    inputs_extra: list[PlainObject] | None = None

    @model_validator(mode="after")
    def _extras_are_of_inputs(self) -> Self:
        if self.inputs_extra is not None and len(self.inputs_extra) != len(self.inputs or ()):
            raise ValueError("inputs_extra is as long as inputs")
        if self.inputs_extra is not None and self.inputs is None:
            raise ValueError("inputs_extra without inputs")
        return self

    @property
    def contradicts_itself(self) -> bool:
        """Whether it has targets and inputs, even no inputs at all."""
        return self.targets_name is not None and (self.inputs is not None or self.inputs_extra is not None)


class LinkFields(BaseModel):
    """All that people say of a link."""

    name: StorableText = Field(min_length=2, max_length=50)
    short_description: StorableText = Field(min_length=2, max_length=200)
    description: StorableText = Field(min_length=2, description="Markdown")
    author: StorableText = Field(min_length=2, max_length=100, description="The account's address; public.")
    nettests: list[Nettest] = Field(min_length=1, max_length=MOST_NETTESTS)
    name_intl: Translations | None = None
    short_description_intl: Translations | None = None
    description_intl: Translations | None = None
    icon: StorableText | None = None
    color: StorableText | None = Field(None, pattern=_COLOR)
    expiration_date: Moment | None = Field(None, description="In 180 days where it is not given.")


class ShownNettest(BaseModel):
    """A nettest in an answer; every key is there."""

    test_name: str
    inputs: list[str] | None
    options: dict[str, Any]
    is_background_run_enabled_default: bool
    is_manual_run_enabled_default: bool
    targets_name: str | None
    inputs_extra: list[dict[str, Any]] | None


class Link(BaseModel):
    """A link in an answer."""

    oonirun_link_id: str
    revision: str
    name: str
    short_description: str
    description: str
    author: str
    nettests: list[ShownNettest]
    name_intl: dict[str, str] | None
    short_description_intl: dict[str, str] | None
    description_intl: dict[str, str] | None
    icon: str | None
    color: str | None
    expiration_date: str
    date_created: str = Field(description="Of the link; of the revision where one was asked for.")
    date_updated: str
    is_expired: bool
    is_mine: bool


class LinkList(BaseModel):
    """The answer of the list."""

    oonirun_links: list[Link]


class Revisions(BaseModel):
    """The revisions of a link, the newest first."""

    revisions: list[str]


class LinkFilters(BaseModel):
    """Which links."""

    is_mine: bool = False
    is_expired: bool = Field(False, description="Expired ones as well.")


class ProbeState(BaseModel):
    """What a probe says of itself when it asks what to run."""

    run_type: Literal["timed", "manual"]
    is_charging: bool
    probe_asn: str
    probe_cc: str
    network_type: Literal[
        "vpn", "wifi", "mobile", "wired_ethernet", "no_internet", "bluetooth", "usb", "unknown"
    ]
    website_category_codes: list[str] = Field([], max_length=1000)

    @model_validator(mode="before")
    @classmethod
    def _whatever_its_type_is_called(cls, value: object) -> object:
        # The framework hands on what is not called JSON as it came; old probes call it anything or nothing.
        if not isinstance(value, bytes):
            return value
        try:
            return jsontext.loads(value)
        except jsontext.MalformedJson as exc:
            raise ValueError(f"not JSON: {exc.reason}") from None

    @field_validator("probe_asn")
    @classmethod
    def _is_network(cls, value: str) -> str:
        if _ASN_RE.fullmatch(value) is None:
            raise ValueError("not AS and a number")
        return value

    @field_validator("probe_cc")
    @classmethod
    def _is_country(cls, value: str) -> str:
        if _CC_RE.fullmatch(value) is None:
            raise ValueError("not two letters")
        return value.upper()

    @property
    def asn(self) -> int:
        """The number of the network."""
        return int(self.probe_asn.removeprefix("AS"))


class EngineDescriptor(BaseModel):
    """What a probe runs."""

    revision: str
    date_created: str
    nettests: list[ShownNettest]
