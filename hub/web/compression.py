"""Compresses responses by ``Accept-Encoding``: zstd, br or gzip. ``hub/compressible.py`` decides which responses say ``no-transform``."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette_compress import CompressMiddleware, add_compress_type

MIN_BYTES = 1_000
"""Shorter responses are not compressed, since they fit into one packet."""

NO_TRANSFORM = b"no-transform"
RESPONSE = "unionhub.response"
"""The key in the scope of the messages of a response that may be compressed."""

add_compress_type("application/graphql-response+json")


def with_compression(app: ASGIApp, paths: tuple[str, ...]) -> ASGIApp:
    """The application with compression on some paths, except for short responses and for those that say ``no-transform``.

    Most responses are short, and pass the compressing middleware by.
    """
    middleware = CompressMiddleware(replay, minimum_size=MIN_BYTES)

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] not in paths:
            await app(scope, receive, send)
            return
        held: Message | None = None

        async def chosen(message: Message) -> None:
            nonlocal held
            if held is not None:
                start, held = held, None
                await middleware({**scope, RESPONSE: (start, message)}, receive, send)
            elif message["type"] == "http.response.start" and may_be_compressed(message["headers"]):
                body = message.pop("body", None)  # of a whole response (protocol.py)
                if body is None:
                    held = message
                else:
                    whole = (message, {"type": "http.response.body", "body": body})
                    await middleware({**scope, RESPONSE: whole}, receive, send)
            else:
                await send(message)

        await app(scope, receive, chosen)

    return answer


async def replay(scope: Scope, _: Receive, send: Send) -> None:
    """An application that sends the messages in its scope."""
    for message in scope[RESPONSE]:
        await send(message)


def may_be_compressed(headers: list[tuple[bytes, bytes]]) -> bool:
    """Whether a response is long enough, and does not say ``no-transform``."""
    for name, value in headers:
        if name == b"content-length" and int(value) < MIN_BYTES:
            return False
        if name == b"cache-control" and NO_TRANSFORM in value:
            return False
    return True
