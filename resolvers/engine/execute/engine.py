"""The engine's door: a valid document in, the JSON of its response out."""

import asyncio
import logging
import secrets
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Literal

import asyncpg
import orjson
from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLInputType,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    execute,
    execute_sync,
    get_variable_values,
)

from db.clock import today
from db.keys import KeySource
from db.meter import add_objects, working
from resolvers.access import PUBLIC, Caller, Lens
from resolvers.engine.compile.operation import compile_operation
from resolvers.engine.declare.check import check
from resolvers.engine.declare.sources import Registry
from resolvers.engine.execute.bind import Binding, bind, is_single
from resolvers.engine.execute.explain import tree
from resolvers.engine.execute.nested_queries import MAX_ASKED, Asking, Library
from resolvers.engine.execute.objects import ObjectBudget
from resolvers.engine.execute.run import Run, Trace, run, viewed
from resolvers.engine.execute.snapshot import snapshot
from resolvers.engine.execute.watch import WATCHED
from resolvers.engine.plan.connection import Asks, Fetch
from resolvers.engine.plan.operation import Operation
from resolvers.engine.plan.parameters import Inputs
from resolvers.engine.reference.executor import Referee
from resolvers.engine.request import wrong_values
from resolvers.engine.request.arguments import NO_VALUE, shape, variable_types
from resolvers.engine.request.cursors import CursorKeys, process_keys
from resolvers.engine.request.document import Answer, Document
from resolvers.engine.request.limits import Allowance
from resolvers.errors import HubError, told

MAX_STEPS = 20_000
"""Steps of all plans that are kept; the plan that was used longest ago goes first."""

_log = logging.getLogger("unionhub.engine")
_LOST = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InvalidCachedStatementError,
    OSError,
)
"""What asyncpg raises when a connection is lost or cannot be had; reading again on another one is harmless."""


@dataclass(eq=False, slots=True)
class Prepared:
    """An operation of a document, and its variables' types."""

    node: OperationDefinitionNode
    types: tuple[tuple[str, GraphQLInputType], ...]
    introspected: dict[str, Any] | None = None


class Engine:
    """Answers operations on one schema from one database.

    ``executor`` is ``plan`` for compiled plans, or ``default`` for graphql-core's executor with a DataLoader behind each relation: slower
    by far and kept as the referee of the plans. Without ``first_wall`` plans have no conditions on what the caller sees: a test of the
    second wall, row-level security, and nothing else. ``commands`` makes the context of a mutation's resolvers; without it there are none.
    Cursors are sealed with keys derived from those of ``cursors``; without it, with keys of this process that no other opens.

    Raises:
        ValueError: schema and registry disagree.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        registry: Registry,
        pool: asyncpg.Pool,
        *,
        max_objects: int,
        executor: Literal["plan", "default"] = "plan",
        first_wall: bool = True,
        small_cell: int = 10,
        commands: Callable[[Caller, Mapping[str, str]], Any] | None = None,
        seconds: float = 10.0,
        statistical_month: int = 10,
        cursors: KeySource | None = None,
    ) -> None:
        check(schema, registry)
        self.schema = schema
        self.registry = registry
        self.pool = pool
        self.max_objects = max_objects
        self.first_wall = first_wall
        self.small_cell = small_cell
        self.commands = commands
        self.seconds = seconds
        self.statistical_month = statistical_month
        self.cursors = process_keys() if cursors is None else CursorKeys(cursors)
        self.plans: OrderedDict[tuple[Prepared, tuple[Lens, ...], tuple[Any, ...]], Operation] = OrderedDict()
        self.kept = 0
        self.hits = self.misses = 0
        self.library = Library(schema)
        self.referee = Referee(schema, registry) if executor == "default" else None

    async def execute(
        self,
        document: Document,
        operation_name: str | None,
        variables: Mapping[str, Any],
        *,
        caller: Caller = PUBLIC,
        explain: bool = False,
        allowance: Allowance | None = None,
        request: Mapping[str, str] = MappingProxyType({}),
    ) -> Answer:
        """Run one operation of a document and return its response. Raises only for faults of ours.

        ``allowance`` is what the caller's roles may ask for, where that is less than anybody may; ``request`` is for commands.
        """
        try:
            prepared = self._prepared(document, operation_name)
            coerced = self._coerced(prepared, variables)
            if prepared.node.operation is not OperationType.QUERY:
                return await self._command(document, prepared, variables, caller, request)
            operation = self._operation(document, prepared, coerced, caller)
            max_page = None if allowance is None else allowance.page
            cells: set[int] | None = None if caller.sees_rows else set()
            inputs = Inputs(
                coerced,
                today(),
                caller,
                self.small_cell,
                variables,
                max_page,
                self.statistical_month,
                cells,
                self.cursors,
            )
            bound = bind(operation, inputs, self.max_objects, allowance, strict=self.referee is not None)
        except GraphQLErrors as error:
            return _refused(error.errors)
        except HubError as error:
            return _refused([error])
        watched = WATCHED.get()
        traces: list[Trace] | None = [] if explain else None
        if watched is not None:
            watched.operation, traces = operation, watched.traces
        try:
            data, errors = await self._answered(document, prepared, operation, inputs, bound, traces)
        except HubError as error:
            return _refused([error], status=503 if error.code in ("DATABASE_UNAVAILABLE", "DATABASE_BUSY") else 400)
        response: dict[str, Any] = {"data": data}
        if errors:
            response["errors"] = [told(error) for error in errors]
        if explain and traces is not None:
            response["extensions"] = {"explain": _explained(operation, traces)}
        return Answer(orjson.dumps(response), 200, cells=frozenset(cells or ()), codes=codes_of(errors))

    def statistics(self) -> dict[str, int]:
        """Of the plans kept: ``kept`` and their ``steps``; ``hits`` and ``misses`` since the start."""
        return {"kept": len(self.plans), "steps": self.kept, "hits": self.hits, "misses": self.misses}

    async def _command(
        self,
        document: Document,
        prepared: Prepared,
        variables: Mapping[str, Any],
        caller: Caller,
        request: Mapping[str, str],
    ) -> Answer:
        """Run a mutation by graphql-core on the schema's own resolvers; each command is a transaction of its own."""
        if self.commands is None:
            raise HubError("BAD_OPERATION", "Nothing can be changed here. Send a query.", nodes=prepared.node)
        named = prepared.node.name.value if prepared.node.name else ""
        result = execute(
            self.schema,
            document.ast,
            context_value=self.commands(caller, {**request, "operation": named}),
            variable_values=dict(variables),
            operation_name=named or None,
        )
        answer = result if isinstance(result, ExecutionResult) else await result
        response: dict[str, Any] = {"data": answer.data}
        masked = [_masked(error) for error in answer.errors or ()]
        if masked:
            response["errors"] = [told(error) for error in masked]
        return Answer(orjson.dumps(response), 200, codes=codes_of(masked))

    def _prepared(self, document: Document, name: str | None) -> Prepared:
        prepared: Prepared | None = document.plans.get(name)
        if prepared is None:
            if name is None and len(document.operations) == 1:
                node = next(iter(document.operations.values()))
            elif name is None:
                raise HubError("BAD_OPERATION", "The document has several operations. Name one in `operationName`.")
            elif name not in document.operations:
                raise HubError(
                    "BAD_OPERATION",
                    "The document has no operation of that name. Name one of its own in `operationName`.",
                )
            else:
                node = document.operations[name]
            prepared = document.plans[name] = Prepared(node, variable_types(self.schema, node))
        return prepared

    def _coerced(self, prepared: Prepared, variables: Mapping[str, Any]) -> Mapping[str, Any]:
        if not prepared.types:
            return {}
        definitions = prepared.node.variable_definitions or ()
        values = get_variable_values(self.schema, definitions, dict(variables), max_errors=1, hide_suggestions=True)
        if isinstance(values, list):
            found = wrong_values.of_variables(prepared.node, prepared.types, variables)
            raise GraphQLErrors([_short(error) for error in found or values])
        return values.coerced

    def _operation(
        self, document: Document, prepared: Prepared, coerced: Mapping[str, Any], caller: Caller
    ) -> Operation:
        lenses = caller.shape if self.first_wall else (Lens.UNWALLED, Lens.EVERYTHING)
        key = (prepared, lenses, shape(prepared.types, coerced, self.registry.prefixes))
        operation = self.plans.get(key)
        if operation is not None:
            self.plans.move_to_end(key)
            self.hits += 1
            return operation
        self.misses += 1
        with working():
            operation = compile_operation(self.schema, self.registry, document, prepared.node, coerced, lenses)
        self.plans[key] = operation
        self.kept += len(operation.steps) + 1
        while self.kept > MAX_STEPS:
            _, dropped = self.plans.popitem(last=False)
            self.kept -= len(dropped.steps) + 1
        return operation

    async def _answered(
        self,
        document: Document,
        prepared: Prepared,
        operation: Operation,
        inputs: Inputs,
        bound: Binding,
        traces: list[Trace] | None,
    ) -> tuple[Any, list[GraphQLError]]:
        referee = self.referee
        if referee is not None:
            add_objects(bound.most)
            data, errors = await self._guarded(
                lambda: referee.execute(document, prepared.node, inputs, self.pool, self._asking(inputs))
            )
            return _overlaid(data, errors, bound)
        values: dict[str, Any] = dict(operation.constants)
        errors = []
        if operation.introspection:
            with working():
                found, errors = self._introspected(document, prepared, operation, inputs)
            values.update(found)
        if operation.roots:
            found, missing = await self._guarded(lambda: self._run(operation, inputs, bound, traces))
            values.update(found)
            errors.extend(missing)
        else:
            values.update(dict.fromkeys(bound.failed) | viewed(operation, inputs))
            errors = [*bound.failed.values(), *errors]
        return {key: values[key] for key in operation.keys}, errors

    async def _run(
        self, operation: Operation, inputs: Inputs, bound: Binding, traces: list[Trace] | None
    ) -> tuple[dict[str, Any], list[HubError]]:
        single = is_single(operation, bound)
        async with snapshot(self.pool, inputs.caller, single=single, by_key=single and operation.by_key) as connection:
            if traces is not None:
                traces.clear()
            bound.budget.taken = 0
            this = Run(bound.steps, connection, bound.budget, traces, self._asking(inputs))
            return await run(operation, this, inputs, bound)

    def _asking(self, inputs: Inputs) -> Callable[[Fetch], Asks]:
        """What lets computed fields of one run ask operations of their own, each of them once."""
        known: dict[str, Any] = {}
        own = replace(inputs, variables={}, given={}, max_page=None)
        return lambda connection: Asking(own, connection, self._ask, known)

    async def _ask(self, text: str, inputs: Inputs, connection: Fetch) -> Any:
        """The data of a query that a field asks, as JSON; null when it is refused or not all there for the caller."""
        document = self.library.document(text)
        if document is None:
            return None
        errors: Sequence[GraphQLError]
        try:
            prepared = self._prepared(document, None)
            operation = self._operation(document, prepared, {}, inputs.caller)
            if operation.asks() or operation.introspection:
                return None
            bound = bind(operation, inputs, MAX_ASKED, strict=True)
            if self.referee is not None:
                data, errors = await self.referee.within(document, prepared.node, inputs, connection)
            else:
                data, errors = await run(
                    operation, Run(bound.steps, connection, ObjectBudget(MAX_ASKED, metered=False)), inputs, bound
                )
        except HubError:
            return None
        return None if errors else orjson.loads(orjson.dumps(data))

    async def _guarded(self, attempt: Callable[[], Any]) -> Any:
        """Run an attempt within the time of an operation, and say a database's faults in the caller's words."""
        try:
            async with asyncio.timeout(self.seconds) as limit:
                return await self._twice(attempt)
        except TimeoutError:
            if not limit.expired():
                raise
            raise too_slow() from None

    async def _twice(self, attempt: Callable[[], Any]) -> Any:
        """Run an attempt, once more when the connection was lost."""
        for last in (False, True):
            try:
                return await attempt()
            except _LOST as fault:
                if last:
                    reference = secrets.token_hex(4)
                    _log.error("database unavailable, reference %s", reference, exc_info=fault)
                    raise HubError(
                        "DATABASE_UNAVAILABLE",
                        f"The database cannot be reached. Try again shortly. Reference: {reference}",
                    ) from None
            except asyncpg.QueryCanceledError:
                raise too_slow() from None
            except asyncpg.DataError as fault:
                _log.warning("value refused by the database: %s", type(fault).__name__)
                raise HubError("BAD_ARGUMENT", "A value in the arguments or variables is out of range.") from None
        raise AssertionError

    def _introspected(
        self, document: Document, prepared: Prepared, operation: Operation, inputs: Inputs
    ) -> tuple[Mapping[str, Any], list[GraphQLError]]:
        """The introspection fields, by graphql-core; kept where no variable changes them, since the schema does not change."""
        if prepared.introspected is not None:
            return prepared.introspected, []
        nodes = tuple(node for nodes in operation.introspection.values() for node in nodes)
        alone = OperationDefinitionNode(
            operation=prepared.node.operation,
            name=prepared.node.name,
            variable_definitions=prepared.node.variable_definitions,
            directives=(),
            selection_set=SelectionSetNode(selections=nodes),
        )
        part = DocumentNode(definitions=(alone, *document.fragments.values()))
        result = execute_sync(self.schema, part, variable_values=dict(inputs.given))
        if result.data is None:
            raise RuntimeError(f"introspection failed: {result.errors}")
        if not prepared.types and not result.errors:
            prepared.introspected = result.data
        return result.data, [_short(error, error.path) for error in result.errors or ()]


def _overlaid(data: Any, errors: list[GraphQLError], bound: Binding) -> tuple[Any, list[GraphQLError]]:
    """The referee's answer with the root fields that plans refuse before anything runs."""
    others = [error for error in errors if not error.path or error.path[0] not in bound.failed]
    return {key: None if key in bound.failed else value for key, value in data.items()}, [
        *bound.failed.values(),
        *others,
    ]


def codes_of(errors: Iterable[GraphQLError]) -> tuple[str, ...]:
    """The codes of errors, each once, in their order."""
    found = (str((error.extensions or {}).get("code")) for error in errors)
    return tuple(dict.fromkeys(found))


def too_slow() -> HubError:
    """The error of an operation that took longer than it may."""
    return HubError("STATEMENT_TIMEOUT", "The operation took too long. Ask for smaller pages or a narrower filter.")


class GraphQLErrors(Exception):
    """Several errors of one request."""

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__(f"{len(errors)} errors")
        self.errors = errors


def _short(error: GraphQLError, path: list[str | int] | None = None) -> GraphQLError:
    message = error.message.encode(errors="replace").decode()
    message = message if len(message) <= 300 else message[:299] + "…"
    code = (error.extensions or {}).get("code", "BAD_VARIABLES")
    return GraphQLError(message, nodes=error.nodes, path=path, extensions={"code": code})


def _refused(errors: list[Any], status: int = 400) -> Answer:
    codes = codes_of(errors)
    return Answer(orjson.dumps({"errors": [told(error) for error in errors]}), status, code=codes[0], codes=codes)


def _masked(error: GraphQLError) -> GraphQLError:
    """An error of a command as the caller may see it: a fault of ours is logged whole under a reference."""
    if isinstance(error, HubError) or isinstance(error.original_error, HubError):
        return error
    if error.original_error is None or isinstance(
        error.original_error, GraphQLError
    ):  # graphql-core found it in the arguments, before it called the command
        return HubError(*NO_VALUE, nodes=error.nodes, path=error.path)
    reference = secrets.token_hex(4)
    _log.error("fault in a command, reference %s", reference, exc_info=error.original_error or error)
    message = f"Internal error. Reference: {reference}"
    return HubError("INTERNAL_ERROR", message, nodes=error.nodes, path=error.path)


def _explained(operation: Operation, traces: list[Trace]) -> dict[str, Any]:
    return {
        "tree": tree(operation),
        "statements": [
            {"path": trace.path, "sql": trace.sql, "rows": trace.rows, "milliseconds": trace.milliseconds}
            for trace in traces
        ],
        "total_milliseconds": round(sum(trace.milliseconds for trace in traces), 3),
    }
