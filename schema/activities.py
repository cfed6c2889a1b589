"""Programmes (专项行动), activities (活动) and attendances (参加记录) in the schema."""

from datetime import date

import strawberry

from db.activities import ActivityKind, ActivityMode, AttendanceRole, Award, Skill
from db.model import Term
from schema.code_lists import describe
from schema.fairs import ExhibitorFilter, FairsOfActivity
from schema.fields import field, optional
from schema.filters import (
    BooleanFilter,
    Choice,
    DateFilter,
    IdFilter,
    IntFilter,
    Listed,
    Order,
    StringFilter,
    conditions,
)
from schema.records import Sourced, Versioned
from schema.refs import (
    CooperationLineFilterRef,
    CooperationLineRef,
    DivisionFilterRef,
    DivisionRef,
    EmployerFilterRef,
    EmployerRef,
    HouseholdFilterRef,
    HouseholdRef,
    MemberFilterRef,
    MemberRef,
    OrganizationFilterRef,
    OrganizationRef,
    PolicyMeasureFilterRef,
    PolicyMeasureRef,
    VenueFilterRef,
    VenueRef,
)
from schema.relay import DATED, DIVISION, SUBTREE, WITHIN, Connection, Node, page
from schema.services import ServicesOfActivity


class ProgrammeField(Term):
    """Columns that programmes can be ordered by (专项行动排序字段)."""

    NAME = "Name (名称)"
    VALID_FROM = "First day (起始日期)"
    VALID_TO = "Day on which it ended (终止日期)"
    CHANGED_AT = "Time of the last change (变更时间)"


class ActivityField(Term):
    """Columns that activities can be ordered by (活动排序字段)."""

    STARTS_ON = "First day (开始日期)"
    ENDS_ON = "Last day (结束日期)"
    DAYS = "Length in days (天数)"
    KIND = "Kind (类型)"
    TITLE = "Title (名称)"
    CHANGED_AT = "Time of the last change (变更时间)"


class AttendanceField(Term):
    """Columns that attendances can be ordered by (参加记录排序字段)."""

    ATTENDED_ON = "Day (参加日期)"
    ROLE = "Role (身份)"
    AWARD = "Award (奖项)"
    CHANGED_AT = "Time of the last change (变更时间)"


for kind in (ActivityKind, ActivityMode, AttendanceRole, Award, Skill, ProgrammeField, ActivityField, AttendanceField):
    describe(kind)


@conditions("Which programmes (专项行动筛选)", changed=True, sourced=True)
class ProgrammeFilter:
    """Which programmes (专项行动筛选)."""

    id: IdFilter | None = optional("ID (标识)")
    name: StringFilter | None = optional("Name (名称)")
    valid_from: DateFilter | None = optional("First day (起始日期)")
    valid_to: DateFilter | None = optional("Day on which it ended (终止日期)")
    organization: OrganizationFilterRef | None = optional("The union that runs it (主办工会)")
    parent: "ProgrammeFilter | None" = optional("The programme that it is part of (上级专项行动)")


@conditions("Which activities (活动筛选)", changed=True, sourced=True)
class ActivityFilter:
    """Which activities (活动筛选)."""

    id: IdFilter | None = optional("ID (标识)")
    kind: Choice[ActivityKind] | None = optional("Kind (类型)")
    mode: Choice[ActivityMode] | None = optional("How it is held (方式)")
    title: StringFilter | None = optional("Title (名称)")
    starts_on: DateFilter | None = optional("First day (开始日期)")
    ends_on: DateFilter | None = optional("Last day (结束日期)")
    days: IntFilter | None = optional("Length in days (天数)")
    skill: Choice[Skill] | None = optional("Skill trained or contested (技能、工种)")
    is_free: BooleanFilter | None = optional("Whether free of charge (是否免费)")
    organization: OrganizationFilterRef | None = optional("The union that holds it (主办工会)")
    division: DivisionFilterRef | None = optional("Where it is held (举办区划)")
    programme: ProgrammeFilter | None = optional("The programme that it belongs to (专项行动)")
    parent: "ActivityFilter | None" = optional("The main activity at which it is held (主活动)")
    employer: EmployerFilterRef | None = optional("The employer visited or examined (走访或体检单位)")
    venue: VenueFilterRef | None = optional("The venue (场所)")
    measure: PolicyMeasureFilterRef | None = optional("The policy measure that it is reported under (政策措施)")
    line: CooperationLineFilterRef | None = optional("The line of a cooperation agreement (协作内容)")
    beside: Listed["ActivityFilter"] | None = optional("Activities held at the same occasion (同场活动)")
    attendances: Listed["AttendanceFilter"] | None = optional("Attendances at it (参加记录)")
    exhibitors: Listed[ExhibitorFilter] | None = optional("Employers that exhibit at the fair (参会企业)")


@conditions("Which attendances (参加记录筛选)", changed=True)
class AttendanceFilter:
    """Which attendances (参加记录筛选)."""

    id: IdFilter | None = optional("ID (标识)")
    role: Choice[AttendanceRole] | None = optional("Role (身份)")
    attended_on: DateFilter | None = optional("Day (参加日期)")
    award: Choice[Award] | None = optional("Award (奖项)")
    certificate_number: StringFilter | None = optional("Number of the certificate (结业证书编号)")
    activity: ActivityFilter | None = optional("The activity (活动)")
    organization: OrganizationFilterRef | None = optional("The union that held it (主办工会)")
    division: DivisionFilterRef | None = optional("Division that they came from (来源区划)")
    member: MemberFilterRef | None = optional("The member (会员)")
    household: HouseholdFilterRef | None = optional("The household visited (走访家庭)")
    employer: EmployerFilterRef | None = optional("The employer that sent them (派出单位)")


@strawberry.type(description="Attendance of one person or household at one activity (参加记录)")
class Attendance(Versioned, Node):
    """Attendance of one person or household at one activity (参加记录)."""

    role: AttendanceRole = field("Role (身份)")
    attended_on: date = field("Day (参加日期)")
    award: Award | None = field("Award won in a competition (奖项)")
    certificate_number: str | None = field("Number of the certificate that the course ended with (结业证书编号)")
    activity: "Activity | None" = field("The activity (活动)")
    organization: OrganizationRef | None = field("The union that held it (主办工会)")
    division: DivisionRef | None = field("Division that they came from (来源区划)")
    member: MemberRef | None = field("The member; empty when only the place is known (会员)")
    household: HouseholdRef | None = field("The household visited (走访家庭)")
    employer: EmployerRef | None = field("The employer that sent them, in a competition the team (派出单位)")


@strawberry.type(description="Activity: one session held by a union (活动)")
class Activity(FairsOfActivity, ServicesOfActivity, Sourced, Versioned, Node):
    """Activity: one session held by a union (活动)."""

    kind: ActivityKind = field("Kind (类型)")
    mode: ActivityMode = field("How it is held (方式)")
    title: str = field("Title (名称)")
    starts_on: date = field("First day (开始日期)")
    ends_on: date = field("Last day, inclusive (结束日期)")
    days: int = field("Length in days, both inclusive (天数)")
    skill: Skill | None = field("Skill trained or contested (技能、工种)")
    is_free: bool = field("Whether free of charge for participants (是否免费)")
    organization: OrganizationRef | None = field("The union that holds it (主办工会)")
    division: DivisionRef | None = field("Where it is held (举办区划)")
    programme: "Programme | None" = field("The programme that it belongs to (专项行动)")
    parent: "Activity | None" = field("The main activity at which it is held (主活动)")
    employer: EmployerRef | None = field("The employer visited or examined (走访或体检单位)")
    venue: VenueRef | None = field("The venue (场所)")
    measure: PolicyMeasureRef | None = field("The policy measure that it is reported under (政策措施)")
    line: CooperationLineRef | None = field("The line of a cooperation agreement (协作内容)")
    beside: Connection["Activity"] = page(
        "Activities held at the same occasion (同场活动)", ActivityFilter, Order[ActivityField]
    )
    attendances: Connection[Attendance] = page("Attendances at it (参加记录)", AttendanceFilter, Order[AttendanceField])


@strawberry.type(description="Programme or series of activities (专项行动)")
class Programme(Sourced, Versioned, Node):
    """Programme or series of activities (专项行动)."""

    name: str = field("Name (名称)")
    valid_from: date = field("First day (起始日期)")
    valid_to: date | None = field("Day on which it ended; empty while it runs (终止日期)")
    organization: OrganizationRef | None = field("The union that runs it (主办工会)")
    parent: "Programme | None" = field("The programme that it is part of (上级专项行动)")
    parts: Connection["Programme"] = page(
        "Programmes that are part of it (下级专项行动)",
        ProgrammeFilter,
        Order[ProgrammeField],
        DATED,
    )
    activities: Connection[Activity] = page(
        "Activities that belong to it (所属活动)", ActivityFilter, Order[ActivityField]
    )


@strawberry.type(description="Activities everywhere (活动查询)")
class ActivitiesQuery:
    """Root fields, mixed into the query root."""

    programmes: Connection[Programme] | None = page(
        "Programmes, everywhere or within a union (专项行动列表)",
        ProgrammeFilter,
        Order[ProgrammeField],
        WITHIN,
        SUBTREE,
        DATED,
    )
    activities: Connection[Activity] | None = page(
        "Activities, everywhere or within a union (活动列表)",
        ActivityFilter,
        Order[ActivityField],
        WITHIN,
        SUBTREE,
    )
    attendances: Connection[Attendance] | None = page(
        "Attendances, everywhere or within a union (参加记录列表)",
        AttendanceFilter,
        Order[AttendanceField],
        WITHIN,
        SUBTREE,
    )


@strawberry.type(description="Activities of a union (工会的活动)")
class ActivitiesOfOrganization:
    """Lists, mixed into the union."""

    programmes: Connection[Programme] = page(
        "Programmes that it or a union below runs (专项行动)",
        ProgrammeFilter,
        Order[ProgrammeField],
        SUBTREE,
        DATED,
    )
    activities: Connection[Activity] = page(
        "Activities that it or a union below holds (活动)", ActivityFilter, Order[ActivityField], SUBTREE
    )
    attendances: Connection[Attendance] = page(
        "Attendances at its activities and those below (参加记录)", AttendanceFilter, Order[AttendanceField], SUBTREE
    )


@strawberry.type(description="Activities in a division (辖区活动)")
class ActivitiesOfDivision:
    """Lists, mixed into the division."""

    activities: Connection[Activity] = page(
        "Activities held in it (辖区活动)", ActivityFilter, Order[ActivityField], DIVISION
    )
    attendances: Connection[Attendance] = page(
        "Attendances of people from it (辖区参加记录)", AttendanceFilter, Order[AttendanceField], DIVISION
    )


@strawberry.type(description="Activities of a member (会员的活动)")
class ActivitiesOfMember:
    """Lists, mixed into the member."""

    attendances: Connection[Attendance] = page(
        "Attendances at activities (参加记录)", AttendanceFilter, Order[AttendanceField]
    )


@strawberry.type(description="Activities of an employer (单位的活动)")
class ActivitiesOfEmployer:
    """Lists, mixed into the employer."""

    activities: Connection[Activity] = page(
        "Visits to it and check-ups of it (走访与体检)", ActivityFilter, Order[ActivityField]
    )
    attendances: Connection[Attendance] = page(
        "Attendances of people that it sent (派出参加记录)", AttendanceFilter, Order[AttendanceField]
    )


@strawberry.type(description="Activities at a venue (场所的活动)")
class ActivitiesOfVenue:
    """Lists, mixed into the venue."""

    activities: Connection[Activity] = page(
        "Activities held there (在此举办的活动)", ActivityFilter, Order[ActivityField]
    )


@strawberry.type(description="Activities under a measure (措施的活动)")
class ActivitiesOfMeasure:
    """Lists, mixed into the policy measure."""

    activities: Connection[Activity] = page(
        "Activities reported under it (落实活动)", ActivityFilter, Order[ActivityField]
    )


@strawberry.type(description="Activities under a line of cooperation (协作内容的活动)")
class ActivitiesOfLine:
    """Lists, mixed into the line of a cooperation agreement."""

    activities: Connection[Activity] = page("Activities held under it (协作活动)", ActivityFilter, Order[ActivityField])


@strawberry.type(description="Visits to a household (家庭的走访)")
class ActivitiesOfHousehold:
    """Lists, mixed into the household."""

    attendances: Connection[Attendance] = page("Visits to it (走访记录)", AttendanceFilter, Order[AttendanceField])
