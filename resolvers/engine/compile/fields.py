"""From a root field to its step: each field of the selection set becomes a column of its statement or a step below it: a row, a list, a
connection, a statistic, a computed field."""

from collections.abc import Sequence
from typing import Any

from graphql import (
    FieldNode,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
    get_nullable_type,
    is_list_type,
)
from sqlalchemy import ColumnElement, Select, any_, func, null, select

from resolvers.engine.compile import row_builders
from resolvers.engine.compile.context import Compilation, errors_at
from resolvers.engine.compile.json_rows import as_bytes, concat, literal
from resolvers.engine.compile.json_selection import Repeats, can_write_list, can_write_row, has_list
from resolvers.engine.compile.json_tree import JsonWriter, Row
from resolvers.engine.compile.list_statements import (
    anchor_column,
    anchor_statement,
    count_statement,
    json_statement,
    rows_statement,
)
from resolvers.engine.compile.lists import Listing, compile_list
from resolvers.engine.compile.pagination import Page
from resolvers.engine.compile.row_builders import Expression
from resolvers.engine.compile.selected_columns import SelectedColumns
from resolvers.engine.compile.statistics import statistics_step
from resolvers.engine.declare.columns import expression
from resolvers.engine.declare.sources import AnyOf, Computed, Lookup, Many, One, Source, StatisticsField
from resolvers.engine.declare.visibility import visible_rows
from resolvers.engine.plan.parameters import Binder
from resolvers.engine.plan.statement import compiled, keys_parameter
from resolvers.engine.plan.steps import Child, ComputedStep, JsonStep, PageStep, Step
from resolvers.engine.request.arguments import camel, snake
from resolvers.engine.request.collect_fields import is_connection
from resolvers.errors import HubError


class Compiler(Compilation):
    """Compiles the root fields of one operation, and the fields below them."""

    def lookup(self, lookup: Lookup, nodes: Sequence[FieldNode], path: str) -> Step:
        """The step of a root field that finds one row by exactly one of its arguments. Raises BAD_ARGUMENT for none or several."""
        source = self.registry.sources[lookup.target]
        arguments = self.arguments(self.object_type("Query"), nodes[0])
        names = [name for name in lookup.by if arguments.get(name) is not None]
        if len(names) != 1:
            raise HubError("BAD_ARGUMENT", f"Give exactly one of {', '.join(map(camel, lookup.by))}.", nodes=nodes[0])
        (name,) = names
        column, binder = expression(lookup.by[name]), Binder(few_rows=True)
        leaf = arguments[name]
        if name in source.normalizers:
            leaf = leaf.map(source.normalizers[name])
        wanted = binder.key(leaf, source.prefix) if column is source.key else binder.leaf(leaf, column.type)
        latest = () if lookup.latest is None else (expression(lookup.latest).desc().nulls_first(),)
        if self._writes_with_lists(source, nodes, Repeats.ONE):
            found, row, _ = JsonWriter(self, binder).one(source, [column == wanted], nodes, path)
            return self._json_row(found.order_by(*latest).limit(1), row, null(), binder, nodes, path)
        columns, children = SelectedColumns(self.registry, self.lenses, binder), list[Child]()
        value = self.row(source, columns, nodes, path, children)
        rows = select(null().label("key"), *columns.labelled()).select_from(source.table)
        rows = rows.where(column == wanted, *visible_rows(self.registry, source, self.lenses, binder)).limit(1)
        rows = rows.order_by(*latest)
        build = row_builders.one(value, len(children))
        return self.add_rows(path, nodes[0], compiled(rows, binder), build, children, columns)

    def by_key(self, source: Source, nodes: Sequence[FieldNode], path: str, *, few_rows: bool = False) -> Step:
        """See ``Compilation``."""
        binder = Binder(few_rows=few_rows)
        if few_rows and self._writes_with_lists(source, nodes, Repeats.MANY):
            found, row, key = JsonWriter(self, binder).one(source, [source.key == any_(keys_parameter())], nodes, path)
            return self._json_row(found, row, key, binder, nodes, path)
        columns, children = SelectedColumns(self.registry, self.lenses, binder), list[Child]()
        value = self.row(source, columns, nodes, path, children)
        rows = select(source.key.label("key"), *columns.labelled()).where(source.key == any_(keys_parameter()))
        rows = rows.where(*visible_rows(self.registry, source, self.lenses, binder))
        build = row_builders.one(value, len(children))
        return self.add_rows(path, nodes[0], compiled(rows, binder), build, children, columns)

    def _writes_with_lists(self, source: Source, nodes: Sequence[FieldNode], repeats: Repeats) -> bool:
        """Whether PostgreSQL writes rows that the operation names, with lists below them; a row alone is cheaper to make here."""
        return has_list(self, source, nodes) and can_write_row(self, source, nodes, repeats)

    def _json_row(
        self,
        found: Select[Any],
        row: Row,
        key: ColumnElement[Any],
        binder: Binder,
        nodes: Sequence[FieldNode],
        path: str,
    ) -> Step:
        """Rows that PostgreSQL writes with everything below them."""
        rows: Select[Any] = select(key.label("key"), as_bytes(row.json).label("json")).select_from(
            found.subquery(row.name)
        )
        return self.add(
            JsonStep,
            path,
            nodes[0],
            statement=compiled(rows, binder),
            build=row_builders.one(row_builders.JSON_OF_ROW, 0),
            columns=row.columns,
            weight=row.weight,
            below=row.below,
        )

    def row(
        self,
        source: Source,
        columns: SelectedColumns,
        nodes: Sequence[FieldNode],
        path: str,
        children: list[Child],
    ) -> Expression:
        """See ``Compilation``."""
        type_ = self.object_type(source.typename)
        above = self.exported is not None and self.exported.path.startswith(f"{path}.")
        items = {
            key: self._field(source, type_, columns, fields, f"{path}.{key}", children)
            for key, fields in self.collector.below(type_, nodes).items()
            if not above or self.leads_to_list(f"{path}.{key}")
        }
        columns.index(source.key)
        columns.add_place(len(items))
        return row_builders.mapping(items)

    def _field(
        self,
        source: Source,
        type_: GraphQLObjectType,
        columns: SelectedColumns,
        nodes: Sequence[FieldNode],
        path: str,
        children: list[Child],
    ) -> Expression:
        """The Python expression of one field of a row; adds its columns, and the step below it if it has one."""
        name = snake(nodes[0].name.value)
        if name == "__typename":
            return repr(type_.name)
        if name == "id":
            return row_builders.global_id(source.prefix, columns.index(source.key))
        match source.fields.get(name):
            case One() as one:
                child, column = self._one(children, columns, one, nodes, path)
                return f"c{child}.get(r[{column}])"
            case AnyOf(choices):
                union = get_named_type(type_.fields[nodes[0].name.value].type)
                assert isinstance(union, GraphQLUnionType)
                return row_builders.first_not_null([self._one(children, columns, one, nodes, path) for one in choices])
            case Many() as many:
                column = columns.index(source.key if many.on is None else expression(many.on), raw=True)
                children.append(Child(list_step(self, type_, many, nodes, path, root=False), column))
                return f"c{len(children) - 1}[r[{column}]]"
            case StatisticsField() as field:
                column = columns.index(source.key)
                children.append(Child(statistics_step(self, type_, field, nodes, path, root=False), column))
                return f"c{len(children) - 1}.get(r[{column}])"
            case Computed() as computed:
                return self._computed(source, type_, computed, columns, nodes, path, children)
        column_ = columns.field(source, name)
        assert column_ is not None, f"{source.typename}.{name} has no answer"
        return f"r[{columns.index(column_)}]"

    def _one(
        self, children: list[Child], columns: SelectedColumns, one: One, nodes: Sequence[FieldNode], path: str
    ) -> tuple[int, int]:
        """The number of a new child step, and the column with its keys."""
        column = columns.index(expression(one.key), raw=True)
        children.append(Child(self.by_key(self.registry.sources[one.target], nodes, path), column))
        return len(children) - 1, column

    def _computed(
        self,
        source: Source,
        type_: GraphQLObjectType,
        computed: Computed,
        columns: SelectedColumns,
        nodes: Sequence[FieldNode],
        path: str,
        children: list[Child],
    ) -> Expression:
        column = columns.index(source.key)
        indexes = tuple(columns.index(expression(need), raw=True) for need in computed.needs)
        step = ComputedStep(path, nodes[0], indexes, computed.function, computed.runs_queries, computed.weight)
        children.append(Child(step, column))
        child = len(children) - 1
        value = f"c{child}.get(r[{column}])"
        returned = get_named_type(type_.fields[nodes[0].name.value].type)
        if not isinstance(returned, GraphQLObjectType):
            return value
        names = {key: fields[0].name.value for key, fields in self.collector.below(returned, nodes).items()}
        listed = is_list_type(get_nullable_type(type_.fields[nodes[0].name.value].type))
        build = row_builders.fields_of_each if listed else row_builders.fields_of
        return build(returned.name, names, value, child)


def list_step(
    compilation: Compilation,
    parent: GraphQLObjectType,
    many: Many,
    nodes: Sequence[FieldNode],
    path: str,
    *,
    root: bool,
) -> Step:
    """The step of a list or connection below parents, or at the root. Raises errors in its arguments, at the place of the field."""
    with errors_at(nodes[0]):
        name = nodes[0].name.value
        type_ = get_named_type(parent.fields[name].type)
        assert isinstance(type_, GraphQLObjectType)
        arguments = compilation.arguments(parent, nodes[0])
        listing = compile_list(
            compilation.registry,
            many,
            arguments,
            compilation.lenses,
            compilation.budget,
            root=root,
            place=f"{parent.name}.{name}",
            rollups=compilation.rollups,
        )
        written = can_write_list(compilation, parent, many, nodes, Repeats.ONE if root else Repeats.MANY, top=True)
        step = _json_list if written else _connection if is_connection(type_) else _short_list
        exported = compilation.exported
        if exported is not None and path == exported.path:
            step, nodes = _whole_list, exported.nodes
        made = step(compilation, type_, listing, nodes, path)
        arguments.require_effect(nodes[0])
        return made


def _short_list(
    compilation: Compilation, _: GraphQLObjectType, listing: Listing, nodes: Sequence[FieldNode], path: str
) -> Step:
    columns, children = listing.columns(), list[Child]()
    value = compilation.row(listing.source, columns, nodes, path, children)
    return compilation.add_rows(
        path,
        nodes[0],
        rows_statement(listing, columns, None),
        row_builders.many(value, len(children)),
        children,
        columns,
        each=listing.many.expected,
        anchor_column=anchor_column(listing, columns),
    )


def _whole_list(
    compilation: Compilation, type_: GraphQLObjectType, listing: Listing, nodes: Sequence[FieldNode], path: str
) -> Step:
    """The list of an export: all of its rows, whatever page is asked for, under the selection of its rows, ``nodes``."""
    page = None
    if is_connection(type_):
        Page.from_arguments(listing.arguments)
        page = Page.of_all_rows()
    columns, children = listing.columns(), list[Child]()
    value = compilation.row(listing.source, columns, nodes, path, children)
    return compilation.add_rows(
        path,
        nodes[0],
        rows_statement(listing, columns, page),
        row_builders.many(value, len(children)),
        children,
        columns,
        anchor_column=anchor_column(listing, columns),
    )


def _connection(
    compilation: Compilation, type_: GraphQLObjectType, listing: Listing, nodes: Sequence[FieldNode], path: str
) -> Step:
    page = Page.from_arguments(listing.arguments)
    columns, children = listing.columns(), list[Child]()
    items: dict[str, Expression] = {}
    needs_rows = needs_total = False
    for key, fields in compilation.collector.below(type_, nodes).items():
        match fields[0].name.value:
            case "__typename":
                items[key] = repr(type_.name)
                continue
            case "totalCount":
                items[key] = "totals[k]"
                needs_total = True
                continue
            case "nodes":
                items[key] = f"[{compilation.row(listing.source, columns, fields, path, children)} for r in rows]"
            case "edges":
                edge = _edge(compilation, type_, listing, columns, fields, path, children)
                items[key] = f"[{edge} for r in rows]"
            case "pageInfo":
                below = compilation.collector.below(compilation.object_type("PageInfo"), fields)
                names = {key: found[0].name.value for key, found in below.items()}
                items[key] = row_builders.page_info(names, page, listing.order, columns)
        needs_rows = True
    rows = rows_statement(listing, columns, page)
    return compilation.add(
        PageStep,
        path,
        nodes[0],
        statement=rows if needs_rows else None if needs_total else anchor_statement(listing),
        build=row_builders.connection(row_builders.mapping(items), len(children)),
        children=tuple(children),
        columns=columns.names(),
        weight=columns.weight,
        size=page.size,
        backward=page.backward,
        cursors=listing.cursors,
        starts=page.starts(listing.order, listing.cursors),
        total=count_statement(listing, compilation.budget) if needs_total else None,
        checks=() if needs_rows else tuple(get for get in rows.getters if get is not None),
        anchor_column=anchor_column(listing, columns if needs_rows else None),
    )


def _edge(
    compilation: Compilation,
    connection: GraphQLObjectType,
    listing: Listing,
    columns: SelectedColumns,
    nodes: Sequence[FieldNode],
    path: str,
    children: list[Child],
) -> Expression:
    type_ = get_named_type(connection.fields["edges"].type)
    assert isinstance(type_, GraphQLObjectType)
    items: dict[str, Expression] = {}
    for key, fields in compilation.collector.below(type_, nodes).items():
        match fields[0].name.value:
            case "__typename":
                items[key] = repr(type_.name)
            case "cursor":
                items[key] = row_builders.cursor_of(listing.order, columns)
            case "node":
                items[key] = compilation.row(listing.source, columns, fields, path, children)
    return row_builders.mapping(items)


def _json_list(
    compilation: Compilation, type_: GraphQLObjectType, listing: Listing, nodes: Sequence[FieldNode], path: str
) -> Step:
    """A list or connection that PostgreSQL writes with everything below it."""
    page = Page.from_arguments(listing.arguments) if is_connection(type_) else None
    writer = JsonWriter(compilation, listing.binder)
    rows, row = writer.page(listing, page, nodes if page is None else writer.nodes_of(type_, nodes), path)
    json = concat([literal("["), func.coalesce(rows, literal("")), literal("]")])
    value, total = row_builders.JSON, None
    if page is not None:
        expressions = {"__typename": repr(type_.name), "totalCount": "totals[k]", "nodes": row_builders.JSON}
        fields = compilation.collector.below(type_, nodes)
        names = {key: each[0].name.value for key, each in fields.items()}
        value = row_builders.mapping({key: expressions[name] for key, name in names.items()})
        if "totalCount" in names.values():
            total = count_statement(listing, compilation.budget)
    return compilation.add(
        JsonStep,
        path,
        nodes[0],
        statement=json_statement(listing, json),
        build=row_builders.connection(value, 0),
        columns=row.columns,
        weight=row.weight,
        size=None if page is None else page.size,
        each=listing.many.expected,
        starts=None if page is None else page.starts(listing.order, listing.cursors),
        total=total,
        anchor_column=anchor_column(listing, None),
        below=row.below,
    )
