"""Services (服务) in the schema: distributions of material and transactions at windows."""

from datetime import date, datetime

import strawberry

from db.columns.measurement_units import Unit
from db.model import Term
from db.services import MaterialKind
from schema.code_lists import describe
from schema.fields import field, optional
from schema.filters import Choice, DateFilter, IdFilter, IntFilter, Order, StringFilter, conditions
from schema.records import Sourced, Versioned
from schema.refs import (
    ActivityFilterRef,
    ActivityRef,
    DivisionFilterRef,
    DivisionRef,
    EmployerFilterRef,
    EmployerRef,
    EnrolmentFilterRef,
    InsuranceEnrolmentRef,
    MemberFilterRef,
    MemberRef,
    OrganizationFilterRef,
    OrganizationRef,
    VenueFilterRef,
    VenueRef,
)
from schema.relay import DIVISION, SUBTREE, WITHIN, Connection, Node, page


class MaterialField(Term):
    """Columns that distributions of material can be ordered by (宣传品发放排序字段)."""

    TITLE = "Title (名称)"
    QUANTITY = "Quantity (数量)"
    DISTRIBUTED_ON = "Day (发放日期)"
    CHANGED_AT = "Time of the last change (变更时间)"


class TransactionField(Term):
    """Columns that transactions at a window can be ordered by (窗口办理排序字段)."""

    STARTED_AT = "Beginning (开始时间)"
    ENDED_AT = "End (结束时间)"
    SECONDS = "Length in seconds (用时)"
    CHANGED_AT = "Time of the last change (变更时间)"


for kind in (Unit, MaterialKind, MaterialField, TransactionField):
    describe(kind)


@conditions("Which distributions of material (宣传品发放筛选)", changed=True, sourced=True)
class MaterialFilter:
    """Which distributions of material (宣传品发放筛选)."""

    id: IdFilter | None = optional("ID (标识)")
    kind: Choice[MaterialKind] | None = optional("Kind (类型)")
    title: StringFilter | None = optional("Title (名称)")
    quantity: IntFilter | None = optional("Quantity, in its unit (数量)")
    unit: Choice[Unit] | None = optional("Unit (计量单位)")
    distributed_on: DateFilter | None = optional("Day (发放日期)")
    organization: OrganizationFilterRef | None = optional("The union that gave it (发放工会)")
    division: DivisionFilterRef | None = optional("Where (发放区划)")
    activity: ActivityFilterRef | None = optional("The activity at which it was handed out (活动)")
    employer: EmployerFilterRef | None = optional("The employer that received it (接收单位)")


@conditions("Which transactions at a window (窗口办理筛选)", changed=True, sourced=True)
class TransactionFilter:
    """Which transactions at a window (窗口办理筛选)."""

    id: IdFilter | None = optional("ID (标识)")
    served_on: DateFilter | None = optional("Day on which it began, in Asia/Shanghai (办理日期)")
    seconds: IntFilter | None = optional("Length in seconds (用时)")
    organization: OrganizationFilterRef | None = optional("The union (工会)")
    division: DivisionFilterRef | None = optional("Where (办理区划)")
    venue: VenueFilterRef | None = optional("The window (窗口)")
    member: MemberFilterRef | None = optional("For whom (办理人)")
    enrolment: EnrolmentFilterRef | None = optional("The enrolment that was made (参保记录)")


@strawberry.type(description="Distribution of material to an employer or at an activity (宣传品发放)")
class MaterialDistribution(Sourced, Versioned, Node):
    """Distribution of material to an employer or at an activity (宣传品发放)."""

    kind: MaterialKind = field("Kind (类型)")
    title: str = field("Title (名称)")
    quantity: int = field("Quantity, in its unit (数量)")
    unit: Unit = field("Unit of the quantity (计量单位)")
    distributed_on: date = field("Day (发放日期)")
    organization: OrganizationRef | None = field("The union that gave it (发放工会)")
    division: DivisionRef | None = field("Where (发放区划)")
    activity: ActivityRef | None = field("The activity at which it was handed out (活动)")
    employer: EmployerRef | None = field("The employer that received it (接收单位)")


@strawberry.type(description="Transaction at a window (窗口办理)")
class ServiceTransaction(Sourced, Versioned, Node):
    """Transaction at a window (窗口办理)."""

    started_at: datetime = field("When it began (开始时间)")
    ended_at: datetime | None = field("When it ended; empty while it is under way (结束时间)")
    served_on: date = field("Day on which it began, in Asia/Shanghai (办理日期)")
    seconds: int | None = field("Length in seconds; empty while it is under way (用时)")
    organization: OrganizationRef | None = field("The union (工会)")
    division: DivisionRef | None = field("Where (办理区划)")
    venue: VenueRef | None = field("The window (窗口)")
    member: MemberRef | None = field("For whom (办理人)")
    enrolment: InsuranceEnrolmentRef | None = field("The enrolment that was made (参保记录)")


@strawberry.type(description="Services everywhere (服务查询)")
class ServicesQuery:
    """Root fields, mixed into the query root."""

    material_distributions: Connection[MaterialDistribution] | None = page(
        "Distributions of material, everywhere or within a union (宣传品发放列表)",
        MaterialFilter,
        Order[MaterialField],
        WITHIN,
        SUBTREE,
    )
    service_transactions: Connection[ServiceTransaction] | None = page(
        "Transactions at windows, everywhere or within a union (窗口办理列表)",
        TransactionFilter,
        Order[TransactionField],
        WITHIN,
        SUBTREE,
    )


@strawberry.type(description="Services of a union (工会的服务)")
class ServicesOfOrganization:
    """Lists, mixed into the union."""

    material_distributions: Connection[MaterialDistribution] = page(
        "Material handed out by it and the unions below (宣传品发放)", MaterialFilter, Order[MaterialField], SUBTREE
    )
    service_transactions: Connection[ServiceTransaction] = page(
        "Transactions at its windows and those below (窗口办理)", TransactionFilter, Order[TransactionField], SUBTREE
    )


@strawberry.type(description="Services in a division (辖区服务)")
class ServicesOfDivision:
    """Lists, mixed into the division."""

    material_distributions: Connection[MaterialDistribution] = page(
        "Material handed out in it (辖区宣传品发放)", MaterialFilter, Order[MaterialField], DIVISION
    )
    service_transactions: Connection[ServiceTransaction] = page(
        "Transactions at windows in it (辖区窗口办理)", TransactionFilter, Order[TransactionField], DIVISION
    )


@strawberry.type(description="Services to a member (会员的服务)")
class ServicesOfMember:
    """Lists, mixed into the member."""

    service_transactions: Connection[ServiceTransaction] = page(
        "Their transactions at windows (窗口办理)", TransactionFilter, Order[TransactionField]
    )


@strawberry.type(description="Services to an employer (单位的服务)")
class ServicesOfEmployer:
    """Lists, mixed into the employer."""

    material_distributions: Connection[MaterialDistribution] = page(
        "Material handed out to it (宣传品发放)", MaterialFilter, Order[MaterialField]
    )


@strawberry.type(description="Services at a venue (场所的服务)")
class ServicesOfVenue:
    """Lists, mixed into the venue."""

    service_transactions: Connection[ServiceTransaction] = page(
        "Transactions there (窗口办理)", TransactionFilter, Order[TransactionField]
    )


@strawberry.type(description="Services at an activity (活动现场服务)")
class ServicesOfActivity:
    """Lists, mixed into the activity."""

    material_distributions: Connection[MaterialDistribution] = page(
        "Material handed out there (现场发放)", MaterialFilter, Order[MaterialField]
    )
