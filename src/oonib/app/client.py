"""Whose request it is: the address that may be believed (design section 6, "client address").

The socket's, unless a number of proxies in front is trusted: then the entry of X-Forwarded-For that the
outermost of them wrote. A client can write any other entry, so no other is ever taken. The address is used
and forgotten: it goes into no log, no label and no table.
"""

from fastapi import Request


def client_address(request: Request, trusted_proxies: int) -> str:
    """The address as text, empty where there is none that can be believed."""
    if trusted_proxies == 0:
        return request.client.host if request.client is not None else ""
    entries = ",".join(request.headers.getlist("x-forwarded-for")).split(",")
    return entries[-trusted_proxies].strip() if len(entries) >= trusted_proxies else ""


def is_forwarded(request: Request) -> bool:
    """Whether some proxy says that it passed the request on."""
    return "x-forwarded-for" in request.headers or "forwarded" in request.headers
