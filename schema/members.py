"""Members (会员), memberships (会籍) and engagements (用工关系) in the schema."""

from datetime import date, datetime

import strawberry

from db.members import (
    EngagementKind,
    MembershipChannel,
    MembershipEntry,
    MembershipExit,
    MembershipStatus,
    Sex,
    WorkerType,
)
from db.model import Term
from schema.activities import ActivitiesOfMember, AttendanceFilter
from schema.assistance import AssistanceOfMember
from schema.care import CareOfMember
from schema.code_lists import describe
from schema.disputes import DisputesOfMember
from schema.fields import field, optional
from schema.filters import (
    BooleanFilter,
    Choice,
    DateFilter,
    Held,
    IdFilter,
    IntFilter,
    Listed,
    Order,
    StringFilter,
    conditions,
)
from schema.insurance import EnrolmentFilter, InsuranceOfMember
from schema.mediation import MediationOfMember
from schema.records import Sourced, Versioned
from schema.refs import (
    DivisionFilterRef,
    DivisionRef,
    EmployerFilterRef,
    EmployerRef,
    OrganizationFilterRef,
    OrganizationRef,
)
from schema.relay import DATED, PLACED, SUBTREE, WITHIN, Connection, Node, page
from schema.relief import ReliefOfMember
from schema.services import ServicesOfMember


class MemberField(Term):
    """Columns that members can be ordered by (会员排序字段)."""

    NAME = "Name (姓名)"
    BIRTH_YEAR_FROM = "Five-year band of birth (出生年份段)"
    WORKER_TYPE = "Occupation group (职工类别)"
    CHANGED_AT = "Time of the last change (变更时间)"


describe(MemberField)


class MembershipField(Term):
    """Columns that memberships can be ordered by (会籍排序字段)."""

    APPLIED_ON = "Day of application (申请日期)"
    VALID_FROM = "First day (入会日期)"
    VALID_TO = "Day on which it ended (终止日期)"
    CHANGED_AT = "Time of the last change (变更时间)"


describe(MembershipField)


class EngagementField(Term):
    """Columns that engagements can be ordered by (用工排序字段)."""

    VALID_FROM = "First day (起始日期)"
    VALID_TO = "Day on which it ended (终止日期)"
    CHANGED_AT = "Time of the last change (变更时间)"


describe(EngagementField)


@conditions("Which members (会员筛选)", changed=True, sourced=True)
class MemberFilter:
    """Which members (会员筛选)."""

    id: IdFilter | None = optional("ID (标识)")
    name: StringFilter | None = optional("Name (姓名)")
    sex: Choice[Sex] | None = optional("Sex (性别)")
    birth_year_from: IntFilter | None = optional(
        "First year of the five-year band of birth: 1985 for 1985 to 1989 (出生年份段起始年)"
    )
    worker_type: Choice[WorkerType] | None = optional("Occupation group (职工类别)")
    is_migrant_worker: BooleanFilter | None = optional("Whether a migrant worker (是否农民工)")
    is_model_worker: BooleanFilter | None = optional("Whether a model worker (是否劳模)")
    division: DivisionFilterRef | None = optional("Where the member lives (居住区划)")
    memberships: Held["MembershipFilter"] | None = optional("Memberships (会籍)")
    engagements: Held["EngagementFilter"] | None = optional("Engagements (用工关系)")
    insurance_enrolments: Held[EnrolmentFilter] | None = optional("Insurance enrolments (参保记录)")
    attendances: Listed[AttendanceFilter] | None = optional("Attendances at activities (参加记录)")
    is_probably_recorded_twice: BooleanFilter | None = optional(
        "Whether the person is probably recorded twice, for the unions and the person: a rule of `dataQuality` (疑似重复登记)"
    )


@conditions("Which memberships (会籍筛选)", changed=True)
class MembershipFilter:
    """Which memberships (会籍筛选)."""

    id: IdFilter | None = optional("ID (标识)")
    status: Choice[MembershipStatus] | None = optional("State (会籍状态)")
    channel: Choice[MembershipChannel] | None = optional("How the member joined (入会渠道)")
    entry: Choice[MembershipEntry] | None = optional(
        "How it began: first, returned, transferred in; empty for applications (入会方式)"
    )
    exit: Choice[MembershipExit] | None = optional(
        "How it ended: left, transferred out; empty while no end is known (离会方式)"
    )
    applied_on: DateFilter | None = optional("Day of application (申请日期)")
    valid_from: DateFilter | None = optional("First day (入会日期)")
    valid_to: DateFilter | None = optional("Day on which it ended (终止日期)")
    member: MemberFilter | None = optional("The member (会员)")
    organization: OrganizationFilterRef | None = optional("The union (工会)")
    overlaps_another: BooleanFilter | None = optional(
        "Whether the person is in another union on some of its days: a rule of `dataQuality` (与其他会籍重叠)"
    )
    outlasts_union: BooleanFilter | None = optional(
        "Whether it goes on though the union is dissolved: a rule of `dataQuality` (工会已撤销而会籍未终止)"
    )


@conditions("Which engagements (用工筛选)", changed=True)
class EngagementFilter:
    """Which engagements (用工筛选)."""

    id: IdFilter | None = optional("ID (标识)")
    kind: Choice[EngagementKind] | None = optional("Kind (用工形式)")
    job_title: StringFilter | None = optional("Job (岗位)")
    valid_from: DateFilter | None = optional("First day (起始日期)")
    valid_to: DateFilter | None = optional("Day on which it ended (终止日期)")
    member: MemberFilter | None = optional("The worker (职工)")
    employer: EmployerFilterRef | None = optional("The employer (用人单位)")


@strawberry.type(description="Membership of a person in a union (会籍)")
class Membership(Versioned, Node):
    """Membership of a person in a union (会籍)."""

    status: MembershipStatus = field("State (会籍状态)")
    channel: MembershipChannel = field("How the member joined (入会渠道)")
    entry: MembershipEntry | None = field(
        "How it began: a transfer if the previous membership was transferred out, or ended no earlier than this one began; empty for"
        " applications (入会方式)"
    )
    exit: MembershipExit | None = field(
        "How it ended: a transfer if its state says so, or another membership began no later; empty while no end is known (离会方式)"
    )
    applied_on: date = field("Day of application (申请日期)")
    valid_from: date | None = field("First day; empty for applications (入会日期)")
    valid_to: date | None = field("Day on which it ended; empty while it holds (终止日期)")
    end_reason: str | None = field("Why it ended (终止原因)")
    member: "Member | None" = field("The member (会员)")
    organization: OrganizationRef | None = field("The union (工会)")
    overlaps_another: bool = field(
        "Whether the person is in another union on some of its days: a rule of `dataQuality` (与其他会籍重叠)"
    )
    outlasts_union: bool = field(
        "Whether it goes on though the union is dissolved: a rule of `dataQuality` (工会已撤销而会籍未终止)"
    )


@strawberry.type(description="A worker works for an employer (用工关系)")
class Engagement(Versioned, Node):
    """A worker works for an employer (用工关系)."""

    kind: EngagementKind = field("Kind (用工形式)")
    job_title: str | None = field("Job (岗位)")
    valid_from: date = field("First day (起始日期)")
    valid_to: date | None = field("Day on which it ended; empty while it holds (终止日期)")
    member: "Member | None" = field("The worker (职工)")
    employer: EmployerRef | None = field("The employer (用人单位)")
    organization: OrganizationRef | None = field("The union responsible for the employer (负责工会)")


@strawberry.type(description="Member: a person who is or was in a union (会员)")
class Member(
    ReliefOfMember,
    AssistanceOfMember,
    CareOfMember,
    ActivitiesOfMember,
    ServicesOfMember,
    MediationOfMember,
    InsuranceOfMember,
    DisputesOfMember,
    Sourced,
    Node,
):
    """Member: a person who is or was in a union (会员)."""

    name: str = field("Name (姓名)")
    sex: Sex = field("Sex, GB/T 2261.1 (性别)")
    birth_year_from: int | None = field(
        "First year of the five-year band of birth: 1985 for 1985 to 1989; `reveal` and `verify` give the day for a purpose"
        " (出生年份段起始年：1985 表示 1985—1989 年)"
    )
    resident_number: str | None = field(
        "Resident number, GB 11643, masked: only the region is shown; `verify` compares it (公民身份号码，脱敏)"
    )
    phone: str | None = field("Mobile number, masked: only the first three digits are shown (手机号码，脱敏)")
    bank_card: str | None = field(
        "Number of the bank card as stars if there is one; for callers whom it does not concern always stars (银行卡号，不显示号码)"
    )
    bank_card_changed_on: date | None = field(
        "Day on which a correction changed the bank card, shown for thirty days to unions and the person (银行卡号变更日期，三十日内)"
    )
    resident_number_changed_on: date | None = field(
        "Day on which a correction changed the resident number, shown for thirty days (公民身份号码变更日期，三十日内)"
    )
    phone_changed_on: date | None = field(
        "Day on which a correction changed the mobile number, shown for thirty days (手机号码变更日期，三十日内)"
    )
    version: int | None = field(
        "Version: 1 when it was written, and one more with every change; for the unions and the person (版本号，仅供工会和本人)"
    )
    changed_at: datetime | None = field(
        "Time of the last change: when the transaction that made it began; for the unions and the person (最近变更时间，仅供工会和本人)"
    )
    worker_type: WorkerType = field("Occupation group (职工类别)")
    is_migrant_worker: bool = field("Whether a migrant worker (是否农民工)")
    is_model_worker: bool = field("Whether a model worker (是否劳模)")
    division: DivisionRef | None = field("Where the member lives (居住区划)")
    memberships: list[Membership] = field("Memberships, the oldest first (会籍)", **DATED)
    engagements: list[Engagement] = field("Engagements with employers (用工关系)", **DATED)
    is_probably_recorded_twice: bool | None = field(
        "Whether the person is probably recorded twice, for the unions and the person: a rule of `dataQuality` (疑似重复登记)"
    )


@strawberry.type(description="Members at the root (会员查询)")
class MembersQuery:
    """Root fields, mixed into the query root."""

    members: Connection[Member] | None = page(
        "Members, everywhere or within a union (会员列表)", MemberFilter, Order[MemberField], WITHIN, SUBTREE, PLACED
    )
    memberships: Connection[Membership] | None = page(
        "Memberships in force, everywhere or within a union; applications by `validity: NOT_BEGUN` (会籍列表)",
        MembershipFilter,
        Order[MembershipField],
        WITHIN,
        SUBTREE,
        DATED,
    )


@strawberry.type(description="Members of a union (工会会员)")
class MembersOfOrganization:
    """Fields of unions, mixed into them."""

    members: Connection[Member] = page(
        "Members of it and of the unions below (会员)", MemberFilter, Order[MemberField], SUBTREE, PLACED
    )
    memberships: Connection[Membership] = page(
        "Memberships in force; applications by `validity: NOT_BEGUN` (会籍)",
        MembershipFilter,
        Order[MembershipField],
        SUBTREE,
        DATED,
    )


@strawberry.type(description="Workers of an employer (单位职工)")
class MembersOfEmployer:
    """Fields of employers, mixed into them."""

    engagements: Connection[Engagement] = page(
        "Its workers known to the hub (用工关系)", EngagementFilter, Order[EngagementField], DATED
    )
