"""One list while it is compiled: which rows it has for all parents at once, and in which order."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, TableValuedAlias

from resolvers.access.callers import Lens
from resolvers.engine.compile.filters import Filter
from resolvers.engine.compile.pagination import Order, SealerGetter, order_of
from resolvers.engine.compile.selected_columns import SelectedColumns
from resolvers.engine.declare.access import Part
from resolvers.engine.declare.registry import Registry
from resolvers.engine.declare.rows import Rows
from resolvers.engine.declare.sources import Many, Source
from resolvers.engine.declare.validity import validity_conditions
from resolvers.engine.declare.visibility import StatementAccess, from_caller, only_visible
from resolvers.engine.plan.parameters import Binder
from resolvers.engine.plan.statement import parents
from resolvers.engine.request.arguments import Arguments, Leaf
from resolvers.engine.request.cursors import cursor_sealer
from resolvers.engine.request.limits import Budget

PAGE_ARGUMENTS = frozenset({"first", "last", "after", "before"})
"""Arguments of a root list that leave the best plan as it is: the list starts from the caller's own keys, in an index's order."""


@dataclass(frozen=True, eq=False)
class ParentKey:
    """Where a list that is a part of another statement finds the key of its parent; ``binder`` makes the parameters of that statement."""

    binder: Binder
    key: ColumnElement[int]


@dataclass(frozen=True, eq=False)
class Listing:
    """The rows of one list and their order; ``list_statements`` writes its page and its count, with the same parameters.

    ``parent`` is the table of the parents' keys in FROM, of which a list at the ``root`` makes no use. ``anchor`` is the ID given for
    ``within`` at the root. ``conditions`` is how many conditions its filter has. ``joined`` says that FROM has the target's table already,
    where ``rows.key_column`` is set. ``parts`` are those of the rows that the caller sees, of which the list then takes some of each;
    none where ``rows`` are restricted by themselves. With ``rollups`` its count may come from roll-ups.
    """

    registry: Registry
    many: Many
    source: Source
    arguments: Arguments
    lenses: tuple[Lens, ...]
    root: bool
    binder: Binder
    parent: TableValuedAlias
    anchor: Leaf | None
    rows: Rows
    parts: Sequence[Part]
    joined: bool
    conditions: int
    order: Order
    cursors: SealerGetter
    rollups: bool

    def columns(self) -> SelectedColumns:
        """No columns yet, for the list's statement."""
        return SelectedColumns(self.registry, self.lenses, self.binder)


def compile_list(
    registry: Registry,
    many: Many,
    arguments: Arguments,
    lenses: tuple[Lens, ...],
    budget: Budget,
    *,
    root: bool,
    place: str,
    below: ParentKey | None = None,
    rollups: bool = True,
) -> Listing:
    """The list of a field with these arguments; ``place`` is its type and field, which its cursors belong to. It has a statement of its own
    for all parents, unless it is a part of the statement that has its parents, ``below`` a key of theirs.

    Raises:
        HubError: AGGREGATES_ONLY, and what is wrong with the filter or the order.
    """
    source = registry.sources[many.target]
    registry.require_rows(source, lenses)
    binder, parent = Binder() if below is None else below.binder, parents()
    key = None if root else parent.c.key if below is None else below.key
    if root and not _is_plain(arguments):
        binder.skewed()
    restricted = registry.access.visible(source, lenses, Binder(), None) is not None
    joined = restricted or bool(arguments.get("filter") or arguments.get("order_by"))
    anchor = arguments.get("within") if root and many.anchor is not None else None
    access = StatementAccess(registry, lenses, binder)
    rows = many.relation.rows(source, key, arguments, binder, access)
    before, given = budget.conditions, arguments.get("filter")
    held = validity_conditions(many.period(source), arguments, binder)
    filters = [] if given is None else [Filter(registry, binder, lenses, budget).condition(source, given)]
    parts: Sequence[Part] = ()
    rows = rows.restricted(held, filters, source.table if joined and rows.key_column is not None else None, source.key)
    if root and anchor is None:
        rows, parts = from_caller(rows, access, source)
    else:
        rows = only_visible(rows, access, source, parent)

    def is_masked(name: str) -> bool:
        return registry.access.is_masked(source.typename, name, lenses)

    order = order_of(source, rows.order, arguments, is_masked, binder)
    return Listing(
        registry=registry,
        many=many,
        source=source,
        arguments=arguments,
        lenses=lenses,
        root=root,
        binder=binder,
        parent=parent,
        anchor=anchor,
        rows=rows,
        parts=parts,
        joined=joined,
        conditions=before - budget.conditions,
        order=order,
        cursors=cursor_sealer(place, order.mark, arguments),
        rollups=rollups,
    )


def _is_plain(arguments: Arguments) -> bool:
    """Whether a root list has nothing but a page, and rows that are named by their IDs."""
    given = {name for name, value in arguments.items() if value is not None}
    return given <= PAGE_ARGUMENTS | {"filter"} and set(arguments.get("filter") or ()) <= {"id"}
