"""From a field of the query root to its step: the selection set becomes statements and a generated assembly, the same for every request."""

from collections.abc import Sequence
from typing import Any

from graphql import FieldNode, GraphQLObjectType, GraphQLOutputType, GraphQLUnionType, get_named_type
from sqlalchemy import (
    any_,
    null,
    select,
)

from resolvers.engine.compile import row_builders
from resolvers.engine.compile.context import Compilation
from resolvers.engine.compile.json_rows import Selected, writable
from resolvers.engine.compile.lists import Listing
from resolvers.engine.compile.pagination import Page
from resolvers.engine.compile.row_builders import Columns, Expression
from resolvers.engine.compile.statistics import statistics_step
from resolvers.engine.declare.columns import expression
from resolvers.engine.declare.sight import in_sight
from resolvers.engine.declare.sources import AnyOf, Computed, Lookup, Many, One, Source, StatisticsField
from resolvers.engine.plan.parameters import Binder
from resolvers.engine.plan.statement import Statement, compiled, keys_parameter
from resolvers.engine.plan.steps import Build, Child, ComputedStep, JsonPageStep, PageStep, RowsStep, Step
from resolvers.engine.request.arguments import camel, snake
from resolvers.errors import HubError

MAX_WRITTEN = 40
"""Fields of a row that PostgreSQL writes at most."""

FIELDS_PER_OBJECT = 10
"""So many fields of a row weigh as one object more."""


class Compiler(Compilation):
    """Compiles the root fields of one operation."""

    def by_key(self, source: Source, nodes: Sequence[FieldNode], path: str, *, few: bool = False) -> Step:
        """The step that finds rows of a source by their keys: those that rows above lead to, or the ``few`` that the operation names."""
        binder = Binder(few=few)
        columns = Columns(self.registry, self.lenses, binder)
        value, children = self._object(source, columns, nodes, path)
        fetch = select(source.key.label("key"), *columns.labelled()).where(source.key == any_(keys_parameter()))
        fetch = fetch.where(*in_sight(self.registry, source, self.lenses, binder))
        return self._rows(
            path, nodes[0], compiled(fetch, binder), row_builders.one(value, len(children)), children, columns
        )

    def lookup(self, lookup: Lookup, nodes: Sequence[FieldNode], path: str) -> Step:
        """The step of a root field that finds one row by exactly one of its arguments. Raises BAD_ARGUMENT for none or several."""
        source = self.registry.sources[lookup.target]
        given = self.arguments(self.object_type("Query"), nodes[0])
        asked = [name for name in lookup.by if given.get(name) is not None]
        if len(asked) != 1:
            raise HubError("BAD_ARGUMENT", f"Give exactly one of {', '.join(map(camel, lookup.by))}.", nodes=nodes[0])
        column, binder = expression(lookup.by[asked[0]]), Binder(few=True)
        columns = Columns(self.registry, self.lenses, binder)
        leaf = given[asked[0]]
        if asked[0] in source.written:
            leaf = leaf.written(source.written[asked[0]])
        sought = binder.key(leaf, source.prefix) if column is source.key else binder.leaf(leaf, column.type)
        value, children = self._object(source, columns, nodes, path)
        fetch = select(null().label("key"), *columns.labelled()).select_from(source.table)
        fetch = fetch.where(column == sought, *in_sight(self.registry, source, self.lenses, binder)).limit(1)
        if lookup.latest is not None:
            fetch = fetch.order_by(expression(lookup.latest).desc().nulls_first())
        return self._rows(
            path, nodes[0], compiled(fetch, binder), row_builders.one(value, len(children)), children, columns
        )

    def many(
        self, parent: GraphQLObjectType, many: Many, nodes: Sequence[FieldNode], path: str, *, root: bool = False
    ) -> Step:
        """The step of a list or connection below parents, or at the root."""
        try:
            returns = parent.fields[nodes[0].name.value].type
            named = get_named_type(returns)
            assert isinstance(named, GraphQLObjectType)
            arguments = self.arguments(parent, nodes[0])
            place = f"{parent.name}.{nodes[0].name.value}"
            listing = Listing(self.registry, many, arguments, self.lenses, self.budget, root=root, place=place)
            connection = named.name.endswith("Connection")
            step = self._connection(named, listing, nodes, path) if connection else self._list(listing, nodes, path)
            arguments.require_effect(nodes[0])
            return step
        except HubError as error:
            raise HubError(error.code, error.message, nodes=error.nodes or nodes[0]) from None

    def statistics(self, tally: StatisticsField, nodes: Sequence[FieldNode], path: str) -> Step:
        """The step of a statistic at the root."""
        return statistics_step(self, self.object_type("Query"), tally, nodes, path, root=True)

    def _list(self, listing: Listing, nodes: Sequence[FieldNode], path: str) -> Step:
        columns = listing.columns()
        value, children = self._object(listing.source, columns, nodes, path)
        return self._rows(
            path,
            nodes[0],
            listing.fetch(columns, None),
            row_builders.many(value, len(children)),
            children,
            columns,
            each=listing.many.expected,
            anchored=listing.anchored(columns),
        )

    def _connection(self, type_: GraphQLObjectType, listing: Listing, nodes: Sequence[FieldNode], path: str) -> Step:
        page, order, columns = Page.asked(listing.arguments), listing.order, listing.columns()
        leaf = self._leaf(type_, listing, nodes)
        if leaf is not None:
            return self._leaves(type_, listing, page, nodes, path, leaf)
        children: list[Child] = []
        items: dict[str, Expression] = {}
        needs_rows = needs_total = False
        for key, fields in self.collector.below(type_, nodes).items():
            match fields[0].name.value:
                case "__typename":
                    items[key] = repr(type_.name)
                case "totalCount":
                    items[key] = "totals[k]"
                    needs_total = True
                case "nodes":
                    value, children = self._object(listing.source, columns, fields, path, children)
                    items[key] = f"[{value} for r in rows]"
                    needs_rows = True
                case "edges":
                    value = self._edge(
                        get_named_type(type_.fields["edges"].type), listing, columns, fields, path, children
                    )
                    items[key] = f"[{value} for r in rows]"
                    needs_rows = True
                case "pageInfo":
                    below = self.collector.below(self.object_type("PageInfo"), fields)
                    asked = {key: found[0].name.value for key, found in below.items()}
                    items[key] = row_builders.page_info(asked, page, order, columns)
                    needs_rows = True
        fetch = listing.fetch(columns, page)
        return self.add(
            PageStep,
            path,
            nodes[0],
            statement=fetch if needs_rows else None if needs_total else listing.standing(),
            build=row_builders.connection(row_builders.mapping(items), len(children)),
            children=tuple(children),
            columns=columns.names(),
            weight=max(1, columns.weight),
            size=page.size,
            backward=page.backward,
            cursors=listing.cursors,
            starts=page.starts(listing.order, listing.cursors),
            total=listing.count() if needs_total else None,
            checks=() if needs_rows else tuple(get for get in fetch.getters if get is not None),
            anchored=listing.anchored(columns if needs_rows else None),
        )

    def _leaf(self, type_: GraphQLObjectType, listing: Listing, nodes: Sequence[FieldNode]) -> Selected | None:
        """The columns of a connection that only asks for ``nodes`` of plain columns, once; None for any other."""
        fields = [found for found in self.collector.below(type_, nodes).values() if found[0].name.value != "__typename"]
        rows = [found for found in fields if found[0].name.value == "nodes"]
        if len(rows) != 1 or any(found[0].name.value not in ("nodes", "totalCount") for found in fields):
            return None
        source, object_type = listing.source, self.object_type(listing.source.typename)
        selected = {
            key: None if found[0].name.value == "__typename" else snake(found[0].name.value)
            for key, found in self.collector.below(object_type, rows[0]).items()
        }
        plain = not any(name in source.fields for name in selected.values())
        columns = listing.columns()
        return selected if plain and len(selected) <= MAX_WRITTEN and writable(source, selected, columns) else None

    def _leaves(
        self,
        type_: GraphQLObjectType,
        listing: Listing,
        page: Page,
        nodes: Sequence[FieldNode],
        path: str,
        selected: Selected,
    ) -> Step:
        items = {
            key: {"__typename": repr(type_.name), "totalCount": "totals[k]"}.get(
                found[0].name.value, "fragment(rows[0][1] if rows else None)"
            )
            for key, found in self.collector.below(type_, nodes).items()
        }
        return self.add(
            JsonPageStep,
            path,
            nodes[0],
            statement=listing.fetch_written(selected, page),
            build=row_builders.connection(row_builders.mapping(items), 0),
            columns=("JSON of " + ", ".join(name or "__typename" for name in selected.values()),),
            weight=1 + len(selected) // FIELDS_PER_OBJECT,
            size=page.size,
            starts=page.starts(listing.order, listing.cursors),
            total=listing.count() if "totals[k]" in items.values() else None,
            anchored=listing.anchored(None),
        )

    def _edge(
        self,
        type_: GraphQLOutputType,
        listing: Listing,
        columns: Columns,
        nodes: Sequence[FieldNode],
        path: str,
        children: list[Child],
    ) -> Expression:
        assert isinstance(type_, GraphQLObjectType)
        items: dict[str, Expression] = {}
        for key, fields in self.collector.below(type_, nodes).items():
            match fields[0].name.value:
                case "__typename":
                    items[key] = repr(type_.name)
                case "cursor":
                    items[key] = row_builders.cursor_of(listing.order, columns)
                case "node":
                    items[key], _ = self._object(listing.source, columns, fields, path, children)
        return row_builders.mapping(items)

    def _object(
        self,
        source: Source,
        columns: Columns,
        nodes: Sequence[FieldNode],
        path: str,
        children: list[Child] | None = None,
    ) -> tuple[Expression, list[Child]]:
        """The dict display of a row under the selection of ``nodes``, and the steps below it."""
        below = [] if children is None else children
        type_ = self.object_type(source.typename)
        selected = self.collector.below(type_, nodes)
        items = {
            key: self._field(source, type_, columns, fields, f"{path}.{key}", below) for key, fields in selected.items()
        }
        columns.index(source.key)
        columns.weight += 1 + len(items) // FIELDS_PER_OBJECT
        return row_builders.mapping(items), below

    def _field(
        self,
        source: Source,
        type_: GraphQLObjectType,
        columns: Columns,
        nodes: Sequence[FieldNode],
        path: str,
        children: list[Child],
    ) -> Expression:
        name = snake(nodes[0].name.value)
        if name == "__typename":
            return repr(type_.name)
        if name == "id":
            return row_builders.global_id(source.prefix, columns.index(source.key))
        match source.fields.get(name):
            case One() as one:
                child, column = self._child(children, columns, one, nodes, path)
                return f"c{child}.get(r[{column}])"
            case AnyOf(choices):
                union = get_named_type(type_.fields[nodes[0].name.value].type)
                assert isinstance(union, GraphQLUnionType)
                return row_builders.nullable_choice(
                    [self._child(children, columns, one, nodes, path) for one in choices]
                )
            case Many() as many:
                column = columns.index(source.key if many.on is None else expression(many.on), raw=True)
                children.append(Child(self.many(type_, many, nodes, path), column))
                return f"c{len(children) - 1}[r[{column}]]"
            case StatisticsField() as tally:
                column = columns.index(source.key)
                children.append(Child(statistics_step(self, type_, tally, nodes, path, root=False), column))
                return f"c{len(children) - 1}.get(r[{column}])"
            case Computed(needs, function) as computed:
                column = columns.index(source.key)
                indexes = tuple(columns.index(expression(need), raw=True) for need in needs)
                children.append(
                    Child(ComputedStep(path, nodes[0], indexes, function, computed.asks, computed.weight), column)
                )
                value = f"c{len(children) - 1}.get(r[{column}])"
                shown = get_named_type(type_.fields[nodes[0].name.value].type)
                if not isinstance(shown, GraphQLObjectType):
                    return value
                picked = {key: found[0].name.value for key, found in self.collector.below(shown, nodes).items()}
                return row_builders.picked(shown.name, picked, value, len(children) - 1)
        found = columns.field(source, name)
        assert found is not None, f"{source.typename}.{name} has no answer"
        return f"r[{columns.index(found)}]"

    def _child(
        self, children: list[Child], columns: Columns, one: One, nodes: Sequence[FieldNode], path: str
    ) -> tuple[int, int]:
        column = columns.index(expression(one.key), raw=True)
        children.append(Child(self.by_key(self.registry.sources[one.target], nodes, path), column))
        return len(children) - 1, column

    def _rows(
        self,
        path: str,
        node: FieldNode,
        statement: Statement,
        build: Build,
        children: Sequence[Child],
        columns: Columns,
        **more: Any,
    ) -> Step:
        return self.add(
            RowsStep,
            path,
            node,
            statement=statement,
            build=build,
            children=tuple(children),
            columns=columns.names(),
            weight=max(1, columns.weight),
            **more,
        )
