"""The engine's door: a valid document in, the JSON of its response out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

import asyncpg
import orjson
from graphql import (
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    execute,
    get_variable_values,
)

from db.clock import today
from db.encryption.keys import KeySource
from db.meter import add_objects, working
from resolvers.access.callers import PUBLIC, Caller, Lens
from resolvers.cache import Cache
from resolvers.engine.compile.operation import compile_operation
from resolvers.engine.declare.check import check
from resolvers.engine.declare.registry import Registry
from resolvers.engine.execute.bind import Binding, bind, is_single
from resolvers.engine.execute.explain import tree
from resolvers.engine.execute.faults import GraphQLErrors, codes_of, guarded, masked, refused, short
from resolvers.engine.execute.introspection import Introspection
from resolvers.engine.execute.nested_queries import MAX_ASKED, Asking, NestedDocuments
from resolvers.engine.execute.objects import ObjectBudget
from resolvers.engine.execute.run import Run, Trace, run, viewed
from resolvers.engine.execute.snapshot import snapshot
from resolvers.engine.execute.watch import WATCHED
from resolvers.engine.plan.connection import Asks, Fetch
from resolvers.engine.plan.operation import Operation
from resolvers.engine.plan.parameters import Inputs
from resolvers.engine.request import wrong_values
from resolvers.engine.request.arguments import shape
from resolvers.engine.request.cursors import CursorKeys, process_keys
from resolvers.engine.request.document import Answer, Document, ReadOperation
from resolvers.engine.request.limits import Allowance
from resolvers.errors import HubError, told

MAX_PLAN_BYTES, MAX_INTROSPECTION_BYTES = 80 * 2**20, 8 * 2**20
"""Memory of the plans that are kept, some 4,000 of three steps each, and of the responses to introspection."""

PLAN_BYTES, STEP_BYTES = 2_000, 3_000
"""Memory of a plan and of each of its steps beside their SQL and the syntax tree of the document, measured."""

PlanKey = tuple[str, str | None, tuple[Lens, ...], tuple[Any, ...]]
"""Text and operation name, the caller's lenses, and the shape of the variables."""


class Reference(Protocol):
    """Executes operations without plans."""

    async def execute(
        self,
        document: Document,
        operation: OperationDefinitionNode,
        inputs: Inputs,
        pool: asyncpg.Pool,
        asking: Callable[[Fetch], Asks],
    ) -> tuple[Any, list[GraphQLError]]:
        """The data and errors of one operation."""

    async def within(
        self, document: Document, operation: OperationDefinitionNode, inputs: Inputs, connection: Fetch
    ) -> tuple[Any, list[GraphQLError]]:
        """The data and errors of one operation in a snapshot that is there."""


class Plan(NamedTuple):
    """A compiled operation, and its ``weight`` in bytes of memory."""

    operation: Operation
    weight: int


class Engine:
    """Answers operations on one schema from one database.

    ``reference`` makes what executes operations in place of plans; see ``resolvers.engine.reference``. Without ``first_wall`` plans have
    no conditions on what the caller sees: a test of the second wall, row-level security, and nothing else. Without ``rollups`` statistics
    are counted from records alone. ``commands`` makes the context of a mutation's resolvers; without it there are none. Cursors are sealed
    with keys derived from those of ``cursors``; without it, with keys of this process that no other opens.

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
        reference: Callable[[GraphQLSchema, Registry], Reference] | None = None,
        first_wall: bool = True,
        rollups: bool = True,
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
        self.rollups = rollups
        self.small_cell = small_cell
        self.commands = commands
        self.seconds = seconds
        self.statistical_month = statistical_month
        self.cursors = process_keys() if cursors is None else CursorKeys(cursors)
        self.plans: Cache[PlanKey, Plan] = Cache(MAX_PLAN_BYTES, lambda _, plan: plan.weight)
        self.introspection = Introspection(schema, MAX_INTROSPECTION_BYTES)
        self.nested_documents = NestedDocuments(schema)
        self.reference = None if reference is None else reference(schema, registry)

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
            read = _chosen(document, operation_name)
            coerced = self._coerced(read, variables)
            if read.node.operation is not OperationType.QUERY:
                return await self._command(document, read, variables, caller, request)
            operation = self._operation(document, read, coerced, caller)
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
            bound = bind(operation, inputs, self.max_objects, allowance, strict=self.reference is not None)
        except GraphQLErrors as error:
            return refused(error.errors)
        except HubError as error:
            return refused([error])
        watched = WATCHED.get()
        traces: list[Trace] | None = [] if explain else None
        if watched is not None:
            watched.operation, traces = operation, watched.traces
        try:
            data, errors = await self._answered(document, read, operation, inputs, bound, traces)
        except HubError as error:
            return refused([error], status=503 if error.code in ("DATABASE_UNAVAILABLE", "DATABASE_BUSY") else 400)
        response: dict[str, Any] = {"data": data}
        if errors:
            response["errors"] = [told(error) for error in errors]
        if explain and traces is not None:
            response["extensions"] = {"explain": _explained(operation, traces)}
        return Answer(orjson.dumps(response), 200, cells=frozenset(cells or ()), codes=codes_of(errors))

    def statistics(self) -> dict[str, int]:
        """Of the plans: ``kept`` and their ``bytes``; ``hits`` and ``misses`` since the start."""
        return self.plans.statistics()

    async def _command(
        self,
        document: Document,
        read: ReadOperation,
        variables: Mapping[str, Any],
        caller: Caller,
        request: Mapping[str, str],
    ) -> Answer:
        """Run a mutation by graphql-core on the schema's own resolvers; each command is a transaction of its own."""
        if self.commands is None:
            raise HubError("BAD_OPERATION", "Nothing can be changed here. Send a query.", nodes=read.node)
        named = read.name or ""
        result = execute(
            self.schema,
            document.ast,
            context_value=self.commands(caller, {**request, "operation": named}),
            variable_values=dict(variables),
            operation_name=named or None,
        )
        answer = result if isinstance(result, ExecutionResult) else await result
        response: dict[str, Any] = {"data": answer.data}
        errors = [masked(error) for error in answer.errors or ()]
        if errors:
            response["errors"] = [told(error) for error in errors]
        return Answer(orjson.dumps(response), 200, codes=codes_of(errors))

    def _coerced(self, read: ReadOperation, variables: Mapping[str, Any]) -> Mapping[str, Any]:
        if not read.types:
            return {}
        definitions = read.node.variable_definitions or ()
        values = get_variable_values(self.schema, definitions, dict(variables), max_errors=1, hide_suggestions=True)
        if isinstance(values, list):
            found = wrong_values.of_variables(read.node, read.types, variables)
            raise GraphQLErrors([short(error) for error in found or values])
        return values.coerced

    def _operation(
        self, document: Document, read: ReadOperation, coerced: Mapping[str, Any], caller: Caller
    ) -> Operation:
        lenses = caller.shape if self.first_wall else (Lens.UNWALLED, Lens.EVERYTHING)
        key = (document.text, read.name, lenses, shape(read.types, coerced, self.registry.prefixes))
        plan = self.plans.get(key)
        if plan is None:
            with working():
                operation = compile_operation(
                    self.schema, self.registry, document, read.node, coerced, lenses, rollups=self.rollups
                )
                plan = Plan(operation, weight(operation, document))
            self.plans.put(key, plan)
        return plan.operation

    async def _answered(
        self,
        document: Document,
        read: ReadOperation,
        operation: Operation,
        inputs: Inputs,
        bound: Binding,
        traces: list[Trace] | None,
    ) -> tuple[Any, list[GraphQLError]]:
        reference = self.reference
        if reference is not None:
            add_objects(bound.most)
            data, errors = await guarded(
                lambda: reference.execute(document, read.node, inputs, self.pool, self._asking(inputs)),
                self.seconds,
            )
            others = [error for error in errors if not error.path or error.path[0] not in bound.failed]
            kept = {key: None if key in bound.failed else value for key, value in data.items()}
            return kept, [*bound.failed.values(), *others]
        values: dict[str, Any] = dict(operation.constants)
        errors = []
        if operation.introspection:
            with working():
                found, errors = self.introspection.values(document, read, operation, inputs)
            values.update(found)
        if operation.roots:
            found, missing = await guarded(lambda: self._run(operation, inputs, bound, traces), self.seconds)
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
        document = self.nested_documents.document(text)
        if document is None:
            return None
        errors: Sequence[GraphQLError]
        try:
            read = _chosen(document, None)
            operation = self._operation(document, read, {}, inputs.caller)
            if operation.asks() or operation.introspection:
                return None
            bound = bind(operation, inputs, MAX_ASKED, strict=True)
            if self.reference is not None:
                data, errors = await self.reference.within(document, read.node, inputs, connection)
            else:
                data, errors = await run(
                    operation, Run(bound.steps, connection, ObjectBudget(MAX_ASKED, metered=False)), inputs, bound
                )
        except HubError:
            return None
        return None if errors else orjson.loads(orjson.dumps(data))


def _chosen(document: Document, name: str | None) -> ReadOperation:
    if name is None and len(document.operations) == 1:
        return next(iter(document.operations.values()))
    if name is None:
        raise HubError("BAD_OPERATION", "The document has several operations. Name one in `operationName`.")
    if name not in document.operations:
        raise HubError(
            "BAD_OPERATION",
            "The document has no operation of that name. Name one of its own in `operationName`.",
        )
    return document.operations[name]


def weight(operation: Operation, document: Document) -> int:
    """The bytes of memory of a plan, with those of the document that it holds."""
    statements = (statement for step in operation.steps for statement in step.own().values())
    sql = sum(len(statement.sql) for statement in statements)
    return document.weight + PLAN_BYTES + STEP_BYTES * len(operation.steps) + sql


def _explained(operation: Operation, traces: list[Trace]) -> dict[str, Any]:
    return {
        "tree": tree(operation),
        "statements": [
            {"path": trace.path, "sql": trace.sql, "rows": trace.rows, "milliseconds": trace.milliseconds}
            for trace in traces
        ],
        "total_milliseconds": round(sum(trace.milliseconds for trace in traces), 3),
    }
