"""The pages for people, put together."""

from collections.abc import Callable, Sequence
from typing import Any

from fastapi import APIRouter

import oonib
from oonib.accounts import Access
from oonib.app.reading import Reading
from oonib.app.shared import Shared
from oonib.editorial import account_key
from oonib.web import WebService
from oonib.web import routes as web_routes
from oonib.web.assets import load_assets
from oonib.web.data import DataService
from oonib.web.data import routes as data_routes
from oonib.web.frame.routes import Desk
from oonib.web.frame.visiting import Door
from oonib.web.pages import Pages
from oonib.web.service import Finding


def open_desk(shared: Shared, access: Access) -> Desk:
    """Where requests for pages are answered."""
    url = shared.settings.public_url
    pages = Pages(load_assets(), base_url=url, version=oonib.__version__)
    door = Door(access, account_key(shared.settings).encode())
    return Desk(pages, door, secure=url.startswith("https://"))


def router(
    shared: Shared,
    desk: Desk,
    *,
    health: Callable[[], Sequence[Finding]],
    reading: Reading,
    openapi: Callable[[], dict[str, Any]],
) -> APIRouter:
    """All pages."""
    home = WebService(
        health=health,
        spool=shared.spool,
        measurements=reading.measurements,
        openapi=openapi,
        assets=load_assets(),
    )
    data = DataService(shared.objects, base_url=shared.settings.public_url)
    pages = APIRouter()
    for part in (web_routes.router(desk, home), data_routes.router(desk, data)):
        pages.routes.extend(part.routes)
    return pages
