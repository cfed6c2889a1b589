"""Lists every field of every filter, and every field with arguments, and compiles documents: for tests generated from the schema."""

from collections import deque
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    get_named_type,
)

from resolvers.access.callers import Lens
from resolvers.engine.compile.operation import compile_operation
from resolvers.engine.plan.operation import Operation
from resolvers.engine.plan.parameters import Inputs
from schema import registry, schema
from tests.resolvers.engine_client import NATIONAL
from tests.resolvers.parsed_documents import document

SCHEMA = schema._schema
assert SCHEMA.query_type is not None
QUERY = SCHEMA.query_type


class Place(NamedTuple):
    """A field of an input type, and how a filter of a root field leads to it."""

    root: str
    filter: str
    """The type of the argument."""
    steps: tuple[tuple[str, bool], ...]
    """Names of input fields, each with whether it takes a list."""
    type: GraphQLInputType

    def literal(self, value: str) -> str:
        """The filter with this value there, as GraphQL writes it."""
        for name, listed in reversed(self.steps):
            value = f"{{{name}: [{value}]}}" if listed else f"{{{name}: {value}}}"
        return value

    def variable(self, value: Any) -> Any:
        """The filter with this value there, as JSON."""
        for name, listed in reversed(self.steps):
            value = {name: [value] if listed else value}
        return value


def places() -> Iterator[Place]:
    """Every field of every condition that a filter of a root field reaches, each by a shortest way."""
    queue = deque(
        (Place(name, filter_.type.name, (), filter_.type))
        for name, field in QUERY.fields.items()
        if (filter_ := field.args.get("filter")) is not None and isinstance(filter_.type, GraphQLInputObjectType)
    )
    seen = {place.filter for place in queue}
    while queue:
        place = queue.popleft()
        assert isinstance(place.type, GraphQLInputObjectType)
        for name, field in place.type.fields.items():
            listed, below = isinstance(field.type, GraphQLList), get_named_type(field.type)
            yield place._replace(steps=(*place.steps, (name, False)), type=field.type)
            if isinstance(below, GraphQLInputObjectType) and below.name not in seen:
                seen.add(below.name)
                queue.append(place._replace(steps=(*place.steps, (name, listed)), type=below))


def plan(text: str, variables: Mapping[str, Any] | None = None) -> Operation:
    """The plan of a query for a caller who sees everything."""
    found = document(text)
    (read,) = found.operations.values()
    return compile_operation(SCHEMA, registry, found, read.node, variables or {}, (Lens.EVERYTHING,))


def statements(operation: Operation) -> list[str]:
    """The SQL of a plan, with what is bound to it."""
    inputs = Inputs({}, date(2026, 7, 1), NATIONAL)
    return [f"{each.sql} {each.bind(inputs)}" for step in operation.steps for each in step.own().values()]


def is_required(type_: GraphQLInputType) -> bool:
    """Whether an argument must be given."""
    return isinstance(type_, GraphQLNonNull)


class Asked(NamedTuple):
    """A field of the schema that takes arguments, and a document around it."""

    parent: str
    field: str

    def document(self, arguments: Mapping[str, str]) -> str:
        """A query for the field with these arguments."""
        given = ", ".join(f"{name}: {value}" for name, value in arguments.items())
        type_ = SCHEMA.type_map[self.parent]
        assert isinstance(type_, GraphQLObjectType)
        named = get_named_type(type_.fields[self.field].type)
        below = ""
        if named.name == "Statistics":
            below = "{ total { records } groups { records } }"
        elif named.name.endswith("Connection"):
            below = "{ totalCount nodes { id } }"
        elif not isinstance(named, GraphQLScalarType | GraphQLEnumType):
            below = "{ __typename }"
        asked = f"{self.field}{f'({given})' if given else ''} {below}"
        if self.parent == "Query":
            return f"{{ {asked} }}"
        prefix = registry.sources[self.parent].prefix
        return f'{{ node(id: "{prefix}_1") {{ ... on {self.parent} {{ {asked} }} }} }}'


def asked_with_arguments() -> Iterator[Asked]:
    """Every field that takes arguments, of the root and of types with rows."""
    for name in ("Query", *registry.sources):
        type_ = SCHEMA.type_map[name]
        assert isinstance(type_, GraphQLObjectType)
        yield from (
            Asked(name, field) for field, found in type_.fields.items() if found.args and not field.startswith("node")
        )
