"""What goes in and out of the endpoints of API tokens."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, StringConstraints


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("only printable characters in one line")
    return text


Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=100),
    AfterValidator(_printable),
]


class NewApiToken(BaseModel):
    """What to call it."""

    name: Name = Field(examples=["nightly export"])


class ShownApiToken(BaseModel):
    """A token, without itself."""

    id: str = Field(description="To revoke it by", examples=["0123456789abcdef0123456789abcdef"])
    name: str
    create_time: str = Field(examples=["2026-01-01T10:00:00.000000Z"])


class MadeApiToken(ShownApiToken):
    """A new token."""

    token: str = Field(description="For `Authorization: Bearer`. Shown this once")


class ApiTokenList(BaseModel):
    """The newest first."""

    api_tokens: list[ShownApiToken]
