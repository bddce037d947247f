"""Whose request it is: the address that may be believed (design section 6, "client address").

The socket's, unless a number of proxies in front is trusted: then the entry of X-Forwarded-For that the
outermost of them wrote. A client can write any other entry, so no other is ever taken. The address is used
and forgotten: it goes into no log, no label and no table.
"""

import ipaddress

from fastapi import Request
from starlette.types import Scope


def client_address(request: Request, trusted_proxies: int) -> str:
    """The address as text, empty where there is none that can be believed."""
    return scope_address(request.scope, trusted_proxies)


def scope_address(scope: Scope, trusted_proxies: int) -> str:
    """The same, where there is no request object."""
    if trusted_proxies == 0:
        client = scope.get("client")
        return str(client[0]) if client else ""
    sent = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
    entries = b",".join(sent).decode("latin-1").split(",")
    return entries[-trusted_proxies].strip() if len(entries) >= trusted_proxies else ""


def is_forwarded(request: Request) -> bool:
    """Whether some proxy says that it passed the request on."""
    return "x-forwarded-for" in request.headers or "forwarded" in request.headers


def is_local(request: Request, trusted_proxies: int) -> bool:
    """Whether it comes from this machine. Behind a proxy that is not declared every client looks local."""
    if trusted_proxies == 0 and is_forwarded(request):
        return False
    try:
        return ipaddress.ip_address(client_address(request, trusted_proxies)).is_loopback
    except ValueError:
        return False
