"""Targets of nettests that operators hand out: tor bridges, the configuration of psiphon, VPN gateways.

Owns the files they come from and who may have them (probe contract 9). Their content is passed on, and never
logged.
"""

from oonib.checkin.targets.service import Targets

__all__ = ["Targets"]
