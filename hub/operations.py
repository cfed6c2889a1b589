"""One operation from parameters to response, whatever carries it: document, limits by role, engine, budget, faults."""

import asyncio
from collections.abc import Coroutine, Mapping
from typing import Any, NamedTuple, Protocol

import asyncpg
from graphql import OperationType

from hub.budget import Budget, Header, RoleLimits
from hub.disclosed import Disclosed
from hub.documents import Documents, Operation, Rejected
from hub.errors import Refusal, body_of
from hub.parameters import Parameters
from hub.telemetry import Telemetry, log_fault
from resolvers.access import Caller
from resolvers.engine.budget import Allowance
from resolvers.engine.document import Answer, Document

DATABASE_AWAY = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InternalClientError,
)
"""How asyncpg says that a connection cannot be had or was lost, once the engine has tried again."""

CLIENT_CLOSED = 499
"""The status that counts and logs have for an operation that its caller ended."""

COMMAND_POINTS = 1_000
"""What a mutation costs: it may write to the audit log, also when it is refused."""

CANCELLED_POINTS = 1_000
"""What an operation costs that its caller did not wait for."""

NOTHING: Mapping[str, str] = {}


class Executes(Protocol):
    """What runs documents."""

    async def execute(
        self,
        document: Document,
        operation_name: str | None,
        variables: dict[str, Any],
        *,
        caller: Caller,
        explain: bool = False,
        allowance: Allowance | None = None,
        request: Mapping[str, str] = NOTHING,
    ) -> Answer:
        """Run one operation of a valid document for a caller, within an allowance; ``request`` has its ``source``."""


class Ran(NamedTuple):
    """What became of an operation; ``status`` is HTTP's, also where something else carries it."""

    status: int
    body: bytes
    """The JSON of the response."""

    code: str | None
    """That of the first error of an operation that was not run."""

    name: str | None
    """The operation's."""

    left: tuple[Header, ...] = ()
    """What is left of the caller's budget, as headers."""

    refused: bool = False
    """Whether it was refused before any GraphQL, so that the status is the same for every media type."""


class Operations:
    """Runs operations.

    Args:
        engine: runs documents.
        documents: parses, limits and validates them.
        telemetry: counts and logs.
        budget: what callers may spend.
        role_limits: what their roles may ask for at once.
        disclosed: how many cells of statistics callers with aggregates only may be given in a day.
    """

    def __init__(
        self,
        engine: Executes,
        documents: Documents,
        telemetry: Telemetry,
        *,
        budget: Budget,
        role_limits: RoleLimits,
        disclosed: Disclosed,
    ) -> None:
        self.engine = engine
        self.documents = documents
        self.telemetry = telemetry
        self.budget = budget
        self.role_limits = role_limits
        self.disclosed = disclosed
        self.mutations: set[asyncio.Task[Answer]] = set()

    async def run(
        self, parameters: Parameters, caller: Caller, source: str, *, explain: bool = False, reading: bool = False
    ) -> Ran:
        """Run one operation; with ``reading`` only a query. Never raises but when it is cancelled."""
        name = parameters.operation_name
        try:
            found = self.documents.get(parameters.query)
            if isinstance(found, Rejected):
                return Ran(400, found.body, found.code, name)
            operation = found.operation(name)
            if operation is not None:
                name = operation.name
                if reading and not is_query(operation):
                    raise Refusal(
                        405,
                        "METHOD_NOT_ALLOWED",
                        "Only queries can be sent with GET; use POST.",
                        [(b"allow", b"POST")],
                    )
                self.role_limits.require_depth(caller, operation.depth)
                if operation.introspects:
                    self.role_limits.require_introspection(caller)
            answer = await self.kept(
                operation,
                self.engine.execute(
                    found.document,
                    parameters.operation_name,
                    parameters.variables,
                    caller=caller,
                    explain=explain,
                    allowance=self.role_limits.allowance(caller),
                    request={"source": source},
                ),
            )
            if answer.cells:
                self.disclosed.add(caller, source, answer.cells)
        except asyncio.CancelledError:
            self.budget.charge(caller, source, CANCELLED_POINTS)
            raise
        except Refusal as refusal:
            return refused(refusal, name)
        except Exception as error:
            return self.failed(error, name)
        cost = answer.cost if is_query(operation) else answer.cost + COMMAND_POINTS
        return Ran(answer.status, answer.body, answer.code, name, self.budget.charge(caller, source, cost))

    async def kept(self, operation: Operation | None, answer: Coroutine[Any, Any, Answer]) -> Answer:
        """The answer of an operation; a mutation goes on to its end also when nobody waits for it any longer."""
        if is_query(operation):
            return await answer
        task = asyncio.create_task(answer)
        self.mutations.add(task)
        task.add_done_callback(self.mutations.discard)
        return await asyncio.shield(task)

    def failed(self, error: Exception, name: str | None) -> Ran:
        """What a caller is told of a fault that is not theirs; the whole of it is logged under the reference that they get."""
        reference = log_fault(error, operation=name)
        if isinstance(error, DATABASE_AWAY):
            code, status = "DATABASE_UNAVAILABLE", 503
            body = body_of(code, f"The database cannot be reached; try again shortly. Reference: {reference}")
        else:
            self.telemetry.faults.inc()
            code, status = "INTERNAL_ERROR", 500
            body = body_of(code, f"Internal error. Reference: {reference}")
        return Ran(status, body, code, name, refused=True)


def is_query(operation: Operation | None) -> bool:
    """Whether an operation only reads; one that the engine will refuse counts as such."""
    return operation is None or operation.kind is OperationType.QUERY


def refused(refusal: Refusal, name: str | None) -> Ran:
    """What became of an operation that was refused before any GraphQL."""
    return Ran(refusal.status, body_of(refusal.code, refusal.message), refusal.code, name, refusal.headers, True)
