"""Venues (场所) in the schema."""

from datetime import date

import strawberry

from db.model import Term
from db.venues import VenueKind
from schema.activities import ActivitiesOfVenue, ActivityFilter
from schema.certifications import CertificationFilter, CertificationsOfVenue
from schema.code_lists import describe
from schema.fields import field, optional
from schema.filters import Choice, DateFilter, Held, IdFilter, Listed, Order, StringFilter, conditions
from schema.records import Sourced, Versioned
from schema.refs import (
    DivisionFilterRef,
    DivisionRef,
    EmployerFilterRef,
    EmployerRef,
    OrganizationFilterRef,
    OrganizationRef,
)
from schema.relay import DATED, DIVISION, SUBTREE, WITHIN, Connection, Node, page
from schema.services import ServicesOfVenue


class VenueField(Term):
    """Columns that venues can be ordered by (场所排序字段)."""

    NAME = "Name (名称)"
    KIND = "Kind (类型)"
    VALID_FROM = "First day (启用日期)"
    VALID_TO = "Day on which it closed (停用日期)"
    CHANGED_AT = "Time of the last change (变更时间)"


for kind in (VenueField, VenueKind):
    describe(kind)


@conditions("Which venues (场所筛选)", changed=True, sourced=True)
class VenueFilter:
    """Which venues (场所筛选)."""

    id: IdFilter | None = optional("ID (标识)")
    name: StringFilter | None = optional("Name (名称)")
    kind: Choice[VenueKind] | None = optional("Kind (类型)")
    address: StringFilter | None = optional("Address (地址)")
    valid_from: DateFilter | None = optional("First day (启用日期)")
    valid_to: DateFilter | None = optional("Day on which it closed (停用日期)")
    organization: OrganizationFilterRef | None = optional("The union that runs or looks after it (管理工会)")
    division: DivisionFilterRef | None = optional("Where (所在区划)")
    employer: EmployerFilterRef | None = optional(
        "The unit that it belongs to; a park without a union has `isOrganized` false (所属单位)"
    )
    certifications: Held[CertificationFilter] | None = optional("Its certifications (评选认定)")
    activities: Listed[ActivityFilter] | None = optional("Activities held there (在此举办的活动)")


@strawberry.type(description="Venue that a union runs or looks after (场所)")
class Venue(ActivitiesOfVenue, ServicesOfVenue, CertificationsOfVenue, Sourced, Versioned, Node):
    """Venue (场所)."""

    name: str = field("Name (名称)")
    kind: VenueKind = field("Kind (类型)")
    address: str | None = field("Address (地址)")
    valid_from: date = field("First day (启用日期)")
    valid_to: date | None = field("Day on which it closed; empty while it is open (停用日期)")
    organization: OrganizationRef | None = field("The union that runs or looks after it (管理工会)")
    division: DivisionRef | None = field("Where (所在区划)")
    employer: EmployerRef | None = field("The unit that it belongs to (所属单位)")


@strawberry.type(description="Venues at the root (场所查询)")
class VenuesQuery:
    """Root fields, mixed into the query root."""

    venues: Connection[Venue] | None = page(
        "Venues, everywhere or within a union (场所列表)", VenueFilter, Order[VenueField], WITHIN, SUBTREE, DATED
    )


@strawberry.type(description="Venues of a union (工会场所)")
class VenuesOfOrganization:
    """Fields of unions, mixed into them."""

    venues: Connection[Venue] = page(
        "Venues that it and the unions below run (场所)", VenueFilter, Order[VenueField], SUBTREE, DATED
    )


@strawberry.type(description="Venues in a division (区划场所)")
class VenuesOfDivision:
    """Fields of divisions, mixed into them."""

    venues: Connection[Venue] = page("Venues in it (辖区场所)", VenueFilter, Order[VenueField], DIVISION, DATED)


@strawberry.type(description="Venues of an employer (单位场所)")
class VenuesOfEmployer:
    """Fields of employers, mixed into them."""

    venues: Connection[Venue] = page("Venues that belong to it (所属场所)", VenueFilter, Order[VenueField], DATED)
