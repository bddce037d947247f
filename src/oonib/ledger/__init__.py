"""The public ledger: per hour, what this host accepted against what became of it (reliability 4.3, 5).

Owns when a difference is an alarm and how the hours are told. The counts are the spool's.
"""

from oonib.ledger.service import Check, LedgerService

__all__ = ["Check", "LedgerService"]
