"""Settings: how mail goes out."""

from email.utils import parseaddr
from typing import Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from oonib.settings.group import Group


class MailSettings(Group):
    """How mail goes out."""

    mail_backend: Literal["file", "smtp", "console"] = Field(
        "file",
        description="How mail goes out: by `smtp`, into files of the folder `mail` in the data folder (kept"
        " for a day), or shown on the `console` of the API (shows addresses and links).",
    )
    mail_from: str = Field("OONI <noreply@localhost>", description="Sender of mails.")
    smtp_host: str = Field("", description="Mail server.")
    smtp_port: int = Field(
        587, ge=1, le=65535, description="Port of the mail server; 465 is usual for `tls`."
    )
    smtp_tls: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="`starttls` or `tls`, both with a checked certificate, or `none`."
    )
    smtp_username: str = Field("", description="User at the mail server. Empty: nobody logs in there.")
    smtp_password: SecretStr = Field(SecretStr(""), description="Password of that user.")

    @field_validator("mail_from")
    @classmethod
    def _is_sender(cls, value: str) -> str:
        if not value.isprintable() or "@" not in parseaddr(value)[1]:
            raise ValueError("neither an address nor `Name <address>`")
        return value

    @model_validator(mode="after")
    def _mail_has_a_way(self) -> Self:
        if self.mail_backend == "smtp" and not self.smtp_host:
            raise ValueError("mail_backend is smtp, so smtp_host must be set")
        return self
