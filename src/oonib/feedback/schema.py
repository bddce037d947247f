"""What goes in and out (management contract 5). Unknown keys are ignored."""

from pydantic import BaseModel, Field

from oonib.records.values import StorableText

STATUSES = frozenset({
    "ok",
    "down", "down.unreachable", "down.misconfigured",
    "blocked",
    "blocked.blockpage", "blocked.blockpage.http", "blocked.blockpage.dns",
    "blocked.blockpage.server_side", "blocked.blockpage.server_side.captcha",
    "blocked.dns", "blocked.dns.inconsistent", "blocked.dns.nxdomain",
    "blocked.tcp", "blocked.tls",
})  # fmt: skip
"""What can be said of a measurement."""


class Given(BaseModel):
    """A verdict. It takes the place of the one that the account gave before."""

    measurement_uid: StorableText = Field(description="10 to 100 characters.")
    status: StorableText = Field(description="`ok`, `down`, `blocked`, or a finer one, as `blocked.dns`.")


class Taken(BaseModel):
    """Nothing more to say."""


class Summary(BaseModel):
    """How often each status was given. `user_feedback`: that of whoever asks, where there is one."""

    summary: dict[str, int]
    user_feedback: str | None = None
