"""Copies of parts of an archive, for research: chosen by date, country and nettest, checked, resumed.

Reads this program's archives and OONI's public buckets alike. Owns what is taken and that a file of the copy
is whole; the store's door is `objects`. A copy has the keys of the archive as its paths, so every command
that reads an archive reads the copy.
"""

from oonib.archive.sync.fetching import DestinationFailed
from oonib.archive.sync.listing import list_chain, list_wanted
from oonib.archive.sync.manifested import checksums_in
from oonib.archive.sync.run import Summary, Sync
from oonib.archive.sync.source import BadSource, Source, parse_source
from oonib.archive.sync.wanted import Wanted

__all__ = [
    "BadSource",
    "DestinationFailed",
    "Source",
    "Summary",
    "Sync",
    "Wanted",
    "checksums_in",
    "list_chain",
    "list_wanted",
    "parse_source",
]
