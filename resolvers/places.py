"""Places of statistics: where records are counted, and the unions or divisions right below a place."""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Subquery,
    and_,
    any_,
    cast,
    exists,
    false,
    func,
    literal_column,
    not_,
    null,
    or_,
    select,
    union_all,
)

from db.divisions import Division, DivisionClosure, DivisionLevel
from db.organizations import Organization
from resolvers.access.callers import Lens
from resolvers.engine.declare.columns import alias, expression, one_of
from resolvers.engine.declare.rows import AccessConditions
from resolvers.engine.declare.statistics import Children, Statistic
from resolvers.engine.declare.validity import Period, holds
from resolvers.engine.plan.parameters import BIGINT, BIGINTS, Binder
from resolvers.engine.request.arguments import Arguments
from resolvers.engine.statistics.rollup_tables import ANCHOR, whole_place
from resolvers.scopes import hierarchy_of, subtree


class CountedPlace:
    """Where records are counted: below a union in the hierarchy asked for, within a division, or everywhere.

    A union's subtree is today's, of dissolved unions the last. Drill-down by ``CHILD_ORGANIZATION`` goes in that hierarchy,
    by ``CHILD_DIVISION`` below the division itself, the union's own division, or from the provinces.
    """

    def __init__(
        self,
        statistic: Statistic,
        union: ColumnElement[Any] | None,
        division: ColumnElement[Any] | None,
        arguments: Arguments,
        binder: Binder,
        access: AccessConditions,
    ) -> None:
        self.union = union
        self.division = division
        self.division_column = expression(statistic.division)
        self.is_personal = statistic.is_personal
        self.by_division = any(item.name == "CHILD_DIVISION" for item in arguments.get("group_by") or ())
        self.arguments = {} if union is None else {"hierarchy": arguments.get("hierarchy")}
        self.binder = binder
        self.access = access
        self.joins: list[tuple[FromClause, ColumnElement[bool]]] = []
        self.where: list[ColumnElement[bool]] = []
        if union is not None:
            self.closure, held = subtree(self.arguments, binder, last=True)
            seen = access.closure_rows(self.closure, statistic.model.__name__, expression(statistic.organization))
            named = [*(arguments.get("group_by") or ()), *(item["dimension"] for item in arguments.get("where") or ())]
            steps = any(item.name == "CHILD_ORGANIZATION" for item in named)
            at_once = statistic.widespread and not steps
            self._below(self.closure, expression(statistic.organization), union, held, *seen, at_once=at_once)
        if division is not None:
            self._below(alias(DivisionClosure), self.division_column, division, at_once=statistic.widespread)

    def _below(
        self,
        closure: FromClause,
        column: ColumnElement[Any],
        anchor: ColumnElement[Any],
        *held: ColumnElement[bool],
        at_once: bool,
    ) -> None:
        """Count the records whose ``column`` names what is below the anchor, or itself.

        ``at_once`` all keys below go into one array, with which PostgreSQL walks once along an index of the column: a join searches that
        index for every key, and takes three times as long for a province. For a table of few rows the join is quicker.
        """
        scope = [closure.c.ancestor_id == anchor, *held]
        if at_once:
            keys = select(closure.c.descendant_id).where(*scope).correlate_except(closure).scalar_subquery()
            self.where = [column == any_(func.array(keys, type_=BIGINTS))]
        else:
            self.joins, self.where = [(closure, closure.c.descendant_id == column)], scope

    def too_fine(self) -> ColumnElement[bool] | None:
        """See ``Place``: one level finer within the divisions of an analyst's grant."""
        if self.division is None:
            return None
        place, child, above = alias(Division), alias(Division), alias(DivisionClosure)
        granted = any_(self.binder.bind(lambda inputs: list(inputs.caller.lenses.get(Lens.AGGREGATES, ())), BIGINTS))
        within = exists(above.c.depth).where(above.c.descendant_id == self.division, above.c.ancestor_id == granted)
        within = within.correlate_except(above)
        itself, children = place.c.id == self.division, child.c.parent_id == self.division
        finest = DivisionLevel.COUNTY if self.is_personal else DivisionLevel.TOWNSHIP
        levels = list(DivisionLevel)
        always, unless_granted = (levels[levels.index(finest) + steps :] for steps in (2, 1))
        found = [
            or_(
                _there(table, here, one_of(table.c.level, always)) if always else false(),
                and_(_there(table, here, one_of(table.c.level, unless_granted)), not_(within)),
            )
            for table, here in ((place, itself), *(((child, children),) if self.by_division else ()))
        ]
        return or_(*found)

    @property
    def rollup_anchor(self) -> tuple[str, ColumnElement[Any]]:
        """See ``Place``."""
        if self.union is not None:
            return hierarchy_of(self.arguments).name, self.union
        everything = literal_column("0", BIGINT)
        return ("EVERYTHING", everything) if self.division is None else ("DIVISION", self.division)

    def rollup_targets(self, dimension: str | None) -> Subquery | None:
        """See ``Place``."""
        kind, key = self.rollup_anchor
        match dimension:
            case None:
                return whole_place(kind, key)
            case "CHILD_ORGANIZATION" if self.union is not None:
                return self._targets_of_unions(kind)
            case "CHILD_DIVISION" if self.union is None:
                return self._targets_of_divisions(key)
        return None

    def _targets_of_unions(self, kind: str) -> Subquery:
        """The unions right below, and the union's own records."""
        child, own = ANCHOR.alias("child"), ANCHOR.alias("own")
        closure, held = subtree(self.arguments, self.binder, last=True)
        below = and_(closure.c.descendant_id == child.c.key, closure.c.depth == 1, closure.c.ancestor_id == self.union)
        children = select(child.c.id.label("anchor"), child.c.key.label("child"), child.c.drill).join_from(
            child, closure, below
        )
        itself = select(own.c.id, own.c.key, own.c.drill).where(own.c.kind == "OWN", own.c.key == self.union)
        children = children.where(child.c.kind == kind, held).correlate_except(child, closure)
        return union_all(children, itself.correlate_except(own)).subquery("target")

    def _targets_of_divisions(self, key: ColumnElement[Any]) -> Subquery:
        """The divisions right below, and what stands in none of them."""
        child, own, division = ANCHOR.alias("child"), ANCHOR.alias("own"), alias(Division)
        parent = division.c.parent_id
        below = parent.is_(None) if self.division is None else parent == self.division
        children = select(child.c.id.label("anchor"), child.c.key.label("child"), child.c.drill)
        heir = alias(Division)
        # looked up for each of the few that have ended: for an EXISTS alone PostgreSQL reads all divisions
        followed = exists(heir.c.id).where(heir.c.predecessor_id == division.c.id).correlate_except(heir)
        counts = or_(division.c.valid_to.is_(None), not_(followed))
        children = children.join_from(child, division, division.c.id == child.c.key).where(
            child.c.kind == "DIVISION", below, counts
        )
        children = children.correlate_except(child, division)
        rest = select(own.c.id, cast(null(), BIGINT), own.c.drill).where(own.c.kind == "OWN_DIVISION", own.c.key == key)
        return union_all(children, rest.correlate_except(own)).subquery("target")

    def children(self, dimension: str) -> Children | None:
        """See ``Place``."""
        match dimension:
            case "CHILD_DIVISION":
                return self._divisions()
            case "CHILD_ORGANIZATION" if self.union is not None:
                return self._organizations()
        return None

    def _organizations(self) -> Children:
        """The child is the union one step nearer to the record's than the anchor; a record of the anchor's own has the anchor itself."""
        child, still = subtree(self.arguments, self.binder, last=True)
        one_nearer = child.c.depth == self.closure.c.depth - 1
        direct, holding = subtree(self.arguments, self.binder)
        union = Organization.__table__
        rows = select(union.c.id).join(direct, direct.c.descendant_id == union.c.id)
        seen = self.access.closure_rows(direct, "Organization", union.c.id)
        return Children(
            "Organization",
            ((child, and_(child.c.descendant_id == self.closure.c.descendant_id, one_nearer, still)),),
            func.coalesce(child.c.ancestor_id, self.union),
            rows.where(direct.c.ancestor_id == self.union, direct.c.depth == 1, holding, *seen),
            rows.where(direct.c.ancestor_id == self.union, direct.c.depth <= 1, holding, *seen),
            union.c.name,
        )

    def _divisions(self) -> Children:
        places, child, division = alias(DivisionClosure), alias(Division), Division.__table__
        above = self._division()
        right_below, listed = (self._right_below(table, above) for table in (child, division))
        in_force = holds(Period(division.c.valid_from, division.c.valid_to), self.binder.day(None))
        joined = places.join(child, child.c.id == places.c.ancestor_id)
        return Children(
            "Division",
            ((joined, and_(places.c.descendant_id == self.division_column, not_(places.c.inherited), right_below)),),
            child.c.id,
            select(division.c.id).where(listed, in_force),
            select(division.c.id).where(listed),
            division.c.name,
        )

    def _right_below(self, table: FromClause, above: ColumnElement[Any] | None) -> ColumnElement[bool]:
        """The divisions right below one; the provinces where there is none, as may be of a union's. An index finds equal keys only."""
        if above is None:
            return table.c.parent_id.is_(None)
        return table.c.parent_id == above if self.union is None else table.c.parent_id.is_not_distinct_from(above)

    def _division(self) -> ColumnElement[Any] | None:
        """The division whose children are listed; None for the provinces."""
        if self.union is None:
            return self.division
        union = alias(Organization)
        return select(union.c.division_id).where(union.c.id == self.union).correlate_except(union).scalar_subquery()


def _there(table: FromClause, *where: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether a table has such a row."""
    return exists(table.c.id).where(*where).correlate_except(table)


class CountWithin:
    """Records of a union and those below, or of all without one."""

    def place(
        self,
        statistic: Statistic,
        parent: ColumnElement[Any] | None,
        arguments: Arguments,
        binder: Binder,
        access: AccessConditions,
    ) -> CountedPlace:
        """See ``Anchor``."""
        return CountedPlace(statistic, parent, None, arguments, binder, access)


class CountWithinDivision:
    """Records that stand in a division or in any below it."""

    def place(
        self,
        statistic: Statistic,
        parent: ColumnElement[Any] | None,
        arguments: Arguments,
        binder: Binder,
        access: AccessConditions,
    ) -> CountedPlace:
        """See ``Anchor``."""
        return CountedPlace(statistic, None, parent, arguments, binder, access)
