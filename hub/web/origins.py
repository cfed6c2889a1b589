"""Pages of other origins that may use the hub from a browser, over HTTP (CORS) and WebSockets: ``UNIONHUB_ORIGINS``.

The hub has no cookies: a token is a header that the page itself sends. So credentials in the sense of CORS are never allowed, and any
header may be sent and any origin (``*``) be let in without lending one page the rights of another.
"""

from collections.abc import Collection

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

EVERY = "*"
"""In the place of origins: every page may use the hub."""

EXPOSED = ("ETag", "RateLimit", "RateLimit-Policy", "Retry-After", "WWW-Authenticate", "X-Request-Id")
"""Headers of an answer that a page may read, beside those that every page may."""

PREFLIGHT_SECONDS = 7200
"""How long a browser may keep the answer to a preflight; Chromium keeps none for longer."""


def with_cors(app: ASGIApp, origins: Collection[str], paths: Collection[str]) -> ASGIApp:
    """The application, some paths of which pages of these origins may use; itself where there are no origins."""
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
    """Whether a page may open a WebSocket: one of the hub's own origin, behind a proxy with TLS too, or of those that may use it."""
    origin, host = origin.lower(), host.lower()
    return EVERY in origins or origin in origins or origin in (f"http://{host}", f"https://{host}")
