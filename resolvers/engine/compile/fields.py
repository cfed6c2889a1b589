"""From a field of the query root to its step: the selection set becomes statements and a generated assembly, the same for every request."""

from collections.abc import Mapping, Sequence
from typing import Any

from graphql import FieldNode, GraphQLObjectType, GraphQLOutputType, GraphQLSchema, GraphQLUnionType, get_named_type
from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Select,
    Subquery,
    TableValuedAlias,
    and_,
    any_,
    func,
    literal_column,
    null,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by

from resolvers.access import Lens
from resolvers.engine.compile import row_builders
from resolvers.engine.compile.filters import Filter
from resolvers.engine.compile.json_rows import Selected, writable, written
from resolvers.engine.compile.pagination import Order, Page, order_of
from resolvers.engine.compile.row_builders import Columns, Expression
from resolvers.engine.compile.statistics import statistics_step
from resolvers.engine.declare import validity
from resolvers.engine.declare.sight import Sighted, anchor, in_sight
from resolvers.engine.declare.sources import (
    AnyOf,
    Computed,
    Lookup,
    Many,
    One,
    Registry,
    Rows,
    Source,
    Tally,
    expression,
)
from resolvers.engine.plan.parameters import Binder
from resolvers.engine.plan.statement import Statement, compiled, keys_parameter, parents
from resolvers.engine.plan.steps import Child, Computation, Step
from resolvers.engine.request.arguments import Arguments, Given, Leaf, build, camel, snake
from resolvers.engine.request.collect_fields import Collector
from resolvers.engine.request.cursors import sealer_of
from resolvers.engine.request.limits import Budget
from resolvers.errors import HubError

MAX_WRITTEN = 40
"""Fields of a row that PostgreSQL writes at most."""

FIELDS_PER_OBJECT = 10
"""So many fields of a row weigh as one object more."""


class Compiler:
    """Compiles the root fields of one operation for one shape of variables. ``steps`` has every step by its index."""

    def __init__(
        self,
        schema: GraphQLSchema,
        registry: Registry,
        collector: Collector,
        variables: Mapping[str, Any],
        lenses: tuple[Lens, ...],
    ) -> None:
        self.schema = schema
        self.registry = registry
        self.collector = collector
        self.variables = variables
        self.lenses = lenses
        self.budget = Budget()
        self.steps: list[Step] = []

    def object_type(self, name: str) -> GraphQLObjectType:
        """An object type of the schema by its name."""
        found = self.schema.get_type(name)
        assert isinstance(found, GraphQLObjectType)
        return found

    def arguments(self, type_: GraphQLObjectType, node: FieldNode) -> Given:
        """The arguments of a field, split in shape and leaves."""
        return build(type_.fields[node.name.value], node, self.variables)

    def by_key(self, source: Source, nodes: Sequence[FieldNode], path: str, *, few: bool = False) -> Step:
        """The step that finds rows of a source by their keys: those that rows above lead to, or the ``few`` that the operation names."""
        binder = Binder(few=few)
        columns = Columns(self.registry, self.lenses, binder)
        value, children = self._object(source, columns, nodes, path)
        fetch = select(source.key.label("key"), *columns.labelled()).where(source.key == any_(keys_parameter()))
        fetch = fetch.where(*in_sight(self.registry, source, self.lenses, binder))
        return self._step(
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
        return self._step(
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

    def statistics(self, tally: Tally, nodes: Sequence[FieldNode], path: str) -> Step:
        """The step of a statistic at the root."""
        return statistics_step(self, self.object_type("Query"), tally, nodes, path, root=True)

    def _list(self, listing: "Listing", nodes: Sequence[FieldNode], path: str) -> Step:
        columns = listing.columns()
        value, children = self._object(listing.source, columns, nodes, path)
        step = self._step(
            path, nodes[0], listing.fetch(columns, None), row_builders.many(value, len(children)), children, columns
        )
        step.each, step.anchored = listing.many.expected, listing.anchored(columns)
        return step

    def _connection(self, type_: GraphQLObjectType, listing: "Listing", nodes: Sequence[FieldNode], path: str) -> Step:
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
        built = row_builders.connection(row_builders.mapping(items), len(children))
        statement = fetch if needs_rows else None if needs_total else listing.standing()
        step = self._step(path, nodes[0], statement, built, children, columns)
        step.checks = () if needs_rows else tuple(get for get in fetch.getters if get is not None)
        step.size, step.backward = page.size, page.backward
        step.total = listing.count() if needs_total else None
        step.anchored = listing.anchored(columns if needs_rows else None)
        step.cursors, step.starts = listing.cursors, page.starts(listing.order, listing.cursors)
        return step

    def _leaf(self, type_: GraphQLObjectType, listing: "Listing", nodes: Sequence[FieldNode]) -> Selected | None:
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
        listing: "Listing",
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
        fetch = listing.fetch_written(selected, page)
        step = self._step(
            path, nodes[0], fetch, row_builders.connection(row_builders.mapping(items), 0), (), listing.columns()
        )
        step.columns = ("JSON of " + ", ".join(name or "__typename" for name in selected.values()),)
        step.size, step.written, step.anchored = page.size, True, listing.anchored(None)
        step.starts = page.starts(listing.order, listing.cursors)
        step.weight = 1 + len(selected) // FIELDS_PER_OBJECT
        step.total = listing.count() if "totals[k]" in items.values() else None
        return step

    def _edge(
        self,
        type_: GraphQLOutputType,
        listing: "Listing",
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
            case Tally() as tally:
                column = columns.index(source.key)
                children.append(Child(statistics_step(self, type_, tally, nodes, path, root=False), column))
                return f"c{len(children) - 1}.get(r[{column}])"
            case Computed(needs, function) as computed:
                column = columns.index(source.key)
                indexes = tuple(columns.index(expression(need), raw=True) for need in needs)
                children.append(
                    Child(Computation(path, nodes[0], indexes, function, computed.asks, computed.weight), column)
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

    def _step(
        self,
        path: str,
        node: FieldNode,
        statement: Statement | None,
        build: Any,
        children: Sequence[Child],
        columns: Columns,
    ) -> Step:
        self.budget.statement()
        step = Step(len(self.steps), path, node, statement, build, tuple(children), columns=columns.names())
        step.weight = max(1, columns.weight)
        self.steps.append(step)
        return step


class Listing:
    """The statements of one list: its page of rows for all parents at once, and its count."""

    def __init__(
        self,
        registry: Registry,
        many: Many,
        arguments: Arguments,
        lenses: tuple[Lens, ...],
        budget: Budget,
        *,
        root: bool,
        place: str,
    ) -> None:
        self.registry = registry
        self.many = many
        self.source = registry.sources[many.target]
        registry.require_rows(self.source, lenses)
        self.arguments = arguments
        self.lenses = lenses
        self.budget = budget
        self.root = root
        self._within: Leaf | None = arguments.get("within") if root and many.anchor is not None else None
        self.binder, self._parent = Binder(), parents()
        self._walled = registry.sight(self.source, lenses, Binder(), None) is not None
        self._joined = self._walled or bool(arguments.get("filter") or arguments.get("order_by"))
        before = budget.conditions
        self._rows = self._reached(self.binder, self._parent, lenses)
        self._conditions = before - budget.conditions
        self.order: Order = order_of(self.source, self._rows.order, arguments, self._masked, self.binder)
        self.cursors = sealer_of(place, self.order.mark, arguments)

    def columns(self) -> Columns:
        """The columns that the list's statement selects."""
        return Columns(self.registry, self.lenses, self.binder)

    def _masked(self, name: str) -> bool:
        return self.registry.is_masked(self.source.typename, name, self.lenses)

    def fetch(self, columns: Columns, page: Page | None) -> Statement:
        """Rows with the parent's key first: ``unnest(keys) CROSS JOIN LATERAL (… LIMIT n)``, so that each parent has its own page."""
        binder, parent = self.binder, self._parent
        columns.index(self.source.key)
        key = null().label("key") if self.root else parent.c.key
        if self._rows.via is not None and not self._joined:
            return self._fetch_late(self._rows.via, key, columns, page)
        rows = self._cut(select(*([key] if self.root else []), *columns.labelled()), page)
        if self.root:
            return compiled(self._anchored(rows, binder), binder)
        lateral = rows.correlate(parent).lateral("page")
        return compiled(select(key, *lateral.c).select_from(parent.join(lateral, true())), binder)

    def _fetch_late(
        self, via: ColumnElement[int], key: ColumnElement[Any], columns: Columns, page: Page | None
    ) -> Statement:
        """The page is cut over the keys alone and the target's table joined to what is left of it."""
        places = {id(item.column): f"o{index}" for index, item in enumerate(self.order.keys)}
        order = [item.column.label(f"o{index}") for index, item in enumerate(self.order.keys)]
        keys = self._cut(select(via.label("via"), *order), page)
        cut: FromClause = keys.subquery("page") if self.root else keys.correlate(self._parent).lateral("page")
        shown = [
            cut.c[places[id(column.element)]].label(column.name) if id(column.element) in places else column
            for column in columns.labelled()
        ]
        rows = cut if self.root else self._parent.join(cut, true())
        fetch = select(key, *shown).select_from(rows.join(self.source.table, self.source.key == cut.c.via))
        backward = page is not None and page.backward
        fetch = fetch.order_by(
            *(cut.c[f"o{i}"].desc() if backward else cut.c[f"o{i}"].asc() for i in range(len(order)))
        )
        return compiled(self._anchored(fetch, self.binder), self.binder)

    def fetch_written(self, selected: Selected, page: Page) -> Statement:
        """One row for each parent: the JSON of its page's rows, in order, and how many these are."""
        json = written(self.source, selected, self.columns())
        order = [item.column.label(f"o{index}") for index, item in enumerate(self.order.keys)]
        via = self._rows.via
        late = via is not None and not self._joined
        first = via.label("via") if late and via is not None else json.label("json")
        rows = self._cut(select(first, *order), page, more=0)
        cut = rows.subquery("page") if self.root else rows.correlate(self._parent).subquery("page")
        from_: FromClause = cut.join(self.source.table, self.source.key == cut.c.via) if late else cut
        places = [
            cut.c[f"o{index}"].desc().nulls_last() if item.descending else cut.c[f"o{index}"].asc().nulls_last()
            for index, item in enumerate(self.order.keys)
        ]
        whole = func.string_agg(json if late else cut.c.json, aggregate_order_by(literal_column("','"), *places))
        if self.root:
            leaf = select(null().label("key"), whole.label("json"), func.count().label("rows")).select_from(from_)
            return compiled(self._anchored(leaf, self.binder), self.binder)
        leaf = select(whole.label("json"), func.count().label("rows")).select_from(from_)
        below = leaf.correlate(self._parent).lateral("leaf")
        both = self._parent.join(below, true())
        return compiled(select(self._parent.c.key, *below.c).select_from(both), self.binder)

    def anchored(self, columns: Columns | None) -> int | None:
        """Where in a row of ``fetch`` the key stands that is null where an anchor has no rows; None for a list without one. What is
        written (no ``columns``) has one row for each anchor."""
        if self._within is None:
            return None
        return 0 if columns is None else columns.index(self.source.key)

    def standing(self) -> Statement | None:
        """Asks for nothing but the anchor, if there is one."""
        if self._within is None:
            return None
        binder = Binder()
        return compiled(select(null().label("key")).select_from(self._anchor(binder)), binder)

    def _anchored(self, rows: Select[Any], binder: Binder) -> Select[Any]:
        """The rows with their anchor, if there is one: without it there is no row, and one of nulls where it has none."""
        if self._within is None:
            return rows
        found = rows.subquery("found")
        return select(*found.c).select_from(self._anchor(binder).outerjoin(found, true()))

    def _anchor(self, binder: Binder) -> Subquery:
        assert self._within is not None
        assert self.many.anchor is not None
        return anchor(self.registry, self.many.anchor, self._within, self.lenses, binder)

    def _cut(self, rows: Select[Any], page: Page | None, *, more: int = 1) -> Select[Any]:
        rows = rows.select_from(self._rows.from_).where(*self._rows.where)
        if page is not None:
            return page.cut(rows, self.order, self.binder, self.cursors, more=more)
        return rows.order_by(*(key.column.desc() if key.descending else key.column.asc() for key in self.order.keys))

    def count(self) -> Statement:
        """The number of rows of each parent: of those that the page is cut from, under the same conditions."""
        self.budget.again(self._conditions)
        binder, parent, rows = self.binder, self._parent, self._rows
        number = select(func.count()).select_from(rows.from_).where(*rows.where)
        if self.root:
            counted = select(null(), number.scalar_subquery())
            within = None if self._within is None else self._anchor(binder)
            return compiled(counted if within is None else counted.select_from(within), binder)
        counted = select(parent.c.key, number.correlate(parent).scalar_subquery()).select_from(parent)
        return compiled(counted, binder)

    def _reached(self, binder: Binder, parent: TableValuedAlias, lenses: tuple[Lens, ...]) -> Rows:
        walls = Sighted(self.registry, lenses, binder)
        above = None if self.root else parent.c.key
        rows = self.many.reach.rows(self.source, above, self.arguments, binder, walls)
        if rows.via is not None and self._joined:
            rows.from_ = rows.from_.join(self.source.table, self.source.key == rows.via)
        rows.where.extend(validity.asked(self.many.period(self.source), self.arguments, binder))
        given = self.arguments.get("filter")
        if given is not None:
            rows.where.append(Filter(self.registry, binder, lenses, self.budget).condition(self.source, given))
        self._look(rows, parent, lenses, binder)
        return rows

    def _look(self, rows: Rows, parent: TableValuedAlias, lenses: tuple[Lens, ...], binder: Binder) -> None:
        """Of the rows only those in the caller's sight; where all below the parent are, that is asked once and not of each."""
        seen = [*rows.seen, *in_sight(self.registry, self.source, lenses, binder)]
        covered = None
        if seen and rows.below is not None:
            covered = self.registry.covers(*rows.below, lenses, binder)
        if covered is not None:
            asked = select(covered.label("whole")).offset(
                literal_column("0", Integer())
            )  # so that it is not asked of each row
            once = asked.correlate(parent).lateral("sight")
            rows.from_ = once.join(rows.from_, true())
            seen = [or_(once.c.whole, and_(*seen))]
        rows.where.extend(seen)
