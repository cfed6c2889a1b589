"""Progress of targets (目标进度), counted from the records of the target's division and the divisions below; one statement for all targets.

The day is today, or the last day of the period once that is over. The estimated population is the sum of the latest estimates of each
occupation group and division; an area has estimates at one level only.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    Integer,
    ScalarSelect,
    Select,
    and_,
    any_,
    case,
    cast,
    func,
    literal,
    or_,
    select,
)

from db.coverage import Designation, DesignationKind, PopulationEstimate, Target, TargetMetric, TargetOperator
from db.divisions import Division, DivisionClosure, DivisionLevel
from db.employers import EmployerCoverage
from db.members import Membership, WorkerType
from db.organizations import Organization, OrganizationForm, OrganizationLevel
from db.security.row_security import AGGREGATES
from db.venues import Venue, VenueKind
from resolvers.counted_persons import COUNTED_PERSONS
from resolvers.engine.declare.columns import Expression, alias, one_of
from resolvers.engine.declare.sources import Computed
from resolvers.engine.declare.validity import Period, holds
from resolvers.engine.plan.connection import Fetch
from resolvers.engine.plan.parameters import NOTHING, Binder
from resolvers.engine.plan.statement import compiled, keys_parameter

NEW_FORMS = (
    WorkerType.TRUCK_DRIVER,
    WorkerType.RIDE_HAILING_DRIVER,
    WorkerType.COURIER,
    WorkerType.FOOD_DELIVERY,
)
"""The occupation groups of new forms of employment (新就业形态)."""

TODAY = cast(func.timezone("Asia/Shanghai", func.now()), Date)
DAY: ColumnElement[date] = func.least(Target.ends_on - literal(1, Integer()), TODAY, type_=Date())


def _new_form(worker_type: Expression) -> ColumnElement[bool]:
    return one_of(worker_type, NEW_FORMS)


def _within(counted: Any) -> Select[Any]:
    """A selection over the target's division and the divisions below."""
    return (
        select(counted)
        .select_from(DivisionClosure)
        .where(DivisionClosure.ancestor_id == Target.division_id)
        .correlate(Target.__table__)
    )


def _members() -> Select[Any]:
    """Distinct members of the new forms in unions located there."""
    return (
        _within(func.count(Membership.member_id.distinct()))
        .join(Organization, Organization.division_id == DivisionClosure.descendant_id)
        .join(Membership, Membership.organization_id == Organization.id)
        .join(
            COUNTED_PERSONS,
            and_(COUNTED_PERSONS.c.id == Membership.member_id, _new_form(COUNTED_PERSONS.c.worker_type)),
        )
    )


def _unions() -> Select[Any]:
    standing = holds(Period(Organization.established_on, Organization.dissolved_on, known=False), DAY)
    return (
        _within(func.count())
        .join(Organization, Organization.division_id == DivisionClosure.descendant_id)
        .where(Organization.form == OrganizationForm.NEW_FORM, Organization.level == OrganizationLevel.COUNTY, standing)
    )


def _estimated() -> Select[Any]:
    later = alias(PopulationEstimate)
    newer = (
        select(later.c.id)
        .where(
            later.c.division_id == PopulationEstimate.division_id,
            later.c.worker_type == PopulationEstimate.worker_type,
            later.c.as_of > PopulationEstimate.as_of,
            later.c.as_of <= DAY,
        )
        .correlate(PopulationEstimate.__table__, Target.__table__)
        .exists()
    )
    return (
        _within(cast(func.coalesce(func.sum(PopulationEstimate.value), 0), BigInteger()))
        .join(PopulationEstimate, PopulationEstimate.division_id == DivisionClosure.descendant_id)
        .where(_new_form(PopulationEstimate.worker_type), PopulationEstimate.as_of <= DAY, ~newer)
    )


def _concentrated() -> Select[Any]:
    """Divisions designated as concentrated."""
    return (
        _within(func.count(Designation.division_id.distinct()))
        .join(Designation, Designation.division_id == DivisionClosure.descendant_id)
        .where(Designation.kind == DesignationKind.NEW_FORM_CONCENTRATED, holds(Period.of(Designation), DAY))
    )


def _with_regional_union() -> ColumnElement[bool]:
    """Whether a federation or joint union of new forms is located in the designated division or below."""
    below, union = alias(DivisionClosure), alias(Organization)
    regional = or_(
        union.c.form == OrganizationForm.NEW_FORM,
        and_(union.c.form == OrganizationForm.UNION_FEDERATION, func.strpos(union.c.name, "新业态") > 0),
    )
    return (
        select(union.c.id)
        .select_from(below.join(union, union.c.division_id == below.c.descendant_id))
        .where(below.c.ancestor_id == Designation.division_id, regional)
        .where(holds(Period(union.c.established_on, union.c.dissolved_on, known=False), DAY))
        .correlate(Designation.__table__, Target.__table__)
        .exists()
    )


def _venues(kind: VenueKind) -> Select[Any]:
    return (
        _within(func.count(Venue.id.distinct()))
        .join(Venue, Venue.division_id == DivisionClosure.descendant_id)
        .where(Venue.kind == kind, holds(Period.of(Venue), DAY))
    )


def _covered() -> ColumnElement[bool]:
    """Whether a union covers the employer that the venue belongs to."""
    return (
        select(EmployerCoverage.id)
        .where(EmployerCoverage.employer_id == Venue.employer_id, holds(Period.of(EmployerCoverage), DAY))
        .correlate(Venue.__table__, Target.__table__)
        .exists()
    )


def _townships() -> Select[Any]:
    return (
        _within(func.count())
        .join(Division, Division.id == DivisionClosure.descendant_id)
        .where(Division.level == DivisionLevel.TOWNSHIP, holds(Period.of(Division), DAY))
    )


def _with_centre() -> ColumnElement[bool]:
    """Whether there is a full-response centre in the division."""
    return (
        select(Venue.id)
        .where(Venue.division_id == Division.id, Venue.kind == VenueKind.RESPONSE_CENTRE)
        .where(holds(Period.of(Venue), DAY))
        .correlate(Division.__table__, Target.__table__)
        .exists()
    )


JOINED = and_(Membership.valid_from >= Target.starts_on, Membership.valid_from <= DAY)
ACTIVE = holds(Period(Membership.valid_from, Membership.valid_to), DAY)

VALUE: dict[TargetMetric, ScalarSelect[Any]] = {
    TargetMetric.NEW_FORM_JOINS: _members().where(JOINED).scalar_subquery(),
    TargetMetric.NEW_FORM_COVERAGE: _members().where(ACTIVE).scalar_subquery(),
    TargetMetric.NEW_FORM_UNIONS: _unions().scalar_subquery(),
    TargetMetric.REGIONAL_FEDERATIONS: _concentrated().where(_with_regional_union()).scalar_subquery(),
    TargetMetric.LOGISTICS_PARKS: _venues(VenueKind.LOGISTICS_PARK).where(_covered()).scalar_subquery(),
    TargetMetric.RESPONSE_CENTRES: _townships().where(_with_centre()).scalar_subquery(),
}
"""The count of each metric."""

DENOMINATOR: dict[TargetMetric, ScalarSelect[Any]] = {
    TargetMetric.NEW_FORM_COVERAGE: _estimated().scalar_subquery(),
    TargetMetric.REGIONAL_FEDERATIONS: _concentrated().scalar_subquery(),
    TargetMetric.LOGISTICS_PARKS: _venues(VenueKind.LOGISTICS_PARK).scalar_subquery(),
    TargetMetric.RESPONSE_CENTRES: _townships().scalar_subquery(),
}
"""The denominator of each metric that is a share."""

STATEMENT = compiled(
    select(
        Target.id,
        DAY.label("day"),
        Target.operator,
        Target.value,
        case(*((Target.metric == metric, counted) for metric, counted in VALUE.items())).label("counted"),
        case(*((Target.metric == metric, total) for metric, total in DENOMINATOR.items())).label("of"),
    ).where(Target.id == any_(keys_parameter())),
    Binder(),
)


async def _progress(fetch: Fetch, records: Sequence[tuple[Any, ...]]) -> list[dict[str, Any] | None]:
    keys = [record[0] for record in records]
    rows = await fetch.fetch_in(AGGREGATES, STATEMENT.sql, *STATEMENT.arguments(STATEMENT.bind(NOTHING), keys))
    by_key = {row[0]: _fields(*row[1:]) for row in rows}
    return [by_key.get(key) for key in keys]


def _fields(day: date, operator: str, target: Decimal, counted: int, denominator: int | None) -> dict[str, Any]:
    """The fields of ``TargetProgress`` by their names in the schema. With a denominator of zero a target is neither met nor missed."""
    reached = Decimal(counted) if denominator is None else Decimal(counted) / denominator if denominator else None
    met = gap = None
    if reached is not None:
        missing = target - reached if operator == TargetOperator.GE.name else reached - target
        met, gap = missing <= 0, str(round(max(missing, Decimal(0)), 4))
    share = reached if denominator is not None else Decimal(counted) / target if target else None
    return {
        "asOf": day,
        "value": counted,
        "denominator": denominator,
        "ratio": None if share is None else float(round(share, 4)),
        "met": met,
        "gap": gap,
    }


PROGRESS = Computed((Target.id,), _progress, fields=("as_of", "value", "denominator", "ratio", "met", "gap"))
