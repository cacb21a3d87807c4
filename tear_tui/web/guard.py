"""Who may use the app in a browser: whoever has the key that the command printed. Nobody else.

A server on loopback is open to every page that a browser on this machine shows, and to everybody
who is logged in here. So a request has to name this server by its own name (a foreign name that
leads here is DNS rebinding), may not come from another site's page, and has to carry the key.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.typedefs import Middleware

OWN_NAMES = ("127.0.0.1", "localhost", "[::1]")
"""What loopback is called in an address; the port may be one that ssh forwards."""

KEY = "key"
"""The query that carries the key the first time; afterwards a cookie does."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "font-src 'self' data:",
        "img-src 'self' data:",
        "connect-src 'self' ws://{host}",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'none'",
    )
)
"""What the page may load and ask: this server alone."""


def guard(key: str) -> Middleware:
    """A middleware that lets in whoever carries the key, and nobody else."""

    @web.middleware
    async def let_in(request: web.Request, handler: Handler) -> web.StreamResponse:
        _check(request, key)
        if request.query.get(KEY) is not None:
            inside = web.HTTPFound("/")  # the key leaves the address bar
            inside.set_cookie(_cookie(request), key, httponly=True, samesite="Strict")
            raise inside
        answer = await handler(request)
        if not answer.prepared:
            answer.headers["Content-Security-Policy"] = POLICY.format(host=request.host)
            answer.headers["Referrer-Policy"] = "no-referrer"
            answer.headers["X-Content-Type-Options"] = "nosniff"
        return answer

    return let_in


def _check(request: web.Request, key: str) -> None:
    """Raise unless this request may be answered."""
    host, origin = request.headers.get("Host", ""), request.headers.get("Origin")
    name, _, port = host.rpartition(":")
    if (name if port.isdecimal() else host) not in OWN_NAMES:
        raise web.HTTPForbidden(text=f"This server answers to {', '.join(OWN_NAMES)} only.")
    if origin is not None and origin != f"http://{host}":
        raise web.HTTPForbidden(text="Another site's page has no business here.")
    given = request.query.get(KEY) or request.cookies.get(_cookie(request), "")
    if not hmac.compare_digest(given.encode(), key.encode()):
        raise web.HTTPForbidden(text="Open the address that `tear-tui web` printed, with its key.")


def _cookie(request: web.Request) -> str:
    """Cookies are shared between the ports of a host, so the port is in the name."""
    return f"tear-{request.host.rpartition(':')[2]}"
