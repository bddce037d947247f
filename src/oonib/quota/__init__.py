"""Quotas: seconds of serving for each network or account, on each host (data contract 6.3).

Owns the arithmetic, the store that the worker processes of a host share, and the summary for administrators.
Which requests pay is not decided here but in `app.metering`, nor whose address a request has.
"""

from oonib.quota.callers import Callers, parse_networks
from oonib.quota.levels import Limits, Standing
from oonib.quota.service import Caller, Quotas
from oonib.quota.store import StoreFailed

__all__ = ["Caller", "Callers", "Limits", "Quotas", "Standing", "StoreFailed", "parse_networks"]
