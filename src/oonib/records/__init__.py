"""What people edit, in a relational database: SQLite on one machine, PostgreSQL for many.

Owns the engine, the tables, their migrations and what a transaction is. What the rows mean belongs to the
rooms that read and write them; an engine is made nowhere else.
"""

from oonib.records.engine import Records
from oonib.records.errors import Conflict, RecordsUnavailable

__all__ = ["Conflict", "Records", "RecordsUnavailable"]
