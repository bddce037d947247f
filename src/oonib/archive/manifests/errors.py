"""Why there is no manifest, in one kind for those who only report it."""


class ManifestError(Exception):
    """A manifest cannot be made, or a chain not be continued."""
