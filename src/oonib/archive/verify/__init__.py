"""Verification: whether an archive is what its manifests say, and its rows what its measurements give.

Owns reading chains, comparing cans with them, naming what differs, comparing rows. Reads only. Runs in the
crew of `fastpath.offline`, through the readers of `archive.reading`.
"""

from oonib.archive.verify.checking import CanReader
from oonib.archive.verify.rows import FromApi, FromTable, RowComparison, RowsAway
from oonib.archive.verify.run import Verification, VerifySummary

__all__ = ["CanReader", "FromApi", "FromTable", "RowComparison", "RowsAway", "Verification", "VerifySummary"]
