"""What the groups of settings have in common."""

from pydantic import BaseModel, ConfigDict


class Group(BaseModel):
    """Some of the settings. `field.description` is the help that the command line and the docs show."""

    # A group is never made by itself.
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)
