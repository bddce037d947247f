"""The embedded ClickHouse: the engine as a library, behind the ClickHouse HTTP interface on loopback.

A process of its own. Importing this module does not load the engine; running it does.
"""

from oonib.warehouse.embedded.datadir import ensure_password
from oonib.warehouse.embedded.errors import DirectoryInUseError, EmbeddedError
from oonib.warehouse.embedded.process import run_embedded

__all__ = ["DirectoryInUseError", "EmbeddedError", "ensure_password", "run_embedded"]
