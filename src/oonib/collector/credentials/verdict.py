"""What is known of a credential without a look at its proof (probe contract 6.2, step 4). Pure."""

import re
from dataclasses import dataclass
from typing import Literal, NamedTuple

from oonib.model.envelope import Verdict

Status = Literal["verified", "unverified", "failed"]
_STATUS: dict[Verdict, Status] = {"t": "verified", "u": "unverified", "f": "failed"}
_VERSION_RE = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9}){0,7}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Verification:
    """The verdict that is stored, the reason a client is told, the re-issued credential."""

    verdict: Verdict
    error: str | None
    response: str | None = None

    @property
    def status(self) -> Status:
        """The word of the answer for the stored letter."""
        return _STATUS[self.verdict]


UNCLAIMED = Verification("u", None)
NO_MANIFEST = Verification("u", "manifest_not_found")


class Claim(NamedTuple):
    """What a submission says about its credential. Its `repr` says nothing: none of it belongs in a log.

    A tuple because one is made for each submission, also those that say nothing, and it costs the least.
    """

    nym: str | None
    proof: str | None
    manifest: str | None
    protocol: str | None

    def __repr__(self) -> str:
        return "Claim(…)"

    @property
    def empty(self) -> bool:
        """Whether it says nothing: an ordinary submission without a credential."""
        return self.nym is None and self.proof is None and self.manifest is None and self.protocol is None


def unproven(claim: Claim, manifest: str | None, minimum: tuple[int, ...]) -> Verification | None:
    """The verdict on a claim whose proof need not be looked at, else None.

    `manifest` is the version in force, None without one; `minimum` the least protocol version.
    """
    if claim.empty:
        return UNCLAIMED
    if manifest is None or claim.manifest != manifest:
        return NO_MANIFEST
    if claim.nym is None or claim.proof is None or claim.protocol is None:
        return Verification("u", "incomplete_anonc_fields")
    version = parse_version(claim.protocol)
    if version is None:
        return Verification("u", "invalid_protocol_version")
    return Verification("u", "protocol_version_too_old") if version < minimum else None


def parse_version(text: str) -> tuple[int, ...] | None:
    """Numbers of a version like `0.1.0`, None for any other text."""
    return tuple(map(int, text.split("."))) if _VERSION_RE.fullmatch(text) else None
