"""Which cells roll-ups can count: of kinds that have them, by their dimensions, of places that the caller may have counted whole."""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Subquery, and_, select

from resolvers.engine.declare.statistics import Rollup
from resolvers.engine.statistics.question import CellSet, Question
from resolvers.engine.statistics.rollup_tables import ANCHOR, STATE
from resolvers.engine.statistics.time_buckets import TIMES


@dataclass(frozen=True, eq=False)
class RollupSource:
    """The roll-ups that can count a set of cells.

    ``targets`` are the places in them to be read, each with the child that it stands for; ``drill_down`` is the dimension of these
    children. Whether they really count is known when the statement runs, by ``is_usable``.
    """

    cells: CellSet
    targets: Subquery
    drill_down: str | None
    is_usable: ColumnElement[bool]

    @property
    def place(self) -> Hashable:
        """What sources of the same place, drilled down in the same way, have in common."""
        return id(self.cells.place), self.drill_down is not None


def rollup_source(question: Question, cells: CellSet) -> RollupSource | None:
    """The roll-ups that can count these cells, if there are any."""
    population = question.population
    rollup = population.statistic.rollup
    if rollup is None or not _has_measures(question, cells) or not _has_dimensions(question, cells, rollup):
        return None
    if population.event_name not in (None, "BEGAN", "ENDED"):
        return None
    drill_down = next((item.name for item in cells.grouped_by if item.children is not None), None)
    kind, key = cells.place.rollup_anchor
    targets = cells.place.rollup_targets(drill_down)
    covered = population.registry.access.sees_all_below(kind, key, population.lenses, population.binder)
    if targets is None or covered is None:
        return None
    for item in cells.grouped_by:
        targets = targets if item.children is None else population.keys.of_targets(targets, item.children)
    kept = in_use(kind, key, population.binder.day(None), drills=drill_down is not None)
    return RollupSource(cells, targets, drill_down, and_(covered, kept))


def _has_measures(question: Question, cells: CellSet) -> bool:
    """Whether all measures are in roll-ups. Of neighbours only people are, and no measure of some records."""
    rolled = [
        measure.rollup_value is not None
        for name, measure in question.measures.items()
        if name not in ("records", "persons")
    ]
    return not any(rolled) if cells.mark else all(rolled)


def _has_dimensions(question: Question, cells: CellSet, rollup: Rollup) -> bool:
    """Whether roll-ups have all dimensions that are grouped by, in a condition or counted by a measure."""
    names = [item.name for item in cells.grouped_by]
    children = [item.name for item in cells.grouped_by if item.children is not None]
    conditions = {item.name for item in cells.conditions}
    wanted = {*names, *conditions} - ({*children, *TIMES} - conditions)
    if not cells.mark:
        wanted |= {
            measure.rollup_value[0] for measure in question.measures.values() if measure.rollup_value is not None
        }
    is_timed = any(name in TIMES for name in names)
    return len(children) < 2 and wanted <= rollup.columns.keys() and not (is_timed and question.is_stock)


def in_use(kind: str, key: ColumnElement[int], today: ColumnElement[date], *, drills: bool) -> ColumnElement[bool]:
    """Whether roll-ups are kept for this place, and nobody's place has changed by the passing of a day since they were built."""
    anchor, state = ANCHOR.alias("used"), STATE.alias("state")
    kept = select(anchor.c.id).where(anchor.c.kind == kind, anchor.c.key == key, *([anchor.c.drill] if drills else []))
    kept = kept.correlate_except(anchor)
    ready = select(state.c.ready).where(state.c.ready, state.c.next_change > today)
    return and_(kept.exists(), ready.exists())
