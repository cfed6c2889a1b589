"""Insurance enrolments (参保记录) in the schema."""

from datetime import date
from decimal import Decimal

import strawberry

from db.insurance import InsuranceScheme
from db.model import Term
from schema.code_lists import describe
from schema.fields import field, optional
from schema.filters import (
    BooleanFilter,
    Choice,
    DateFilter,
    DecimalFilter,
    IdFilter,
    IntFilter,
    Order,
    StringFilter,
    conditions,
)
from schema.records import Versioned
from schema.refs import (
    EmployerFilterRef,
    EmployerRef,
    MemberFilterRef,
    MemberRef,
    OrganizationFilterRef,
    OrganizationRef,
)
from schema.relay import DATED, SUBTREE, WITHIN, Connection, Node, page


class EnrolmentField(Term):
    """Columns that insurance enrolments can be ordered by (参保排序字段)."""

    VALID_FROM = "First day (参保日期)"
    VALID_TO = "Day on which it ended (停保日期)"
    BASE_AMOUNT = "Base (缴费基数)"
    COHORT = "Batch (批次)"
    CHANGED_AT = "Time of the last change (变更时间)"


describe(EnrolmentField)


@conditions("Which insurance enrolments (参保筛选)", changed=True)
class EnrolmentFilter:
    """Which insurance enrolments (参保筛选)."""

    id: IdFilter | None = optional("ID (标识)")
    scheme: Choice[InsuranceScheme] | None = optional("Scheme (险种)")
    cohort: IntFilter | None = optional("Batch (批次)")
    base_amount: DecimalFilter | None = optional("Monthly base in yuan (缴费基数)")
    rate: DecimalFilter | None = optional("Rate (费率)")
    valid_from: DateFilter | None = optional("First day (参保日期)")
    valid_to: DateFilter | None = optional("Day on which it ended (停保日期)")
    source_number: StringFilter | None = optional("Number in the source system (来源编号)")
    member: MemberFilterRef | None = optional("The insured (参保人)")
    participant: EmployerFilterRef | None = optional("The insuring employer (参保单位)")
    organization: OrganizationFilterRef | None = optional("The union (工会)")
    is_of_former_member: BooleanFilter | None = optional(
        "Whether it goes on though the person has left their union, for both: a rule of `dataQuality` (已离会而参保未终止)"
    )


@strawberry.type(description="Enrolment of a worker in an insurance scheme (参保记录)")
class InsuranceEnrolment(Versioned, Node):
    """Enrolment of a worker in an insurance scheme (参保记录)."""

    scheme: InsuranceScheme = field("Scheme (险种)")
    cohort: int | None = field("Number of the batch (批次)")
    base_amount: Decimal | None = field("Monthly base, yuan (缴费基数)")
    rate: Decimal | None = field("Rate, a fraction of the base (费率)")
    source_system: str | None = field("Source system (来源系统)")
    source_number: str | None = field("Number in the source system (来源编号)")
    valid_from: date = field("First day (参保日期)")
    valid_to: date | None = field("Day on which it ended; empty while it holds (停保日期)")
    member: MemberRef | None = field("The insured (参保人)")
    participant: EmployerRef | None = field("The insuring employer (参保单位)")
    organization: OrganizationRef | None = field("The union (工会)")
    is_of_former_member: bool | None = field(
        "Whether it goes on though the person has left their union, for both: a rule of `dataQuality` (已离会而参保未终止)"
    )


@strawberry.type(description="Insurance enrolments at the root (参保查询)")
class InsuranceQuery:
    """Root fields, mixed into the query root."""

    insurance_enrolments: Connection[InsuranceEnrolment] | None = page(
        "Insurance enrolments, everywhere or within a union (参保记录列表)",
        EnrolmentFilter,
        Order[EnrolmentField],
        WITHIN,
        SUBTREE,
        DATED,
    )


@strawberry.type(description="Insurance enrolments of a union (工会参保记录)")
class InsuranceOfOrganization:
    """Fields of unions, mixed into them."""

    insurance_enrolments: Connection[InsuranceEnrolment] = page(
        "Insurance enrolments (参保记录)", EnrolmentFilter, Order[EnrolmentField], SUBTREE, DATED
    )


@strawberry.type(description="Insurance enrolments of a member (会员参保记录)")
class InsuranceOfMember:
    """Fields of members, mixed into them."""

    insurance_enrolments: Connection[InsuranceEnrolment] = page(
        "Insurance enrolments (参保记录)", EnrolmentFilter, Order[EnrolmentField], DATED
    )


@strawberry.type(description="Insurance enrolments by an employer (单位参保记录)")
class InsuranceOfEmployer:
    """Fields of employers, mixed into them."""

    insurance_enrolments: Connection[InsuranceEnrolment] = page(
        "Enrolments of which it is the participant (参保记录)", EnrolmentFilter, Order[EnrolmentField], DATED
    )
