"""The response of an export: a file that is sent as its rows are read, and what becomes of it when it cannot be whole."""

import asyncio
import zlib
from time import perf_counter
from typing import Any, Protocol

from starlette.types import Receive, Scope, Send

from hub.authentication.authenticator import Authenticator
from hub.client_address import source_of
from hub.errors import Refusal
from hub.exports.forms import Form, Format, form_of
from hub.exports.run import Exports
from hub.limits.budget import Account
from hub.operations import CLIENT_CLOSED, Operations, Outcome, refused
from hub.parameters import Parameters
from hub.telemetry.requests import Answered
from hub.web.http import NOSNIFF, Disconnected, DisconnectWatcher, Headers, respond
from hub.web.negotiation import RESPONSE, Accepts, codings
from hub.web.protocol import ABORT
from resolvers.access.callers import Caller

END_SECONDS = 10.0
"""How long a caller may take to read the end of a file, or what went wrong with it."""

GZIP, LEVEL = 31, 1
"""The window bits by which zlib writes gzip, and the fastest level."""

VARY = (b"vary", b"accept, accept-language, accept-encoding")


class Endpoint(Protocol):
    """The GraphQL endpoint, as far as exports need it."""

    operations: Operations
    authenticator: Authenticator

    async def read(self, scope: Scope, headers: Headers, receive: Receive) -> Parameters:
        """The request's parameters."""


class ResponseSink:
    """Sends a file as the body of a response; compressed if the caller takes gzip and the file's length may be seen."""

    def __init__(self, scope: Scope, send: Send, form: Form, account: Account) -> None:
        self.scope = scope
        self.send = send
        self.form = form
        self.account = account
        self.started = False
        self.gzip: Any = None

    def takes_gzip(self) -> bool:
        """Whether the caller takes gzip."""
        accepted = b",".join(value for name, value in self.scope["headers"] if name == b"accept-encoding")
        return "gzip" in codings(accepted.decode("latin-1"))

    async def start(self, name: str, size: int | None, *, spells_values: bool) -> None:
        """Send the headers. A workbook is compressed by itself; what could disclose a secret by its length is not compressed
        (``hub/compressible.py``)."""
        safe = self.account.caller.principal_id is None or not spells_values
        if self.form.format is not Format.XLSX and safe and self.takes_gzip():
            self.gzip = zlib.compressobj(LEVEL, zlib.DEFLATED, GZIP)
        headers = [
            (b"content-type", self.form.format.content_type.encode()),
            (b"content-disposition", f'attachment; filename="{name}"'.encode()),
            (b"cache-control", b"no-store, no-transform"),
            VARY,
            NOSNIFF,
            *self.account.settle(),
        ]
        if self.gzip is not None:
            headers.append((b"content-encoding", b"gzip"))
        if size is not None:
            headers.append((b"content-length", b"%d" % size))
        self.started = True
        await self.send({"type": "http.response.start", "status": 200, "headers": headers})

    async def write(self, data: bytes) -> None:
        """Send the next bytes."""
        body = data if self.gzip is None else self.gzip.compress(data)
        if body:
            await self.send({"type": "http.response.body", "body": body, "more_body": True})

    async def finish(self, outcome: Outcome) -> None:
        """Send the end of a whole file. What went wrong with NDJSON is its last line; any other file is broken off."""
        try:
            async with asyncio.timeout(END_SECONDS):
                if outcome.code is not None and self.form.format is not Format.NDJSON:
                    await self.abort()
                    return
                if outcome.code is not None:
                    await self.write(outcome.body + b"\n")
                last = b"" if self.gzip is None else self.gzip.flush()
                await self.send({"type": "http.response.body", "body": last, "more_body": False})
        except TimeoutError:
            await self.abort()

    async def abort(self) -> None:
        """Break the connection off, so that the caller does not take what came for the whole."""
        if ABORT in self.scope.get("extensions", ()):
            await self.send({"type": ABORT})


class ExportEndpoint:
    """Answers requests that want an export.

    Args:
        endpoint: reads requests and knows their callers.
        exports: runs exports.
    """

    def __init__(self, endpoint: Endpoint, exports: Exports) -> None:
        self.endpoint = endpoint
        self.exports = exports
        self.operations = endpoint.operations
        self.telemetry = endpoint.operations.telemetry

    async def __call__(self, scope: Scope, receive: Receive, send: Send, headers: Headers, wanted: Accepts) -> None:
        """Answer one request."""
        started, source = perf_counter(), source_of(scope)
        caller: Caller | None = None
        sink: ResponseSink | None = None
        name: str | None = None
        self.telemetry.running.inc()
        try:
            caller = self.endpoint.authenticator.known(headers.authorization)
            if caller is None:
                caller = await self.endpoint.authenticator.sign_in(headers.authorization, source)
            self.operations.budget.require(caller, source)
            assert wanted.export is not None
            form = form_of(wanted.export, dict(wanted.parameters), chinese=headers.chinese)
            parameters = await self.endpoint.read(scope, headers, receive)
            name = parameters.operation_name
            sink = ResponseSink(scope, send, form, self.operations.account(caller, source))
            outcome = await self.watched(parameters, sink, receive, reading=scope["method"] == "GET")
        except Refusal as refusal:
            outcome = refused(refusal, name)
        except Disconnected:
            return
        except Exception as error:
            outcome = self.operations.failed(error, name)
        finally:
            self.telemetry.running.dec()
        account = None if sink is None else sink.account
        if outcome.status == CLIENT_CLOSED:
            pass  # nobody reads
        elif sink is not None and sink.started:
            await sink.finish(outcome)
        else:
            retry = ((b"retry-after", b"1"),) if outcome.status == 503 else ()
            await respond(send, outcome.status, outcome.body, RESPONSE, (*outcome.left, *retry))
        status = 200 if sink is not None and sink.started and outcome.status != CLIENT_CLOSED else outcome.status
        seconds = perf_counter() - started
        self.telemetry.request(
            Answered(
                status, seconds, outcome.name, source, caller, headers.program, outcome.code, outcome.codes, account
            )
        )

    async def watched(self, parameters: Parameters, sink: ResponseSink, receive: Receive, *, reading: bool) -> Outcome:
        """Run the export while its caller is connected."""
        watch = DisconnectWatcher(receive)
        try:
            return await self.exports.run(parameters, sink.account, sink.form, sink, reading=reading)
        except asyncio.CancelledError:
            watch.swallow()
            return Outcome(CLIENT_CLOSED, b"", None, parameters.operation_name)
        finally:
            watch.stop()
