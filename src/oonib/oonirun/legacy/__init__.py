"""The first cut of OONI Run: free-form descriptors, versions by time (management contract 3.6).

No program of today uses it. It has a table of its own and knows nothing of links of today.
"""

from oonib.oonirun.legacy.service import LegacyService

__all__ = ["LegacyService"]
