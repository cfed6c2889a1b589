"""Sources of unions: their two hierarchies, their links and terms; the lists of other slices are added as ``OF_ORGANIZATION``."""

from datetime import date

from sqlalchemy import ColumnElement, Integer, and_, literal_column, or_

from db.input_values import canonical_credit_code
from db.organizations import CommitteeTerm, Hierarchy, Organization, OrganizationLink, OrganizationSuccession
from resolvers import (
    activities,
    agreements,
    assistance,
    care,
    certifications,
    coverage,
    disputes,
    employers,
    fairs,
    insurance,
    mediation,
    members,
    policies,
    relief,
    services,
    venues,
)
from resolvers.engine.declare.rows import AccessConditions, Rows
from resolvers.engine.declare.sources import Lookup, Many, One, Relation, Source, StatisticsField
from resolvers.engine.declare.statistics import RECORDS, Statistic
from resolvers.engine.declare.validity import Period, holds
from resolvers.engine.plan.parameters import Binder
from resolvers.engine.request.arguments import Arguments
from resolvers.places import CountWithin
from resolvers.quality import QualitySeverity, RecordRule, code_fails_check, declare, is_listed
from resolvers.quality_counts import COUNTS
from resolvers.registry import registry
from resolvers.relations import By, Within, WithinDivision
from resolvers.scopes import subtree

LINKED = Period.of(OrganizationLink)

OF_DIVISION = {"organizations": Many("Organization", WithinDivision(Organization.division_id))}


def _not_dissolved(day: ColumnElement[date]) -> ColumnElement[bool]:
    """The unions that are not dissolved on a day: a merged union stays linked below its successor, for the sake of its records."""
    dissolved = Organization.__table__.c.dissolved_on
    return or_(dissolved.is_(None), dissolved > day)


class Below(Relation):
    """The unions directly below one in the requested hierarchy, by key."""

    checks_days = True
    own_rows = True

    def rows(
        self,
        target: Source,
        parent: ColumnElement[int] | None,
        arguments: Arguments,
        binder: Binder,
        access: AccessConditions,
    ) -> Rows:
        """See ``Relation``."""
        link = OrganizationLink.__table__.c
        hierarchy = arguments.get("hierarchy") or Hierarchy.TERRITORIAL
        from_ = target.table.join(OrganizationLink.__table__, link.child_id == target.key)
        where = [
            link.parent_id == parent,
            link.hierarchy == hierarchy,
            holds(LINKED, binder.day(arguments.get("as_of"))),
            _not_dissolved(binder.day(arguments.get("as_of"))),
        ]
        below = None if parent is None or arguments.get("as_of") is not None else (hierarchy.name, parent)
        pair = {"descendant_id": link.child_id, "depth": literal_column("1", Integer())}
        seen = access.closure_rows(pair, "Organization", target.key)
        return Rows(from_, where, [link.child_id], below_union=below, access=seen)


class Deeper(Relation):
    """All unions below one in the requested hierarchy, without itself."""

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
        closure, valid = subtree(arguments, binder)
        from_ = target.table.join(closure, closure.c.descendant_id == target.key)
        standing = _not_dissolved(binder.day(arguments.get("as_of")))
        where = [closure.c.ancestor_id == parent, closure.c.depth > 0, valid, standing]
        seen = access.closure_rows(closure, "Organization", target.key)
        return Rows(from_, where, [closure.c.descendant_id], access=seen)


class Above(Relation):
    """The unions above one in the requested hierarchy, the topmost first."""

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
        closure, valid = subtree(arguments, binder, last=True)
        from_ = target.table.join(closure, closure.c.ancestor_id == target.key)
        seen = access.closure_rows(closure, "Organization", target.key)
        where = [closure.c.descendant_id == parent, closure.c.depth > 0, valid]
        return Rows(from_, where, [-closure.c.depth, target.key], access=seen)


registry.add(
    Source(
        OrganizationLink,
        "link",
        hide=("child_id", "parent_id"),
        fields={
            "child": One("Organization", OrganizationLink.child_id),
            "parent": One("Organization", OrganizationLink.parent_id),
        },
    )
)
registry.add(
    Source(
        OrganizationSuccession,
        "succ",
        hide=("predecessor_id", "successor_id"),
        fields={
            "predecessor": One("Organization", OrganizationSuccession.predecessor_id),
            "successor": One("Organization", OrganizationSuccession.successor_id),
        },
    )
)
registry.add(
    Source(
        CommitteeTerm,
        "term",
        hide=("organization_id",),
        fields={"organization": One("Organization", CommitteeTerm.organization_id)},
    )
)
QUALITY = declare(
    "Organization",
    RecordRule(
        "UNION_CODE_FAILS_CHECK",
        "credit_code_fails_check",
        QualitySeverity.ERROR,
        code_fails_check(Organization.credit_code),
        column="credit_code",
    ),
    RecordRule(
        "UNION_TERM_OVER",
        "term_is_over",
        QualitySeverity.WARNING,
        and_(Organization.dissolved_on.is_(None), is_listed("overdue_terms", Organization.id)),
        column="term_to",
    ),
)

registry.add(
    Source(
        Organization,
        "org",
        columns=QUALITY,
        period=Period(Organization.established_on, Organization.dissolved_on, known=False),
        hide=("division_id",),
        searchable=("name",),
        normalizers={"credit_code": canonical_credit_code},
        match_orders={"name_match": "name"},
        fields={
            "division": One("Division", Organization.division_id),
            "parents": Many("OrganizationLink", By(OrganizationLink.child_id), expected=2),
            "predecessors": Many("OrganizationSuccession", By(OrganizationSuccession.successor_id), expected=1),
            "successors": Many("OrganizationSuccession", By(OrganizationSuccession.predecessor_id), expected=1),
            "ancestors": Many("Organization", Above(), expected=5),
            "children": Many("Organization", Below()),
            "descendants": Many("Organization", Deeper()),
            "committee_terms": Many("CommitteeTerm", By(CommitteeTerm.organization_id), expected=3),
            **employers.OF_ORGANIZATION,
            **members.OF_ORGANIZATION,
            **agreements.OF_ORGANIZATION,
            **insurance.OF_ORGANIZATION,
            **disputes.OF_ORGANIZATION,
            **coverage.OF_ORGANIZATION,
            **venues.OF_ORGANIZATION,
            **policies.OF_ORGANIZATION,
            **certifications.OF_ORGANIZATION,
            "statistics": StatisticsField("Organization", CountWithin()),
            "data_quality": COUNTS,
            **relief.OF_ORGANIZATION,
            **assistance.OF_ORGANIZATION,
            **care.OF_ORGANIZATION,
            **activities.OF_ORGANIZATION,
            **fairs.OF_ORGANIZATION,
            **services.OF_ORGANIZATION,
            **mediation.OF_ORGANIZATION,
        },
    )
)
registry.root("organization", Lookup("Organization", {"id": Organization.id, "credit_code": Organization.credit_code}))
registry.root("organizations", Many("Organization", Within(Organization.id)))
registry.root("statistics", StatisticsField("Organization", CountWithin()))
registry.statistic(
    Statistic(
        "ORGANIZATIONS",
        Organization,
        organization=Organization.id,
        division=Organization.division_id,
        begins=Organization.established_on,
        ends=Organization.dissolved_on,
        known=False,
        dimensions={
            "LEVEL": Organization.level,
            "KIND": Organization.kind,
            "FORM": Organization.form,
            "STATUS": Organization.status,
            "INDUSTRY": Organization.industry,
        },
        measures={"units": RECORDS},
        widespread=True,
    )
)
