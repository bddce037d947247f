"""OONI Run: links by which people hand each other what to measure (management contract 3).

Owns links, their revisions, and the descriptors that apps and probes fetch. Which URLs a probe gets where a
link leaves that open is decided by check-in's prioritisation. `legacy` is the first cut of the same idea.
"""

from oonib.oonirun.service import OoniRunService

__all__ = ["OoniRunService"]
