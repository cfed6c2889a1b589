"""From a bound operation to the values of its root fields: each step runs one statement for all its parents, all in one snapshot."""

from collections import Counter
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from graphql import FieldNode

from resolvers.engine.execute.bind import COUNT_WEIGHT, BoundOperation, BoundStep
from resolvers.engine.execute.nested_queries import AnswerQuery, NestedQueries
from resolvers.engine.execute.objects import ObjectBudget, Occurrences, occurrences
from resolvers.engine.plan.connection import Fetch, Read
from resolvers.engine.plan.operation import Operation, Root, SubSelection, Together, root_field_error
from resolvers.engine.plan.parameters import Inputs
from resolvers.engine.plan.statement import Statement
from resolvers.engine.plan.steps import (
    JSON,
    OBJECT,
    Child,
    JsonStep,
    Key,
    Pages,
    PageStep,
    RowsStep,
    StatisticsStep,
    Step,
    Values,
)
from resolvers.errors import HubError

MIN_PIECE = 20
"""Parents whose pages are read at a time at least, even where fewer objects may still be brought."""


@dataclass(frozen=True, slots=True)
class Trace:
    """A statement that has ended, for ``explain`` and for the log of slow operations; without ``rows`` it failed or was cancelled. ``role``
    is as in ``Statement``."""

    path: str
    sql: str
    rows: int | None
    milliseconds: float
    role: str | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """One attempt to run a plan: its bound values, the connection that holds the snapshot, and what it adds to as it goes on: the objects
    that it has brought, the traces if they are wanted, the answers to queries of computed fields, and by the index of a step the rows of
    statements that ran as one.

    ``answer`` runs such queries; a query that is itself nested has none.
    """

    bound: BoundOperation
    connection: Fetch
    budget: ObjectBudget
    traces: list[Trace] | None = None
    answer: AnswerQuery | None = None
    answers: dict[str, Any] = field(default_factory=dict)
    fetched: dict[int, list[Any]] = field(default_factory=dict)

    async def fetch(self, path: str, statement: Statement, arguments: list[Any]) -> list[Any]:
        """Rows of one statement."""
        connection = self.traced(path)
        if statement.role is None:
            return await connection.fetch(statement.sql, *arguments)
        return await connection.fetch_in(statement.role, statement.sql, *arguments, kept=statement.kept)

    def traced(self, path: str) -> Fetch:
        """The connection, with a trace of each statement for the field at ``path`` if traces are wanted."""
        return self.connection if self.traces is None else Traced(self.connection, path, self.traces)


@dataclass(frozen=True, slots=True)
class Traced:
    """A connection that adds a trace of each statement."""

    connection: Fetch
    path: str
    traces: list[Trace]

    async def fetch(self, sql: str, *args: Any) -> list[Any]:
        """Rows of the statement."""
        return await self._timed(self.connection.fetch(sql, *args), sql, None)

    async def fetch_in(self, role: str, sql: str, *args: Any, kept: bool = False) -> list[Any]:
        """Rows of the statement under SET ROLE."""
        return await self._timed(self.connection.fetch_in(role, sql, *args, kept=kept), sql, role)

    async def reading(self, sql: str, *args: Any) -> Read:
        """Reads the rows of the statement piece by piece, each with a trace of its own."""
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


async def run_operation(run: Run) -> tuple[dict[str, Any], list[HubError]]:
    """The values of the root fields that need rows or the caller, and errors for what failed or was not found."""
    operation = run.bound.operation
    values: dict[str, Any] = {}
    errors: list[HubError] = []
    failed = dict(run.bound.failed)
    if operation.together is not None and not failed and run.bound.most <= run.bound.limit:
        await _fetch_together(operation.together, run)
    for root in operation.roots:
        if root.key in failed:
            continue
        try:
            values[root.key] = await (_one_step(root, run, errors) if root.ids is None else _by_id(root, run, errors))
        except HubError as error:
            failed[root.key] = root_field_error(error, root.key, root.node, nullable=root.nullable)
    operation.require_any(failed)
    return values | dict.fromkeys(failed) | viewer_fields(operation, run.bound.inputs), [*failed.values(), *errors]


async def _fetch_together(together: Together, run: Run) -> None:
    """Run the statements of several root fields as one."""
    arguments: list[Any] = []
    for step in together.steps:
        arguments += run.bound.steps[step.index].statement or ()
    (row,) = await run.traced(together.path).fetch(together.sql, *arguments)
    for step, json in zip(together.steps, row, strict=True):
        run.fetched[step.index] = [] if json is None else [(None, json)]


def viewer_fields(operation: Operation, inputs: Inputs) -> dict[str, Any]:
    """The values of ``viewer`` fields."""
    if not operation.viewers:
        return {}
    viewer = operation.viewer(inputs.caller)
    return {key: _select(viewer, fields) for key, fields in operation.viewers.items()}


def not_found(node: FieldNode, path: Sequence[str | int]) -> HubError:
    """The error of a root field that names a row which does not exist, or which the caller does not see."""
    return HubError("NOT_FOUND", "There is no such record, or it is not yours to see.", nodes=node, path=path)


async def _one_step(root: Root, run: Run, errors: list[HubError]) -> Any:
    value = (await run_step(root.steps[""], None, run)).get(None)
    if value is None:
        errors.append(not_found(root.node, [root.key]))
    return value


async def _by_id(root: Root, run: Run, errors: list[HubError]) -> Any:
    ids = run.bound.node_ids[root.key]
    found: dict[tuple[str, int], Any] = {}
    for prefix, step in root.steps.items():
        times = Counter(key for other, key in ids if other == prefix)
        if times:
            found.update({(prefix, key): value for key, value in (await run_step(step, times, run)).items()})
    values = [found.get(each) for each in ids]
    for index, value in enumerate(values):
        if value is None:
            errors.append(not_found(root.node, [root.key, index] if root.many else [root.key]))
    return values if root.many else values[0]


def _select(value: Any, fields: SubSelection | None) -> Any:
    """The selected fields of a value that needs no rows."""
    if value is None or fields is None:
        return value
    if isinstance(value, list):
        return [_select(item, fields) for item in value]
    return {key: _select(value[name], below) for key, (name, below) in fields.items()}


async def run_step(step: Step, times: Occurrences, run: Run) -> Values:
    """The values of a step by the parents' keys; ``times`` says how often each key stands in the response, and is None at the root, whose
    value has the key None. Raises TOO_COMPLEX and TOO_COMPLEX_FOR_ROLE."""
    bound, keys = run.bound.steps[step.index], None if times is None else list(times)
    require_same_list(bound.starts, keys or (None,), step.node)
    parents = 1 if times is None else sum(times.values())
    counted = isinstance(step, PageStep | JsonStep) and step.total is not None
    run.budget.take(parents * COUNT_WEIGHT if counted else 0, step.node)
    rows = await _rows(step, bound, keys, parents, run)
    if rows is None:
        return {}
    pages = _pages(step, bound, rows)
    if isinstance(step, StatisticsStep):
        return await _statistics(step, bound, pages, keys, times, run)
    run.budget.take(_brought(step, pages, times), step.node)
    totals = await _totals(step, bound, keys, run)
    if totals is None:
        return {}
    children = [await below(child, pages, run, times) for child in step.children]
    return built(step, pages, keys, children, totals, bound.cursor)


async def _statistics(
    step: StatisticsStep, bound: BoundStep, pages: Pages, keys: list[Key] | None, times: Occurrences, run: Run
) -> Values:
    """The statistic of each parent. Its listed groups are the rows that have steps below them."""
    try:
        tables = {key: step.table(rows, bound.frame) for key, (rows, _) in pages.items()}
    except HubError as error:
        raise HubError(error.code, error.message, nodes=step.node) from None
    groups: Pages = {key: (cells, False) for key, (_, cells) in tables.items()}
    children = [await below(child, groups, run, times) for child in step.children]
    return built(step, tables, keys, children, bound.frame, None)


def built(
    step: Step, pages: Any, keys: list[Key] | None, children: Sequence[Values], totals: Any, cursor: Any
) -> Values:
    """The values of a step by its parents' keys, made of their rows and of the values of the steps below. Raises errors of the hub, at the
    place of the field."""
    try:
        return step.build(pages, keys or (None,), children, totals, cursor)
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


async def _rows(step: Step, bound: BoundStep, keys: list[Key] | None, parents: int, run: Run) -> list[Any] | None:
    """The rows of a step's statement; None where the anchor of a list is missing."""
    if step.statement is None:
        return []
    run.budget.take(parents * (step.weight if isinstance(step, StatisticsStep) else 1), step.node)
    assert bound.statement is not None
    arguments = step.statement.arguments(bound.statement, keys)
    if step.index in run.fetched:
        rows = run.fetched[step.index]
    elif isinstance(step, PageStep | JsonStep):
        rows = await _limited(step, step.statement, arguments, max(1, bound.size) * bound.weight, keys, run)
    else:
        rows = await run.fetch(step.path, step.statement, arguments)
    match step:
        case RowsStep(anchor_column=int() as column) | PageStep(anchor_column=int() as column):
            return None if not rows else [] if rows[0][column] is None else rows
        case JsonStep(anchor_column=int()):
            return rows or None
    return rows


async def _limited(
    step: PageStep | JsonStep,
    statement: Statement,
    arguments: list[Any],
    page: int,
    keys: list[Key] | None,
    run: Run,
) -> list[Any]:
    """The rows of pages of so many objects; where they may hold more than may still be brought, only enough of them to show it."""
    parents, left = len(keys or (None,)), run.budget.left
    if statement.role is not None or parents * page <= left + parents:
        return await run.fetch(step.path, statement, arguments)
    read = await run.traced(step.path).reading(statement.sql, *arguments)
    if isinstance(step, PageStep):
        return await read(left // step.weight + 2 * parents + 1)
    rows: list[Any] = []
    brought = 0
    while brought <= left + parents and (piece := await read(max(MIN_PIECE, (left - brought) // page))):
        rows += piece
        brought += sum(row[JSON].count(OBJECT) for row in piece)
    return rows


def _brought(step: Step, pages: Pages, times: Occurrences) -> int:
    """The objects that the rows of a step become in the response, but for one of each page, which is counted before they are fetched."""
    weight, brought = step.weight, 0
    for key, (rows, _) in pages.items():
        count = rows[0][JSON].count(OBJECT) if isinstance(step, JsonStep) else len(rows) * weight
        if count > 1:
            brought += (count - 1) * (1 if times is None else times[key])
    return brought


async def _totals(step: Step, bound: BoundStep, keys: list[Key] | None, run: Run) -> Values | None:
    """The counts of a list by parent's key; None where its anchor is missing."""
    if not isinstance(step, PageStep | JsonStep) or step.total is None:
        return {}
    assert bound.total is not None
    counted = await run.fetch(f"{step.path}.totalCount", step.total, step.total.arguments(bound.total, keys))
    if step.anchor_column is not None and not counted:
        return None
    return {row[0]: row[1] for row in counted}


def _pages(step: Step, bound: BoundStep, rows: list[Any]) -> Pages:
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


async def below(child: Child, pages: Pages, run: Run, above: Occurrences) -> Values:
    """The values of a child step, by the keys that the parent's rows have."""
    step, column = child.step, child.column
    times = occurrences(pages, column, above)
    if not times:
        return {}
    if isinstance(step, Step):
        return await run_step(step, times, run)
    parents = {row[column]: row for rows, _ in pages.values() for row in rows}
    run.budget.take(sum(times.values()) * step.weight, step.node)
    connection = run.traced(step.path)
    if step.runs_queries:
        assert run.answer is not None
        connection = NestedQueries.of_run(run.bound.inputs, connection, run.answer, run.answers)
    values = await step.function(connection, [tuple(row[i] for i in step.needs) for row in parents.values()])
    return dict(zip(parents, values, strict=True))
