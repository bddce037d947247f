"""Whose form it is: what routes of pages with forms have in common."""

from fastapi import Request

from oonib.accounts.tokens import Session
from oonib.web.editing.problems import Problem, Refused
from oonib.web.frame import said
from oonib.web.frame.routes import member, visitor


def caller(request: Request, *, admin: bool = False) -> Session:
    """Who asks for a page that is for members (or admins). Raises `Unauthorized`, `Forbidden`."""
    session = member(request, admin=admin).session
    assert session is not None
    return session


def writer(request: Request, *, admin: bool = False) -> Session:
    """Who sends a form. Raises `Refused` for nobody, so that what was typed is not lost, and `Forbidden`."""
    if visitor(request).session is None:
        text = said("Your session is over. Copy your text, log in again, and send it once more.")
        raise Refused(401, Problem("", text))
    return caller(request, admin=admin)
