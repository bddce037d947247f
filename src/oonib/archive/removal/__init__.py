"""Lawful removal of a measurement from archive, spool, index and tables.

Owns the order of steps, the rewriting of cans, the journal. What is left of a measurement and how that is
signed is the business of `archive.manifests`.
"""

from oonib.archive.removal.errors import RemovalRefused
from oonib.archive.removal.service import ElsewhereArchived, NotHere, Removed, Remover

__all__ = ["ElsewhereArchived", "NotHere", "RemovalRefused", "Removed", "Remover"]
