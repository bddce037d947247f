"""What a check-in says and what it gets (probe contract 1.1, 1.4, 1.7).

A claim is read so that nothing in it can fail: what is missing, of the wrong type or malformed counts as
absent. The models say in the API document what the answers look like; the service writes them itself.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

from pydantic import BaseModel, Field

UNKNOWN_COUNTRY = "ZZ"
_CC_RE = re.compile(r"[A-Z]{2}", re.ASCII)
_ASN_RE = re.compile(r"AS([0-9]{1,10})", re.ASCII)
_CATEGORY_RE = re.compile(r"[A-Z]{1,20}", re.ASCII)
_MOST_CODES = 1000

WHOLE_LIST = 9999
"""URLs of a manual run (probe contract 1.3)."""

_CHARGING, _ON_BATTERY = 100, 20


@dataclass(frozen=True, slots=True)
class Claim:
    """What a probe says of itself, tidied. `asn` 0 and `cc` ZZ stand for unknown."""

    cc: str
    asn: int
    limit: int
    categories: frozenset[str]
    software_name: str
    software_version: str

    @classmethod
    def read(cls, sent: Mapping[str, Any]) -> Self:
        """From the body of a check-in."""
        return cls(
            cc=country(sent.get("probe_cc")),
            asn=network(sent.get("probe_asn")),
            limit=url_limit(
                manual=sent.get("run_type") == "manual", charging=sent.get("charging") is not False
            ),
            categories=categories_of(sent.get("web_connectivity")),
            software_name=_text(sent.get("software_name")),
            software_version=_text(sent.get("software_version")),
        )


def url_limit(*, manual: bool, charging: bool) -> int:
    """How many URLs a run gets (probe contract 1.3)."""
    if manual:
        return WHOLE_LIST
    return _CHARGING if charging else _ON_BATTERY


def country(value: object) -> str:
    """Two letters in upper case; ZZ for anything else."""
    text = value.upper() if isinstance(value, str) else ""
    return text if _CC_RE.fullmatch(text) else UNKNOWN_COUNTRY


def network(value: object) -> int:
    """The number of `AS<n>`; 0 for anything else."""
    found = _ASN_RE.fullmatch(value) if isinstance(value, str) else None
    return int(found[1]) if found else 0


def categories_of(section: object) -> frozenset[str]:
    """The codes of a section with `category_codes`, a list or a text with commas."""
    given = section.get("category_codes") if isinstance(section, dict) else None
    if isinstance(given, str):
        return codes(given.split(",", _MOST_CODES))
    return codes(given[:_MOST_CODES]) if isinstance(given, list) else frozenset()


def codes(given: Iterable[object]) -> frozenset[str]:
    """Category codes in upper case; what is none is left out."""
    tidy = (one.strip().upper() for one in given if isinstance(one, str))
    return frozenset(one for one in tidy if _CATEGORY_RE.fullmatch(one))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


class TestHelper(BaseModel):
    """Where a test helper is, and of which kind."""

    __test__ = False  # a name of the field, not a test

    address: str
    type: str
    front: str | None = None


class Configuration(BaseModel):
    """What the probe may do, and the helpers that it measures with."""

    features: dict[str, bool]
    test_helpers: dict[str, list[TestHelper]]


class TestUrl(BaseModel):
    """A URL to measure. `country_code` is `XX` for those of the global list."""

    __test__ = False  # a name of the field, not a test

    category_code: str
    country_code: str
    url: str


class NettestInputs(BaseModel):
    """A report id for a nettest; `urls` for `web_connectivity` only."""

    report_id: str
    urls: list[TestUrl] | None = None


class CheckInAnswer(BaseModel):
    """The answer of check-in. Country, network and its name are those of the sender's address."""

    v: Literal[1]
    probe_cc: str
    probe_asn: str
    probe_network_name: str | None
    utc_time: str
    conf: Configuration
    tests: dict[str, NettestInputs]


class Target(BaseModel):
    """One input of a nettest."""

    attributes: dict[str, str]
    input: str
    options: dict[str, Any]


class TargetedNettest(BaseModel):
    """A nettest to run, and on what."""

    test_name: str
    report_id: str
    targets: list[Target]


class PrivateCheckInAnswer(BaseModel):
    """The answer of the experimental check-in."""

    v: Literal[2]
    probe_cc: str
    probe_asn: str
    probe_network_name: str | None
    utc_time: str
    conf: Configuration
    nettests: list[TargetedNettest]


class ExplainedUrl(TestUrl):
    """A URL with what its place comes from, where that was asked for."""

    msmt_cnt: int | None = Field(None, description="Measurements of this and the last week.")
    priority: int | None = Field(None, description="Sum of the rules.")
    weight: float | None = Field(None, description="`priority` by `msmt_cnt`, at least 0.1.")


class UrlListMetadata(BaseModel):
    """Constant but for `count`: there are no pages."""

    count: int
    current_page: int
    limit: int
    next_url: str
    pages: int


class UrlList(BaseModel):
    """The answer of `GET /api/v1/test-list/urls`."""

    metadata: UrlListMetadata
    results: list[ExplainedUrl]


class ListedUrl(BaseModel):
    """An entry of the test lists; `cc` is `ZZ` in the global one."""

    category_code: str
    cc: str
    domain: str
    url: str
    msmt_cnt: int
    priority: int


class CoveredUrl(ListedUrl):
    """An entry with its measurements of a week in its country."""

    anomaly_perc: int


class PriorityRule(BaseModel):
    """`priority` for the entries that match; `*` matches all."""

    category_code: str
    cc: str
    domain: str
    url: str
    priority: int


class PriorityRules(BaseModel):
    """The answer of `GET /api/_/url-priorities/list`."""

    rules: list[PriorityRule]


class DebugPrioritisation(BaseModel):
    """A choice, the entries it was made from, and the rules."""

    test_items: list[ExplainedUrl]
    entries: list[ListedUrl]
    prio_rules: list[PriorityRule]
