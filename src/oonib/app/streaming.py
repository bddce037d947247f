"""The live feed, put together."""

import secrets

from fastapi import APIRouter

from oonib.app.shared import Shared
from oonib.measurements.service import RAW_PATH
from oonib.measurements.stream import routes as stream_routes
from oonib.measurements.stream.categories import Categories
from oonib.measurements.stream.feed import Feed
from oonib.measurements.stream.service import Streams
from oonib.measurements.stream.showing import shown
from oonib.measurements.stream.store import ArrivalStore
from oonib.quota import Callers


def router(shared: Shared) -> APIRouter:
    """`/api/v1/stream`. The feed ends with the rest."""
    raw_url = shared.settings.public_url + RAW_PATH
    store = ArrivalStore(shared.warehouse)
    feed = Feed(store, lambda row: shown(row, raw_url))
    shared.at_end.append(feed.close)
    # Networks are told apart by hashes under a key of this process, here as elsewhere.
    callers = Callers(secrets.token_bytes(32))
    streams = Streams(feed, Categories(store.listed).of)
    return stream_routes.router(streams, lambda request: callers.of_address(shared.address_of(request)))
