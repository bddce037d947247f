"""Test helpers: which ones probes are told of, in which order, and the lists that old probes ask for.

Owns the file that names the helpers and the strategies of sharing them out (probe contract 3). Knows nothing
of running helpers.
"""

from oonib.checkin.helpers.service import TestHelpers

__all__ = ["TestHelpers"]
