"""Settings: how much of the API one may use."""

import ipaddress
from typing import Self

from pydantic import Field, field_validator, model_validator

from oonib.settings.group import Group


class QuotaSettings(Group):
    """How much of the API one may use."""

    quota_day_seconds: float = Field(
        4000.0,
        gt=0,
        allow_inf_nan=False,
        description="Seconds of serving that a network (IPv4 /24, IPv6 /48) or account has in a day.",
    )
    quota_week_seconds: float = Field(
        20_000.0, gt=0, allow_inf_nan=False, description="The same in a week; not less than in a day."
    )
    quota_month_seconds: float = Field(
        60_000.0, gt=0, allow_inf_nan=False, description="The same in 30 days; not less than in a week."
    )
    quota_unmetered_networks: list[str] = Field(
        [], description="Networks or addresses, such as 192.0.2.0/24, whose requests cost nothing."
    )

    @field_validator("quota_unmetered_networks")
    @classmethod
    def _are_networks(cls, value: list[str]) -> list[str]:
        for text in value:
            ipaddress.ip_network(text, strict=False)
        return value

    @model_validator(mode="after")
    def _quotas_grow(self) -> Self:
        if not self.quota_day_seconds <= self.quota_week_seconds <= self.quota_month_seconds:
            raise ValueError("quota_day_seconds <= quota_week_seconds <= quota_month_seconds does not hold")
        return self
