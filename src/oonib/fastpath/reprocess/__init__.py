"""Scoring the archive again: which files, by whom, and what becomes of the rows.

Owns the selection by prefix, the checkpoints that let a killed run go on, and the three things that can be
done with rows: insert them, compare them with the table, print them. Scoring is the crew's business
(`fastpath.offline`), the formats are those of `archive.reading`.
"""

from oonib.fastpath.reprocess.checkpoint import Checkpoint, CheckpointBusy
from oonib.fastpath.reprocess.comparing import Comparison
from oonib.fastpath.reprocess.job import BadPeriod, Job, parse_moment
from oonib.fastpath.reprocess.printing import PrintingSink
from oonib.fastpath.reprocess.reading import ArchiveReader, StoreAddress
from oonib.fastpath.reprocess.run import Run, Sink, Summary
from oonib.fastpath.reprocess.selection import select
from oonib.fastpath.reprocess.table import uids_of_lines
from oonib.fastpath.reprocess.writing import MarkedInserts, TableSink

__all__ = [
    "ArchiveReader",
    "BadPeriod",
    "Checkpoint",
    "CheckpointBusy",
    "Comparison",
    "Job",
    "MarkedInserts",
    "PrintingSink",
    "Run",
    "Sink",
    "StoreAddress",
    "Summary",
    "TableSink",
    "parse_moment",
    "select",
    "uids_of_lines",
]
