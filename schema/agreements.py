"""Collective agreements (集体合同) in the schema."""

from datetime import date

import strawberry

from db.agreements import ActorRole, AgreementKind, AgreementStatus, PartySide
from db.model import Term
from schema.code_lists import describe
from schema.fields import Argument, field, optional, provisional
from schema.filters import BooleanFilter, Choice, DateFilter, IdFilter, IntFilter, Order, StringFilter, conditions
from schema.records import Sourced, Versioned
from schema.refs import (
    DivisionFilterRef,
    DivisionRef,
    EmployerFilterRef,
    EmployerRef,
    OrganizationFilterRef,
    OrganizationRef,
)
from schema.relay import BY_ID, DATED, DIVISION, SUBTREE, WITHIN, Connection, Node, page


class AgreementField(Term):
    """Columns that collective agreements can be ordered by (集体合同排序字段)."""

    REQUESTED_ON = "Day of the request (要约日期)"
    SIGNED_ON = "Day of signing (签订日期)"
    RECEIVED_ON = "Day on which the bureau received it (收到日期)"
    EFFECTIVE_ON = "Day on which it took effect (生效日期)"
    TERM_TO = "End of the term (期满日期)"
    WORKER_COUNT = "Workers covered (覆盖职工数)"
    NUMBER = "Number (编号)"
    STATUS = "State (状态)"
    REPLY_DUE_ON = "Last day to answer the request (回应到期日)"
    SUBMISSION_DUE_ON = "Last day to submit it (报送到期日)"
    REVIEW_DUE_ON = "Last day of the bureau's review (审查到期日)"
    REPLY_DAYS_LEFT = "Days left to answer the request; agreements that are past this step, or have no last day, come last (回应剩余天数)"
    SUBMISSION_DAYS_LEFT = (
        "Days left to submit it; agreements that are past this step, or have no last day, come last (报送剩余天数)"
    )
    REVIEW_DAYS_LEFT = "Days left of the bureau's review; agreements that are past this step, or have no last day, come last (审查剩余天数)"
    CHANGED_AT = "Time of the last change (变更时间)"


describe(AgreementField)


class AgreementCoverageField(Term):
    """Columns that covered employers can be ordered by (覆盖单位排序字段)."""

    WORKER_COUNT = "Workers covered (覆盖职工数)"
    VALID_FROM = "First day (起始日期)"
    CHANGED_AT = "Time of the last change (变更时间)"


describe(AgreementCoverageField)


@conditions("Which collective agreements (集体合同筛选)", changed=True, sourced=True)
class AgreementFilter:
    """Which collective agreements (集体合同筛选)."""

    id: IdFilter | None = optional("ID (标识)")
    number: StringFilter | None = optional("Number (编号)")
    title: StringFilter | None = optional("Title (名称)")
    kind: Choice[AgreementKind] | None = optional("Kind (类型)")
    status: Choice[AgreementStatus] | None = optional("State (状态)")
    industry: StringFilter | None = optional("Industry, GB/T 4754-2017 (行业)")
    worker_count: IntFilter | None = optional("Workers covered (覆盖职工数)")
    requested_on: DateFilter | None = optional("Day of the request (要约日期)")
    signed_on: DateFilter | None = optional("Day of signing (签订日期)")
    submitted_on: DateFilter | None = optional("Day of submission (报送日期)")
    received_on: DateFilter | None = optional("Day on which the bureau received it (收到日期)")
    effective_on: DateFilter | None = optional("Day on which it took effect (生效日期)")
    published_on: DateFilter | None = optional("Day of publication (公布日期)")
    term_from: DateFilter | None = optional("First day of the term (期限起)")
    term_to: DateFilter | None = optional("End of the term (期限止)")
    reply_due_on: DateFilter | None = optional("Last day to answer the request (回应到期日)")
    reply_due_provisional: BooleanFilter | None = optional("Whether that day is provisional (回应到期日是否暂定)")
    submission_due_on: DateFilter | None = optional("Last day to submit it (报送到期日)")
    submission_due_provisional: BooleanFilter | None = optional("Whether that day is provisional (报送到期日是否暂定)")
    review_due_on: DateFilter | None = optional("Last day of the bureau's review (审查到期日)")
    review_due_provisional: BooleanFilter | None = optional("Whether that day is provisional (审查到期日是否暂定)")
    reply_days_left: IntFilter | None = optional("Days left to answer it; empty once that is done (回应剩余天数)")
    submission_days_left: IntFilter | None = optional("Days left to submit it; empty once that is done (报送剩余天数)")
    review_days_left: IntFilter | None = optional("Days left of the review; empty once that is done (审查剩余天数)")
    overdue: BooleanFilter | None = optional("Whether a step is late, or was done late (是否逾期)")
    organization: OrganizationFilterRef | None = optional("The union on the workers' side (工会)")
    employer: EmployerFilterRef | None = optional("The employer of a single-unit agreement (用人单位)")
    division: DivisionFilterRef | None = optional("Where it applies (适用区划)")
    is_past_its_end: BooleanFilter | None = optional(
        "Whether its state is in force and its term is over: a rule of `dataQuality` (期满而状态仍为生效)"
    )


@conditions("Which covered employers (覆盖单位筛选)", changed=True)
class AgreementCoverageFilter:
    """Which covered employers (覆盖单位筛选)."""

    worker_count: IntFilter | None = optional("Workers covered (覆盖职工数)")
    valid_from: DateFilter | None = optional("First day (起始日期)")
    valid_to: DateFilter | None = optional("Day on which it ended (终止日期)")
    agreement: AgreementFilter | None = optional("The agreement (集体合同)")
    employer: EmployerFilterRef | None = optional("The employer (用人单位)")


@strawberry.type(description="Party to a collective agreement (协商主体)")
class AgreementParty(Versioned, Node):
    """Party to a collective agreement (协商主体)."""

    side: PartySide = field("Side (协商方)")
    name: str = field("Name (名称)")
    chief_representative: str | None = field("Chief representative (首席代表)")
    organization: OrganizationRef | None = field("The union, on the workers' side (工会)")
    employer: EmployerRef | None = field("The employer, on the other side (用人单位)")


@strawberry.type(description="An employer whose workers a collective agreement covers (覆盖单位)")
class AgreementCoverage(Versioned, Node):
    """An employer whose workers a collective agreement covers (覆盖单位)."""

    worker_count: int = field("Workers covered, persons (覆盖职工数)")
    valid_from: date = field("First day (起始日期)")
    valid_to: date | None = field("Day on which it ended; empty while it holds (终止日期)")
    agreement: "CollectiveAgreement | None" = field("The agreement (集体合同)")
    employer: EmployerRef | None = field("The employer (用人单位)")


@strawberry.type(description="Dated step in the life of a collective agreement (办理环节)")
class AgreementStep(Versioned, Node):
    """Dated step in the life of a collective agreement (办理环节)."""

    status: AgreementStatus = field("The state that was reached (到达状态)")
    actor: ActorRole = field("Who took the step (办理主体)")
    occurred_on: date = field("When (办理日期)")
    document_number: str | None = field("Number of the document (文号)")
    roster_count: int | None = field("Delegates or workers entitled to vote, persons (应到人数)")
    present_count: int | None = field("Present, persons (实到人数)")
    votes_for: int | None = field("Votes in favour (赞成票数)")
    note: str | None = field("Note (备注)")


@strawberry.type(description="Collective agreement (集体合同)")
class CollectiveAgreement(Sourced, Versioned, Node):
    """Collective agreement (集体合同)."""

    number: str | None = field("Number (编号)")
    title: str = field("Title (名称)")
    kind: AgreementKind = field("Kind (类型)")
    status: AgreementStatus = field("State (状态)")
    industry: str | None = field("Industry: letter and two digits of GB/T 4754-2017 (行业)")
    worker_count: int = field("Workers covered, persons (覆盖职工数)")
    requested_on: date = field("Day of the request to bargain (要约日期)")
    signed_on: date | None = field("Day of signing (签订日期)")
    submitted_on: date | None = field("Day of submission to the bureau (报送日期)")
    received_on: date | None = field("Day on which the bureau received it (收到日期)")
    effective_on: date | None = field("Day on which it took effect (生效日期)")
    published_on: date | None = field("Day of publication to the staff (公布日期)")
    term_from: date | None = field("First day of the term (期限起)")
    term_to: date | None = field("Day on which the term ends (期限止)")
    reply_due_on: date | None = field("Last day to answer the request under the rule in force there (回应到期日)")
    reply_due_provisional: bool | None = field(provisional("回应到期日是否暂定"))
    reply_days_left: int | None = field(
        "Days left until that day, negative when it is past; empty once the request is answered (回应剩余天数，天)"
    )
    submission_due_on: date | None = field("Last day to submit it after signing (报送到期日)")
    submission_due_provisional: bool | None = field(provisional("报送到期日是否暂定"))
    submission_days_left: int | None = field(
        "Days left until that day, negative when it is past; empty until it is signed and once it is submitted (报送剩余天数，天)"
    )
    review_due_on: date | None = field(
        "Last day of the bureau's review; silence until then makes it effective, Labour Contract Law art. 54 (审查到期日)"
    )
    review_due_provisional: bool | None = field(provisional("审查到期日是否暂定"))
    review_days_left: int | None = field(
        "Days left until the review's last day, negative when that is past; empty unless it is under review (审查剩余天数，天)"
    )
    overdue: bool | None = field(
        "Whether its reply, submission or review is late today, or was done late; an objection ends the review (是否逾期)"
    )
    organization: OrganizationRef | None = field("The union on the workers' side (工会)")
    employer: EmployerRef | None = field("The employer of a single-unit agreement (用人单位)")
    division: DivisionRef | None = field("Where it applies (适用区划)")
    parties: list[AgreementParty] = field("Parties (协商主体)")
    steps: list[AgreementStep] = field("Steps, the first one first (办理环节)")
    coverages: Connection[AgreementCoverage] = page(
        "Employers whose workers it covers (覆盖单位)",
        AgreementCoverageFilter,
        Order[AgreementCoverageField],
        DATED,
    )
    is_past_its_end: bool = field(
        "Whether its state is in force and its term is over: a rule of `dataQuality` (期满而状态仍为生效)"
    )


@strawberry.type(description="Collective agreements at the root (集体合同查询)")
class AgreementsQuery:
    """Root fields, mixed into the query root."""

    collective_agreement: CollectiveAgreement | None = field(
        "A collective agreement by exactly one of its ID and its number (集体合同)",
        **BY_ID,
        number=Argument(str | None, "Its number (编号)"),
    )
    collective_agreements: Connection[CollectiveAgreement] | None = page(
        "Collective agreements in term, everywhere or within a union; those under way by `validity: NOT_BEGUN` (集体合同列表)",
        AgreementFilter,
        Order[AgreementField],
        WITHIN,
        SUBTREE,
        DATED,
    )


@strawberry.type(description="Collective agreements of a union (工会集体合同)")
class AgreementsOfOrganization:
    """Fields of unions, mixed into them."""

    collective_agreements: Connection[CollectiveAgreement] = page(
        "Collective agreements in term; those under way by `validity: NOT_BEGUN` (集体合同)",
        AgreementFilter,
        Order[AgreementField],
        SUBTREE,
        DATED,
    )


@strawberry.type(description="Collective agreements in a division (辖区集体合同)")
class AgreementsOfDivision:
    """Fields of divisions, mixed into them."""

    collective_agreements: Connection[CollectiveAgreement] = page(
        "Collective agreements that apply in it (辖区集体合同)", AgreementFilter, Order[AgreementField], DIVISION, DATED
    )


@strawberry.type(description="Collective agreements of an employer (单位集体合同)")
class AgreementsOfEmployer:
    """Fields of employers, mixed into them."""

    collective_agreements: Connection[CollectiveAgreement] = page(
        "Collective agreements of its own, to which it is the party (本单位集体合同)",
        AgreementFilter,
        Order[AgreementField],
        DATED,
    )
    agreement_coverages: Connection[AgreementCoverage] = page(
        "Collective agreements that cover it (适用集体合同)",
        AgreementCoverageFilter,
        Order[AgreementCoverageField],
        DATED,
    )
