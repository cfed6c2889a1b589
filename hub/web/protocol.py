"""uvicorn's HTTP protocol, which writes head and body of a response at once where the application hands them over together.

An application does so by the extension ``unionhub.whole``: if it is in the scope's ``extensions``, ``http.response.start`` may have the
whole ``body``, and no ``http.response.body`` follows. Such a response has a ``content-length`` and no ``connection``, and its headers,
which are the hub's own, are not checked again.

By the extension ``unionhub.abort`` a message of that type breaks the connection off, in the middle of a response that cannot be made whole:
its reader must not take it for the end.
"""

from starlette.types import Message
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

WHOLE = "unionhub.whole"
ABORT = "unionhub.abort"
EXTENSIONS: dict[str, dict[object, object]] = {WHOLE: {}, ABORT: {}}


class Protocol(HttpToolsProtocol):
    """The protocol of one connection."""

    def on_message_begin(self) -> None:
        """Offer the extensions."""
        super().on_message_begin()
        self.scope["extensions"] = EXTENSIONS

    def on_headers_complete(self) -> None:
        """Start the application, whose response goes the shorter way. It runs when this has returned."""
        before = self.cycle
        super().on_headers_complete()
        if self.cycle is not before:
            self.cycle.__class__ = WholeCycle  # uvicorn has no setting for it


class WholeCycle(RequestResponseCycle):
    """A request and its response."""

    async def send(self, message: Message) -> None:  # type: ignore[override]
        """Send a message; a whole response in one write."""
        if message["type"] == ABORT:
            self.disconnected = True
            self.transport.abort()
            return
        body = message.get("body") if message["type"] == "http.response.start" else None
        if body is None:
            await super().send(message)  # type: ignore[arg-type]
        elif self.flow.write_paused or not self.keep_alive or self.scope["method"] == "HEAD":
            await super().send(message)  # type: ignore[arg-type]
            await super().send({"type": "http.response.body", "body": body, "more_body": False})
        elif not self.disconnected:
            content = [STATUS_LINE[message["status"]]]
            for name, value in (*self.default_headers, *message["headers"]):
                content += (name, b": ", value, b"\r\n")
            content += (b"\r\n", body)
            self.transport.write(b"".join(content))
            self.response_started = self.response_complete = True
            self.message_event.set()
            self.on_response()
