"""`GET /login`: the page behind login links to the backend's own address. Plain, without scripts."""

from html import escape
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from oonib.accounts.guard.documented import problems
from oonib.accounts.guard.routes import Guard
from oonib.accounts.service import Sessions

_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Logged in</title></head>
<body>
<h1>Logged in</h1>
<p>You are {address}, with the role {role}. Programs show this token to act for you:</p>
<pre>Authorization: Bearer {token}</pre>
<p>Keep it to yourself. It can be renewed with <code>GET /api/v1/user_refresh_token</code>.</p>
</body>
</html>
"""
_HEADERS = {
    # The address of this page and what is on it are secrets.
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": (
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
}


def router(guard: Guard, sessions: Sessions) -> APIRouter:
    """The page."""
    routes = guard.for_anybody(tags=["accounts"], responses=problems(s401="Not a login link that works"))

    @routes.get("/login", response_class=HTMLResponse, summary="A session from a login link, to be read")
    def page(
        token: Annotated[str, Query(max_length=8192, description="The token of the link")],
    ) -> HTMLResponse:
        """For people who run a backend without Explorer: shows the token of a new session."""
        begun = sessions.from_link(token)
        known = begun.session
        shown = _PAGE.format(
            address=escape(known.address), role=escape(known.role), token=escape(begun.token)
        )
        return HTMLResponse(shown, headers=_HEADERS)

    return routes
