"""Scoring what lies in files: a crew of processes, each of which reads a piece of work and scores it.

Owns the processes, their crashes and the order of results; shared by `oonib score` and `oonib reprocess`.
Writes nothing anywhere.
"""

from oonib.fastpath.offline.crew import Crew, CrewBroken
from oonib.fastpath.offline.identity import made_uid
from oonib.fastpath.offline.work import Batch, Finished, Reader, ReaderFactory, Result, Setup, Task

__all__ = [
    "Batch",
    "Crew",
    "CrewBroken",
    "Finished",
    "Reader",
    "ReaderFactory",
    "Result",
    "Setup",
    "Task",
    "made_uid",
]
