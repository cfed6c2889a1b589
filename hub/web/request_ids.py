"""``X-Request-Id`` and ``traceparent``: read from the request, returned, and added to every log line of the request.

A caller, or the proxy before the hub, may send an ID of 1 to 128 letters, digits and ``-._~:/+=@``. If there is none, or it has another
form or occurs twice, the hub makes one.
"""

import re
from random import getrandbits

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from resolvers.request import REQUEST, RequestContext

HEADER = b"x-request-id"

REQUEST_ID = re.compile(rb"[A-Za-z0-9._~:/+=@-]{1,128}")
TRACEPARENT = re.compile(rb"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}(-.*)?")
"""www.w3.org/TR/trace-context, of any version: later ones may add fields after those of ``00``."""

STARTS = frozenset({"http.response.start", "websocket.accept", "websocket.http.response.start"})
"""The ASGI messages that have the headers of a response."""


def request_context(headers: list[tuple[bytes, bytes]]) -> RequestContext:
    """The IDs of a request, from its headers."""
    given: bytes | None = None
    parent: bytes | None = None
    for name, value in headers:
        if name == HEADER:
            given = value if given is None else b""
        elif name == b"traceparent":
            parent = value if parent is None else b""
    taken = given is not None and REQUEST_ID.fullmatch(given)
    request_id = given.decode() if given is not None and taken else f"{getrandbits(128):032x}"
    if parent is None:
        return RequestContext(request_id)
    found = TRACEPARENT.fullmatch(parent)
    if found is None or (found[3] is not None and parent.startswith(b"00")):
        return RequestContext(request_id)
    return RequestContext(request_id, found[1].decode(), found[2].decode())


def with_request_ids(app: ASGIApp) -> ASGIApp:
    """The application with a request ID in the log and in each response."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await app(scope, receive, send)
            return
        request = request_context(scope["headers"])
        header = (HEADER, request.request_id.encode())

        async def named(message: Message) -> None:
            if message["type"] in STARTS:
                message["headers"] = [*message.get("headers", ()), header]
            await send(message)

        before = REQUEST.set(request)
        try:
            await app(scope, receive, named)
        finally:
            REQUEST.reset(before)

    return answer
