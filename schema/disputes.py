"""Dispute cases (劳动争议案件) in the schema."""

from datetime import date
from decimal import Decimal
from typing import Annotated

import strawberry

from db.agreements import ActorRole
from db.disputes import ClaimKind, DisputeBody, DisputeCause, DisputePhase, DisputeStatus, PartyRole
from db.model import Term
from schema.code_lists import describe
from schema.fields import Argument, field, optional, provisional
from schema.filters import (
    BooleanFilter,
    Choice,
    DateFilter,
    DecimalFilter,
    Held,
    IdFilter,
    IntFilter,
    Listed,
    Order,
    StringFilter,
    conditions,
)
from schema.mediation import LegalServiceFilter, MediationOfCase
from schema.records import Sourced, Versioned
from schema.refs import (
    DivisionFilterRef,
    DivisionRef,
    EmployerFilterRef,
    EmployerRef,
    MemberFilterRef,
    MemberRef,
    OrganizationFilterRef,
    OrganizationRef,
)
from schema.relay import BY_ID, DATED, DIVISION, SUBTREE, WITHIN, Connection, Node, page

DisputeSubject = Annotated[
    MemberRef | EmployerRef | OrganizationRef,
    strawberry.union(
        "DisputeSubject", description="A party to a case as a member, employer or union of the hub (当事人主体)"
    ),
]


class DisputeField(Term):
    """Columns that dispute cases can be ordered by (案件排序字段)."""

    NUMBER = "Number (案号)"
    RECEIVED_ON = "Day of receipt (接收日期)"
    ACCEPTED_ON = "Day of acceptance (受理日期)"
    CLOSED_ON = "Day of closing (结案日期)"
    CLAIMANT_COUNT = "Claimants (申请人数)"
    AMOUNT_CLAIMED = "Amount claimed (请求金额)"
    STATUS = "State (状态)"
    MEDIATION_DUE_ON = "Last day of mediation (调解到期日)"
    MEDIATION_DAYS_LEFT = (
        "Days left of mediation; cases that have left it, or have no last day, come last (调解剩余天数)"
    )
    CHANGED_AT = "Time of the last change (变更时间)"


describe(DisputeField)


class DisputePartyField(Term):
    """Columns that parties can be ordered by (当事人排序字段)."""

    ROLE = "Role (地位)"
    NAME = "Name (名称)"
    CHANGED_AT = "Time of the last change (变更时间)"


describe(DisputePartyField)


class RecoveryField(Term):
    """Columns that recoveries can be ordered by (追回排序字段)."""

    AMOUNT = "Amount (金额)"
    RECEIVED_ON = "Day of receipt (到账日期)"
    CHANGED_AT = "Time of the last change (变更时间)"


describe(RecoveryField)


@conditions("Which dispute cases (案件筛选)", changed=True, sourced=True)
class DisputeFilter:
    """Which dispute cases (案件筛选)."""

    id: IdFilter | None = optional("ID (标识)")
    number: StringFilter | None = optional("Number (案号)")
    cause: Choice[DisputeCause] | None = optional("Cause (案由)")
    phase: Choice[DisputePhase] | None = optional("Phase (阶段)")
    status: Choice[DisputeStatus] | None = optional("State (状态)")
    body: Choice[DisputeBody] | None = optional("Body that handles it (处理机构)")
    received_on: DateFilter | None = optional("Day of receipt (接收日期)")
    accepted_on: DateFilter | None = optional("Day of acceptance (受理日期)")
    closed_on: DateFilter | None = optional("Day of closing (结案日期)")
    claimant_count: IntFilter | None = optional("Claimants, persons (申请人数)")
    is_collective: BooleanFilter | None = optional("Whether collective (是否集体争议)")
    amount_claimed: DecimalFilter | None = optional("Amount claimed, yuan (请求金额)")
    mediation_due_on: DateFilter | None = optional("Last day of mediation (调解到期日)")
    mediation_due_provisional: BooleanFilter | None = optional("Whether that day is provisional (调解到期日是否暂定)")
    mediation_days_left: IntFilter | None = optional("Days left of mediation; empty once it ended (调解剩余天数)")
    overdue: BooleanFilter | None = optional("Whether its mediation is late, or ended late (是否逾期)")
    organization: OrganizationFilterRef | None = optional("The union that handles it (办理工会)")
    employer: EmployerFilterRef | None = optional("The employer (用人单位)")
    division: DivisionFilterRef | None = optional("Where it arose (发生区划)")
    recoveries: Listed["RecoveryFilter"] | None = optional("Money recovered (追回金额)")
    legal_services: Held[LegalServiceFilter] | None = optional("Links of legal service (法律服务环节)")
    lacks_closing_day: BooleanFilter | None = optional(
        "Whether it has ended and has no day of that: a rule of `dataQuality` (已办结而无结案日期)"
    )


@conditions("Which parties (当事人筛选)", changed=True)
class DisputePartyFilter:
    """Which parties (当事人筛选)."""

    role: Choice[PartyRole] | None = optional("Role (地位)")
    name: StringFilter | None = optional("Name (名称)")


@conditions("Which recoveries (追回筛选)", changed=True, sourced=True)
class RecoveryFilter:
    """Which recoveries (追回筛选)."""

    kind: Choice[ClaimKind] | None = optional("Kind (事项)")
    amount: DecimalFilter | None = optional("Amount, yuan (金额)")
    received_on: DateFilter | None = optional("Day of receipt (到账日期)")
    member: MemberFilterRef | None = optional("The worker (劳动者)")


@strawberry.type(description="Party to a dispute case (当事人)")
class DisputeParty(Versioned, Node):
    """Party to a dispute case (当事人)."""

    role: PartyRole = field("Role (地位)")
    name: str = field("Name (名称)")
    subject: DisputeSubject | None = field("The party's own record, if the hub has one (主体)")
    case: "DisputeCase | None" = field("The case (案件)")


@strawberry.type(description="Claim in a dispute case (仲裁请求)")
class DisputeClaim(Versioned, Node):
    """Claim in a dispute case (仲裁请求)."""

    kind: ClaimKind = field("What is claimed (事项)")
    amount: Decimal | None = field("Amount, yuan (金额)")


@strawberry.type(description="Dated step of a dispute case (办案环节)")
class DisputeStep(Versioned, Node):
    """Dated step of a dispute case (办案环节)."""

    phase: DisputePhase = field("Phase (阶段)")
    status: DisputeStatus = field("The state that was reached (到达状态)")
    actor: ActorRole = field("Who took the step (办理主体)")
    occurred_on: date = field("When (办理日期)")
    document_number: str | None = field("Number of the document (文号)")
    note: str | None = field("Note (备注)")


@strawberry.type(description="Money that reached a worker through a case (追回金额)")
class Recovery(Sourced, Versioned, Node):
    """Money that reached a worker through a case (追回金额)."""

    kind: ClaimKind = field("What it is for (事项)")
    amount: Decimal = field("Amount, yuan (金额)")
    received_on: date = field("When it was received (到账日期)")
    member: MemberRef | None = field("The worker (劳动者)")
    case: "DisputeCase | None" = field("The case (案件)")


@strawberry.type(description="Dispute case (劳动争议案件)")
class DisputeCase(Sourced, Versioned, Node, MediationOfCase):
    """Dispute case (劳动争议案件)."""

    number: str = field("Number (案号)")
    cause: DisputeCause = field("Cause (案由)")
    phase: DisputePhase = field("Phase (阶段)")
    status: DisputeStatus = field("State (状态)")
    body: DisputeBody = field("Body that handles it (处理机构)")
    received_on: date = field("Day of receipt (接收日期)")
    accepted_on: date | None = field("Day of acceptance (受理日期)")
    closed_on: date | None = field("Day of closing; empty while open (结案日期)")
    claimant_count: int = field("Claimants, persons (申请人数)")
    is_collective: bool = field(
        "Whether collective: ten claimants or more with a common claim, Labour Dispute Mediation and Arbitration Law art. 7 (是否集体争议)"
    )
    amount_claimed: Decimal | None = field("Amount claimed, yuan (请求金额)")
    mediation_due_on: date | None = field("Last day of mediation under the rule in force there (调解到期日)")
    mediation_due_provisional: bool | None = field(provisional("调解到期日是否暂定"))
    mediation_days_left: int | None = field(
        "Days left of mediation, negative when its last day is past; empty once it ended (调解剩余天数，天)"
    )
    overdue: bool | None = field(
        "Whether its mediation is late today, or ended late: by an outcome or by going on to arbitration or a court (是否逾期)"
    )
    organization: OrganizationRef | None = field("The union that handles it (办理工会)")
    employer: EmployerRef | None = field("The employer (用人单位)")
    division: DivisionRef | None = field("Where it arose (发生区划)")
    parties: Connection[DisputeParty] = page("Parties (当事人)", DisputePartyFilter, Order[DisputePartyField])
    claims: list[DisputeClaim] = field("Claims (仲裁请求)")
    steps: list[DisputeStep] = field("Steps, the first one first (办案环节)")
    recoveries: Connection[Recovery] = page("Money recovered (追回金额)", RecoveryFilter, Order[RecoveryField])
    lacks_closing_day: bool = field(
        "Whether it has ended and has no day of that: a rule of `dataQuality` (已办结而无结案日期)"
    )


@strawberry.type(description="Dispute cases at the root (劳动争议案件查询)")
class DisputesQuery:
    """Root fields, mixed into the query root."""

    dispute_case: DisputeCase | None = field(
        "A dispute case by exactly one of its ID and its number (劳动争议案件)",
        **BY_ID,
        number=Argument(str | None, "Its number (案号)"),
    )
    dispute_cases: Connection[DisputeCase] | None = page(
        "Dispute cases, everywhere or within a union (劳动争议案件列表)",
        DisputeFilter,
        Order[DisputeField],
        WITHIN,
        SUBTREE,
        DATED,
    )


@strawberry.type(description="Dispute cases of a union (工会办理的案件)")
class DisputesOfOrganization:
    """Fields of unions, mixed into them."""

    dispute_cases: Connection[DisputeCase] = page(
        "Dispute cases that it or a union below handles (劳动争议案件)",
        DisputeFilter,
        Order[DisputeField],
        SUBTREE,
        DATED,
    )


@strawberry.type(description="Dispute cases in a division (辖区案件)")
class DisputesOfDivision:
    """Fields of divisions, mixed into them."""

    dispute_cases: Connection[DisputeCase] = page(
        "Dispute cases that arose in it (辖区劳动争议案件)", DisputeFilter, Order[DisputeField], DIVISION, DATED
    )


@strawberry.type(description="Dispute cases of a member (会员的案件)")
class DisputesOfMember:
    """Fields of members, mixed into them."""

    dispute_cases: Connection[DisputeCase] = page(
        "Dispute cases to which the member is a party (劳动争议案件)", DisputeFilter, Order[DisputeField], DATED
    )


@strawberry.type(description="Dispute cases against an employer (单位的案件)")
class DisputesOfEmployer:
    """Fields of employers, mixed into them."""

    dispute_cases: Connection[DisputeCase] = page(
        "Dispute cases against it (劳动争议案件)", DisputeFilter, Order[DisputeField], DATED
    )
