"""Pages about the data itself: what there is in the archive and the exports, and the objects to download.

Owns what of the object store anybody may see: cans of the archive and exports, by names of a known form. Each
page has the same content as JSON under `?format=json`.
"""

from oonib.web.data.service import DataService

__all__ = ["DataService"]
