"""The reference executor: graphql-core's own executor over the same declarations, with a DataLoader behind each relation.

It walks every field of every object and loads whole rows, as a stock server does. A random test requires that plans answer as it does;
``UNIONHUB_EXECUTOR=default`` serves with it.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import asyncpg
from graphql import (
    ExecutionResult,
    GraphQLEnumType,
    GraphQLError,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    OperationDefinitionNode,
    default_field_resolver,
    execute,
    get_named_type,
    lexicographic_sort_schema,
)
from sqlalchemy import select

from resolvers.engine.declare.columns import expression
from resolvers.engine.declare.registry import Registry
from resolvers.engine.declare.sources import AnyOf, Computed, Lookup, Many, One, Source, StatisticsField
from resolvers.engine.declare.visibility import visible_rows
from resolvers.engine.execute.nested_queries import AnswerQuery
from resolvers.engine.execute.run import not_found
from resolvers.engine.execute.snapshot import snapshot
from resolvers.engine.plan.connection import Fetch
from resolvers.engine.plan.parameters import Binder, Inputs
from resolvers.engine.plan.statement import compiled
from resolvers.engine.reference.session import Info, Row, Session, whole
from resolvers.engine.request import global_ids
from resolvers.engine.request.arguments import camel, snake
from resolvers.engine.request.document import Document
from resolvers.errors import HubError
from resolvers.suggestions import quoted


def _copied(schema: GraphQLSchema) -> GraphQLSchema:
    """A copy of a schema, whose resolvers can be replaced; the enums have the same members of Python."""
    copied = lexicographic_sort_schema(schema)
    for name, type_ in copied.type_map.items():
        members = getattr(schema.type_map[name], "wrapped_cls", None)
        if isinstance(type_, GraphQLEnumType) and members is not None:
            for key, value in type_.values.items():
                value.value = members[key]
    return copied


class ReferenceExecutor:
    """Puts resolvers behind every field of a schema, and executes operations with graphql-core."""

    def __init__(self, schema: GraphQLSchema, registry: Registry) -> None:
        self.schema = schema = _copied(schema)
        self.registry = registry
        for type_ in schema.type_map.values():
            if isinstance(type_, GraphQLInterfaceType | GraphQLUnionType) and not type_.name.startswith("__"):
                type_.resolve_type = lambda value, *_: value.source.typename
            if isinstance(type_, GraphQLObjectType) and self._planned(type_.name):
                type_.is_type_of = None
                for name, field in type_.fields.items():
                    field.resolve = self._resolver(type_, name)
            elif isinstance(type_, GraphQLObjectType) and not type_.name.startswith("__"):
                for name, field in type_.fields.items():
                    field.resolve = _viewer_field(name, field)

    async def execute(
        self,
        document: Document,
        operation: OperationDefinitionNode,
        inputs: Inputs,
        pool: asyncpg.Pool,
        answer: AnswerQuery,
    ) -> tuple[Any, list[GraphQLError]]:
        """The data and errors of one operation."""
        async with snapshot(pool, inputs.caller, single=False) as connection:
            return await self.within(document, operation, inputs, connection, answer)

    async def within(
        self,
        document: Document,
        operation: OperationDefinitionNode,
        inputs: Inputs,
        connection: Fetch,
        answer: AnswerQuery | None = None,
    ) -> tuple[Any, list[GraphQLError]]:
        """The data and errors of one operation, in a snapshot that has begun."""
        session = Session(self.registry, inputs, connection, answer)
        result = execute(
            self.schema,
            document.ast,
            context_value=session,
            variable_values=dict(inputs.given),
            operation_name=operation.name.value if operation.name else None,
        )
        try:
            response = result if isinstance(result, ExecutionResult) else await result
        finally:
            await session.end()
        errors = list(response.errors or ())
        failed: dict[str | int, HubError] = {}
        for error in errors:
            if isinstance(error.original_error, HubError) and error.original_error.code == "TOO_MANY_GROUPS":
                (root, *_) = error.path or ("",)
                failed[root] = HubError(error.original_error.code, error.message, nodes=error.nodes, path=[root])
            if error.original_error is not None and not isinstance(error.original_error, GraphQLError):
                raise error.original_error
        if failed and response.data is not None and response.data.keys() <= failed.keys():
            raise next(iter(failed.values()))
        data = {key: None if key in failed else value for key, value in (response.data or {}).items()}
        return data, [*failed.values(), *(error for error in errors if not error.path or error.path[0] not in failed)]

    def _planned(self, name: str) -> bool:
        known = name in self.registry.sources or name in ("Query", "PageInfo", "Viewer")
        return known or name.startswith("Statistics") or name.endswith(("Connection", "Edge"))

    def _resolver(self, type_: GraphQLObjectType, name: str) -> Any:
        if type_.name == "Query":
            return self._root(name)
        if type_.name in self.registry.sources:
            return self._field(self.registry.sources[type_.name], type_, snake(name))
        if type_.name.endswith("Connection"):
            return _CONNECTION[name]
        if type_.name.endswith("Edge"):
            return lambda edge, _info: edge[0].cursor(edge[1]) if name == "cursor" else edge[1]
        if type_.name.startswith("Statistics"):
            return _statistic(snake(name))
        return lambda value, _info: value[name]

    def _field(self, source: Source, type_: GraphQLObjectType, name: str) -> Any:
        if name == "id":
            return lambda row, _info: global_ids.encode(source.prefix, row.get(source.key))
        match source.fields.get(name):
            case One() as one:
                return lambda row, info: info.context.one(one, row)
            case AnyOf(choices):

                async def any_of(row: Row, info: Info) -> Row | None:
                    for one in choices:
                        found: Row | None = await info.context.one(one, row)
                        if found is not None:
                            return found
                    return None

                return any_of
            case Many() as many:
                on = source.key if many.on is None else expression(many.on)
                return _listing(many, lambda row: row.get(on, raw=True))
            case StatisticsField() as field:
                return lambda row, info, **_: info.context.counted(field, info, row.get(source.key))
            case Computed() as computed:
                return lambda row, info: info.context.computed(name, computed, row)
        column = source.column(name)
        if column is None:
            raise LookupError(f"{source.typename}.{name} has no answer")
        codes = getattr(column.type, "enum_class", None)
        if codes is not None:
            return lambda row, _info, **_: None if row.get(column) is None else codes[row.get(column)]
        return lambda row, _info: row.get(row.columns.field(source, name))

    def _root(self, name: str) -> Any:
        if name == "viewer":
            return lambda _root, info: info.context.registry.access.viewer(info.context.inputs.caller)
        if name in ("node", "nodes"):
            return _by_ids(name == "nodes")
        answer = self.registry.roots[snake(name)]
        if isinstance(answer, Many):
            return _listing(answer, lambda _: None)
        if isinstance(answer, StatisticsField):
            return _counting(answer)
        return _lookup(answer)


def _counting(field: StatisticsField) -> Any:
    async def resolve(_root: Any, info: Info, **_: Any) -> Any:
        found = await info.context.counted(field, info, None)
        return not_found(info.field_nodes[0], [str(info.path.key)]) if found is None else found

    return resolve


def _viewer_field(name: str, field: GraphQLField) -> Any:
    """A field of ``viewer`` or below it, whose values are dictionaries; the schema's own resolver for any other value."""
    own, kind = field.resolve or default_field_resolver, get_named_type(field.type)

    def resolve(value: Any, info: Info, **given: Any) -> Any:
        if not isinstance(value, Mapping):
            return own(value, info, **given)
        found = value[name]
        return kind.values[found].value if isinstance(kind, GraphQLEnumType) and found is not None else found

    return resolve


def _statistic(name: str) -> Any:
    """A field of a statistic or of a part of it; a measure that its kind does not have is refused, as by plans."""

    def resolve(value: Mapping[str, Any], _info: Info) -> Any:
        if name not in value:
            raise HubError("MEASURE_NOT_OF_KIND", f"This kind has no measure {camel(name)}.")
        return value[name]

    return resolve


def _listing(many: Many, key: Any) -> Any:
    async def resolve(parent: Any, info: Info, **_: Any) -> Any:
        page = get_named_type(info.return_type).name.endswith("Connection")
        listed = await info.context.listed(many, info, key(parent), page=page)
        return listed if page else listed.rows

    return resolve


_CONNECTION: Mapping[str, Any] = {
    "nodes": lambda listed, _info: listed.rows,
    "edges": lambda listed, _info: [(listed, row) for row in listed.rows],
    "pageInfo": lambda listed, _info: listed.info(),
    "totalCount": lambda listed, _info: listed.total(),
}


def _by_ids(many: bool) -> Any:
    async def resolve(_root: Any, info: Info, **given: Any) -> Any:
        session: Session = info.context
        found: list[Any] = []
        key = str(info.path.key)
        for index, text in enumerate(given["ids"] if many else [given["id"]]):
            prefix, number = global_ids.decode(text)
            source = session.registry.prefixes.get(prefix)
            if source is None:
                raise HubError("BAD_ID", f"{quoted(text)} is not an ID of this service.")
            row = (await session.by_key(source, [number]))[0]
            found.append(row or not_found(info.field_nodes[0], [key, index] if many else [key]))
        return found if many else found[0]

    return resolve


def _lookup(lookup: Lookup) -> Any:
    async def resolve(_root: Any, info: Info, **given: Any) -> Any:
        session: Session = info.context
        source = session.registry.sources[lookup.target]
        name, value = next((snake(name), value) for name, value in given.items() if value is not None)
        column = expression(lookup.by[name])
        binder = Binder()
        columns = whole(source, session.registry, session.inputs.caller.shape, binder)
        normalize = source.normalizers.get(name, lambda text: text)
        sought = global_ids.decode(value, source.prefix)[1] if column is source.key else normalize(value)
        fetch = (
            select(source.key, *columns.labelled()).where(column == binder.bind(lambda _: sought, column.type)).limit(1)
        )
        fetch = fetch.where(*visible_rows(session.registry, source, session.inputs.caller.shape, binder))
        if lookup.latest is not None:
            fetch = fetch.order_by(expression(lookup.latest).desc().nulls_first())
        for record in await session.rows(compiled(fetch, binder)):
            return Row(source, columns, record)
        return not_found(info.field_nodes[0], [str(info.path.key)])

    return resolve


@lru_cache(maxsize=4)
def reference_executor(schema: GraphQLSchema, registry: Registry) -> ReferenceExecutor:
    """The executor of a schema, made once for the same two objects: it copies the schema, and graphql-core validates the copy."""
    return ReferenceExecutor(schema, registry)


EXECUTORS: Mapping[str, Callable[[GraphQLSchema, Registry], ReferenceExecutor] | None] = {
    "plan": None,
    "default": reference_executor,
}
"""The executors that may run operations in place of plans, by the setting ``UNIONHUB_EXECUTOR``."""
