"""What can go wrong with the records."""


class RecordsUnavailable(Exception):
    """The database cannot be reached, or was busy for too long. Nothing was written."""


class Conflict(Exception):
    """Somebody else wrote the same at the same time, or a value is taken. Nothing was written."""
