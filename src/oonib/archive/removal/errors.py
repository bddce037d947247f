"""Why a measurement is not removed, in one kind for those who only report it."""


class RemovalRefused(Exception):
    """It cannot be done as it was asked for, or not here."""
