"""One operation under the reference executor: whole rows, with a DataLoader behind each relation."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from graphql import (
    GraphQLResolveInfo,
)
from sqlalchemy import any_, select
from strawberry.dataloader import DataLoader

from db.model import Term
from resolvers.access.callers import Lens
from resolvers.engine.compile.list_statements import anchor_column, count_statement, rows_statement
from resolvers.engine.compile.lists import Listing, compile_list
from resolvers.engine.compile.pagination import Page
from resolvers.engine.compile.selected_columns import SelectedColumns
from resolvers.engine.declare.columns import expression
from resolvers.engine.declare.registry import Registry
from resolvers.engine.declare.sources import AnyOf, Computed, Many, One, Source, StatisticsField
from resolvers.engine.declare.visibility import visible_rows
from resolvers.engine.execute.nested_queries import AnswerQuery, NestedQueries
from resolvers.engine.execute.run import not_found, require_same_list
from resolvers.engine.plan.connection import Fetch, Read
from resolvers.engine.plan.parameters import Binder, Inputs
from resolvers.engine.plan.statement import Statement, compiled, keys_parameter
from resolvers.engine.request.arguments import build
from resolvers.engine.request.limits import Budget
from resolvers.engine.statistics import from_arguments
from resolvers.engine.statistics.frames import Frame
from resolvers.engine.statistics.groups import table
from resolvers.engine.statistics.key_values import label_of, value_of
from resolvers.engine.statistics.question import Question
from resolvers.engine.statistics.row_layout import KEYS
from resolvers.engine.statistics.statement import statement

Info = GraphQLResolveInfo[Any]


class Row:
    """A whole row of a source."""

    __slots__ = ("columns", "record", "source")

    def __init__(self, source: Source, columns: SelectedColumns, record: Any) -> None:
        self.source = source
        self.columns = columns
        self.record = record

    def get(self, column: Any, *, raw: bool = False) -> Any:
        """The value of a column."""
        return self.record[self.columns.index(column, raw=raw)]


class ListPage:
    """The page of one parent: what a connection is made of."""

    def __init__(
        self, rows: list[Row], more: bool, page: Page, listing: Listing, total: Any, seal: Callable[[Any], str]
    ) -> None:
        self.rows = rows
        self.more = more
        self.page = page
        self.listing = listing
        self.total = total
        self.seal = seal

    def cursor(self, row: Row) -> str:
        """The cursor of a row."""
        return self.seal([row.get(key.column, raw=True) for key in self.listing.order.keys])

    def info(self) -> dict[str, Any]:
        """The fields of ``pageInfo``."""
        backward = self.page.backward
        return {
            "hasNextPage": self.page.before is not None if backward else self.more,
            "hasPreviousPage": self.more if backward else self.page.after is not None,
            "startCursor": self.cursor(self.rows[0]) if self.rows else None,
            "endCursor": self.cursor(self.rows[-1]) if self.rows else None,
        }


class Session:
    """One operation under the reference executor: its snapshot, one statement at a time, and its loaders."""

    def __init__(
        self, registry: Registry, inputs: Inputs, connection: Fetch, answer: AnswerQuery | None = None
    ) -> None:
        self.registry = registry
        self.inputs = inputs
        self._connection = connection
        self._answer = answer
        self._answers: dict[str, Any] = {}
        self._lock = asyncio.Lock()
        self._ended = False
        self._loaders: dict[Any, DataLoader[Any, Any]] = {}
        self._computed: dict[tuple[str, str], dict[int, Row]] = {}

    async def fetch(self, sql: str, *args: Any) -> list[Any]:
        """Rows of a statement."""
        async with self._turn():
            return await self._connection.fetch(sql, *args)

    async def fetch_in(self, role: str, sql: str, *args: Any, kept: bool = False) -> list[Any]:
        """Rows of a statement under SET ROLE."""
        async with self._turn():
            return await self._connection.fetch_in(role, sql, *args, kept=kept)

    async def reading(self, sql: str, *args: Any) -> Read:
        """Reads the rows of a statement piece by piece."""
        return await self._connection.reading(sql, *args)

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """One statement at a time, and none once the operation has ended: loaders of fields that failed may still be waiting."""
        async with self._lock:
            if self._ended:
                raise asyncio.CancelledError
            yield

    async def end(self) -> None:
        """Wait for the statement that runs; no other runs after it."""
        async with self._lock:
            self._ended = True

    async def load(self, name: Any, make: Any, key: Any) -> Any:
        """The value of a key by the loader of this name. Several fields may wait for it: one that is cancelled does not cancel it."""
        return await asyncio.shield(self.loader(name, make).load(key))

    async def rows(self, statement: Statement, keys: list[Any] | None = None) -> list[Any]:
        """Rows of a compiled statement."""
        arguments = statement.arguments(statement.bind(self.inputs), keys)
        if statement.role is None:
            return await self.fetch(statement.sql, *arguments)
        return await self.fetch_in(statement.role, statement.sql, *arguments)

    def loader(self, name: Any, make: Any) -> DataLoader[Any, Any]:
        """The loader of this name, made when it is first asked for."""
        if name not in self._loaders:
            self._loaders[name] = DataLoader(load_fn=make)
        return self._loaders[name]

    async def by_key(self, source: Source, keys: list[int]) -> list[Row | None]:
        """Whole rows by their keys."""
        binder = Binder()
        columns = whole(source, self.registry, self.inputs.caller.shape, binder)
        fetch = select(source.key.label("key"), *columns.labelled()).where(source.key == any_(keys_parameter()))
        fetch = fetch.where(*visible_rows(self.registry, source, self.inputs.caller.shape, binder))
        found = {row[0]: Row(source, columns, row) for row in await self.rows(compiled(fetch, binder), keys)}
        return [found.get(key) for key in keys]

    async def one(self, one: One, row: Row) -> Row | None:
        """The row that a key names."""
        key = row.get(expression(one.key), raw=True)
        if key is None:
            return None
        source = self.registry.sources[one.target]
        found: Row | None = await self.load(("key", one.target), lambda keys: self.by_key(source, keys), key)
        return found

    async def listed(self, many: Many, info: Info, parent: int | None, *, page: bool) -> ListPage:
        """The list of one parent."""
        node = info.field_nodes[0]
        field = info.parent_type.fields[node.name.value]
        name = (id(node), info.parent_type.name)

        async def load(keys: list[int | None]) -> list[ListPage]:
            arguments = build(field, node, self.inputs.variables)
            lenses = self.inputs.caller.shape
            place = f"{info.parent_type.name}.{node.name.value}"
            budget = Budget()
            listing = compile_list(self.registry, many, arguments, lenses, budget, root=parent is None, place=place)
            columns = whole(listing.source, self.registry, lenses, listing.binder)
            for item in listing.order.keys if page else ():
                columns.index(item.column, raw=True)
            cut = Page.from_arguments(arguments)
            bare = [key for key in keys if key is not None] if parent is not None else None
            starts = cut.starts(listing.order, listing.cursors)
            require_same_list(() if starts is None else starts(self.inputs), keys, node)
            grouped: dict[int | None, list[Row]] = {key: [] for key in keys}
            records = await self.rows(rows_statement(listing, columns, cut if page else None), bare)
            missing = anchor_column(listing, columns)
            if missing is not None and not records:
                raise not_found(node, info.path.as_list())
            for record in records:
                if missing is None or record[missing] is not None:
                    grouped[record[0]].append(Row(listing.source, columns, record))
            size, sealer = cut.size(self.inputs), listing.cursors(self.inputs)

            async def total(keys: list[int | None]) -> list[int]:
                counted = await self.rows(
                    count_statement(listing, budget),
                    None if parent is None else [key for key in keys if key is not None],
                )
                counts = {record[0]: record[1] for record in counted}
                return [counts[key] for key in keys]

            counter = self.loader(("total", *name), total)
            found = []
            for key in keys:
                rows = grouped[key]
                more = page and len(rows) > size
                rows = rows[:size] if more else rows
                if cut.backward:
                    rows.reverse()
                seal = partial(sealer, key)
                found.append(
                    ListPage(rows, more, cut, listing, lambda key=key: asyncio.shield(counter.load(key)), seal)
                )
            return found

        found: ListPage = await self.load(name, load, parent)
        return found

    async def counted(self, field: StatisticsField, info: Info, parent: int | None) -> Mapping[str, Any] | None:
        """The statistic of one parent, with every measure of its kind."""
        node = info.field_nodes[0]
        arguments = build(info.parent_type.fields[node.name.value], node, self.inputs.variables)

        async def load(keys: list[int | None]) -> list[Mapping[str, Any] | None]:
            statistic = self.registry.statistics[arguments["kind"].name]
            has_event = arguments.get("event") is not None
            measures = [name for name, each in statistic.measures.items() if each.event is None or has_event]
            lenses = self.inputs.caller.shape
            question = from_arguments.question(
                self.registry, field, arguments, lenses, ("records", *measures), root=parent is None
            )
            frame = question.frame.find(self.inputs)
            grouped: dict[int | None, list[Any]] = {}
            for record in await self.rows(statement(question, rollups=False), [key for key in keys if key is not None]):
                grouped.setdefault(record[0], []).append(record)
            return [
                await self._statistics(question, arguments["kind"], grouped[key], frame) if key in grouped else None
                for key in keys
            ]

        found: Mapping[str, Any] | None = await self.load((id(node), info.parent_type.name), load, parent)
        return found

    async def _statistics(self, question: Question, kind: Term, rows: list[Any], frame: Frame) -> Mapping[str, Any]:
        whole, groups = table(question, rows, frame)
        named: list[Mapping[Any, Row | None]] = []
        for place, item in enumerate(question.dimensions):
            keys = list(dict.fromkeys(row[KEYS + place] for row in groups)) if item.target is not None else []
            rows_ = await self.by_key(self.registry.sources[item.target], keys) if item.target is not None else []
            named.append(dict(zip(keys, rows_, strict=True)))
        statistic = question.population.statistic

        def group(row: Any, places: Sequence[int]) -> Mapping[str, Any]:
            keys = [_key(question, place, row, named[place]) for place in places]
            measured = {name: row[question.layout.measure(name)] for name in question.measures}
            rates = {
                name: rate.of(measured.get(rate.part), measured.get(rate.whole))
                for name, rate in statistic.rates.items()
            }
            return {"keys": keys, **measured, **rates}

        return {
            "kind": kind,
            "as_of": frame.as_of,
            "from": frame.since,
            "until": frame.until,
            "total": group(whole, ()),
            "groups": [group(row, range(len(question.dimensions))) for row in groups],
        }

    async def computed(self, name: str, computed: Computed, row: Row) -> Any:
        """The value of a computed field."""

        async def load(keys: list[int]) -> Sequence[Any]:
            records = [tuple(rows[key].get(expression(need), raw=True) for need in computed.needs) for key in keys]
            if not computed.runs_queries:
                return await computed.function(self, records)
            assert self._answer is not None
            connection = NestedQueries.of_run(self.inputs, self, self._answer, self._answers)
            return await computed.function(connection, records)

        rows = self._computed.setdefault((row.source.typename, name), {})
        key = row.get(row.source.key)
        rows[key] = row
        return await self.load(("computed", row.source.typename, name), load, key)


def whole(source: Source, registry: Registry, lenses: tuple[Lens, ...], binder: Binder) -> SelectedColumns:
    """All columns of a source as a caller sees them, and the raw columns that its relations and computed fields need."""
    columns = SelectedColumns(registry, lenses, binder)
    columns.index(source.key)
    for name in {*source.table.c.keys(), *source.columns}:
        column = columns.field(source, name)
        if column is not None:
            columns.index(column)
    for field in source.fields.values():
        match field:
            case One():
                columns.index(expression(field.key), raw=True)
            case AnyOf(choices):
                for one in choices:
                    columns.index(expression(one.key), raw=True)
            case Many():
                columns.index(source.key if field.on is None else expression(field.on), raw=True)
            case Computed():
                for need in field.needs:
                    columns.index(expression(need), raw=True)
    return columns


def _key(question: Question, place: int, row: Any, named: Mapping[Any, Row | None]) -> Mapping[str, Any]:
    """A key of a group, with the row that it names."""
    item, found = question.dimensions[place], named.get(row[KEYS + place])
    return {
        "dimension": item.term,
        "value": value_of(question, place)(row),
        "label": label_of(question, place)(row),
        "organization": found if item.target == "Organization" else None,
        "division": found if item.target == "Division" else None,
    }
