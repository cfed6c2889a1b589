"""Runs one operation, over HTTP or a WebSocket: document, limits by role, engine, budget, faults."""

import asyncio
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Protocol

from graphql import OperationType

from db.meter import METER, waiting
from hub.documents import Documents, Operation, Rejected
from hub.errors import Refusal, body_of
from hub.limits.budget import Account, Budget, Header, RoleLimits, spender
from hub.limits.cell_budget import CellBudget
from hub.limits.concurrency import CallerConcurrency
from hub.parameters import Parameters
from hub.telemetry.log_formatters import loggable_name
from hub.telemetry.requests import Telemetry
from hub.telemetry.slow_operations import SlowLog
from resolvers.access.callers import Caller
from resolvers.database_faults import database_error
from resolvers.engine.execute.export import Export
from resolvers.engine.execute.watch import WATCHED
from resolvers.engine.request.document import Answer, Document
from resolvers.engine.request.limits import Allowance
from resolvers.faults import log_fault
from resolvers.suggestions import suggestions_allowed

CLIENT_CLOSED = 499
"""The status in metrics and logs of an operation that its caller cancelled."""

NOTHING: Mapping[str, str] = {}


class Executor(Protocol):
    """Runs documents."""

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

    def export(
        self,
        document: Document,
        operation_name: str | None,
        given: Mapping[str, Any],
        *,
        caller: Caller,
        allowance: Allowance | None = None,
    ) -> Export:
        """Prepare the export of the one list of a query."""


@dataclass(slots=True)
class Outcome:
    """The result of an operation; ``status`` is an HTTP status, also over a WebSocket."""

    status: int
    body: bytes
    """The JSON of the response."""

    code: str | None
    """The code of the first error of an operation that was not run."""

    name: str | None
    """The operation's name."""

    left: tuple[Header, ...] = ()
    """Headers that say what is left of the caller's budget."""

    refused: bool = False
    """Whether it was refused before GraphQL, so that the status is the same for every media type."""

    operation: Operation | None = None
    """The operation, if it was run."""

    codes: tuple[str, ...] = ()
    """The codes of all errors in the response."""


class Operations:
    """Runs operations.

    Args:
        engine: runs documents.
        documents: parses, limits and validates them.
        telemetry: counts and logs.
        budget: the points of callers.
        role_limits: depth, objects and page size by role.
        cell_budget: the cells of statistics that callers with aggregates only get in a day.
        concurrency: the operations of one caller that run at the same time.
        slow: logs slow operations; without it none is logged.
    """

    def __init__(
        self,
        engine: Executor,
        documents: Documents,
        telemetry: Telemetry,
        *,
        budget: Budget,
        role_limits: RoleLimits,
        cell_budget: CellBudget,
        concurrency: CallerConcurrency,
        slow: SlowLog | None = None,
    ) -> None:
        self.engine = engine
        self.documents = documents
        self.telemetry = telemetry
        self.budget = budget
        self.role_limits = role_limits
        self.cell_budget = cell_budget
        self.concurrency = concurrency
        self.slow = slow or SlowLog(0, telemetry, None)
        self.mutations: set[asyncio.Task[Answer]] = set()

    def account(self, caller: Caller, source: str) -> Account:
        """The account of a new operation."""
        return Account(self.budget, caller, source)

    async def run(
        self, parameters: Parameters, account: Account, *, explain: bool = False, reading: bool = False
    ) -> Outcome:
        """Run one operation; with ``reading`` only a query. The caller is charged for what it used, also where it fails. Raises
        CancelledError only."""
        before = METER.set(account.meter)
        watched = self.slow.watch()
        seen = WATCHED.set(watched)
        began, name, status = perf_counter(), parameters.operation_name, CLIENT_CLOSED
        try:
            outcome = await self.answered(parameters, account, explain, reading)
            name, status = outcome.name, outcome.status
        except asyncio.CancelledError:
            account.settle()
            raise
        finally:
            METER.reset(before)
            WATCHED.reset(seen)
            if watched is not None:
                self.slow.ended(watched, account, name, perf_counter() - began, status)
        outcome.left = (*outcome.left, *account.settle())
        return outcome

    async def answered(self, parameters: Parameters, account: Account, explain: bool, reading: bool) -> Outcome:
        """Run one operation within its meter."""
        caller, source, name = account.caller, account.source, parameters.operation_name
        suggestions_allowed.set(self.role_limits.tells_schema(caller))
        try:
            found = self.documents.get(parameters.query)
            if isinstance(found, Rejected):
                return Outcome(400, found.body, found.code, name, codes=found.codes)
            operation = found.operation(name)
            if operation is not None:
                name = operation.name
                self.permit(operation, caller, reading)
            await self.place(account)
            answer = await self.kept(
                operation,
                account,
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
                self.cell_budget.add(caller, source, answer.cells)
        except Refusal as refusal:
            return refused(refusal, name)
        except Exception as error:
            return self.failed(error, name)
        return Outcome(answer.status, answer.body, answer.code, name, operation=operation, codes=answer.codes)

    def permit(self, operation: Operation, caller: Caller, reading: bool) -> None:
        """Require that the method and the caller's roles allow an operation.

        Raises:
            Refusal: 405 METHOD_NOT_ALLOWED, 403 TOO_DEEP_FOR_ROLE or NO_INTROSPECTION.
        """
        if reading and not is_query(operation):
            raise Refusal(
                405, "METHOD_NOT_ALLOWED", "Only queries can be sent with GET; use POST.", [(b"allow", b"POST")]
            )
        self.role_limits.require_depth(caller, operation.depth)
        if operation.introspects:
            self.role_limits.require_introspection(caller)

    async def place(self, account: Account) -> None:
        """Take one of the caller's slots, which ``kept`` releases.

        Raises:
            Refusal: 429 TOO_MANY_RUNNING; 429 TOO_MANY_REQUESTS if the budget was used up while this waited.
        """
        key = spender(account.caller, account.source)
        if self.concurrency.acquire(key):
            return
        with self.telemetry.waiting.track_inprogress(), waiting():
            await self.concurrency.wait(key)
        try:
            self.budget.require(account.caller, account.source)
        except Refusal:
            self.concurrency.release(key)
            raise

    async def kept(self, operation: Operation | None, account: Account, answer: Coroutine[Any, Any, Answer]) -> Answer:
        """The answer of an operation that has a slot. A mutation runs to its end, and is charged, also when its caller has gone."""
        if is_query(operation):
            try:
                return await answer
            finally:
                self.concurrency.release(spender(account.caller, account.source))
        task = asyncio.create_task(self.placed(account, answer))
        self.mutations.add(task)
        task.add_done_callback(self.mutations.discard)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            task.add_done_callback(lambda _: account.settle())
            raise

    async def placed(self, account: Account, answer: Coroutine[Any, Any, Answer]) -> Answer:
        """The answer of an operation, after which its slot is released."""
        try:
            return await answer
        finally:
            self.concurrency.release(spender(account.caller, account.source))

    def failed(self, error: Exception, name: str | None) -> Outcome:
        """The response to a fault of the database or of the hub, which is logged under the reference in the message."""
        known = database_error(error)
        if known is not None:
            return Outcome(503, body_of(known.code, known.message), known.code, name, refused=True, codes=(known.code,))
        reference = log_fault("fault", error, operation=loggable_name(name))
        self.telemetry.faults.inc()
        body = body_of("INTERNAL_ERROR", f"Internal error. Reference: {reference}")
        return Outcome(500, body, "INTERNAL_ERROR", name, refused=True, codes=("INTERNAL_ERROR",))


def is_query(operation: Operation | None) -> bool:
    """Whether an operation is a query; one that the engine will refuse counts as a query."""
    return operation is None or operation.kind is OperationType.QUERY


def refused(refusal: Refusal, name: str | None) -> Outcome:
    """The result of an operation that was refused before GraphQL."""
    body = body_of(refusal.code, refusal.message)
    return Outcome(refusal.status, body, refusal.code, name, refusal.headers, True, codes=(refusal.code,))
