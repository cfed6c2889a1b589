"""The entry of the engine: from a valid document to the JSON of its response, stage by stage."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
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
)

from db.clock import today
from db.encryption.keys import KeySource
from db.meter import add_objects, working
from resolvers.access.callers import PUBLIC, Caller, Lens
from resolvers.cache import Cache
from resolvers.database_faults import RETRY_CODES
from resolvers.engine.compile.context import JsonOf
from resolvers.engine.compile.exported_list import exported_list
from resolvers.engine.compile.operation import compile_operation
from resolvers.engine.declare.check import require_agreement
from resolvers.engine.declare.registry import Registry
from resolvers.engine.execute.bind import BoundOperation, bind
from resolvers.engine.execute.explain import explained
from resolvers.engine.execute.export import Export
from resolvers.engine.execute.faults import codes_of, guarded, masked, refused
from resolvers.engine.execute.introspection import Introspection
from resolvers.engine.execute.nested_queries import MAX_QUERY_OBJECTS, AnswerQuery, NestedDocuments
from resolvers.engine.execute.objects import ObjectBudget
from resolvers.engine.execute.run import Run, Trace, run_operation, viewer_fields
from resolvers.engine.execute.snapshot import run_in_snapshot
from resolvers.engine.execute.watch import WATCHED
from resolvers.engine.plan.connection import Fetch
from resolvers.engine.plan.operation import Operation
from resolvers.engine.plan.parameters import Inputs
from resolvers.engine.request import variables
from resolvers.engine.request.collect_fields import Collector
from resolvers.engine.request.cursors import CursorKeys, process_keys
from resolvers.engine.request.document import Answer, Document, ReadOperation
from resolvers.engine.request.limits import Allowance
from resolvers.errors import GraphQLErrors, HubError, formatted

MAX_PLAN_BYTES, MAX_INTROSPECTION_BYTES = 80 * 2**20, 8 * 2**20
"""Memory of the plans that are kept, some 4,000 of three steps each, and of the responses to introspection."""

PLAN_BYTES, STEP_BYTES = 2_000, 3_000
"""Memory of a plan and of each of its steps beside their SQL and the syntax tree of the document, measured."""

PlanKey = tuple[str, str | None, tuple[Lens, ...], tuple[Any, ...], JsonOf]
"""Text and operation name, the caller's lenses, the shape of the variables, and what PostgreSQL writes."""


class Reference(Protocol):
    """Executes operations without plans; see ``resolvers.engine.reference``."""

    async def execute(
        self,
        document: Document,
        operation: OperationDefinitionNode,
        inputs: Inputs,
        pool: asyncpg.Pool,
        answer: AnswerQuery,
    ) -> tuple[Any, list[GraphQLError]]:
        """The data and errors of one operation."""

    async def within(
        self, document: Document, operation: OperationDefinitionNode, inputs: Inputs, connection: Fetch
    ) -> tuple[Any, list[GraphQLError]]:
        """The data and errors of one operation, in a snapshot that has begun."""


class Plan(NamedTuple):
    """A compiled operation, and its ``weight`` in bytes of memory."""

    operation: Operation
    weight: int


class Engine:
    """Answers operations on one schema from one database.

    ``reference`` makes the executor that runs operations in place of plans; see ``resolvers.engine.reference``. Without ``first_wall``
    plans have no conditions on what the caller sees, for tests of the second wall, row-level security, alone. Without ``rollups``
    statistics are counted from records alone. ``json`` says of which selections PostgreSQL writes the JSON, for tests that compare it with
    rows. ``commands`` makes the context of a mutation's resolvers; without it there are no mutations.
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
        reference: Callable[[GraphQLSchema, Registry], Reference] | None = None,
        first_wall: bool = True,
        rollups: bool = True,
        json: JsonOf = JsonOf.TREES,
        small_cell: int = 10,
        commands: Callable[[Caller, Mapping[str, str]], Any] | None = None,
        seconds: float = 10.0,
        statistical_month: int = 10,
        cursors: KeySource | None = None,
    ) -> None:
        require_agreement(schema, registry)
        self.schema = schema
        self.registry = registry
        self.pool = pool
        self.max_objects = max_objects
        self.first_wall = first_wall
        self.rollups = rollups
        self.json = json
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
        given: Mapping[str, Any],
        *,
        caller: Caller = PUBLIC,
        explain: bool = False,
        allowance: Allowance | None = None,
        request: Mapping[str, str] = MappingProxyType({}),
    ) -> Answer:
        """Run one operation of a document, with the variables as they are ``given``, and return its response. Raises only for faults of
        the hub.

        ``allowance`` is what the caller's roles may ask for, where that is less than the general limits; ``request`` is for commands.
        """
        try:
            read = document.operation(operation_name)
            coerced = variables.coerce_variables(self.schema, read.node, read.types, given)
            if read.node.operation is not OperationType.QUERY:
                return await self._command(document, read, given, caller, request)
            operation = self._operation(document, read, coerced, caller)
            inputs = self._inputs(coerced, given, caller, allowance)
            bound = bind(operation, inputs, self.max_objects, allowance, strict=self.reference is not None)
            if bound.most > bound.limit and operation.has_trees():
                # what may bring too much is read step by step, so that a run ends as soon as it does
                operation = self._operation(document, read, coerced, caller, JsonOf.LEAVES)
                bound = bind(operation, inputs, self.max_objects, allowance)
        except GraphQLErrors as error:
            return refused(error.errors)
        except HubError as error:
            return refused([error])
        watched = WATCHED.get()
        traces: list[Trace] | None = [] if explain else None
        if watched is not None:
            watched.operation, traces = operation, watched.traces
        try:
            data, errors = await self._respond(document, read, bound, traces)
        except HubError as error:
            return refused([error], status=503 if error.code in RETRY_CODES else 400)
        response: dict[str, Any] = {"data": data}
        if errors:
            response["errors"] = [formatted(error) for error in errors]
        if explain and traces is not None:
            response["extensions"] = {"explain": explained(operation, traces)}
        return Answer(orjson.dumps(response), 200, cells=frozenset(inputs.cells or ()), codes=codes_of(errors))

    def export(
        self,
        document: Document,
        operation_name: str | None,
        given: Mapping[str, Any],
        *,
        caller: Caller = PUBLIC,
        allowance: Allowance | None = None,
    ) -> Export:
        """Compile and bind the export of the one list of a query: all its rows, whatever page the query asks for. It is compiled for each
        export, and never run by the reference executor.

        Raises:
            HubError: what is wrong with the operation; NOT_EXPORTABLE.
            GraphQLErrors: what is wrong with the variables.
        """
        read = document.operation(operation_name)
        coerced = variables.coerce_variables(self.schema, read.node, read.types, given)
        if read.node.operation is not OperationType.QUERY:
            raise HubError("NOT_EXPORTABLE", "Only queries can be exported. Send this one as JSON.", nodes=read.node)
        lenses = caller.shape if self.first_wall else (Lens.UNWALLED, Lens.EVERYTHING)
        collector = Collector(self.schema, document.fragments, coerced)
        with working():
            exported = exported_list(self.schema, self.registry, collector, read.node, coerced)
            operation = compile_operation(
                self.schema,
                self.registry,
                document,
                read.node,
                coerced,
                lenses,
                rollups=self.rollups,
                json=JsonOf.NOTHING,
                exported=exported,
            )
        bound = bind(operation, self._inputs(coerced, given, caller, allowance), self.max_objects, allowance)
        for error in bound.failed.values():
            raise error
        return Export(exported, bound, self.pool, self._answer_query)

    def _inputs(
        self, coerced: Mapping[str, Any], given: Mapping[str, Any], caller: Caller, allowance: Allowance | None
    ) -> Inputs:
        """What one run is given."""
        return Inputs(
            coerced,
            today(),
            caller,
            small_cell=self.small_cell,
            given=given,
            max_page=None if allowance is None else allowance.page,
            statistical_month=self.statistical_month,
            cells=None if caller.sees_rows else set(),
            cursors=self.cursors,
        )

    def statistics(self) -> dict[str, int]:
        """Of the plans: ``kept`` and their ``bytes``; ``hits`` and ``misses`` since the start."""
        return self.plans.statistics()

    async def _command(
        self,
        document: Document,
        read: ReadOperation,
        given: Mapping[str, Any],
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
            variable_values=dict(given),
            operation_name=named or None,
        )
        answer = result if isinstance(result, ExecutionResult) else await result
        response: dict[str, Any] = {"data": answer.data}
        errors = [masked(error) for error in answer.errors or ()]
        if errors:
            response["errors"] = [formatted(error) for error in errors]
        return Answer(orjson.dumps(response), 200, codes=codes_of(errors))

    def _operation(
        self,
        document: Document,
        read: ReadOperation,
        coerced: Mapping[str, Any],
        caller: Caller,
        json: JsonOf | None = None,
    ) -> Operation:
        """The plan that is kept under (operation, lenses, shape of variables, what PostgreSQL writes), compiled if there is none."""
        json = json or self.json
        lenses = caller.shape if self.first_wall else (Lens.UNWALLED, Lens.EVERYTHING)
        key = (document.text, read.name, lenses, variables.shape(read.types, coerced, self.registry.prefixes), json)
        plan = self.plans.get(key)
        if plan is None:
            with working():
                operation = compile_operation(
                    self.schema, self.registry, document, read.node, coerced, lenses, rollups=self.rollups, json=json
                )
                plan = Plan(operation, weight(operation, document))
            self.plans.put(key, plan)
        return plan.operation

    async def _respond(
        self, document: Document, read: ReadOperation, bound: BoundOperation, traces: list[Trace] | None
    ) -> tuple[Any, Sequence[GraphQLError]]:
        """The data and errors of one operation."""
        if self.reference is not None:
            return await self._by_reference(self.reference, document, read, bound)
        operation = bound.operation
        values: dict[str, Any] = dict(operation.constants)
        errors: list[GraphQLError] = []
        if operation.introspection:
            with working():
                data, errors = self.introspection.values(document, read, operation, bound.inputs)
            values.update(data)
        if operation.roots:
            attempt = partial(run_in_snapshot, self.pool, bound, self._answer_query, traces)
            data, missing = await guarded(attempt, self.seconds)
            values.update(data)
            errors.extend(missing)
        else:
            values.update(dict.fromkeys(bound.failed) | viewer_fields(operation, bound.inputs))
            errors = [*bound.failed.values(), *errors]
        return {key: values[key] for key in operation.keys}, errors

    async def _by_reference(
        self, reference: Reference, document: Document, read: ReadOperation, bound: BoundOperation
    ) -> tuple[Any, Sequence[GraphQLError]]:
        """The data and errors of one operation by the reference executor; root fields that failed to bind are null as with plans."""
        add_objects(bound.most)
        attempt = partial(reference.execute, document, read.node, bound.inputs, self.pool, self._answer_query)
        data, errors = await guarded(attempt, self.seconds)
        others = [error for error in errors if not error.path or error.path[0] not in bound.failed]
        kept = {key: None if key in bound.failed else value for key, value in data.items()}
        return kept, [*bound.failed.values(), *others]

    async def _answer_query(self, text: str, inputs: Inputs, connection: Fetch) -> Any:
        """The data of a query that a computed field runs, as JSON; None when it is refused or has an error."""
        document = self.nested_documents.document(text)
        if document is None:
            return None
        errors: Sequence[GraphQLError]
        try:
            read = document.operation(None)
            operation = self._operation(document, read, {}, inputs.caller)
            if operation.runs_queries() or operation.introspection:
                return None
            bound = bind(operation, inputs, MAX_QUERY_OBJECTS, strict=True)
            if self.reference is not None:
                data, errors = await self.reference.within(document, read.node, inputs, connection)
            else:
                budget = ObjectBudget(MAX_QUERY_OBJECTS, metered=False)
                data, errors = await run_operation(Run(bound, connection, budget))
        except HubError:
            return None
        return None if errors else orjson.loads(orjson.dumps(data))


def weight(operation: Operation, document: Document) -> int:
    """The bytes of memory of a plan, with those of the document that it holds."""
    statements = (statement for step in operation.steps for statement in step.own().values())
    sql = sum(len(statement.sql) for statement in statements)
    return document.weight + PLAN_BYTES + STEP_BYTES * len(operation.steps) + sql
