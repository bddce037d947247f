"""The status page: how this backend is, whether its books balance, what its timed work came to."""

from oonib.web.status.service import StatusService

__all__ = ["StatusService"]
