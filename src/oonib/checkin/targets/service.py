"""The targets in force, by file (probe contract 9)."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Self, TypeVar

from oonib.checkin.targets.schema import VpnProvider, psiphon_config, tor_targets, vpn_providers
from oonib.checkin.watched import WatchedFile
from oonib.errors import NotFound, Unavailable

_Value = TypeVar("_Value")
_MOST_ENDPOINTS = 4
_USUAL_PROVIDER = "riseupvpn"
"""The one that probes know: no file is missing for any other."""


class Targets:
    """The targets of one process. None for a file: its setting is not set, and the answer names it."""

    def __init__(
        self,
        tor: WatchedFile[bytes] | None,
        psiphon: WatchedFile[bytes] | None,
        vpn: WatchedFile[dict[str, VpnProvider]] | None,
        choose: random.Random,
    ) -> None:
        self._tor = tor
        self._psiphon = psiphon
        self._vpn = vpn
        self._choose = choose

    @classmethod
    def build(
        cls, tor: Path | None, psiphon: Path | None, vpn: Path | None, note: Callable[[str, str], None]
    ) -> Self:
        """The targets of these files. `note` counts how reading each went."""
        return cls(
            _watched(tor, tor_targets, "tor_targets_file", note),
            _watched(psiphon, psiphon_config, "psiphon_config_file", note),
            _watched(vpn, vpn_providers, "vpn_config_file", note),
            random.SystemRandom(),
        )

    def tor(self) -> bytes:
        """JSON text of the tor targets, as the file has it. Raises `Unavailable`."""
        return _current(self._tor, "tor_targets_file")

    def psiphon(self) -> bytes:
        """JSON text of psiphon's configuration, as the file has it. Raises `Unavailable`."""
        return _current(self._psiphon, "psiphon_config_file")

    def vpn(self, provider: str) -> VpnProvider:
        """What a probe needs for `provider`, with few endpoints. Raises `NotFound`, `Unavailable`."""
        if self._vpn is None and provider != _USUAL_PROVIDER:
            raise NotFound("provider not found")
        found = _current(self._vpn, "vpn_config_file").get(provider)
        if found is None:
            raise NotFound("provider not found")
        few = self._choose.sample(found.endpoints, min(_MOST_ENDPOINTS, len(found.endpoints)))
        return found.model_copy(update={"provider": provider, "endpoints": few})


def _watched(
    path: Path | None, parse: Callable[[bytes], _Value], setting: str, note: Callable[[str, str], None]
) -> WatchedFile[_Value] | None:
    return None if path is None else WatchedFile(path, parse, setting=setting, note=note)


def _current(file: WatchedFile[_Value] | None, setting: str) -> _Value:
    if file is None:
        raise Unavailable(f"{setting} is not set")
    value = file.current()
    if value is None:
        raise Unavailable(f"the file of {setting} cannot be used", retry_after=60)
    return value
