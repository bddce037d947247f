"""Charges requests to quotas and refuses those whose quota is used up (data contract 6.3).

Plain ASGI, inside the layer that answers to other origins, so that pages can read a refusal too. What counts
is the time the server works: that in which it waits for the client, to send its request or to take the
answer, costs nothing. Submissions do not come by here.
"""

import re
import time
from collections.abc import Callable

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from oonib.quota import Caller, Quotas, Standing

UNMETERED = (
    # operations
    "/",
    "/health",
    "/version",
    "/metrics",
    "/robots.txt",
    "/static/*",
    "/api/v1/quota",
    "/api/_/quotas_summary",
    # probes: nothing that they need may depend on what their network asked for
    "/report*",
    "/api/v1/submit_measurement*",
    "/api/v1/check-in*",
    "/api/_/check-in*",
    "/api/v1/test-helpers*",
    "/api/v1/collectors*",
    "/api/v1/test-list/*",
    "/api/v1/geolookup*",
    "/api/v1/register",
    "/api/v1/login",
    "/api/v1/update/*",
    "/api/v1/manifest*",
    "/api/v1/sign_credential*",
    "/api/v2/ooniprobe/*",
    "/bouncer/*",
    "/api/_/check_report_id",
    # other hosts
    "/measurement_spool/*",
    # lives for hours, almost all of them asleep; has limits of its own
    "/api/v1/stream",
)
"""Paths that cost nothing and are always answered; a closing `*` stands for any rest."""

Identify = Callable[[Scope], str | None]
"""The account that a request proves to come from, or None. It must not wait for anything."""

CallerOf = Callable[[Scope], Caller | None]

_REFUSAL = {"error": "quota exceeded", "detail": "quota exceeded"}

EXPOSED = (
    "Retry-After",
    "X-RateLimit-Remaining",
    "RateLimit-Limit",
    "RateLimit-Remaining",
    "RateLimit-Reset",
    "RateLimit-Policy",
)
"""Header fields of answers that pages of other origins may read."""

# A probe asks for it before it measures; the rest of OONI Run is for people.
_DESCRIPTOR_RE = re.compile(r"/api/v2/oonirun/links/[^/]+/engine-descriptor/[^/]+")
_EXACT = frozenset(path for path in UNMETERED if not path.endswith("*"))
_PREFIXES = tuple(path[:-1] for path in UNMETERED if path.endswith("*"))


def is_unmetered(path: str) -> bool:
    """Whether a path costs nothing."""
    return path in _EXACT or path.startswith(_PREFIXES) or _DESCRIPTOR_RE.fullmatch(path) is not None


def nobody_known(_scope: Scope) -> None:
    """An `Identify` without accounts."""
    return


def payer(quotas: Quotas, sender_of: Callable[[Scope], str], identify: Identify = nobody_known) -> CallerOf:
    """Who pays for a request: the account that it proves to come from, else its network."""
    return lambda scope: quotas.caller(sender_of(scope), identify(scope))


class Metering:
    """A layer around the application."""

    def __init__(self, app: ASGIApp, quotas: Quotas, caller_of: CallerOf) -> None:
        self._app = app
        self._quotas = quotas
        self._caller_of = caller_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or is_unmetered(scope["path"]):
            await self._app(scope, receive, send)
            return
        caller = self._caller_of(scope)
        if caller is None:
            await self._app(scope, receive, send)
        elif caller.standing.exhausted:
            self._quotas.refuse(caller)
            await refusal(caller.standing)(scope, receive, send)
        else:
            await self._charged(caller, scope, receive, send)

    async def _charged(self, caller: Caller, scope: Scope, receive: Receive, send: Send) -> None:
        meter = _Meter()

        async def receive_unmetered() -> Message:
            return await meter.receive(receive)

        async def send_telling(message: Message) -> None:
            if message["type"] == "http.response.start":
                standing = self._quotas.after(caller, meter.seconds)
                told = [(name.lower().encode(), value.encode()) for name, value in headers(standing).items()]
                message["headers"] = [*message.get("headers", []), *told]
            await meter.send(send, message)

        try:
            await self._app(scope, receive_unmetered, send_telling)
        finally:
            self._quotas.charge(caller, meter.seconds)


class _Meter:
    """Time since the request came, without that spent on waiting for the client."""

    def __init__(self) -> None:
        self._started = time.perf_counter()
        self._waited = 0.0
        self._body_complete = False

    @property
    def seconds(self) -> float:
        """What the request has cost so far."""
        return time.perf_counter() - self._started - self._waited

    async def receive(self, receive: Receive) -> Message:
        """A message of the client, whose time costs nothing while it is still sending."""
        if self._body_complete:
            # Watching for the client to leave goes on beside the work.
            return await receive()
        began = time.perf_counter()
        try:
            message = await receive()
        finally:
            self._waited += time.perf_counter() - began
        self._body_complete = message["type"] != "http.request" or not message.get("more_body", False)
        return message

    async def send(self, send: Send, message: Message) -> None:
        """Send to the client, whose time costs nothing."""
        began = time.perf_counter()
        try:
            await send(message)
        finally:
            self._waited += time.perf_counter() - began


def headers(standing: Standing) -> dict[str, str]:
    """What an answer says of the quota: the tightest window, and what all of them allow."""
    window, _ = standing.tightest
    policy = ", ".join(f"{int(each.limit)};w={int(each.length)}" for each in standing.limits.windows)
    return {
        "X-RateLimit-Remaining": str(standing.remaining),
        "RateLimit-Limit": str(int(window.limit)),
        "RateLimit-Remaining": str(standing.remaining),
        "RateLimit-Reset": str(standing.full_after),
        "RateLimit-Policy": policy,
    }


def refusal(standing: Standing) -> JSONResponse:
    """429 with when to come back. Nothing of the request is in it."""
    told = headers(standing)
    told |= {"Retry-After": str(standing.retry_after), "Cache-Control": "no-cache"}
    told |= {"X-RateLimit-Remaining": "0", "RateLimit-Remaining": "0"}
    return JSONResponse(_REFUSAL, 429, told)
