"""Sources of divisions; the lists of other slices are added as ``OF_DIVISION``."""

from sqlalchemy import ColumnElement, not_

from db.divisions import Division, DivisionAlias, DivisionClosure, canonical_code
from resolvers import (
    activities,
    agreements,
    assistance,
    certifications,
    coverage,
    disputes,
    employers,
    mediation,
    organizations,
    policies,
    relief,
    services,
    venues,
)
from resolvers.engine.declare.columns import alias
from resolvers.engine.declare.rows import AccessConditions, Rows
from resolvers.engine.declare.sources import Lookup, Many, One, Relation, Source, StatisticsField
from resolvers.engine.plan.parameters import Binder
from resolvers.engine.request.arguments import Arguments
from resolvers.places import CountWithinDivision
from resolvers.registry import registry
from resolvers.relations import By, WithinDivision


class AboveDivision(Relation):
    """The divisions above one, the province first."""

    checks_days = True

    def rows(
        self,
        target: Source,
        parent: ColumnElement[int] | None,
        arguments: Arguments,
        binder: Binder,
        access: AccessConditions,
    ) -> Rows:
        """See ``Relation``."""
        closure = alias(DivisionClosure)
        from_ = target.table.join(closure, closure.c.ancestor_id == target.key)
        return Rows(
            from_,
            [closure.c.descendant_id == parent, closure.c.depth > 0, not_(closure.c.inherited)],
            [target.table.c.code, target.key],
        )


class Surrounding(Relation):
    """A division itself and those above it; for a successor also the divisions that it replaced."""

    def rows(
        self,
        target: Source,
        parent: ColumnElement[int] | None,
        arguments: Arguments,
        binder: Binder,
        access: AccessConditions,
    ) -> Rows:
        """See ``Relation``."""
        closure = alias(DivisionClosure)
        from_ = target.table.join(closure, closure.c.ancestor_id == target.key)
        return Rows(from_, [closure.c.descendant_id == parent], [target.key])


registry.add(Source(DivisionAlias, "alias", hide=("division_id",)))

registry.add(
    Source(
        Division,
        "div",
        hide=("parent_id", "predecessor_id"),
        searchable=("name",),
        normalizers={"code": canonical_code},
        filter_lists={"within": Many("Division", Surrounding())},
        fields={
            "parent": One("Division", Division.parent_id),
            "predecessor": One("Division", Division.predecessor_id),
            "successors": Many("Division", By(Division.predecessor_id, ever=True), expected=1),
            "aliases": Many("DivisionAlias", By(DivisionAlias.division_id), expected=1),
            "ancestors": Many("Division", AboveDivision(), expected=3),
            "children": Many("Division", By(Division.parent_id)),
            "descendants": Many("Division", WithinDivision(Division.id, deeper=True)),
            "statistics": StatisticsField("Division", CountWithinDivision()),
            **organizations.OF_DIVISION,
            **agreements.OF_DIVISION,
            **disputes.OF_DIVISION,
            **employers.OF_DIVISION,
            **coverage.OF_DIVISION,
            **venues.OF_DIVISION,
            **policies.OF_DIVISION,
            **certifications.OF_DIVISION,
            **relief.OF_DIVISION,
            **assistance.OF_DIVISION,
            **activities.OF_DIVISION,
            **services.OF_DIVISION,
            **mediation.OF_DIVISION,
        },
    )
)
registry.root(
    "division",
    Lookup("Division", {"id": Division.id, "code": Division.code}, latest=Division.valid_to),
)
registry.root("divisions", Many("Division", WithinDivision(Division.id)))
