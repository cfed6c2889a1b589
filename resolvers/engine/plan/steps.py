"""A compiled operation, and how it runs: each step is one statement for all its parents, all of them in one snapshot."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from graphql import FieldNode

from resolvers.engine.execute.objects import Times, Toll, times_of
from resolvers.engine.plan.connection import Asks, Fetch, Read
from resolvers.engine.plan.parameters import Getter, Inputs
from resolvers.engine.plan.statement import Statement
from resolvers.errors import HubError

Key = Any
Built = dict[Key, Any]
Groups = dict[Key, tuple[Sequence[Any], bool]]
"""The rows of each parent, cut to the page, and whether there are more."""
Table = tuple[Any, Sequence[Any]]
"""The whole of a statistic and its groups."""


@dataclass(eq=False, slots=True)
class Child:
    """A step below another: which of the parent's columns has its keys."""

    step: "Step | Computation"
    column: int


@dataclass(eq=False, slots=True)
class Step:
    """One statement, and how its rows become values: ``build(groups, keys, children, totals, cursor)`` is generated for this step.

    ``each`` estimates the rows per parent, ``weight`` the objects that each becomes; ``size`` is set for pages, and
    ``written`` where PostgreSQL writes them. ``statement`` is null when no row of a list is asked for, and ``checks`` then finds what
    the caller got wrong in its arguments; ``total`` is null when the count is not asked for. ``frame`` finds what a statistic asks
    about: ``build`` gets it in the place of the totals, and in the place of the rows the whole and the groups that ``listed`` finds in
    them. ``cursors`` finds what seals the cursors of a list, and ``starts`` the rows below
    which the lists are that made those of its page. ``anchored`` is where in a row the key stands that is null where nothing is below an
    anchor; where the anchor itself is missing there is no row, and the step has no value.
    """

    index: int
    path: str
    node: FieldNode
    statement: Statement | None
    build: Callable[[Any, Sequence[Key], Sequence[Built], Any, Any], Built]
    children: tuple[Child, ...] = ()
    size: Getter | None = None
    backward: bool = False
    each: int = 1
    total: Statement | None = None
    columns: tuple[str, ...] = ()
    checks: tuple[Getter, ...] = ()
    weight: int = 1
    written: bool = False
    frame: Getter | None = None
    listed: "Callable[[Sequence[Any], Any], Table] | None" = None
    cursors: Getter | None = None
    starts: Getter | None = None
    anchored: int | None = None

    def statements(self) -> int:
        """How many statements this step and those below it run, whatever the number of rows."""
        own = (self.statement is not None) + (self.total is not None)
        return own + sum(child.step.statements() for child in self.children)

    def wears(self) -> bool:
        """Whether a statement of this very step runs in a role that is not the caller's."""
        return any(each is not None and each.role is not None for each in (self.statement, self.total))

    def walk(self) -> "Iterator[Step | Computation]":
        """This step and all below it, parents first."""
        yield self
        for child in self.children:
            yield from child.step.walk()


@dataclass(eq=False, slots=True)
class Computation:
    """A computed field: its function gets the needed columns of all parents at once."""

    path: str
    node: FieldNode
    needs: tuple[int, ...]
    function: Callable[[Any, Sequence[tuple[Any, ...]]], Awaitable[Sequence[Any]]]
    asks: bool = False
    """Whether the function has operations of its own answered, beside its statement."""
    weight: int = 0
    """Objects that each parent weighs for it."""

    def statements(self) -> int:
        """At most one statement, of its function's own; those of operations that it asks are theirs."""
        return 1

    def walk(self) -> "Iterator[Step | Computation]":
        """This computation alone."""
        yield self


@dataclass(slots=True)
class Bound:
    """What one run binds to one step."""

    statement: list[Any] | None
    total: list[Any] | None
    size: int
    frame: Any = None
    cursor: Any = None
    starts: Sequence[Key] = ()


@dataclass(slots=True)
class Trace:
    """What a statement did, for ``explain`` and for the log of slow operations; without ``rows`` it failed or was ended."""

    path: str
    sql: str
    rows: int | None
    milliseconds: float
    role: str | None = None
    """The role of the second wall that it wore, where that is not the caller's own."""


@dataclass(slots=True)
class Run:
    """One run of a plan: what is bound, the connection that holds the snapshot, and the traces if they are wanted."""

    bound: list[Bound]
    connection: Fetch
    toll: Toll
    traces: list[Trace] | None = field(default=None)
    asking: Callable[[Fetch], Asks] | None = None
    """Lets a computed field ask operations of its own; an operation that is so asked has none."""

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


def bind(steps: Sequence[Step], inputs: Inputs) -> list[Bound]:
    """Bind a run's values to all steps. Raises what the caller got wrong, with the place of the field."""
    bound = []
    for step in steps:
        try:
            for check in step.checks:
                check(inputs)
            bound.append(
                Bound(
                    step.statement.bind(inputs) if step.statement else None,
                    step.total.bind(inputs) if step.total else None,
                    step.size(inputs) if step.size else 0,
                    step.frame(inputs) if step.frame else None,
                    step.cursors(inputs) if step.cursors else None,
                    step.starts(inputs) if step.starts else (),
                )
            )
        except HubError as error:
            raise HubError(error.code, error.message, nodes=step.node) from None
    return bound


WRITTEN = 2
"""Where in a row that PostgreSQL writes stands how many rows of the page it is made of."""

COUNT_WEIGHT = 100
"""A count weighs as so many objects: it reads every row of a list."""


LEAST_PIECE = 20
"""Parents whose pages are read at a time at the least, also where fewer may still be brought."""


def cost(step: Step, bound: Sequence[Bound], parents: int = 1) -> int:
    """The most objects that a step and those below it may bring, from page sizes alone; an empty page counts as one."""
    rows = 0 if step.statement is None else parents * (max(1, bound[step.index].size) if step.size else step.each)
    own = rows * step.weight + (parents * COUNT_WEIGHT if step.total else 0)
    below = (
        cost(child.step, bound, rows) if isinstance(child.step, Step) else rows * child.step.weight
        for child in step.children
    )
    return own + sum(below)


async def run(step: Step, times: Times, this: Run) -> Built:
    """Values of a step by parent's key; ``times`` says how often each key stands in the answer, and is None at the root, whose values
    stand under the key None. Raises TOO_COMPLEX, and for less than anybody may TOO_COMPLEX_FOR_ROLE."""
    bound, keys = this.bound[step.index], None if times is None else list(times)
    require_same_list(bound.starts, keys or (None,), step.node)
    parents = 1 if times is None else sum(times.values())
    if step.total is not None:
        this.toll.take(parents * COUNT_WEIGHT, step.node)
    groups: Groups = {}
    tables: Mapping[Key, Table] = {}
    if step.statement is not None:
        this.toll.take(parents * (1 if step.frame is None else step.weight), step.node)
        rows = await _rows(step, bound, keys, this)
        if step.anchored is not None:
            if not rows:
                return {}
            rows = [] if rows[0][step.anchored] is None and not step.written else rows
        groups = _grouped(step, bound, rows)
        if step.listed is None:
            this.toll.take(_brought(step, groups, times), step.node)
        else:
            tables, groups = _tables(step, groups, bound)
    totals: Built = {}
    if step.total is not None:
        assert bound.total is not None
        counted = step.total.arguments(bound.total, keys)
        totals = {row[0]: row[1] for row in await this.fetch(f"{step.path}.totalCount", step.total, counted)}
        if step.anchored is not None and not totals:
            return {}
    children = [await _below(child, groups, this, times) for child in step.children]
    beside = totals if step.frame is None else bound.frame
    try:
        return step.build(groups if step.listed is None else tables, keys or (None,), children, beside, bound.cursor)
    except HubError as error:
        raise HubError(error.code, error.message, nodes=step.node) from None


async def _rows(step: Step, bound: Bound, keys: list[Key] | None, this: Run) -> list[Any]:
    """Rows of a step's statement; where its pages may hold more than may still be brought, no more of them than show that they do."""
    statement = step.statement
    assert statement is not None
    assert bound.statement is not None
    arguments = statement.arguments(bound.statement, keys)
    parents, left, page = len(keys or (None,)), this.toll.left, max(1, bound.size) * step.weight
    if step.size is None or statement.role is not None or parents * page <= left + parents:
        return await this.fetch(step.path, statement, arguments)
    read = await this.at(step.path).reading(statement.sql, *arguments)
    if not step.written:
        return await read(left // step.weight + 2 * parents + 1)
    rows: list[Any] = []
    brought = 0
    while brought <= left + parents and (piece := await read(max(LEAST_PIECE, (left - brought) // page))):
        rows += piece
        brought += sum(row[WRITTEN] for row in piece) * step.weight
    return rows


def _tables(step: Step, groups: Groups, bound: Bound) -> tuple[Mapping[Key, Table], Groups]:
    """The whole and the groups of each parent's statistic, and these groups as rows that lead to others: what is listed, and no more."""
    assert step.listed is not None
    try:
        tables = {key: step.listed(rows, bound.frame) for key, (rows, _) in groups.items()}
    except HubError as error:
        raise HubError(error.code, error.message, nodes=step.node) from None
    return tables, {key: (cells, False) for key, (_, cells) in tables.items()}


def _brought(step: Step, groups: Groups, times: Times) -> int:
    """The objects that the rows of a step are in the answer, but for one of each page, which is counted beforehand."""
    weight, brought = step.weight, 0
    for key, (group, _) in groups.items():
        count = (group[0][WRITTEN] if step.written else len(group)) * weight
        if count > 1:
            brought += (count - 1) * (1 if times is None else times[key])
    return brought


def require_same_list(starts: Sequence[Key], keys: Sequence[Key], node: FieldNode) -> None:
    """Raises BAD_CURSOR when a cursor of the page was made by the list of another row."""
    if any(start != key for start in starts for key in keys):
        raise HubError(
            "BAD_CURSOR",
            "This cursor was made by the list of another record. Ask for further pages of one record at a time, by its `node`.",
            nodes=node,
        )


def _grouped(step: Step, bound: Bound, rows: list[Any]) -> Groups:
    grouped: dict[Key, list[Any]] = {}
    for row in rows:
        key = row[0]
        if key in grouped:
            grouped[key].append(row)
        else:
            grouped[key] = [row]
    if step.size is None or step.written:
        return {key: (group, False) for key, group in grouped.items()}
    size = bound.size
    cut: Groups = {}
    for key, group in grouped.items():
        more = len(group) > size
        if more:
            del group[size:]
        if step.backward:
            group.reverse()
        cut[key] = (group, more)
    return cut


async def _below(child: Child, groups: Groups, this: Run, above: Times) -> Built:
    step, column = child.step, child.column
    times = times_of(groups, column, above)
    if not times:
        return {}
    if isinstance(step, Step):
        return await run(step, times, this)
    parents = {row[column]: row for group, _ in groups.values() for row in group}
    this.toll.take(sum(times.values()) * step.weight, step.node)
    source = this.at(step.path)
    if step.asks:
        assert this.asking is not None
        source = this.asking(source)
    values = await step.function(source, [tuple(row[i] for i in step.needs) for row in parents.values()])
    return dict(zip(parents, values, strict=True))
