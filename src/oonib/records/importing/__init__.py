"""What OONI's older backend kept in ClickHouse, taken over into the tables here (management contract 7).

Owns how an old row becomes a new one. Importing again changes nothing that was imported before: the same rows
have the same keys, and what people edited here since then is left as it is.
"""

from oonib.records.importing.run import Imported, import_records

__all__ = ["Imported", "import_records"]
