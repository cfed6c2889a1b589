"""An export: the rows of one list from its first to its last, read by a cursor of PostgreSQL in one snapshot, a piece at a time.

Memory does not grow with the rows. Steps below the list run for each piece, as they run for a page; so the values are those of pages.
"""

from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, replace
from typing import Any

import asyncpg

from db.meter import holding
from resolvers.engine.compile.exported_list import ExportedList
from resolvers.engine.execute.bind import BoundOperation, cost
from resolvers.engine.execute.faults import DATABASE_FAULTS, as_shown
from resolvers.engine.execute.nested_queries import AnswerQuery
from resolvers.engine.execute.objects import ObjectBudget, Occurrences, occurrences
from resolvers.engine.execute.run import Run, below, built, not_found, run_operation
from resolvers.engine.execute.snapshot import long_snapshot
from resolvers.engine.plan.operation import Root
from resolvers.engine.plan.steps import Child, Pages, RowsStep, Step

PIECE = 500
"""Rows that are read at a time at most."""

Row = dict[str, Any]


@dataclass(frozen=True, eq=False, slots=True)
class Export:
    """An export that is compiled and bound to its values."""

    exported: ExportedList
    bound: BoundOperation
    pool: asyncpg.Pool
    answer: AnswerQuery

    @property
    def cells(self) -> frozenset[int]:
        """The cells of a statistic that have come, for callers with aggregates only."""
        return frozenset(self.bound.inputs.cells or ())

    async def pieces(self, seconds: float) -> AsyncGenerator[list[Row], None]:
        """The rows, some at a time, under their response keys; all in a snapshot that lasts for so many ``seconds`` at most. Close it, so
        that the snapshot ends.

        Raises:
            HubError: as an operation, also after some pieces.
        """
        with as_errors():
            async with long_snapshot(self.pool, self.bound.inputs.caller, seconds) as connection:
                budget = ObjectBudget(self.bound.limit, self.bound.for_role)
                run = Run(self.bound, connection, budget, answer=self.answer)
                if self.exported.is_statistic:
                    with holding():
                        rows = await self._groups(run)
                    yield rows
                    return
                async with aclosing(self._walk(run)) as pieces:
                    async for piece in pieces:
                        yield piece

    async def _groups(self, run: Run) -> list[Row]:
        """The groups of a statistic, or its total, as one row."""
        data, errors = await run_operation(run)
        if errors:
            raise errors[0]
        value: Any = data
        for key in (*self.exported.path.split("."), self.exported.rows_key):
            value = None if value is None else value[key]
        if self.exported.is_total:
            return [] if value is None else [value]
        return value or []

    async def _walk(self, run: Run) -> AsyncGenerator[list[Row], None]:
        """The rows of a list."""
        (root,) = self.bound.operation.roots
        with holding():
            found = await _parents(root, self.exported.path, run)
            if found is None:
                return
            step, times = found
            bound = self.bound.steps[step.index]
            assert step.statement is not None
            assert bound.statement is not None
            arguments = step.statement.arguments(bound.statement, None if times is None else list(times))
            read = await run.connection.reading(step.statement.sql, *arguments)
        size = max(1, min(PIECE, self.bound.limit // cost(step, self.bound.steps)))
        is_first = True
        while True:
            with holding():
                rows = await read(size)
                if is_first and step.anchor_column is not None:
                    if not rows:
                        raise not_found(root.node, [root.key])
                    if rows[0][step.anchor_column] is None:
                        return
                is_first = False
                values = await _values(step, rows, times, run) if rows else []
            if not rows:
                return
            yield values


async def _values(step: RowsStep, rows: list[Any], times: Occurrences, run: Run) -> list[Row]:
    """The values of a piece of a list's rows."""
    run = replace(run, budget=ObjectBudget(run.budget.limit, run.budget.for_role))
    run.budget.take(len(rows) * step.weight, step.node)
    (key,) = (None,) if times is None else tuple(times)
    pages: Pages = {key: (rows, False)}
    children = [await below(child, pages, run, times) for child in step.children]
    values: list[Row] = built(step, pages, [key], children, {}, None)[key]
    return values


async def _parents(root: Root, path: str, run: Run) -> tuple[RowsStep, Occurrences] | None:
    """The step of the list at a path, and the key of the record that it is below, if it is below one; None where there is no such record.

    Raises NOT_FOUND where the root field itself has no record.
    """
    step, times = _root_step(root, run)
    for child in _chain(step, path):
        rows = await _rows(step, times, run)
        if not rows and step.path == root.key:
            raise not_found(root.node, [root.key])
        times = occurrences({row[0]: ([row], False) for row in rows}, child.column, times)
        if not times:
            return None
        assert isinstance(child.step, Step)
        step = child.step
    assert isinstance(step, RowsStep)
    return step, times


def _root_step(root: Root, run: Run) -> tuple[Step, Occurrences]:
    """The step of a root field; of ``node`` that for its ID, with the key in it."""
    if root.ids is None:
        return root.steps[""], None
    ((prefix, key),) = run.bound.node_ids[root.key]
    return root.steps[prefix], {key: 1}


def _chain(step: Step, path: str) -> Sequence[Child]:
    """The steps that lead from one to that of the list at a path, of single records each."""
    if step.path == path:
        return ()
    (child,) = (each for each in step.children if any(other.path == path for other in each.step.walk()))
    assert isinstance(child.step, Step)
    return (child, *_chain(child.step, path))


async def _rows(step: Step, times: Occurrences, run: Run) -> list[Any]:
    """The rows of a step that finds single records."""
    assert step.statement is not None
    arguments = run.bound.steps[step.index].statement
    assert arguments is not None
    run.budget.take(step.weight, step.node)
    return await run.fetch(
        step.path, step.statement, step.statement.arguments(arguments, None if times is None else list(times))
    )


@contextmanager
def as_errors() -> Iterator[None]:
    """Raise faults of the database as errors that the caller may see."""
    try:
        yield
    except DATABASE_FAULTS as fault:
        raise as_shown(fault) from None
