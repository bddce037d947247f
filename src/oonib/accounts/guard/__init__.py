"""The door of routes that are not for everybody."""
