"""Settings: what people edit, and how they log in."""

import re

from pydantic import Field, SecretStr, field_validator

from oonib.settings.group import Group

_ADDRESS_RE = re.compile(r"[^\s@\[\]\"'<>(),;:]+@[^\s@\[\]\"'<>(),;:]+")


class PeopleSettings(Group):
    """What people edit, and how they log in."""

    database_url: SecretStr = Field(
        SecretStr(""),
        description=(
            "Database of what people edit: sqlite:///FILE or postgresql+psycopg://user:password@host/name."
            " Empty: SQLite in the data folder."
        ),
    )
    jwt_encryption_key: SecretStr = Field(
        SecretStr(""),
        description="Key that signs sessions of people; one for all API hosts. Empty: made at first start.",
    )
    account_id_hashing_key: SecretStr = Field(
        SecretStr(""),
        max_length=64,
        description="Key of the hash that makes account ids; never change it. Empty: made at first start.",
    )
    session_expiry_days: int = Field(2, ge=1, description="Days after which a session has to be refreshed.")
    login_expiry_days: int = Field(7, ge=1, description="Days after which a new login link is needed.")
    test_lists_origin: str = Field(
        "",
        description="Repository of the test lists that people edit: owner/name at GitHub, https://, ssh:// or"
        " file://. Empty: nobody can edit them here.",
    )
    test_lists_push: str = Field(
        "",
        description="Repository, usually a fork, that changes are pushed to. Empty: nobody can submit.",
    )
    github_api_url: str = Field(
        "https://api.github.com",
        pattern=r"^https?://[^\s?#]+$",
        description="GitHub's API, for pull requests.",
    )
    github_user: str = Field(
        "", pattern=r"^[A-Za-z0-9-]{0,39}$", description="Who pushes, and opens pull requests."
    )
    github_token: SecretStr = Field(SecretStr(""), description="Token of that user at GitHub.")
    admin_emails: list[str] = Field(
        [], description="Addresses that are admins, whatever roles were given. Others: `oonib account role`."
    )
    login_redirects: list[str] = Field(
        [
            "explorer.ooni.org",
            "explorer.test.ooni.org",
            "explorer.dev.ooni.org",
            "run.ooni.io",
            "run.ooni.org",
            "run.test.ooni.org",
            "run-v2.ooni.org",
            "test-lists.ooni.org",
            "test-lists.test.ooni.org",
        ],
        description="Hosts whose pages people may log in to, by https; that of `base_url` always may.",
    )
    login_mails_per_address_hour: int = Field(
        5, ge=1, description="Login mails that an address gets in an hour; more are not sent."
    )
    login_mails_per_network_hour: int = Field(
        60, ge=1, description="Login mails in an hour asked for by a network (IPv4 /24, IPv6 /48)."
    )

    @field_validator("admin_emails")
    @classmethod
    def _are_addresses(cls, value: list[str]) -> list[str]:
        for text in value:
            if not text.isascii() or not _ADDRESS_RE.fullmatch(text):
                raise ValueError("not all of them are addresses in ASCII, separated by commas")
        return value
