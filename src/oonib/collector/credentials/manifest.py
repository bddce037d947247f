"""The manifest: parameters of credentials, the policy by country and network (probe contract 7.1). Pure."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from oonib.model import jsontext

_ANY = "*"
_CATCH_ALL = "Last rule in submission policy should be a catch-all."
Number = Annotated[int, Field(ge=0, lt=2**32)]


class BadManifest(ValueError):
    """The manifest cannot be used. The message says why."""


class Match(BaseModel):
    """Whom a rule is for: exact values or `*`."""

    model_config = ConfigDict(strict=True)

    probe_cc: str
    probe_asn: str

    def fits(self, cc: str, asn: str) -> bool:
        """Whether the rule is for a probe there."""
        return self.probe_cc in (cc, _ANY) and self.probe_asn in (asn, _ANY)


class Policy(BaseModel):
    """What a credential must be: issued on a day of `age` (first and last Julian day), used so often."""

    model_config = ConfigDict(strict=True)

    age: list[Number] = Field(min_length=2, max_length=2)
    min_measurement_count: Number


class Rule(BaseModel):
    """One entry of the policy."""

    model_config = ConfigDict(strict=True)

    match: Match
    policy: Policy


class ManifestBody(BaseModel):
    """The file."""

    model_config = ConfigDict(strict=True)

    nym_scope: str = "ooni.org/{probe_cc}/{probe_asn}"
    submission_policy: list[Rule] = Field(min_length=1)
    public_parameters: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest with its version, which is the same wherever the same bytes are read."""

    body: ManifestBody
    version: str
    modified: datetime

    @classmethod
    def parse(cls, raw: bytes, modified: datetime) -> Self:
        """Read a file that was last changed at `modified` (aware). Raises `BadManifest`."""
        try:
            body = ManifestBody.model_validate(jsontext.loads(raw))
        except jsontext.MalformedJson as exc:
            raise BadManifest(f"not JSON: {exc.reason}") from None
        except ValidationError as exc:
            first = exc.errors(include_input=False, include_url=False)[0]
            raise BadManifest(f"{'.'.join(map(str, first['loc']))}: {first['msg']}"[:300]) from None
        if not _is_catch_all(body.submission_policy[-1]):
            raise BadManifest(_CATCH_ALL)
        return cls(body, hashlib.sha256(raw).hexdigest()[:32], modified)

    def policy(self, cc: str, asn: str) -> Policy:
        """The first rule that fits a probe; `asn` as in a measurement, with `AS`."""
        return next(rule.policy for rule in self.body.submission_policy if rule.match.fits(cc, asn))

    def shown(self) -> dict[str, Any]:
        """The manifest as probes see it."""
        return self.body.model_dump()


def _is_catch_all(rule: Rule) -> bool:
    return rule.match.probe_cc == _ANY and rule.match.probe_asn == _ANY
