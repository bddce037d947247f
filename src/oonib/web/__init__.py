"""Web pages: the home page, the API documentation, and the static files that they need.

Owns templates and how things are shown. Reaches data only through what it is given (checks, spool,
measurement service, API document); nothing is fetched from other sites, and every page works without
JavaScript.
"""

from oonib.web.service import WebService

__all__ = ["WebService"]
