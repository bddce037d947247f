"""oonib: the OONI backend. Each sub-package is a room that owns one thing of the domain."""

__version__ = "0.1.0"
