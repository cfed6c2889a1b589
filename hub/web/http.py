"""The GraphQL endpoint by the GraphQL-over-HTTP draft, as a bare ASGI application: every request pays for it.

A request that HTTP refuses (method, media type, size, malformed JSON, token) keeps its status under every media type.
A request that GraphQL refuses (syntax, validation, limits, variables) is 400 as ``application/graphql-response+json``
and, as the draft wants it for older clients, 200 under ``application/json``. A fault of the hub is 5xx under both.
"""

import asyncio
from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import NamedTuple

from graphql import OperationType
from starlette.types import Receive, Scope, Send

from hub.authentication.authenticator import Authenticator
from hub.client_address import source_of
from hub.compressible import is_compressible
from hub.errors import Refusal
from hub.limits.budget import Account
from hub.messages import prefers_chinese, set_language
from hub.operations import CLIENT_CLOSED, Operations, Outcome, refused
from hub.parameters import Parameters, from_body, from_query_string
from hub.telemetry.metric_labels import PROGRAM_HEADERS, program_of
from hub.telemetry.requests import Answered
from hub.web.caching import etag_of, matches
from hub.web.compression import MIN_BYTES, NO_TRANSFORM
from hub.web.negotiation import JSON, RESPONSE, Accepts, accepts, is_json
from hub.web.protocol import WHOLE
from resolvers.access.callers import Caller

BODY_SECONDS = 30.0
"""How long a body may take to arrive after its first part."""

WATCH_SECONDS = 0.05
"""How long a request runs before the hub checks whether its caller is still connected."""

DISCARDED_BYTES, DISCARD_SECONDS = 32 * 2**20, 5.0
"""How much of a body that is too large is still received and discarded, so that its sender reads the refusal."""

ACCEPTED = (
    "Accept application/graphql-response+json or application/json; for all rows of a list text/csv, application/x-ndjson or an XLSX "
    "workbook (docs/exports.md)."
)

CLOSE = ((b"connection", b"close"),)

CACHEABLE_VARY = b"accept, accept-language, authorization"

NOSNIFF = (b"x-content-type-options", b"nosniff")
HEADERS = {
    media: [(b"content-type", media + b"; charset=utf-8"), (b"vary", b"accept, accept-language"), NOSNIFF]
    for media in (JSON, RESPONSE)
}
CACHEABLE_HEADERS = {
    media: [(b"content-type", media + b"; charset=utf-8"), (b"vary", CACHEABLE_VARY), NOSNIFF]
    for media in (JSON, RESPONSE)
}
"""Headers of a response that caches may store; they must not serve it to callers with a token."""

Page = Callable[[Scope, Receive, Send], Awaitable[None]]
"""Answers a browser."""

AnswerExport = Callable[[Scope, Receive, Send, "Headers", Accepts], Awaitable[None]]
"""Answers a request that wants an export."""


class Headers(NamedTuple):
    """The request headers that the endpoint reads."""

    accept: bytes | None
    content_type: bytes | None
    length: int
    """``Content-Length``, 0 if it is missing."""

    encoded: bool
    upgrade: bool
    explain: bool
    waits: bool
    """Whether the caller sends the body only after 100 Continue."""

    authorization: list[bytes]
    chinese: bool
    """Whether the caller prefers Chinese messages."""

    if_none_match: bytes | None
    """Validators of what the caller has cached."""

    program: str | None
    """The name that the client program gives itself."""


class Disconnected(Exception):
    """The caller has disconnected."""


class DisconnectWatcher:
    """Cancels the task that answers a caller who disconnects. It starts after ``WATCH_SECONDS``: nearly every request is answered by then,
    and costs a timer only."""

    __slots__ = ("gone", "looking", "receive", "task", "timer")

    def __init__(self, receive: Receive) -> None:
        self.receive = receive
        task = asyncio.current_task()
        assert task is not None
        self.task = task
        self.gone = False
        self.looking: asyncio.Task[None] | None = None
        self.timer = task.get_loop().call_later(WATCH_SECONDS, self.look)

    def look(self) -> None:
        """Start watching."""
        self.looking = asyncio.create_task(self.until_gone())

    async def until_gone(self) -> None:
        """Wait until the caller disconnects, then cancel the task."""
        while (await self.receive())["type"] != "http.disconnect":
            pass
        self.gone = True
        self.task.cancel()

    def swallow(self) -> None:
        """Undo the cancellation of the task, if it came from here.

        Raises:
            CancelledError: the task was cancelled by something else.
        """
        if not self.gone or self.task.uncancel():
            raise asyncio.CancelledError

    def stop(self) -> None:
        """Stop watching."""
        self.timer.cancel()
        if self.looking is not None:
            self.looking.cancel()


class GraphQLEndpoint:
    """The endpoint.

    Args:
        operations: runs operations.
        authenticator: finds the caller.
        max_body_bytes: the largest body that is read.
        page: answers a browser's GET; without it a browser gets an error that says how to send a query.
        public_seconds: how long caches may store responses to GET of anonymous callers; 0 for not at all.
    """

    def __init__(
        self,
        operations: Operations,
        authenticator: Authenticator,
        *,
        max_body_bytes: int,
        page: Page | None = None,
        public_seconds: int = 0,
    ) -> None:
        self.operations = operations
        self.authenticator = authenticator
        self.telemetry = operations.telemetry
        self.max_body_bytes = max_body_bytes
        self.page = page
        self.public_seconds = public_seconds
        self.export: AnswerExport | None = None
        """Answers requests that want an export."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        started = perf_counter()
        headers = read_headers(scope["headers"])
        set_language(chinese=headers.chinese)
        wanted = accepts(headers.accept)
        if wanted.page and self.page is not None and scope["method"] == "GET" and not headers.upgrade:
            await self.page(scope, receive, send)
            self.telemetry.other(source_of(scope), "GET", scope["path"], 200, perf_counter() - started)
            return
        if wanted.export is not None and self.export is not None:
            await self.export(scope, receive, send, headers, wanted)
            return
        media = wanted.media or JSON
        caller: Caller | None = None
        account: Account | None = None
        name: str | None = None
        source = source_of(scope)
        self.telemetry.running.inc()
        try:
            caller = self.authenticator.known(headers.authorization)
            if caller is None:
                caller = await self.authenticator.sign_in(headers.authorization, source)
            self.operations.budget.require(caller, source)
            if wanted.media is None:
                raise Refusal(406, "NOT_ACCEPTABLE", ACCEPTED)
            parameters = await self.read(scope, headers, receive)
            name = parameters.operation_name
            account = self.operations.account(caller, source)
            watch = DisconnectWatcher(receive)
            try:
                outcome = await self.operations.run(
                    parameters,
                    account,
                    explain=headers.explain and caller.principal_id is not None and caller.sees_rows,
                    reading=scope["method"] == "GET",
                )
            except asyncio.CancelledError:
                watch.swallow()
                seconds = perf_counter() - started
                done = Answered(CLIENT_CLOSED, seconds, name, source, caller, headers.program, account=account)
                self.telemetry.request(done)
                return
            finally:
                watch.stop()
        except Refusal as refusal:
            outcome = refused(refusal, name)
        except Disconnected:
            return
        except Exception as error:
            outcome = self.operations.failed(error, name)
        finally:
            self.telemetry.running.dec()
        status, extra = outcome.status, outcome.left
        if media is JSON and 400 <= status < 500 and not outcome.refused:
            status = 200
        if status == 503:
            extra = (*extra, (b"retry-after", b"1"))
        kept = cache_control(outcome, caller, explained=headers.explain)
        if (
            scope["method"] == "GET"
            and self.public_seconds
            and not headers.authorization
            and is_public(outcome, caller)
        ):
            await respond_cacheable(send, outcome.body, media, self.public_seconds, headers.if_none_match)
        else:
            whole = status == 200 and WHOLE in scope.get("extensions", ())
            await respond(send, status, outcome.body, media, extra, kept, whole=whole)
        seconds = perf_counter() - started
        self.telemetry.request(
            Answered(
                status, seconds, outcome.name, source, caller, headers.program, outcome.code, outcome.codes, account
            )
        )

    async def read(self, scope: Scope, headers: Headers, receive: Receive) -> Parameters:
        """The request's parameters, from the query string of a GET or the body of a POST.

        Raises:
            Refusal: the request is not well-formed GraphQL over HTTP.
            Disconnected: the caller disconnected before the request was complete.
        """
        if headers.upgrade:
            raise Refusal(400, "BAD_REQUEST", "WebSockets are not served here; send queries with POST.")
        method = scope["method"]
        if method == "POST":
            if headers.content_type is None or not is_json(headers.content_type) or headers.encoded:
                raise Refusal(
                    415,
                    "UNSUPPORTED_MEDIA_TYPE",
                    "Send the body as `Content-Type: application/json`, in UTF-8 and not compressed.",
                )
            if headers.length > self.max_body_bytes:
                raise self.too_large(complete=not headers.waits and await discard(receive, headers.length))
            return from_body(await self.read_body(receive))
        if method == "GET":
            return from_query_string(scope["query_string"])
        raise Refusal(
            405,
            "METHOD_NOT_ALLOWED",
            f"Send GET or POST; {method[:20]} is not served here.",
            [(b"allow", b"GET, POST")],
        )

    async def read_body(self, receive: Receive) -> bytes:
        """Read the body.

        Raises:
            Refusal: 413 BODY_TOO_LARGE, 408 REQUEST_TIMEOUT.
            Disconnected: the caller disconnected before the body was complete.
        """
        message = await receive()
        body: bytes = message.get("body", b"")
        if message["type"] == "http.request" and not message.get("more_body", False):
            if len(body) > self.max_body_bytes:
                raise self.too_large(complete=True)
            return body
        chunks = [body]
        size = len(body)
        try:
            async with asyncio.timeout(BODY_SECONDS):
                while message.get("more_body", False):
                    message = await receive()
                    chunks.append(message.get("body", b""))
                    size += len(chunks[-1])
                    if size > self.max_body_bytes:
                        chunks.clear()
                        more = message.get("more_body", False)
                        raise self.too_large(complete=not more or await discard(receive, size))
        except TimeoutError:
            raise Refusal(
                408,
                "REQUEST_TIMEOUT",
                f"The body did not arrive within {BODY_SECONDS:.0f} s.",
                CLOSE,
            ) from None
        if message["type"] == "http.disconnect":
            raise Disconnected
        return b"".join(chunks)

    def too_large(self, *, complete: bool) -> Refusal:
        """The refusal of a body over the limit; the connection is closed if the rest of the body is still to come."""
        return Refusal(
            413,
            "BODY_TOO_LARGE",
            f"The body is larger than {self.max_body_bytes} bytes. Ask in several requests.",
            [] if complete else CLOSE,
        )


def read_headers(raw: list[tuple[bytes, bytes]]) -> Headers:
    """Read the headers that the endpoint uses; ASGI has their names in lower case."""
    accept = content_type = None
    length = 0
    encoded = upgrade = explain = waits = False
    authorization: list[bytes] = []
    language = b""
    if_none_match: bytes | None = None
    program: str | None = None
    for name, value in raw:
        if name == b"accept":
            accept = value if accept is None else accept + b"," + value
        elif name == b"content-type":
            content_type = value if content_type is None else content_type + b"," + value
        elif name == b"content-length":
            length = int(value[:18]) if value.isdigit() else 0
        elif name == b"authorization":
            authorization.append(value)
        elif name == b"accept-language":
            language = value
        elif name == b"content-encoding":
            encoded = encoded or value.strip().lower() not in (b"", b"identity")
        elif name == b"upgrade":
            upgrade = value.strip().lower() == b"websocket"
        elif name == b"x-unionhub-explain":
            explain = value.strip() == b"1"
        elif name == b"expect":
            waits = True
        elif name == b"if-none-match":
            if_none_match = value if if_none_match is None else if_none_match + b"," + value
        elif name in PROGRAM_HEADERS:
            program = program_of(value)
    chinese = bool(language) and prefers_chinese(language)
    return Headers(
        accept, content_type, length, encoded, upgrade, explain, waits, authorization, chinese, if_none_match, program
    )


async def discard(receive: Receive, size: int) -> bool:
    """Receive and discard the rest of a body of at least ``size`` bytes; False if it is too much."""
    if size > DISCARDED_BYTES:
        return False
    try:
        async with asyncio.timeout(DISCARD_SECONDS):
            taken = 0
            while taken <= DISCARDED_BYTES:
                message = await receive()
                taken += len(message.get("body", b""))
                if not message.get("more_body", False):
                    return True
    except TimeoutError:
        pass
    return False


def cache_control(outcome: Outcome, caller: Caller | None, *, explained: bool) -> bytes:
    """``Cache-Control`` of a response to one caller: no cache stores it, and no proxy compresses it if that could disclose a secret."""
    if caller is None or caller.principal_id is None:
        return b"no-store"
    kind, spells_values = (
        (outcome.operation.kind, outcome.operation.spells_values) if outcome.operation else (None, False)
    )
    if len(outcome.body) < MIN_BYTES or is_compressible(
        outcome.body, kind, spells_values=spells_values, explained=explained
    ):
        return b"no-store"
    return b"no-store, " + NO_TRANSFORM


def is_public(outcome: Outcome, caller: Caller | None) -> bool:
    """Whether a response is the same for all anonymous callers: a query without errors, since errors depend on budgets and language."""
    return (
        caller is not None
        and caller.principal_id is None
        and outcome.status == 200
        and outcome.operation is not None
        and outcome.operation.kind is OperationType.QUERY
        and b'"errors":' not in outcome.body
    )


async def respond_cacheable(send: Send, body: bytes, media: bytes, seconds: int, if_none_match: bytes | None) -> None:
    """Send a response that caches may store for so many seconds; 304 if the caller has it. It has no ``RateLimit`` headers, since
    these are about one caller."""
    etag = etag_of(body)
    known = matches(if_none_match.decode("latin-1") if if_none_match is not None else None, etag)
    headers = [
        *CACHEABLE_HEADERS[media],
        (b"cache-control", b"public, max-age=%d" % seconds),
        (b"etag", etag.encode()),
    ]
    if known:
        await send({"type": "http.response.start", "status": 304, "headers": headers[1:]})
        await send({"type": "http.response.body", "body": b""})
        return
    headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def respond(
    send: Send,
    status: int,
    body: bytes,
    media: bytes = JSON,
    extra: tuple[tuple[bytes, bytes], ...] = (),
    kept: bytes = b"no-store",
    *,
    whole: bool = False,
) -> None:
    """Send a response; if ``whole``, in one message (``protocol.py``)."""
    headers = [*HEADERS[media], (b"cache-control", kept), (b"content-length", b"%d" % len(body)), *extra]
    if whole:
        await send({"type": "http.response.start", "status": status, "headers": headers, "body": body})
        return
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
