"""Every format of the archive since 2012 as one stream of measurements (fastpath contract 9 and 10).

`read` takes an open file and its name and gives what is in it, a measurement at a time. What a file holds is
never an error of the program: damage, hostile members and unreadable lines become problems with a name, and
reading goes on where the format allows. Memory is bounded by the largest member or line that is accepted.
Does not score, and does not fetch.
"""

from oonib.archive.reading.files import read, read_report
from oonib.archive.reading.found import Found, Problem
from oonib.archive.reading.kinds import Kind, kind_of

__all__ = ["Found", "Kind", "Problem", "kind_of", "read", "read_report"]
