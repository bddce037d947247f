"""Settings: what probes are told."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator

from oonib.settings.group import Group


class ProbeSettings(Group):
    """What probes are told."""

    features: Path | None = Field(
        None,
        description="JSON file of feature flags for a part of the probes. None: the default flags for all.",
    )
    test_helpers: Path | None = Field(
        None, description="JSON file of the test helpers that probes are told of. None: those of OONI."
    )
    test_helper_strategy: Literal["random", "weighted_by_address", "round_robin_ip"] = Field(
        "random",
        description="Order of the helpers: another one each time, or the same for an address, by weights or"
        " by the rule of 2023.",
    )
    tor_targets_file: Path | None = Field(None, description="JSON file of the targets of the tor nettest.")
    psiphon_config_file: Path | None = Field(None, description="JSON file with the configuration of psiphon.")
    vpn_config_file: Path | None = Field(None, description="JSON file of VPN providers, by name.")
    require_probe_token: bool = Field(
        False, description="Give tor targets and psiphon's configuration only to probes that logged in here."
    )
    strict_probe_login: bool = Field(
        False, description="Refuse probes that registered with another key; they never register again."
    )
    probe_token_key: SecretStr = Field(
        SecretStr(""),
        description="Key that signs tokens of probes; the same on all API hosts. Empty: made at first start.",
    )

    @field_validator("test_helper_strategy", mode="before")
    @classmethod
    def _strategy_by_another_name(cls, value: object) -> object:
        # The names of the two strategies in OONI's own documents.
        other = {"shuffle": "random", "weighted-by-address": "weighted_by_address"}
        return other.get(value, value) if isinstance(value, str) else value
