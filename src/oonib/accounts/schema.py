"""What goes in and out of the endpoints of accounts (management contract 1.5 to 1.11)."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field

from oonib.accounts.addresses import LONGEST, SHORTEST, checked_address

Address = Annotated[
    str,
    Field(min_length=SHORTEST, max_length=LONGEST, examples=["user@example.org"]),
    AfterValidator(checked_address),
]
Token = Annotated[str, Field(max_length=8192)]


class LoginRequest(BaseModel):
    """Whom to send a login link, and where the login leads."""

    email_address: Address
    redirect_to: str = Field(
        max_length=2048,
        description="An https page of a host that logins may lead to (setting `login_redirects`)",
        examples=["https://explorer.ooni.org/"],
    )


class Sent(BaseModel):
    """The answer to whoever asks for a login link, whether there is an account or not."""

    msg: Literal["ok"] = "ok"


class SentUntil(BaseModel):
    """The same, with when the link expires."""

    email_address: str
    login_token_expiration: str = Field(examples=["2026-01-02T10:00:00.000000Z"])


class Bearer(BaseModel):
    """A session."""

    bearer: str = Field(description="The token for `Authorization: Bearer`")
    redirect_to: str = Field(description="The page that the login was begun from")
    email_address: str


class Refreshed(BaseModel):
    """A session that goes on."""

    bearer: str


class Metadata(BaseModel):
    """Who is logged in."""

    logged_in: Literal[True] = True
    role: str


class SessionRequest(BaseModel):
    """The token of a login link; without one the session of the header is renewed."""

    login_token: Token | None = None


class UserSession(BaseModel):
    """A session as `/api/v2` shows it. All empty where nobody is logged in."""

    session_token: str = ""
    redirect_to: str = ""
    email_address: str = ""
    account_id: str = ""
    role: str = ""
    login_time: str | None = None
    is_logged_in: bool = False


class Role(BaseModel):
    """The role of an account."""

    role: str = Field(examples=["admin"])


class SetRole(BaseModel):
    """Whose role, and which: `user` or `admin`."""

    email_address: str = Field(examples=["user@example.org"])
    role: str = Field(examples=["admin"])


class Whose(BaseModel):
    """Whose sessions."""

    email_address: str = Field(examples=["user@example.org"])


class Empty(BaseModel):
    """Nothing to say."""
