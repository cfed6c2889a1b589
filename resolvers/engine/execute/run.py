"""From a bound operation to the values of its root fields: each step is one statement for all its parents, all in one snapshot."""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from graphql import FieldNode

from resolvers.engine.execute.bind import COUNT_WEIGHT, Binding, Bound, Wanted
from resolvers.engine.execute.objects import ObjectBudget, Occurrences, occurrences
from resolvers.engine.plan.connection import Asks, Fetch, Read
from resolvers.engine.plan.operation import Operation, Picked, Root, alone
from resolvers.engine.plan.parameters import Inputs
from resolvers.engine.plan.statement import Statement
from resolvers.engine.plan.steps import (
    WRITTEN,
    Child,
    JsonPageStep,
    Key,
    Pages,
    PageStep,
    RowsStep,
    StatisticsStep,
    Step,
    Values,
)
from resolvers.errors import HubError

LEAST_PIECE = 20
"""Parents whose pages are read at a time at the least, also where fewer may still be brought."""


@dataclass(frozen=True, slots=True)
class Trace:
    """What a statement did, for ``explain`` and for the log of slow operations; without ``rows`` it failed or was ended. ``role`` is that
    of the second wall under which it ran, where that is not the caller's own."""

    path: str
    sql: str
    rows: int | None
    milliseconds: float
    role: str | None = None


@dataclass(slots=True)
class Run:
    """One run of a plan: what is bound, the connection that holds the snapshot, the objects that it may bring, and the traces if they are
    wanted.

    ``asking`` lets a computed field ask queries of its own; a query that is so asked has none.
    """

    bound: list[Bound]
    connection: Fetch
    budget: ObjectBudget
    traces: list[Trace] | None = field(default=None)
    asking: Callable[[Fetch], Asks] | None = None

    async def fetch(self, path: str, statement: Statement, arguments: list[Any]) -> list[Any]:
        """Rows of one statement."""
        connection = self.at(path)
        if statement.role is None:
            return await connection.fetch(statement.sql, *arguments)
        return await connection.fetch_in(statement.role, statement.sql, *arguments, kept=statement.kept)

    def at(self, path: str) -> Fetch:
        """The connection, which leaves a trace of what is fetched for the field at ``path`` if traces are wanted."""
        return self.connection if self.traces is None else Traced(self.connection, path, self.traces)


@dataclass(frozen=True, slots=True)
class Traced:
    """A connection that leaves a trace of each statement."""

    connection: Fetch
    path: str
    traces: list[Trace]

    async def fetch(self, sql: str, *args: Any) -> list[Any]:
        """Rows of the statement."""
        return await self._timed(self.connection.fetch(sql, *args), sql, None)

    async def fetch_in(self, role: str, sql: str, *args: Any, kept: bool = False) -> list[Any]:
        """Rows of the statement in another role."""
        return await self._timed(self.connection.fetch_in(role, sql, *args, kept=kept), sql, role)

    async def reading(self, sql: str, *args: Any) -> Read:
        """Reads rows of the statement a number at a time, each with a trace of its own."""
        read = await self.connection.reading(sql, *args)
        return lambda count: self._timed(read(count), sql, None)

    async def _timed(self, fetching: Awaitable[list[Any]], sql: str, role: str | None) -> list[Any]:
        start = perf_counter()
        count: int | None = None
        try:
            rows = await fetching
            count = len(rows)
        finally:
            self.traces.append(Trace(self.path, sql, count, round((perf_counter() - start) * 1000, 3), role))
        return rows


async def run(
    operation: Operation, this: Run, inputs: Inputs, binding: Binding
) -> tuple[dict[str, Any], list[HubError]]:
    """The values of the root fields that need rows or the caller, and errors for what failed or was not found."""
    values: dict[str, Any] = {}
    errors: list[HubError] = []
    failed = dict(binding.failed)
    for root in operation.roots:
        if root.key in failed:
            continue
        try:
            values[root.key] = await (
                _one_step(root, this, errors) if root.ids is None else _by_id(root, this, binding.wanted, errors)
            )
        except HubError as error:
            failed[root.key] = alone(error, root.key, root.node, nullable=root.nullable)
    operation.require_any(failed)
    return values | dict.fromkeys(failed) | viewed(operation, inputs), [*failed.values(), *errors]


def viewed(operation: Operation, inputs: Inputs) -> dict[str, Any]:
    """The values of ``viewer`` fields."""
    if not operation.viewers:
        return {}
    viewer = operation.viewer(inputs.caller)
    return {key: _picked(viewer, fields) for key, fields in operation.viewers.items()}


def not_found(node: FieldNode, path: Sequence[str | int]) -> HubError:
    """The error of a root field that names a row which is not there, or not there for this caller."""
    return HubError("NOT_FOUND", "There is no such record, or it is not yours to see.", nodes=node, path=path)


async def _one_step(root: Root, this: Run, errors: list[HubError]) -> Any:
    value = (await run_step(root.steps[""], None, this)).get(None)
    if value is None:
        errors.append(not_found(root.node, [root.key]))
    return value


async def _by_id(root: Root, this: Run, wanted: Wanted, errors: list[HubError]) -> Any:
    pairs = wanted[root.key]
    found: dict[tuple[str, int], Any] = {}
    for prefix, step in root.steps.items():
        times = Counter(key for other, key in pairs if other == prefix)
        if times:
            found.update({(prefix, key): value for key, value in (await run_step(step, times, this)).items()})
    values = [found.get(pair) for pair in pairs]
    for index, value in enumerate(values):
        if value is None:
            errors.append(not_found(root.node, [root.key, index] if root.many else [root.key]))
    return values if root.many else values[0]


def _picked(value: Any, fields: Picked | None) -> Any:
    """The selected fields of a value that needs no rows."""
    if value is None or fields is None:
        return value
    if isinstance(value, list):
        return [_picked(item, fields) for item in value]
    return {key: _picked(value[name], below) for key, (name, below) in fields.items()}


async def run_step(step: Step, times: Occurrences, this: Run) -> Values:
    """Values of a step by parent's key; ``times`` says how often each key stands in the answer, and is None at the root, whose values
    stand under the key None. Raises TOO_COMPLEX, and for less than anybody may TOO_COMPLEX_FOR_ROLE."""
    bound, keys = this.bound[step.index], None if times is None else list(times)
    require_same_list(bound.starts, keys or (None,), step.node)
    parents = 1 if times is None else sum(times.values())
    counted = isinstance(step, PageStep | JsonPageStep) and step.total is not None
    this.budget.take(parents * COUNT_WEIGHT if counted else 0, step.node)
    rows = await _rows(step, bound, keys, parents, this)
    if rows is None:
        return {}
    pages = _pages(step, bound, rows)
    if isinstance(step, StatisticsStep):
        return await _statistics(step, bound, pages, keys, times, this)
    this.budget.take(_brought(step, pages, times), step.node)
    totals = await _totals(step, bound, keys, this)
    if totals is None:
        return {}
    children = [await _below(child, pages, this, times) for child in step.children]
    return _built(step, pages, keys, children, totals, bound.cursor)


async def _statistics(
    step: StatisticsStep, bound: Bound, pages: Pages, keys: list[Key] | None, times: Occurrences, this: Run
) -> Values:
    """The statistic of each parent; its groups are the rows that lead to others: what is listed, and no more."""
    try:
        tables = {key: step.table(rows, bound.frame) for key, (rows, _) in pages.items()}
    except HubError as error:
        raise HubError(error.code, error.message, nodes=step.node) from None
    groups: Pages = {key: (cells, False) for key, (_, cells) in tables.items()}
    children = [await _below(child, groups, this, times) for child in step.children]
    return _built(step, tables, keys, children, bound.frame, None)


def _built(
    step: Step, pages: Any, keys: list[Key] | None, children: Sequence[Values], beside: Any, cursor: Any
) -> Values:
    try:
        return step.build(pages, keys or (None,), children, beside, cursor)
    except HubError as error:
        raise HubError(error.code, error.message, nodes=step.node) from None


def require_same_list(starts: Sequence[Key], keys: Sequence[Key], node: FieldNode) -> None:
    """Raises BAD_CURSOR when a cursor of the page was made by the list of another row."""
    if any(start != key for start in starts for key in keys):
        raise HubError(
            "BAD_CURSOR",
            "This cursor was made by the list of another record. Ask for further pages of one record at a time, by its `node`.",
            nodes=node,
        )


async def _rows(step: Step, bound: Bound, keys: list[Key] | None, parents: int, this: Run) -> list[Any] | None:
    """The rows of a step's statement; None where the anchor of a list is missing."""
    if step.statement is None:
        return []
    this.budget.take(parents * (step.weight if isinstance(step, StatisticsStep) else 1), step.node)
    assert bound.statement is not None
    arguments = step.statement.arguments(bound.statement, keys)
    if isinstance(step, PageStep | JsonPageStep):
        rows = await _limited(step, step.statement, arguments, max(1, bound.size) * step.weight, keys, this)
    else:
        rows = await this.fetch(step.path, step.statement, arguments)
    match step:
        case RowsStep(anchored=int() as anchored) | PageStep(anchored=int() as anchored):
            return None if not rows else [] if rows[0][anchored] is None else rows
        case JsonPageStep(anchored=int()):
            return rows or None
    return rows


async def _limited(
    step: PageStep | JsonPageStep,
    statement: Statement,
    arguments: list[Any],
    page: int,
    keys: list[Key] | None,
    this: Run,
) -> list[Any]:
    """The rows of pages of so many objects; where they may hold more than may still be brought, no more than show that they do."""
    parents, left = len(keys or (None,)), this.budget.left
    if statement.role is not None or parents * page <= left + parents:
        return await this.fetch(step.path, statement, arguments)
    read = await this.at(step.path).reading(statement.sql, *arguments)
    if isinstance(step, PageStep):
        return await read(left // step.weight + 2 * parents + 1)
    rows: list[Any] = []
    brought = 0
    while brought <= left + parents and (piece := await read(max(LEAST_PIECE, (left - brought) // page))):
        rows += piece
        brought += sum(row[WRITTEN] for row in piece) * step.weight
    return rows


def _brought(step: Step, pages: Pages, times: Occurrences) -> int:
    """The objects that the rows of a step are in the answer, but for one of each page, which is counted beforehand."""
    weight, brought = step.weight, 0
    for key, (rows, _) in pages.items():
        count = (rows[0][WRITTEN] if isinstance(step, JsonPageStep) else len(rows)) * weight
        if count > 1:
            brought += (count - 1) * (1 if times is None else times[key])
    return brought


async def _totals(step: Step, bound: Bound, keys: list[Key] | None, this: Run) -> Values | None:
    """The counts of a list by parent's key; None where its anchor is missing."""
    if not isinstance(step, PageStep | JsonPageStep) or step.total is None:
        return {}
    assert bound.total is not None
    counted = await this.fetch(f"{step.path}.totalCount", step.total, step.total.arguments(bound.total, keys))
    if step.anchored is not None and not counted:
        return None
    return {row[0]: row[1] for row in counted}


def _pages(step: Step, bound: Bound, rows: list[Any]) -> Pages:
    """The rows of each parent, by its key, the first column."""
    grouped: dict[Key, list[Any]] = {}
    for row in rows:
        key = row[0]
        if key in grouped:
            grouped[key].append(row)
        else:
            grouped[key] = [row]
    if not isinstance(step, PageStep):
        return {key: (group, False) for key, group in grouped.items()}
    size = bound.size
    cut: Pages = {}
    for key, group in grouped.items():
        more = len(group) > size
        if more:
            del group[size:]
        if step.backward:
            group.reverse()
        cut[key] = (group, more)
    return cut


async def _below(child: Child, pages: Pages, this: Run, above: Occurrences) -> Values:
    """The values of a child step, by the keys that the parent's rows have."""
    step, column = child.step, child.column
    times = occurrences(pages, column, above)
    if not times:
        return {}
    if isinstance(step, Step):
        return await run_step(step, times, this)
    parents = {row[column]: row for rows, _ in pages.values() for row in rows}
    this.budget.take(sum(times.values()) * step.weight, step.node)
    source = this.at(step.path)
    if step.asks:
        assert this.asking is not None
        source = this.asking(source)
    values = await step.function(source, [tuple(row[i] for i in step.needs) for row in parents.values()])
    return dict(zip(parents, values, strict=True))
