"""What a submission's anonymous credential is worth (probe contract 6.2, step 4).

Without a manifest in force no proof can be checked: the measurement is kept as unverified and the answer
says why. The pseudonym and the proof end here, they are never stored or passed on.
"""

from dataclasses import dataclass
from typing import Literal

from oonib.collector.schema import SubmitMeasurement
from oonib.model.envelope import Verdict

Status = Literal["verified", "unverified", "failed"]
_STATUS: dict[Verdict, Status] = {"t": "verified", "u": "unverified", "f": "failed"}


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


def verify(request: SubmitMeasurement) -> Verification:
    """The verdict on a submission while no manifest is in force."""
    fields = (request.nym, request.zkp_request, request.manifest_version, request.protocol_version)
    if all(value is None for value in fields):
        return Verification("u", None)
    return Verification("u", "manifest_not_found")
