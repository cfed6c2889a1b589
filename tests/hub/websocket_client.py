"""A WebSocket client of an ASGI application, without a server."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from hub.web.websocket import PROTOCOL
from tests.hub.conftest import TOKEN

INIT = {"type": "connection_init", "payload": {"authorization": f"Bearer {TOKEN}"}}
ACK = {"type": "connection_ack"}


class Socket:
    """One connection, from the client's side."""

    def __init__(self, app: Any, headers: dict[str, str], protocols: list[str], path: str) -> None:
        self.sent: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.answers: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.sent.put_nowait({"type": "websocket.connect"})
        scope = {
            "type": "websocket",
            "path": path,
            "scheme": "ws",
            "headers": [(b"host", b"hub"), *((name.encode(), value.encode()) for name, value in headers.items())],
            "client": ("192.0.2.7", 5),
            "subprotocols": protocols,
            "query_string": b"",
            "extensions": {"websocket.http.response": {}},
        }
        self.task = asyncio.create_task(app(scope, self.sent.get, self.answers.put))

    async def event(self) -> dict[str, Any]:
        """The next ASGI event of the hub."""
        async with asyncio.timeout(5):
            return await self.answers.get()

    async def told(self) -> Any:
        """The next message of the hub."""
        event = await self.event()
        assert event["type"] == "websocket.send", event
        return json.loads(event["text"])

    async def end(self) -> tuple[int, str]:
        """Code and reason with which the hub closes."""
        event = await self.event()
        assert event["type"] == "websocket.close", event
        await asyncio.wait_for(self.task, 5)
        return event["code"], event.get("reason", "")

    def say(self, *messages: Any) -> None:
        """Send messages."""
        for message in messages:
            text = message if isinstance(message, str) else json.dumps(message)
            self.sent.put_nowait({"type": "websocket.receive", "text": text})

    def ask(self, identifier: str, query: str, **more: Any) -> None:
        """Start an operation."""
        self.say({"id": identifier, "type": "subscribe", "payload": {"query": query, **more}})

    async def answer(self, identifier: str, query: str, **more: Any) -> Any:
        """The payload of an operation that runs alone."""
        self.ask(identifier, query, **more)
        told = await self.told()
        assert told["id"] == identifier
        if told["type"] == "next":
            assert await self.told() == {"id": identifier, "type": "complete"}
        return told["payload"]

    async def leave(self) -> None:
        """Disconnect."""
        self.sent.put_nowait({"type": "websocket.disconnect", "code": 1001})
        await asyncio.wait_for(self.task, 5)


@asynccontextmanager
async def connected(
    app: Any, *, init: Any = INIT, headers: dict[str, str] | None = None, protocols: Any = (PROTOCOL,)
) -> AsyncIterator[Socket]:
    """An accepted connection; unless ``init`` is None, the client has sent it."""
    socket = Socket(app, headers or {}, list(protocols), "/graphql")
    try:
        accepted = await socket.event()
        assert accepted["type"] == "websocket.accept", accepted
        if init is not None:
            socket.say(init)
            assert await socket.told() == ACK
        yield socket
    finally:
        if not socket.task.done():
            await socket.leave()
