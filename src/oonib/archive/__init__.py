"""The archive: measurements of an hour packed into OONI's own cans, and the way back to a single body.

Owns the layout in the object store, hourly packing and the lookup of archived bodies (fastpath contract 9.2
and 11, data contract 2.5). Reads the spool, writes the object store and the `jsonl` table.
"""

from oonib.archive.body import BodyStore, Wanted
from oonib.archive.names import BadCanName, CanName, parse_can_key
from oonib.archive.packer import Packer, PackerBusy
from oonib.archive.summary import PackProblem, PackSummary

__all__ = [
    "BadCanName",
    "BodyStore",
    "CanName",
    "PackProblem",
    "PackSummary",
    "Packer",
    "PackerBusy",
    "Wanted",
    "parse_can_key",
]
