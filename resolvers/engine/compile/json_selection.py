"""Which selections PostgreSQL can write as JSON: plain columns, single rows, unions of types, lists of these."""

from collections.abc import Sequence
from enum import Enum

from graphql import FieldNode, GraphQLObjectType, get_named_type

from resolvers.engine.compile.context import Compilation, JsonOf
from resolvers.engine.compile.json_rows import is_written
from resolvers.engine.compile.selected_columns import SelectedColumns
from resolvers.engine.declare.sources import AnyOf, Many, One, Relation, Source
from resolvers.engine.plan.parameters import Binder
from resolvers.engine.request.arguments import snake
from resolvers.engine.request.collect_fields import is_connection

MAX_JSON_FIELDS = 40
"""Fields of a row that PostgreSQL writes at most."""

OTHER_PLACES = frozenset({"after", "before"})
"""Arguments of a page that belongs to one parent alone."""

OTHER_ROWS = frozenset({"filter", "orderBy"})
"""Arguments with which a page reads more rows than it has."""


class Repeats(Enum):
    """How many rows a subquery stands below."""

    ONE = "one row"
    MANY = "many rows, all different"
    SAME = "many rows, some of them the same"

    def below_one(self) -> "Repeats":
        """Of the rows that single keys of these lead to."""
        return self if self is Repeats.ONE else Repeats.SAME

    def below_list(self, relation: Relation) -> "Repeats":
        """Of the rows that lists of these have."""
        return Repeats.MANY if self is Repeats.ONE or (self is Repeats.MANY and relation.own_rows) else Repeats.SAME


def can_write_row(compilation: Compilation, source: Source, nodes: Sequence[FieldNode], rows: Repeats) -> bool:
    """Whether PostgreSQL can write rows of a source under the selection of ``nodes``."""
    if compilation.json is JsonOf.NOTHING:
        return False
    type_ = compilation.object_type(source.typename)
    selection = compilation.collector.below(type_, nodes)
    columns = SelectedColumns(compilation.registry, compilation.lenses, Binder())
    return len(selection) <= MAX_JSON_FIELDS and all(
        _can_write_field(compilation, source, type_, columns, fields, rows) for fields in selection.values()
    )


def can_write_list(
    compilation: Compilation,
    parent: GraphQLObjectType,
    many: Many,
    nodes: Sequence[FieldNode],
    rows: Repeats,
    *,
    top: bool = False,
) -> bool:
    """Whether PostgreSQL can write a list or connection; at the ``top`` of a statement it may be counted, and begin at a cursor.

    Where rows are the same, their list is read again for each of them, so that only lists are written there whose page costs what it has.
    """
    given = {argument.name.value for argument in nodes[0].arguments or ()}
    type_ = get_named_type(parent.fields[nodes[0].name.value].type)
    assert isinstance(type_, GraphQLObjectType)
    if compilation.json is JsonOf.LEAVES and not is_connection(type_):
        return False
    if not top and given & OTHER_PLACES:
        return False
    relation = many.relation
    if rows is Repeats.SAME and not relation.few and (not relation.reads_page or given & OTHER_ROWS):
        return False
    if is_connection(type_):
        fields = list(compilation.collector.below(type_, nodes).values())
        of_rows = [each for each in fields if each[0].name.value == "nodes"]
        allowed = ("nodes", "__typename", "totalCount") if top else ("nodes", "__typename")
        if len(of_rows) != 1 or any(each[0].name.value not in allowed for each in fields):
            return False
        nodes = of_rows[0]
    return can_write_row(compilation, compilation.registry.sources[many.target], nodes, rows.below_list(relation))


def has_list(compilation: Compilation, source: Source, nodes: Sequence[FieldNode]) -> bool:
    """Whether a row under the selection of ``nodes`` has a list right below it."""
    selection = compilation.collector.below(compilation.object_type(source.typename), nodes)
    return any(isinstance(source.fields.get(snake(fields[0].name.value)), Many) for fields in selection.values())


def _can_write_field(
    compilation: Compilation,
    source: Source,
    type_: GraphQLObjectType,
    columns: SelectedColumns,
    nodes: Sequence[FieldNode],
    rows: Repeats,
) -> bool:
    name = snake(nodes[0].name.value)
    if name in ("__typename", "id"):
        return True
    found = source.fields.get(name)
    if found is None:
        return is_written(columns.field(source, name))
    if compilation.json is not JsonOf.TREES:
        return False
    match found:
        case One():
            choices = [found]
        case AnyOf():
            choices = list(found.choices)
        case Many():
            return can_write_list(compilation, type_, found, nodes, rows)
        case _:
            return False
    sources = [compilation.registry.sources[one.target] for one in choices]
    return all(can_write_row(compilation, each, nodes, rows.below_one()) for each in sources)
