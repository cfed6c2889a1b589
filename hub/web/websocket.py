"""``graphql-transport-ws`` on the endpoint's path (github.com/enisdenjo/graphql-ws, PROTOCOL.md): many operations on one connection.

The caller signs in once, by ``authorization`` in the payload of ``connection_init``. The token is checked again before every operation,
and every few seconds in between. Each operation is run as over HTTP, with the same limits, budget and log; what HTTP has in headers is in
``extensions.headers``.
"""

import asyncio
import random
from collections.abc import Collection
from contextlib import suppress
from time import perf_counter
from typing import Any, NoReturn

import asyncpg
import orjson
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from db.server.connect import PoolBusyError
from hub.authentication.authenticator import Authenticator, without_duplicates
from hub.client_address import source_of
from hub.errors import Refusal, body_of
from hub.limits.budget import Account
from hub.messages import set_language
from hub.operations import CLIENT_CLOSED, Operations, Outcome, refused
from hub.parameters import Parameters, from_object
from hub.telemetry.metric_labels import program_in
from hub.telemetry.requests import Answered
from hub.web.negotiation import wants_chinese
from hub.web.origins import may_connect
from resolvers.access.callers import Caller
from resolvers.database_faults import LOST

PROTOCOL = "graphql-transport-ws"

INIT_SECONDS = 5.0
"""How long a connection may stay open without ``connection_init``."""

CHECK_SECONDS = 5.0
"""How often the token of a connection is checked."""

MAX_ID = 128
"""Characters of an operation's ID."""

MAX_REASON = 120
"""Bytes of the reason in a close frame; the frame has room for 123."""

BAD_REQUEST, UNAUTHORIZED, FORBIDDEN, UNACCEPTABLE = 4400, 4401, 4403, 4406
INIT_TIMEOUT, DUPLICATE_ID, TOO_MANY_INITS = 4408, 4409, 4429
TRY_AGAIN_LATER = 1013
"""Codes of close frames: those of the protocol, and that of RFC 6455 for a server that cannot check a token at the moment."""

DATABASE_ERRORS = (*LOST, PoolBusyError, asyncpg.PostgresError)
"""Errors of reading a principal from the database."""


class Closing(Exception):
    """Closes the connection with a code and a reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason.encode()[:MAX_REASON].decode(errors="ignore")


class WebSocketEndpoint:
    """Accepts connections, up to ``max_sockets`` at the same time.

    Args:
        operations: runs operations.
        authenticator: finds the caller.
        max_sockets: open connections in this process.
        max_running: operations that run at the same time on one connection.
        origins: origins of pages, in addition to the hub's own, that may connect; ``*`` for all.
        init_seconds: how long a connection may stay open without ``connection_init``.
        check_seconds: how often its token is checked.
    """

    def __init__(
        self,
        operations: Operations,
        authenticator: Authenticator,
        *,
        max_sockets: int,
        max_running: int,
        origins: Collection[str] = (),
        init_seconds: float = INIT_SECONDS,
        check_seconds: float = CHECK_SECONDS,
    ) -> None:
        self.operations = operations
        self.authenticator = authenticator
        self.max_sockets = max_sockets
        self.max_running = max_running
        self.origins = frozenset(origins)
        self.init_seconds = init_seconds
        self.check_seconds = check_seconds
        self.open = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection until it ends."""
        websocket = WebSocket(scope, receive, send)
        refusal = self.refusal(websocket)
        if refusal is not None:
            self.operations.telemetry.refuse(refusal.code)
            body = body_of(refusal.code, refusal.message)
            await websocket.send_denial_response(Response(body, refusal.status, media_type="application/json"))
            return
        self.open += 1
        gauge = self.operations.telemetry.sockets
        gauge.inc()
        try:
            await Connection(self, websocket).serve()
        finally:
            self.open -= 1
            gauge.dec()

    def refusal(self, websocket: WebSocket) -> Refusal | None:
        """The refusal of a handshake, if any. A browser lets every page connect to every server, and only sends the page's origin."""
        origins = websocket.headers.getlist("origin")
        host = websocket.headers.get("host", "")
        if origins and not (len(origins) == 1 and may_connect(origins[0], host, self.origins)):
            return Refusal(403, "FOREIGN_ORIGIN", "Pages of this origin may not connect (UNIONHUB_ORIGINS).")
        if self.open >= self.max_sockets:
            return Refusal(
                503, "TOO_MANY_SOCKETS", "All WebSockets of the hub are in use. Try again later, or use POST."
            )
        return None


class Connection:
    """One connection, from its acceptance to its end."""

    def __init__(self, endpoint: WebSocketEndpoint, websocket: WebSocket) -> None:
        self.endpoint = endpoint
        self.operations = endpoint.operations
        self.websocket = websocket
        self.source = source_of(websocket.scope)
        self.authorization = [value.encode("latin-1") for value in websocket.headers.getlist("authorization")]
        self.chinese = wants_chinese(websocket)
        self.program = program_in(websocket.scope["headers"])
        self.is_acknowledged = False
        self.running: dict[str, asyncio.Task[None]] = {}

    async def serve(self) -> None:
        """Handle messages until either side closes the connection."""
        set_language(chinese=self.chinese)
        offered = PROTOCOL in self.websocket.scope["subprotocols"]
        try:
            await self.websocket.accept(PROTOCOL if offered else None)
            if not offered:
                raise Closing(UNACCEPTABLE, f"Subprotocol not acceptable: send {PROTOCOL}")
            await self.initialise()
            async with asyncio.TaskGroup() as self.tasks:
                self.tasks.create_task(self.watch())
                while True:
                    await self.take(await self.message())
        except* Closing as closing:
            end = first(closing)
            with suppress(WebSocketDisconnect, RuntimeError):  # the caller may have closed it meanwhile
                await self.websocket.close(end.code, end.reason)
        except* WebSocketDisconnect:
            pass

    async def message(self) -> dict[str, Any]:
        """The next message.

        Raises:
            Closing: it is not a JSON object with a ``type``.
            WebSocketDisconnect: the caller has disconnected.
        """
        received = await self.websocket.receive()
        if received["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(received.get("code", 1005))
        try:
            content = orjson.loads(received.get("text") or b"")
        except orjson.JSONDecodeError:
            raise Closing(BAD_REQUEST, "A message must be JSON as text") from None
        if type(content) is not dict or type(content.get("type")) is not str:
            raise Closing(BAD_REQUEST, "A message must be an object with a `type`")
        if content["type"] in ("connection_init", "ping", "pong"):
            content["payload"] = {} if content.get("payload") is None else dictionary(content["payload"])
        return content

    async def send(self, content: dict[str, Any]) -> None:
        """Send a message.

        Raises:
            WebSocketDisconnect: the caller has disconnected.
        """
        try:
            await self.websocket.send_text(orjson.dumps(content).decode())
        except RuntimeError:
            raise WebSocketDisconnect from None

    async def initialise(self) -> None:
        """Wait for ``connection_init`` and sign the caller in.

        Raises:
            Closing: it does not come in time, another message comes before it, or sign-in fails.
        """
        try:
            async with asyncio.timeout(self.endpoint.init_seconds):
                while (message := await self.message())["type"] != "connection_init":
                    match message["type"]:
                        case "ping":
                            await self.send({"type": "pong"})
                        case "pong":
                            pass
                        case "subscribe":
                            raise Closing(UNAUTHORIZED, "Unauthorized: send `connection_init` first")
                        case _:
                            unknown(message)
        except TimeoutError:
            raise Closing(INIT_TIMEOUT, "Connection initialisation timeout") from None
        payload = message["payload"]
        for given in [
            value for name, value in payload.items() if name.lower() == "authorization" and value is not None
        ]:
            if type(given) is not str:
                raise Closing(BAD_REQUEST, "`authorization` must be a text: Bearer TOKEN")
            self.authorization.append(given.encode("utf-8", "replace"))
        self.authorization = without_duplicates(self.authorization)
        if "headers" in payload and not self.authorization:
            raise Closing(BAD_REQUEST, "`headers` is not read: put `authorization` into the payload itself")
        try:
            await self.signed_in()
        except Closing:
            raise
        except Refusal as refusal:
            code = TOO_MANY_INITS if refusal.status == 429 else TRY_AGAIN_LATER
            raise Closing(code, f"{refusal.code}: {refusal.message}") from None
        except Exception as error:
            raise Closing(TRY_AGAIN_LATER, str(self.operations.failed(error, None).code)) from None
        self.is_acknowledged = True
        await self.send({"type": "connection_ack"})

    async def signed_in(self) -> Caller:
        """The caller, by the current state of token and grants.

        Raises:
            Closing: the caller is refused.
            Refusal: the provider's keys cannot be fetched; or, before ``connection_ack``, too many sign-ins have failed.
        """
        try:
            return await self.endpoint.authenticator.caller(self.authorization, self.source)
        except Refusal as refusal:
            if refusal.status in (401, 403) or (self.is_acknowledged and refusal.code == "TOO_MANY_FAILURES"):
                raise Closing(FORBIDDEN, f"{refusal.code}: {refusal.message}") from None
            raise

    async def watch(self) -> NoReturn:
        """Check the token every few seconds. Where it cannot be checked, the next operation will.

        Raises:
            Closing: the caller is refused.
        """
        while True:
            await asyncio.sleep(self.endpoint.check_seconds * random.uniform(0.75, 1.0))  # noqa: S311
            with suppress(Refusal, *DATABASE_ERRORS):
                await self.signed_in()

    async def take(self, message: dict[str, Any]) -> None:
        """Handle a message.

        Raises:
            Closing: the protocol has no such message, or not at this point.
        """
        match message["type"]:
            case "subscribe":
                await self.subscribe(identifier(message), dictionary(message.get("payload")))
            case "complete":
                task = self.running.pop(identifier(message), None)
                if task is not None:
                    task.cancel()
            case "ping":
                await self.send({"type": "pong"})
            case "pong":
                pass
            case "connection_init":
                raise Closing(TOO_MANY_INITS, "Too many initialisation requests")
            case _:
                unknown(message)

    async def subscribe(self, identifier: str, payload: dict[str, Any]) -> None:
        """Start an operation; its response is sent when it is done.

        Raises:
            Closing: the ID is taken, or the payload is not that of a GraphQL request.
        """
        if identifier in self.running:
            raise Closing(DUPLICATE_ID, f"Subscriber for {identifier} already exists")
        try:
            parameters = from_object(payload, suspect=True)
            if len(self.running) >= self.endpoint.max_running:
                raise Refusal(
                    429,
                    "TOO_MANY_RUNNING",
                    f"{self.endpoint.max_running} operations run on this connection. Wait until one of them is done.",
                )
        except Refusal as refusal:
            if refusal.code == "BAD_REQUEST":
                raise Closing(BAD_REQUEST, refusal.message) from None
            self.operations.telemetry.refuse(refusal.code)
            await self.answer(identifier, refused(refusal, None))
            return
        self.running[identifier] = self.tasks.create_task(self.operate(identifier, parameters))

    async def operate(self, identifier: str, parameters: Parameters) -> None:
        """Run one operation and send its response."""
        operations, started = self.operations, perf_counter()
        caller: Caller | None = None
        account: Account | None = None
        outcome = Outcome(CLIENT_CLOSED, b"", None, parameters.operation_name)
        operations.telemetry.running.inc()
        try:
            caller = await self.signed_in()
            operations.budget.require(caller, self.source)
            account = operations.account(caller, self.source)
            outcome = await operations.run(parameters, account)
        except Closing as closing:
            code = closing.reason.partition(":")[0]
            outcome = Outcome(401, b"", code, parameters.operation_name, codes=(code,))
            raise
        except Refusal as refusal:
            outcome = refused(refusal, parameters.operation_name)
        except Exception as error:
            outcome = operations.failed(error, parameters.operation_name)
        finally:
            operations.telemetry.running.dec()
            seconds = perf_counter() - started
            done = Answered(
                outcome.status,
                seconds,
                outcome.name,
                self.source,
                caller,
                self.program,
                outcome.code,
                outcome.codes,
                account,
                "websocket",
            )
            operations.telemetry.request(done)
        self.running.pop(identifier, None)
        await self.answer(identifier, outcome)

    async def answer(self, identifier: str, outcome: Outcome) -> None:
        """Send the result of an operation: its response and ``complete``, or an error if it was not run."""
        headers = {name.decode(): value.decode() for name, value in outcome.left}
        body = outcome.body
        if outcome.status == 200:
            if headers:
                body = body[:-1] + b',"extensions":' + orjson.dumps({"headers": headers}) + b"}"
            await self.send({"id": identifier, "type": "next", "payload": orjson.Fragment(body)})
            await self.send({"id": identifier, "type": "complete"})
            return
        errors = orjson.loads(body)["errors"]
        if headers:
            errors[0]["extensions"]["headers"] = headers
        await self.send({"id": identifier, "type": "error", "payload": errors})


def identifier(message: dict[str, Any]) -> str:
    """The ID of a message about an operation.

    Raises:
        Closing: it has none, or one that is too long.
    """
    found = message.get("id")
    if type(found) is not str or not 0 < len(found) <= MAX_ID:
        raise Closing(BAD_REQUEST, f"`id` must be a text of 1 to {MAX_ID} characters")
    return found


def dictionary(payload: object) -> dict[str, Any]:
    """The payload of a message.

    Raises:
        Closing: it is not an object.
    """
    if type(payload) is not dict:
        raise Closing(BAD_REQUEST, "`payload` must be an object")
    return payload


def unknown(message: dict[str, Any]) -> NoReturn:
    """Refuse a message of an unknown type.

    Raises:
        Closing: always.
    """
    raise Closing(BAD_REQUEST, f"Unknown message type: {message['type'][:40]}")


def first(group: BaseExceptionGroup[Any]) -> Closing:
    """The first ``Closing`` in an exception group."""
    found = group
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]
    assert isinstance(found, Closing)
    return found
