"""Accounts without addresses: who somebody is follows from a mail that reached them.

Owns account ids, tokens of login links and sessions, roles, and who may do what. No address is stored: an
account id is a keyed hash of one. Probes that register are no accounts.
"""

from oonib.accounts.access import Access
from oonib.accounts.tokens import Session

__all__ = ["Access", "Session"]
