"""Relief (困难帮扶) in the schema: households in hardship, their children, and grants."""

from datetime import date
from decimal import Decimal

import strawberry

from db.model import Term
from db.relief import GrantKind, GrantStatus, HardshipKind, SchoolStage
from schema.activities import ActivitiesOfHousehold, AttendanceFilter
from schema.code_lists import describe
from schema.fields import CARD_CHANGED_ON, field, optional
from schema.filters import (
    Choice,
    DateFilter,
    DecimalFilter,
    IdFilter,
    IntFilter,
    Listed,
    Order,
    StringFilter,
    conditions,
)
from schema.records import Sourced, Versioned
from schema.refs import (
    DivisionFilterRef,
    DivisionRef,
    MemberFilterRef,
    MemberRef,
    OrganizationFilterRef,
    OrganizationRef,
)
from schema.relay import DATED, DIVISION, SUBTREE, WITHIN, Connection, Node, page

for kind in (GrantKind, GrantStatus, HardshipKind, SchoolStage):
    describe(kind)


class HouseholdField(Term):
    """Columns that households can be ordered by (困难家庭排序字段)."""

    SIZE = "Persons (人口数)"
    VALID_FROM = "Day of filing (建档日期)"
    VALID_TO = "Day on which it left hardship (脱困日期)"
    CHANGED_AT = "Time of the last change (变更时间)"


describe(HouseholdField)


class DependantField(Term):
    """Columns that children can be ordered by (子女排序字段)."""

    BIRTH_YEAR_FROM = "Five-year band of birth (出生年份段)"
    CHANGED_AT = "Time of the last change (变更时间)"


describe(DependantField)


class AidGrantField(Term):
    """Columns that grants can be ordered by (帮扶排序字段)."""

    AMOUNT = "Amount (金额)"
    APPLIED_ON = "Day of application (申请日期)"
    APPROVED_ON = "Day of approval (批准日期)"
    PAID_ON = "Day of payment (发放日期)"
    CHANGED_AT = "Time of the last change (变更时间)"


describe(AidGrantField)


@conditions("Which households (困难家庭筛选)", changed=True, sourced=True)
class HouseholdFilter:
    """Which households (困难家庭筛选)."""

    id: IdFilter | None = optional("ID (标识)")
    hardship: Choice[HardshipKind] | None = optional("Category of hardship (困难类别)")
    size: IntFilter | None = optional("Persons (人口数)")
    valid_from: DateFilter | None = optional("Day of filing (建档日期)")
    valid_to: DateFilter | None = optional("Day on which it left hardship (脱困日期)")
    member: MemberFilterRef | None = optional("Its worker (职工)")
    organization: OrganizationFilterRef | None = optional("The union that keeps its file (建档工会)")
    division: DivisionFilterRef | None = optional("Where it lives (居住区划)")
    attendances: Listed[AttendanceFilter] | None = optional("Visits to it (走访记录)")


@conditions("Which children (子女筛选)", changed=True)
class DependantFilter:
    """Which children (子女筛选)."""

    id: IdFilter | None = optional("ID (标识)")
    birth_year_from: IntFilter | None = optional(
        "First year of the five-year band of birth: 2010 for 2010 to 2014 (出生年份段起始年)"
    )
    school_stage: Choice[SchoolStage] | None = optional("School stage (学段)")
    household: HouseholdFilter | None = optional("The household (困难家庭)")


@conditions("Which grants (帮扶筛选)", changed=True, sourced=True)
class AidGrantFilter:
    """Which grants (帮扶筛选)."""

    id: IdFilter | None = optional("ID (标识)")
    kind: Choice[GrantKind] | None = optional("What it is for (帮扶类型)")
    status: Choice[GrantStatus] | None = optional("State (状态)")
    amount: DecimalFilter | None = optional("Amount, yuan (金额)")
    item: StringFilter | None = optional("What was given in kind (物品)")
    applied_on: DateFilter | None = optional("Day of application (申请日期)")
    approved_on: DateFilter | None = optional("Day of approval (批准日期)")
    paid_on: DateFilter | None = optional("Day of payment (发放日期)")
    household: HouseholdFilter | None = optional("The household (困难家庭)")
    dependant: DependantFilter | None = optional("The child (子女)")
    member: MemberFilterRef | None = optional("The member (会员)")
    organization: OrganizationFilterRef | None = optional("The union that grants it (发放工会)")
    division: DivisionFilterRef | None = optional("Where it was paid (发放区划)")


@strawberry.type(description="Child of a household in hardship; never named (困难职工子女)")
class Dependant(Versioned, Node):
    """Child of a household in hardship."""

    birth_year_from: int = field("First year of the five-year band of birth: 2010 for 2010 to 2014 (出生年份段起始年)")
    school_stage: SchoolStage | None = field("School stage (学段)")
    household: "Household | None" = field("The household (困难家庭)")
    organization: OrganizationRef | None = field("The union that keeps the file (建档工会)")
    aid_grants: Connection["AidGrant"] = page("Grants for the child (助学及帮扶)", AidGrantFilter, Order[AidGrantField])


@strawberry.type(description="Household in hardship, on file with a union (困难职工家庭)")
class Household(ActivitiesOfHousehold, Sourced, Versioned, Node):
    """Household in hardship, on file with a union."""

    hardship: HardshipKind = field("Category of hardship (困难类别)")
    size: int = field("Persons (人口数)")
    valid_from: date = field("Day of filing (建档日期)")
    valid_to: date | None = field("Day on which it left hardship; empty while on file (脱困日期)")
    member: MemberRef | None = field("Its worker (职工)")
    organization: OrganizationRef | None = field("The union that keeps its file (建档工会)")
    division: DivisionRef | None = field("Where it lives (居住区划)")
    dependants: Connection[Dependant] = page("Its children (子女)", DependantFilter, Order[DependantField])
    aid_grants: Connection["AidGrant"] = page(
        "Grants to it and its children (帮扶记录)", AidGrantFilter, Order[AidGrantField]
    )


@strawberry.type(description="Grant in money or in kind (帮扶资金、物品)")
class AidGrant(Sourced, Versioned, Node):
    """Grant in money or in kind."""

    kind: GrantKind = field("What it is for (帮扶类型)")
    status: GrantStatus = field("State (状态)")
    amount: Decimal | None = field("Amount, yuan; empty for a gift in kind (金额)")
    item: str | None = field("What was given in kind (物品)")
    applied_on: date = field("Day of application (申请日期)")
    approved_on: date | None = field("Day of approval (批准日期)")
    paid_on: date | None = field("Day of payment; empty while pending (发放日期)")
    bank_card_changed_on: date | None = field(CARD_CHANGED_ON)
    household: Household | None = field("The household (困难家庭)")
    dependant: Dependant | None = field("The child that it is for (子女)")
    member: MemberRef | None = field("The member, when it is for one (会员)")
    organization: OrganizationRef | None = field("The union that grants it (发放工会)")
    division: DivisionRef | None = field("Where it was paid (发放区划)")


@strawberry.type(description="Relief at the root (困难帮扶查询)")
class ReliefQuery:
    """Root fields, mixed into the query root."""

    households: Connection[Household] | None = page(
        "Households in hardship, everywhere or within a union (困难职工家庭列表)",
        HouseholdFilter,
        Order[HouseholdField],
        WITHIN,
        SUBTREE,
        DATED,
    )
    aid_grants: Connection[AidGrant] | None = page(
        "Grants, everywhere or within a union (帮扶列表)", AidGrantFilter, Order[AidGrantField], WITHIN, SUBTREE
    )


@strawberry.type(description="Relief by a union (工会困难帮扶)")
class ReliefOfOrganization:
    """Fields of unions, mixed into them."""

    households: Connection[Household] = page(
        "Households in hardship on its file or below (困难职工家庭)",
        HouseholdFilter,
        Order[HouseholdField],
        SUBTREE,
        DATED,
    )
    aid_grants: Connection[AidGrant] = page(
        "Grants by it and the unions below (帮扶)", AidGrantFilter, Order[AidGrantField], SUBTREE
    )


@strawberry.type(description="Relief in a division (区划困难帮扶)")
class ReliefOfDivision:
    """Fields of divisions, mixed into them."""

    households: Connection[Household] = page(
        "Households in hardship that live in it (辖区困难职工家庭)",
        HouseholdFilter,
        Order[HouseholdField],
        DIVISION,
        DATED,
    )
    aid_grants: Connection[AidGrant] = page(
        "Grants paid in it (辖区帮扶)", AidGrantFilter, Order[AidGrantField], DIVISION
    )


@strawberry.type(description="Relief for a member (会员困难帮扶)")
class ReliefOfMember:
    """Fields of members, mixed into them."""

    households: Connection[Household] = page(
        "Files of the member's household (困难家庭档案)", HouseholdFilter, Order[HouseholdField], DATED
    )
    aid_grants: Connection[AidGrant] = page(
        "Grants to the member in person (本人帮扶)", AidGrantFilter, Order[AidGrantField]
    )
