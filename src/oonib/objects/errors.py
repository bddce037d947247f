"""Why the object store could not do something, in kinds that callers treat differently."""


class ObjectStoreError(Exception):
    """The store refused: trying the same again will not help."""


class ObjectStoreUnavailable(ObjectStoreError):
    """The store is away, slow, or without its bucket. Whether a write happened is not known. Try again."""


class ObjectNotFound(ObjectStoreError):
    """There is no object under this key."""


class ObjectExists(ObjectStoreError):
    """There is an object under this key already, and it was left as it is."""


class BadKey(ObjectStoreError):
    """The text is no key: empty, absolute, with `..`, a NUL or a backslash."""
