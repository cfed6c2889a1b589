"""Compresses responses by ``Accept-Encoding``: zstd, br or gzip. ``hub/compressible.py`` decides which responses say ``no-transform``."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette_compress import CompressMiddleware, add_compress_type

MIN_BYTES = 1_000
"""Shorter responses are not compressed, since they fit into one packet."""

NO_TRANSFORM = b"no-transform"
PLAIN = "unionhub.plain"
"""The key in the scope of the ``send`` that does not compress."""

add_compress_type("application/graphql-response+json")


def with_compression(app: ASGIApp, paths: tuple[str, ...]) -> ASGIApp:
    """The application with compression on some paths, except for responses that say ``no-transform``."""

    async def inner(scope: Scope, receive: Receive, send: Send) -> None:
        way = send

        async def chosen(message: Message) -> None:
            nonlocal way
            if message["type"] == "http.response.start" and forbids(message["headers"]):
                way = scope[PLAIN]
            await way(message)

        await app(scope, receive, chosen)

    middleware = CompressMiddleware(inner, minimum_size=MIN_BYTES)

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] in paths:
            await middleware({**scope, PLAIN: send}, receive, send)
        else:
            await app(scope, receive, send)

    return answer


def forbids(headers: list[tuple[bytes, bytes]]) -> bool:
    """Whether a response says ``no-transform``."""
    return any(name == b"cache-control" and NO_TRANSFORM in value for name, value in headers)
