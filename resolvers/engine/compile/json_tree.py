"""The JSON of a list or row with everything below it, written by PostgreSQL in one statement: a relation is a subquery of the row above it.

Only what SQL can say is written so: plain columns, single rows, unions of types, lists. A selection with a computed field, a statistic, a
count, a cursor or page information comes as rows, and what is below it as JSON again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from graphql import FieldNode, GraphQLObjectType, get_named_type
from sqlalchemy import ColumnElement, Label, Select, case, func, literal_column, select

from resolvers.engine.compile.context import Compilation, errors_at
from resolvers.engine.compile.json_rows import MARK, JsonText, literal
from resolvers.engine.compile.list_statements import page_of_rows
from resolvers.engine.compile.lists import Listing, ParentKey, compile_list
from resolvers.engine.compile.pagination import Page
from resolvers.engine.compile.selected_columns import SelectedColumns, weight_of
from resolvers.engine.declare.columns import expression
from resolvers.engine.declare.sources import AnyOf, Many, One, Source
from resolvers.engine.declare.visibility import visible_rows
from resolvers.engine.plan.parameters import Binder
from resolvers.engine.plan.steps import Written
from resolvers.engine.request.arguments import snake
from resolvers.engine.request.collect_fields import is_connection


@dataclass
class RowSet:
    """A subquery with the rows of one place, while its columns are collected: the JSON of a row is put together outside of it."""

    name: str
    columns: SelectedColumns
    selected: dict[int, tuple[str, ColumnElement[Any]]] = field(default_factory=dict)

    def column(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        """A column of the rows, as it is named outside of the subquery. It belongs to no FROM of SQLAlchemy's, so that subqueries of any
        depth can name it."""
        label, _ = self.selected.setdefault(id(column), (f"c{len(self.selected)}", column))
        return literal_column(f"{self.name}.{label}", column.type)

    def labelled(self) -> list[Label[Any]]:
        """What the subquery selects."""
        return [column.label(label) for label, column in self.selected.values()]


@dataclass(frozen=True)
class Row:
    """The JSON of a row of the subquery ``name``, the objects that it weighs, and what is written below it."""

    name: str
    json: ColumnElement[str]
    weight: int
    columns: tuple[str, ...]
    below: tuple[Written, ...]


class JsonWriter:
    """Writes the JSON of one statement, whose parameters are those of ``binder``."""

    def __init__(self, compilation: Compilation, binder: Binder) -> None:
        self._compilation = compilation
        self._binder = binder
        self._numbers = count()

    def rows(self, binder: Binder) -> RowSet:
        """A subquery with a name of its own."""
        return RowSet(
            f"j{next(self._numbers)}",
            SelectedColumns(self._compilation.registry, self._compilation.lenses, binder),
        )

    def row(self, source: Source, rows: RowSet, nodes: Sequence[FieldNode], path: str) -> Row:
        """The JSON of a row of ``rows`` under the selection of ``nodes``."""
        compilation = self._compilation
        type_ = compilation.object_type(source.typename)
        selection = compilation.collector.below(type_, nodes)
        weight, below, text = weight_of(len(selection)), list[Written](), JsonText()
        text.constant(MARK * weight + "{")
        for place, (key, fields) in enumerate(selection.items()):
            text.constant(f'{"," * bool(place)}"{key}":')
            name = snake(fields[0].name.value)
            if name == "__typename":
                text.constant(f'"{type_.name}"')
            elif name == "id":
                text.constant(f'"{source.prefix}_')
                text.value(func.to_hex(rows.column(source.key)))
                text.constant('"')
            elif name in source.fields:
                text.text(self._relation(source, type_, rows, fields, f"{path}.{key}", below))
            else:
                column = rows.columns.field(source, name)
                assert column is not None
                text.column(rows.column(column), nullable=bool(getattr(column, "nullable", True)))
        text.constant("}")
        if not rows.selected:
            rows.column(source.key)
        return Row(rows.name, text.whole(), weight, tuple(selection), tuple(below))

    def _relation(
        self,
        source: Source,
        type_: GraphQLObjectType,
        rows: RowSet,
        nodes: Sequence[FieldNode],
        path: str,
        below: list[Written],
    ) -> JsonText:
        match source.fields[snake(nodes[0].name.value)]:
            case One() as one:
                return JsonText(self._one(one, rows, nodes, path, below))
            case AnyOf(choices):
                found = [
                    (rows.column(expression(one.key)).is_not(None), self._one(one, rows, nodes, path, below))
                    for one in choices
                ]
                return JsonText(case(*found, else_=literal("null")))
            case Many() as many:
                key = rows.column(source.key if many.on is None else expression(many.on))
                return self._list(type_, many, key, nodes, path, below)
        raise AssertionError("no relation")

    def _one(
        self, one: One, above: RowSet, nodes: Sequence[FieldNode], path: str, below: list[Written]
    ) -> ColumnElement[str]:
        """The row that a key leads to; null where there is no key, and where the caller does not see the row."""
        self._compilation.budget.statement()
        key, source = expression(one.key), self._compilation.registry.sources[one.target]
        found, row, _ = self.one(source, [source.key == above.column(key)], nodes, path)
        json = select(row.json).select_from(found.subquery(row.name)).correlate(None).scalar_subquery()
        below.append(Written(path, row.columns, row.weight, below=row.below))
        missing = literal(f"{MARK}null")
        if getattr(key, "nullable", True):
            missing = case((above.column(key).is_(None), literal("null")), else_=missing)
        return func.coalesce(json, missing)

    def one(
        self, source: Source, where: Sequence[ColumnElement[bool]], nodes: Sequence[FieldNode], path: str
    ) -> tuple[Select[Any], Row, ColumnElement[int]]:
        """What selects the rows of a source that the caller sees, for a subquery of the row's name; the JSON of each, and its key."""
        binder = self._binder.for_few_rows()
        rows = self.rows(binder)
        row, key = self.row(source, rows, nodes, path), rows.column(source.key)
        visible = visible_rows(self._compilation.registry, source, self._compilation.lenses, binder)
        return select(*rows.labelled()).select_from(source.table).where(*where, *visible).correlate(None), row, key

    def _list(
        self,
        parent: GraphQLObjectType,
        many: Many,
        key: ColumnElement[int],
        nodes: Sequence[FieldNode],
        path: str,
        below: list[Written],
    ) -> JsonText:
        """The connection or list below the row with this key. Raises errors in its arguments, at the place of the field."""
        compilation = self._compilation
        compilation.budget.statement()
        binder = self._binder.at(nodes[0])
        with errors_at(nodes[0]):
            arguments = compilation.arguments(parent, nodes[0])
            listing = compile_list(
                compilation.registry,
                many,
                arguments,
                compilation.lenses,
                compilation.budget,
                root=False,
                place=f"{parent.name}.{nodes[0].name.value}",
                below=ParentKey(binder, key),
            )
            type_ = get_named_type(parent.fields[nodes[0].name.value].type)
            assert isinstance(type_, GraphQLObjectType)
            page = Page.from_arguments(arguments) if is_connection(type_) else None
            fields = nodes if page is None else self.nodes_of(type_, nodes)
            json, row = self.page(listing, page, fields, path)
            arguments.require_effect(nodes[0])
        size = None if page is None else binder.placed(page.size)
        below.append(Written(path, row.columns, row.weight, size, 1 if page else many.expected, row.below))
        json, text = func.coalesce(json, literal(MARK)), JsonText()
        if page is None:
            text.constant("[")
            text.value(json)
            text.constant("]")
            return text
        for place, (name, each) in enumerate(compilation.collector.below(type_, nodes).items()):
            text.constant(f'{"," if place else "{"}"{name}":')
            if each[0].name.value == "__typename":
                text.constant(f'"{type_.name}"')
            else:
                text.constant("[")
                text.value(json)
                text.constant("]")
        text.constant("}")
        return text

    def nodes_of(self, type_: GraphQLObjectType, nodes: Sequence[FieldNode]) -> Sequence[FieldNode]:
        """The selections of a connection's rows."""
        selection = self._compilation.collector.below(type_, nodes).values()
        return next(fields for fields in selection if fields[0].name.value == "nodes")

    def page(
        self, listing: Listing, page: Page | None, nodes: Sequence[FieldNode], path: str
    ) -> tuple[ColumnElement[str], Row]:
        """The JSON of the rows of a page, or of a whole list, with commas between them; null where there are none."""
        rows = self.rows(listing.binder)
        row = self.row(listing.source, rows, nodes, path)
        found, order = page_of_rows(listing, rows.labelled(), page, rows.name)
        text = func.string_agg(row.json, order)
        return select(text).select_from(found).correlate(None).scalar_subquery(), row
