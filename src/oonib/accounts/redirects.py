"""Where a login may lead: the pages that may receive login links. Pure (management contract 1.5).

Links are made from configured hosts only, never from what a request says of the host that it reached.
"""

from collections.abc import Iterable
from urllib.parse import urlsplit

_LONGEST = 2048


class BadRedirect(ValueError):
    """Not the URL of a page that may receive a login."""


class Redirects:
    """`hosts`: names of the pages' hosts, reached by https. `own_url`: this backend's, with its scheme."""

    def __init__(self, hosts: Iterable[str], own_url: str) -> None:
        own = urlsplit(own_url)
        self._allowed = {("https", host) for host in hosts} | {(own.scheme, own.netloc)}

    def login_page(self, target: str) -> str:
        """The page that a login link for `target` opens. Raises `BadRedirect`."""
        # Browsers drop or turn around some of these, so that they may see another host than we do.
        if (
            len(target) > _LONGEST
            or not target.isascii()
            or not target.isprintable()
            or set(target) & set(" \\")
        ):
            raise BadRedirect("not a URL")
        try:
            parts = urlsplit(target)
        except ValueError:
            raise BadRedirect("not a URL") from None
        if (parts.scheme, parts.netloc) not in self._allowed:
            raise BadRedirect("not a page that may receive a login")
        return f"{parts.scheme}://{parts.netloc}/login"
