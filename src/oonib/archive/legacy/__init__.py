"""Reports of 2012 to 2018 as measurements of today's format (fastpath contract 10, pipeline contract 1.8).

Owns the framing of YAML reports, their normalisation, and the uid of measurements that never had one. Pure:
pieces of a report in, normalised entries out. Knows nothing of files, compression or scoring.
"""

from oonib.archive.legacy.dump import dump
from oonib.archive.legacy.report import Entry, LeftOut, ReportName, normalised
from oonib.archive.legacy.uid import trivial_id
from oonib.archive.legacy.unfit import Unfit

__all__ = ["Entry", "LeftOut", "ReportName", "Unfit", "dump", "normalised", "trivial_id"]
