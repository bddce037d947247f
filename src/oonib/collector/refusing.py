"""A submission that is refused as it stands, and the word under which that is counted (probe contract 12)."""

from typing import Literal

from oonib.errors import BadRequest

Counted = Literal[
    "asn_0",
    "asn_invalid",
    "asn_mismatch",
    "bad_json",
    "bad_metadata",
    "bad_report_id",
    "cc_mismatch",
    "cc_zz",
    "gzip_fail",
    "test_name_mismatch",
    "zstd_fail",
]
"""Values of the label `reason` of `measurement_bad_count`."""


class Refused(BadRequest):
    """Never accepted, however often it is sent. `reason`: a sentence for the sender beside the message."""

    def __init__(
        self, message: str, counted: Counted, *, token: str | None = None, reason: str | None = None
    ) -> None:
        super().__init__(message, token=token, extra={} if reason is None else {"reason": reason})
        self.counted = counted


def misformatted(counted: Counted, reason: str) -> Refused:
    """What is no submission by its form: the contract's word for all of it, and what is wrong."""
    return Refused("Incorrect format", counted, reason=reason)
