"""The composition root of the HTTP API: settings, adapters, services, routers.

The only place that knows how the rooms fit together for the API. It holds no logic of its own.
"""

from oonib.app.build import create_app, openapi

__all__ = ["create_app", "openapi"]
