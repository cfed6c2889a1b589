"""Divisions (行政区划) in the schema; the lists of other slices are mixed in as ``…OfDivision``."""

from datetime import date

import strawberry

from db.divisions import DivisionKind, DivisionLevel
from db.model import Term
from schema.activities import ActivitiesOfDivision, ActivityFilter, AttendanceFilter
from schema.agreements import AgreementsOfDivision
from schema.assistance import AssistanceOfDivision
from schema.certifications import CertificationsOfDivision
from schema.code_lists import describe
from schema.coverage import CensusRecordFilter, CoverageOfDivision, DesignationFilter, TargetFilter
from schema.disputes import DisputesOfDivision
from schema.employers import EmployersOfDivision
from schema.fields import Argument, field, optional
from schema.filters import Choice, DateFilter, Held, IdFilter, Listed, Order, StringFilter, conditions
from schema.mediation import MediationOfDivision
from schema.organizations import OrganizationFilter, OrganizationsOfDivision
from schema.policies import PoliciesOfDivision
from schema.relay import BY_ID, DATED, DIVISION, WITHIN_DIVISION, Connection, Node, page
from schema.relief import ReliefOfDivision
from schema.services import ServicesOfDivision
from schema.statistics import Statistics, statistics
from schema.venues import VenueFilter, VenuesOfDivision


class DivisionField(Term):
    """Columns that divisions can be ordered by (区划排序字段)."""

    CODE = "Code (代码)"
    NAME = "Name (名称)"
    LEVEL = "Level (级别)"


describe(DivisionField)


@conditions("Which divisions (区划筛选)")
class DivisionFilter:
    """Which divisions (区划筛选)."""

    id: IdFilter | None = optional("ID (标识)")
    code: StringFilter | None = optional(
        "Code: `eq` and `in` take every form, of 2, 4, 6, 9 or 12 digits; `startsWith` compares with the stored form (代码)"
    )
    name: StringFilter | None = optional("Name (名称)")
    full_name: StringFilter | None = optional("Name from the province down (全称)")
    level: Choice[DivisionLevel] | None = optional("Level (级别)")
    kind: Choice[DivisionKind] | None = optional("Standing (性质)")
    valid_from: DateFilter | None = optional("First day (启用日期)")
    valid_to: DateFilter | None = optional("Day on which it was closed (停用日期)")
    parent: "DivisionFilter | None" = optional("The division above (上级区划)")
    within: "DivisionFilter | None" = optional(
        "The division itself or one above it, at any level, e.g. 苏州市 or `3205`, also by an old code (所在区划，含上级)"
    )
    predecessor: "DivisionFilter | None" = optional(
        "The division that this one replaced, e.g. by its old code (前身区划)"
    )
    successors: Listed["DivisionFilter"] | None = optional("The divisions that replaced it (后继区划)")
    organizations: Held[OrganizationFilter] | None = optional("Unions in it and below (辖区工会)")
    venues: Held[VenueFilter] | None = optional("Venues in it and below (辖区场所)")
    designations: Held[DesignationFilter] | None = optional(
        "Its designations and those of the divisions below (辖区标识)"
    )
    targets: Held[TargetFilter] | None = optional("Targets for it and the divisions below (辖区工作目标)")
    activities: Listed[ActivityFilter] | None = optional("Activities held in it and below (辖区活动)")
    attendances: Listed[AttendanceFilter] | None = optional("Attendances of people from it (辖区参加记录)")
    census_records: Listed[CensusRecordFilter] | None = optional("Census records in it and below (辖区摸排记录)")


@strawberry.type(description="Another name of a division (区划别名)")
class DivisionAlias(Node):
    """Another name of a division (区划别名)."""

    name: str = field("The name (名称)")


@strawberry.type(description="Division of the territory, from province to village, with zones (行政区划)")
class Division(
    CoverageOfDivision,
    VenuesOfDivision,
    PoliciesOfDivision,
    CertificationsOfDivision,
    ReliefOfDivision,
    AssistanceOfDivision,
    ActivitiesOfDivision,
    ServicesOfDivision,
    MediationOfDivision,
    OrganizationsOfDivision,
    AgreementsOfDivision,
    DisputesOfDivision,
    EmployersOfDivision,
    Node,
):
    """Division of the territory, from province to village, with zones (行政区划)."""

    code: str | None = field(
        "Code of the National Bureau of Statistics: of a province 2 digits, city 4, county 6, township 9, village 12; empty for a zone"
        " without one (区划代码)"
    )
    name: str = field("Name (名称)")
    full_name: str = field("Name from the province down (全称)")
    level: DivisionLevel = field("Level (级别)")
    kind: DivisionKind = field("Standing (性质)")
    valid_from: date = field("First day (启用日期)")
    valid_to: date | None = field("Day on which it was closed; empty while in force (停用日期)")
    parent: "Division | None" = field("The division above (上级区划)")
    predecessor: "Division | None" = field("The division that this one replaced (前身区划)")
    successors: list["Division"] = field(
        "The divisions that replaced it; their records are listed and counted below it too (后继区划)"
    )
    aliases: list[DivisionAlias] = field("Other names (别名)")
    ancestors: list["Division"] = field("The divisions above, the province first (各级上级区划)")
    children: Connection["Division"] = page(
        "The divisions directly below (下级区划)",
        DivisionFilter,
        Order[DivisionField],
        DATED,
    )
    descendants: Connection["Division"] = page(
        "All divisions below (各级下级区划)",
        DivisionFilter,
        Order[DivisionField],
        DATED,
    )
    statistics: Statistics | None = statistics("Counts and sums of the records in it (统计)")


@strawberry.type(description="Divisions at the root (行政区划查询)")
class DivisionsQuery:
    """Root fields, mixed into the query root."""

    division: Division | None = field(
        "A division by exactly one of its ID and its code (行政区划)",
        **BY_ID,
        code=Argument(
            str | None,
            "Code of any form: 2, 4, 6, 9 or 12 digits, e.g. `33`, `330000`, `330106`; also one no longer in use (区划代码)",
        ),
    )
    divisions: Connection[Division] | None = page(
        "Divisions, everywhere or within one (行政区划列表)",
        DivisionFilter,
        Order[DivisionField],
        WITHIN_DIVISION,
        DIVISION,
        DATED,
    )
