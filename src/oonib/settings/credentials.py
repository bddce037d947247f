"""Settings: anonymous credentials of probes."""

from pydantic import Field, SecretStr

from oonib.settings.group import Group


class CredentialSettings(Group):
    """Anonymous credentials of probes."""

    manifest_url: str = Field(
        "",
        description="Manifest of anonymous credentials: file, file://… or s3://bucket/key. Empty: none.",
    )
    credentials_secret_key: SecretStr = Field(
        SecretStr(""),
        description="Secret key that belongs to the manifest. Empty: the one `oonib credentials new` made.",
    )
    minimum_anonc_protocol_version: str = Field(
        "0.1.0",
        pattern=r"^[0-9]{1,9}(\.[0-9]{1,9}){0,7}$",
        description="Least version of the credential protocol whose proofs are looked at.",
    )
    credentials_per_network_hour: int = Field(
        1000, ge=1, description="Credentials a network (IPv4 /24, IPv6 /48) gets in an hour from a worker."
    )
