"""Care of the seriously ill (大病帮扶) and mutual medical aid (职工医疗互助) in the schema."""

from datetime import date
from decimal import Decimal

import strawberry

from db.care import CareStepKind, ClaimStatus
from db.model import Term
from schema.code_lists import describe
from schema.fields import CARD_CHANGED_ON, field, optional
from schema.filters import Choice, DateFilter, DecimalFilter, IdFilter, Order, conditions
from schema.records import Sourced, Versioned
from schema.refs import (
    DivisionFilterRef,
    DivisionRef,
    MemberFilterRef,
    MemberRef,
    OrganizationFilterRef,
    OrganizationRef,
)
from schema.relay import DATED, SUBTREE, WITHIN, Connection, Node, page


class CareCaseField(Term):
    """Columns that care cases can be ordered by (帮扶个案排序字段)."""

    ONSET_ON = "Day of the onset (发病日期)"
    OPENED_ON = "Day of opening (立案日期)"
    CLOSED_ON = "Day of closing (结案日期)"
    CHANGED_AT = "Time of the last change (变更时间)"


class CareShiftField(Term):
    """Columns that shifts can be ordered by (陪护排序字段)."""

    SERVED_ON = "The day (陪护日期)"
    CHANGED_AT = "Time of the last change (变更时间)"


class MutualAidEnrolmentField(Term):
    """Columns that enrolments in mutual aid can be ordered by (互助参保排序字段)."""

    PREMIUM = "Premium (保费)"
    VALID_FROM = "First day (生效日期)"
    VALID_TO = "Day on which it ends (终止日期)"
    CHANGED_AT = "Time of the last change (变更时间)"


class MutualAidClaimField(Term):
    """Columns that claims of mutual aid can be ordered by (互助金申请排序字段)."""

    FILED_ON = "Day of filing (申请日期)"
    PAID_ON = "Day of payment (给付日期)"
    AMOUNT = "Amount (金额)"
    CHANGED_AT = "Time of the last change (变更时间)"


for kind in (CareCaseField, CareShiftField, CareStepKind, ClaimStatus, MutualAidClaimField, MutualAidEnrolmentField):
    describe(kind)


@conditions("Which care cases (帮扶个案筛选)", changed=True, sourced=True)
class CareCaseFilter:
    """Which care cases (帮扶个案筛选)."""

    id: IdFilter | None = optional("ID (标识)")
    onset_on: DateFilter | None = optional("Day of the onset (发病日期)")
    opened_on: DateFilter | None = optional("Day of opening (立案日期)")
    closed_on: DateFilter | None = optional("Day of closing (结案日期)")
    member: MemberFilterRef | None = optional("The patient (患病职工)")
    organization: OrganizationFilterRef | None = optional("The union that handles it (办理工会)")
    division: DivisionFilterRef | None = optional("Where the patient fell ill (发病区划)")


@conditions("Which shifts (陪护筛选)", changed=True)
class CareShiftFilter:
    """Which shifts (陪护筛选)."""

    served_on: DateFilter | None = optional("The day (陪护日期)")
    member: MemberFilterRef | None = optional("The carer (陪护人员)")


@conditions("Which enrolments in mutual medical aid (互助参保筛选)", changed=True, sourced=True)
class MutualAidEnrolmentFilter:
    """Which enrolments in mutual medical aid (互助参保筛选)."""

    id: IdFilter | None = optional("ID (标识)")
    premium: DecimalFilter | None = optional("Premium, yuan (保费)")
    valid_from: DateFilter | None = optional("First day (生效日期)")
    valid_to: DateFilter | None = optional("Day on which it ends (终止日期)")
    member: MemberFilterRef | None = optional("The member (会员)")
    organization: OrganizationFilterRef | None = optional("The union (工会)")


@conditions("Which claims of mutual medical aid (互助金申请筛选)", changed=True, sourced=True)
class MutualAidClaimFilter:
    """Which claims of mutual medical aid (互助金申请筛选)."""

    id: IdFilter | None = optional("ID (标识)")
    status: Choice[ClaimStatus] | None = optional("State (状态)")
    filed_on: DateFilter | None = optional("Day of filing (申请日期)")
    approved_on: DateFilter | None = optional("Day of approval (批准日期)")
    paid_on: DateFilter | None = optional("Day of payment (给付日期)")
    amount: DecimalFilter | None = optional("Amount, yuan (金额)")
    enrolment: MutualAidEnrolmentFilter | None = optional("The enrolment (参保)")
    case: CareCaseFilter | None = optional("The care case (帮扶个案)")
    member: MemberFilterRef | None = optional("The member (会员)")
    organization: OrganizationFilterRef | None = optional("The union that handles it (办理工会)")


@strawberry.type(description="Dated step of a care case (帮扶记录)")
class CareStep(Versioned, Node):
    """Dated step of a care case."""

    kind: CareStepKind = field("Step (环节)")
    occurred_on: date = field("When (日期)")
    note: str | None = field("Note; for the handling union and the patient only (备注)")
    case: "CareCase | None" = field("The case (个案)")
    from_division: DivisionRef | None = field("From where, in a transfer (转出区划)")
    to_division: DivisionRef | None = field("To where (转入区划)")


@strawberry.type(description="Day on which a carer attended the patient: one person-day (陪护班次)")
class CareShift(Versioned, Node):
    """Day on which somebody attended the patient."""

    served_on: date = field("The day (陪护日期)")
    case: "CareCase | None" = field("The case (个案)")
    member: MemberRef | None = field("The carer (陪护人员)")


@strawberry.type(description="Enrolment in mutual medical aid (职工医疗互助参保)")
class MutualAidEnrolment(Sourced, Versioned, Node):
    """Enrolment in mutual medical aid."""

    premium: Decimal | None = field("Premium, yuan (保费)")
    valid_from: date = field("First day (生效日期)")
    valid_to: date | None = field("Day on which it ends (终止日期)")
    member: MemberRef | None = field("The member (会员)")
    organization: OrganizationRef | None = field("The union (工会)")
    mutual_aid_claims: list["MutualAidClaim"] = field("Claims under it (互助金申请)")


@strawberry.type(description="Claim of mutual medical aid (互助金申请)")
class MutualAidClaim(Sourced, Versioned, Node):
    """Claim of mutual medical aid."""

    status: ClaimStatus = field("State (状态)")
    filed_on: date = field("Day of filing (申请日期)")
    approved_on: date | None = field("Day of approval (批准日期)")
    paid_on: date | None = field("Day of payment; empty while pending (给付日期)")
    amount: Decimal | None = field("Amount, yuan, once approved (金额)")
    bank_card_changed_on: date | None = field(CARD_CHANGED_ON)
    enrolment: MutualAidEnrolment | None = field("The enrolment (参保)")
    case: "CareCase | None" = field("The care case (帮扶个案)")
    member: MemberRef | None = field("The member (会员)")
    organization: OrganizationRef | None = field("The union that handles it (办理工会)")


@strawberry.type(
    description="Care case of a seriously ill member: health data, shown to the handling union and the patient only (帮扶个案)"
)
class CareCase(Sourced, Versioned, Node):
    """Care case of a seriously ill member."""

    diagnosis: str | None = field("Diagnosis; for the handling union and the patient only (诊断)")
    onset_on: date | None = field("Day of the onset (发病日期)")
    opened_on: date = field("Day of opening (立案日期)")
    closed_on: date | None = field("Day of closing; empty while open (结案日期)")
    member: MemberRef | None = field("The patient (患病职工)")
    organization: OrganizationRef | None = field("The union that handles it (办理工会)")
    division: DivisionRef | None = field("Where the patient fell ill (发病区划)")
    steps: list[CareStep] = field("Steps, the first one first (帮扶记录)")
    shifts: Connection[CareShift] = page("Shifts of carers (陪护班次)", CareShiftFilter, Order[CareShiftField])
    mutual_aid_claims: list[MutualAidClaim] = field("Claims of mutual aid for it (互助金申请)")


@strawberry.type(description="Care and mutual aid at the root (大病帮扶查询)")
class CareQuery:
    """Root fields, mixed into the query root."""

    care_cases: Connection[CareCase] | None = page(
        "Care cases that the caller handles (帮扶个案列表)",
        CareCaseFilter,
        Order[CareCaseField],
        WITHIN,
        SUBTREE,
        DATED,
    )
    mutual_aid_enrolments: Connection[MutualAidEnrolment] | None = page(
        "Enrolments in mutual medical aid, everywhere or within a union (互助参保列表)",
        MutualAidEnrolmentFilter,
        Order[MutualAidEnrolmentField],
        WITHIN,
        SUBTREE,
        DATED,
    )
    mutual_aid_claims: Connection[MutualAidClaim] | None = page(
        "Claims of mutual medical aid that the caller handles (互助金申请列表)",
        MutualAidClaimFilter,
        Order[MutualAidClaimField],
        WITHIN,
        SUBTREE,
    )


@strawberry.type(description="Care and mutual aid by a union (工会大病帮扶)")
class CareOfOrganization:
    """Fields of unions, mixed into them."""

    care_cases: Connection[CareCase] = page(
        "Care cases that the caller handles (帮扶个案)", CareCaseFilter, Order[CareCaseField], SUBTREE, DATED
    )
    mutual_aid_enrolments: Connection[MutualAidEnrolment] = page(
        "Enrolments in mutual medical aid (互助参保)",
        MutualAidEnrolmentFilter,
        Order[MutualAidEnrolmentField],
        SUBTREE,
        DATED,
    )
    mutual_aid_claims: Connection[MutualAidClaim] = page(
        "Claims of mutual medical aid that the caller handles (互助金申请)",
        MutualAidClaimFilter,
        Order[MutualAidClaimField],
        SUBTREE,
    )


@strawberry.type(description="Care and mutual aid for a member (会员大病帮扶)")
class CareOfMember:
    """Fields of members, mixed into them."""

    care_cases: Connection[CareCase] = page(
        "Care cases of the member (本人帮扶个案)", CareCaseFilter, Order[CareCaseField], DATED
    )
    mutual_aid_enrolments: list[MutualAidEnrolment] = field("Enrolments in mutual medical aid (互助参保)", **DATED)
