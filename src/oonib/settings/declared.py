"""All settings together, and what holds between those of different groups."""

from typing import Self

from pydantic import ConfigDict, model_validator

from oonib.settings.accepting import AcceptingSettings
from oonib.settings.credentials import CredentialSettings
from oonib.settings.mail import MailSettings
from oonib.settings.people import PeopleSettings
from oonib.settings.probes import ProbeSettings
from oonib.settings.quotas import QuotaSettings
from oonib.settings.scoring import ScoringSettings
from oonib.settings.serving import ServingSettings
from oonib.settings.storing import StoringSettings


# Pydantic takes the fields of the last class first, and pages show them in that order.
class Settings(
    QuotaSettings,
    CredentialSettings,
    MailSettings,
    PeopleSettings,
    ProbeSettings,
    ScoringSettings,
    StoringSettings,
    AcceptingSettings,
    ServingSettings,
):
    """The declared settings."""

    model_config = ConfigDict(defer_build=False)

    @model_validator(mode="after")
    def _keys_differ(self) -> Self:
        key = self.jwt_encryption_key.get_secret_value()
        if key and key != "CHANGEME" and key == self.probe_token_key.get_secret_value():
            # Anybody gets a token that is signed with the other one.
            raise ValueError("jwt_encryption_key and probe_token_key must differ")
        return self

    @property
    def store_url(self) -> str:
        """The archive, with the default filled in."""
        return self.object_store_url or str(self.data_dir.absolute() / "objects")
