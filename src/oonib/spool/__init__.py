"""The durable queue between acceptance and archive: one SQLite file per host (design, section 3).

A submission is durable when its group commit has returned. Consumers (fastpath, archive) move their marks
only after the effect is durable downstream. Knows nothing of HTTP, ClickHouse or object stores.
"""

from oonib.spool.accounts import Account
from oonib.spool.cans import Can, CanState, Group
from oonib.spool.entries import CorruptBody, DeadLetter, Entry, Receipt, Submission, Tally
from oonib.spool.errors import SpoolBusy, SpoolCorrupt, SpoolError, SpoolFailed, SpoolFull
from oonib.spool.limits import Limits
from oonib.spool.spool import Spool, Status

__all__ = [
    "Account",
    "Can",
    "CanState",
    "CorruptBody",
    "DeadLetter",
    "Entry",
    "Group",
    "Limits",
    "Receipt",
    "Spool",
    "SpoolBusy",
    "SpoolCorrupt",
    "SpoolError",
    "SpoolFailed",
    "SpoolFull",
    "Status",
    "Submission",
    "Tally",
]
