"""The one list of an operation that is exported: which field it is, and what is selected on its rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from graphql import (
    FieldNode,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    OperationDefinitionNode,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
)

from resolvers.engine.declare.registry import Registry
from resolvers.engine.request import global_ids
from resolvers.engine.request.arguments import Variables, build
from resolvers.engine.request.collect_fields import Collector, Selection, is_connection
from resolvers.errors import HubError
from resolvers.suggestions import quoted

STATISTICS = "Statistics"


@dataclass(frozen=True, eq=False, slots=True)
class ExportedList:
    """A list whose rows are exported, or a statistic, whose groups are.

    ``path`` has the response keys that lead to it, joined by dots; ``field`` is its type and field; ``type_`` is the type of its rows, on
    which ``nodes`` select. ``rows_key`` is the response key of a statistic's groups, or of its total if no groups are selected;
    ``dimensions`` are the codes that it is grouped by.
    """

    path: str
    field: str
    name: str
    type_: GraphQLObjectType
    nodes: tuple[FieldNode, ...]
    collector: Collector
    rows_key: str | None = None
    is_total: bool = False
    dimensions: tuple[str, ...] = ()

    @property
    def is_statistic(self) -> bool:
        """Whether its rows are groups of a statistic."""
        return self.rows_key is not None


def exported_list(
    schema: GraphQLSchema,
    registry: Registry,
    collector: Collector,
    operation: OperationDefinitionNode,
    variables: Variables,
) -> ExportedList:
    """The one list of an operation, which may stand below single records.

    Raises:
        HubError: NOT_EXPORTABLE: it has no list, or several.
    """
    query = schema.get_type("Query")
    assert isinstance(query, GraphQLObjectType)
    finder = _Finder(schema, registry, collector, variables)
    found = list(finder.among(query, collector.collect(query, [operation.selection_set]), ""))
    if not found:
        raise HubError(
            "NOT_EXPORTABLE",
            "This operation has no list, so there is nothing to export. Ask for one, such as `members { nodes { name } }`, or for "
            "`statistics` with `groups`.",
            nodes=operation,
        )
    if len(found) > 1:
        paths = ", ".join(quoted(each.path) for each in found[:5])
        raise HubError(
            "NOT_EXPORTABLE",
            f"An export has one list, and this operation has {len(found)}: {paths}. Send one operation for each of them.",
            nodes=found[1].nodes[0],
        )
    return found[0]


class _Finder:
    def __init__(self, schema: GraphQLSchema, registry: Registry, collector: Collector, variables: Variables) -> None:
        self.schema = schema
        self.registry = registry
        self.collector = collector
        self.variables = variables

    def among(self, type_: GraphQLObjectType, selection: Selection, path: str) -> Iterator[ExportedList]:
        """The lists among the fields that are selected on a record, or at the root."""
        for key, fields in selection.items():
            field = type_.fields.get(fields[0].name.value)
            if field is not None and not is_leaf_type(get_named_type(field.type)):
                yield from self.at(type_, field.type, fields, f"{path}.{key}" if path else key)

    def at(
        self, parent: GraphQLObjectType, output: GraphQLOutputType, nodes: list[FieldNode], path: str
    ) -> Iterator[ExportedList]:
        """The lists in a field whose value has fields."""
        name, type_ = nodes[0].name.value, get_named_type(output)
        field = f"{parent.name}.{name}"
        if field == "Query.viewer":
            return
        if field == "Query.nodes":
            raise HubError("NOT_EXPORTABLE", "`nodes` cannot be exported. Ask for a list of one type.", nodes=nodes[0])
        if has_list(output):
            assert isinstance(type_, GraphQLObjectType)
            yield ExportedList(path, field, name, type_, tuple(nodes), self.collector)
        elif isinstance(type_, GraphQLObjectType) and is_connection(type_):
            for row, of_rows in self.rows(type_, nodes):
                yield ExportedList(path, field, name, row, tuple(of_rows), self.collector)
        elif isinstance(type_, GraphQLObjectType) and type_.name == STATISTICS:
            yield from self.statistic(parent, type_, nodes, path)
        else:
            for each in self.types_of(parent, type_, nodes[0]):
                yield from self.among(each, self.collector.below(each, nodes), path)

    def rows(
        self, connection: GraphQLObjectType, nodes: list[FieldNode]
    ) -> Iterator[tuple[GraphQLObjectType, list[FieldNode]]]:
        """What is selected on the rows of a connection, by ``nodes`` or by ``edges``."""
        for fields in self.collector.below(connection, nodes).values():
            name = fields[0].name.value
            if name not in ("nodes", "edges"):
                continue
            type_ = get_named_type(connection.fields[name].type)
            assert isinstance(type_, GraphQLObjectType)
            if name == "nodes":
                yield type_, fields
                continue
            for of_row in self.collector.below(type_, fields).values():
                if of_row[0].name.value == "node":
                    row = get_named_type(type_.fields["node"].type)
                    assert isinstance(row, GraphQLObjectType)
                    yield row, of_row

    def statistic(
        self, parent: GraphQLObjectType, type_: GraphQLObjectType, nodes: list[FieldNode], path: str
    ) -> Iterator[ExportedList]:
        """The groups of a statistic; its total where no groups are selected."""
        name = nodes[0].name.value
        given = build(parent.fields[name], nodes[0], self.variables).get("group_by") or ()
        dimensions = tuple(dimension.name for dimension in given)
        row = get_named_type(type_.fields["groups"].type)
        assert isinstance(row, GraphQLObjectType)
        selected = self.collector.below(type_, nodes).items()
        groups = [(key, fields) for key, fields in selected if fields[0].name.value == "groups"]
        totals = [(key, fields) for key, fields in selected if fields[0].name.value == "total"]
        for key, fields in groups or totals:
            yield ExportedList(
                path,
                f"{parent.name}.{name}",
                name,
                row,
                tuple(fields),
                self.collector,
                rows_key=key,
                is_total=not groups,
                dimensions=dimensions if groups else (),
            )

    def types_of(
        self, parent: GraphQLObjectType, type_: GraphQLNamedType, node: FieldNode
    ) -> Sequence[GraphQLObjectType]:
        """The types that a record may have: that of its ID, where ``node`` names it."""
        if parent.name == "Query" and node.name.value == "node":
            given = build(parent.fields["node"], node, self.variables)["id"].get(self.variables)
            source = self.registry.prefixes.get(global_ids.decode(given)[0])
            if source is None:
                raise HubError("BAD_ID", f"{quoted(given)} is not an ID of this service.", nodes=node)
            type_ = self.schema.type_map[source.typename]
        if is_abstract_type(type_):
            return self.schema.get_possible_types(type_)
        return [type_] if isinstance(type_, GraphQLObjectType) else []


def has_list(output: GraphQLOutputType) -> bool:
    """Whether a type is a list."""
    if isinstance(output, GraphQLNonNull):
        output = output.of_type
    return isinstance(output, GraphQLList)
