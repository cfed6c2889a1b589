"""Decides which pages of other origins may use the hub, over HTTP (CORS) and WebSockets: ``UNIONHUB_ORIGINS``.

The hub has no cookies: the page itself sends a token in a header. So CORS credentials are never allowed; any header may be sent, and any
origin (``*``) may be allowed, without giving one page the rights of another.
"""

from collections.abc import Collection

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

EVERY = "*"
"""Instead of origins: every page may use the hub."""

EXPOSED = (
    "Content-Disposition",
    "ETag",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "WWW-Authenticate",
    "X-Request-Id",
)
"""Response headers that a page may read, in addition to those that every page may read."""

PREFLIGHT_SECONDS = 7200
"""How long a browser may cache the response to a preflight; it is the maximum of Chromium."""


def with_cors(app: ASGIApp, origins: Collection[str], paths: Collection[str]) -> ASGIApp:
    """The application with CORS on some paths for these origins; unchanged if there are none."""
    if not origins:
        return app
    shared = CORSMiddleware(
        app,
        allow_origins=origins,
        allow_methods=("GET", "POST"),
        allow_headers=("*",),
        allow_private_network=EVERY not in origins,
        expose_headers=EXPOSED,
        max_age=PREFLIGHT_SECONDS,
    )

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        serves = shared if scope["type"] == "http" and scope["path"] in paths else app
        await serves(scope, receive, send)

    return answer


def may_connect(origin: str, host: str, origins: Collection[str]) -> bool:
    """Whether a page may open a WebSocket: it has the hub's own origin (also behind a proxy with TLS) or an allowed one."""
    origin, host = origin.lower(), host.lower()
    return EVERY in origins or origin in origins or origin in (f"http://{host}", f"https://{host}")
