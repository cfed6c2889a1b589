"""Paired assistance (对口协作) in the schema: agreements and their lines, wishes, donations, aid projects, rosters."""

from datetime import date
from decimal import Decimal

import strawberry

from db.assistance import AidProjectKind, ClaimantKind, CooperationLineKind, DonationItem, WishItem, WishStatus
from db.columns.measurement_units import Unit
from db.model import Term
from schema.activities import ActivitiesOfLine
from schema.code_lists import describe
from schema.fields import field, optional
from schema.filters import BooleanFilter, Choice, DateFilter, DecimalFilter, IdFilter, Order, StringFilter, conditions
from schema.records import Sourced, Versioned
from schema.refs import (
    DivisionFilterRef,
    DivisionRef,
    MemberFilterRef,
    MemberRef,
    OrganizationFilterRef,
    OrganizationRef,
    VenueFilterRef,
    VenueRef,
)
from schema.relay import DATED, DIVISION, SUBTREE, WITHIN, Connection, Node, page


class CooperationField(Term):
    """Columns that cooperation agreements can be ordered by (协作协议排序字段)."""

    SIGNED_ON = "Day of signing (签订日期)"
    VALID_TO = "Day on which the term ends (期限止)"
    CHANGED_AT = "Time of the last change (变更时间)"


class CooperationLineField(Term):
    """Columns that lines of work can be ordered by (协作内容排序字段)."""

    KIND = "Which line (协作类别)"
    TITLE = "Title (名称)"
    CHANGED_AT = "Time of the last change (变更时间)"


class WishField(Term):
    """Columns that wishes can be ordered by (微心愿排序字段)."""

    STANDARD_VALUE = "Standard value (标准金额)"
    PROPOSED_ON = "Day of proposal (征集日期)"
    CLAIMED_ON = "Day on which it was claimed (认领日期)"
    DELIVERED_ON = "Day of delivery (送达日期)"
    CHANGED_AT = "Time of the last change (变更时间)"


class DonationField(Term):
    """Columns that donations can be ordered by (捐赠排序字段)."""

    QUANTITY = "Quantity (数量)"
    DONATED_ON = "Day of the donation (捐赠日期)"
    CHANGED_AT = "Time of the last change (变更时间)"


class AidProjectField(Term):
    """Columns that aid projects can be ordered by (援建项目排序字段)."""

    BUDGET = "Budget (预算)"
    SPENT = "Amount spent (决算)"
    STARTED_ON = "First day (开工日期)"
    COMPLETED_ON = "Day of completion (完工日期)"
    CHANGED_AT = "Time of the last change (变更时间)"


class RosterField(Term):
    """Columns that rosters can be ordered by (花名册排序字段)."""

    NAME = "Name (名称)"
    AS_OF = "Day as of which it was drawn up (截至日期)"
    CHANGED_AT = "Time of the last change (变更时间)"


class RosterEntryField(Term):
    """Columns that persons on a roster can be ordered by (花名册人员排序字段)."""

    ID = "Order of entry (录入顺序)"
    CHANGED_AT = "Time of the last change (变更时间)"


for kind in (
    AidProjectField,
    AidProjectKind,
    ClaimantKind,
    CooperationField,
    CooperationLineField,
    CooperationLineKind,
    DonationField,
    DonationItem,
    RosterEntryField,
    RosterField,
    Unit,
    WishField,
    WishItem,
    WishStatus,
):
    describe(kind)


@conditions("Which cooperation agreements (协作协议筛选)", changed=True, sourced=True)
class CooperationFilter:
    """Which cooperation agreements (协作协议筛选)."""

    id: IdFilter | None = optional("ID (标识)")
    title: StringFilter | None = optional("Title (名称)")
    signed_on: DateFilter | None = optional("Day of signing (签订日期)")
    valid_from: DateFilter | None = optional("First day of its term (期限起)")
    valid_to: DateFilter | None = optional("Day on which its term ends (期限止)")
    organization: OrganizationFilterRef | None = optional("The federation that helps (支援方)")
    partner: OrganizationFilterRef | None = optional("The federation that is helped (受援方)")
    predecessor: "CooperationFilter | None" = optional("The agreement that it renews (续签自)")


@conditions("Which lines of work (协作内容筛选)", changed=True)
class CooperationLineFilter:
    """Which lines of work (协作内容筛选)."""

    id: IdFilter | None = optional("ID (标识)")
    kind: Choice[CooperationLineKind] | None = optional("Which line (协作类别)")
    title: StringFilter | None = optional("Title (名称)")
    agreement: CooperationFilter | None = optional("The agreement (协议)")


@conditions("Which wishes (微心愿筛选)", changed=True, sourced=True)
class WishFilter:
    """Which wishes (微心愿筛选)."""

    id: IdFilter | None = optional("ID (标识)")
    is_collective: BooleanFilter | None = optional("Whether it is the wish of a group (是否集体心愿)")
    item: Choice[WishItem] | None = optional("Item wished for (心愿物品)")
    standard_value: DecimalFilter | None = optional("Standard value, yuan (标准金额)")
    status: Choice[WishStatus] | None = optional("State (状态)")
    claimant_kind: Choice[ClaimantKind] | None = optional("Who claimed it (认领主体)")
    proposed_on: DateFilter | None = optional("Day of proposal (征集日期)")
    claimed_on: DateFilter | None = optional("Day on which it was claimed (认领日期)")
    delivered_on: DateFilter | None = optional("Day of delivery (送达日期)")
    confirmed_on: DateFilter | None = optional("Day of confirmation (确认日期)")
    organization: OrganizationFilterRef | None = optional("The union that verified it (核实工会)")
    division: DivisionFilterRef | None = optional("Where it comes from (所在区划)")
    line: CooperationLineFilter | None = optional("The line of work (协作内容)")
    member: MemberFilterRef | None = optional("The member who made the wish (会员)")
    claimant: OrganizationFilterRef | None = optional("The union that claimed it (认领工会)")


@conditions("Which donations (捐赠筛选)", changed=True, sourced=True)
class DonationFilter:
    """Which donations (捐赠筛选)."""

    id: IdFilter | None = optional("ID (标识)")
    item: Choice[DonationItem] | None = optional("What is donated (捐赠物资)")
    quantity: DecimalFilter | None = optional("Quantity, in its unit (数量)")
    unit: Choice[Unit] | None = optional("Unit (计量单位)")
    donor_name: StringFilter | None = optional("The unit that donates (捐赠单位)")
    donated_on: DateFilter | None = optional("Day of the donation (捐赠日期)")
    organization: OrganizationFilterRef | None = optional("The union that donates (捐赠工会)")
    division: DivisionFilterRef | None = optional("The place that receives (受赠区划)")
    line: CooperationLineFilter | None = optional("The line of work (协作内容)")


@conditions("Which aid projects (援建项目筛选)", changed=True, sourced=True)
class AidProjectFilter:
    """Which aid projects (援建项目筛选)."""

    id: IdFilter | None = optional("ID (标识)")
    kind: Choice[AidProjectKind] | None = optional("Kind (项目类型)")
    name: StringFilter | None = optional("Name (名称)")
    budget: DecimalFilter | None = optional("Budget, yuan (预算)")
    spent: DecimalFilter | None = optional("Amount spent, yuan (决算)")
    started_on: DateFilter | None = optional("First day (开工日期)")
    completed_on: DateFilter | None = optional("Day of completion (完工日期)")
    organization: OrganizationFilterRef | None = optional("The federation that pays (援建工会)")
    division: DivisionFilterRef | None = optional("Where it is located (所在区划)")
    line: CooperationLineFilter | None = optional("The line of work (协作内容)")
    venue: VenueFilterRef | None = optional("The venue that was built (建成场所)")


@conditions("Which rosters (花名册筛选)", changed=True)
class RosterFilter:
    """Which rosters (花名册筛选)."""

    id: IdFilter | None = optional("ID (标识)")
    name: StringFilter | None = optional("Name (名称)")
    as_of: DateFilter | None = optional("The day as of which it was drawn up (截至日期)")
    organization: OrganizationFilterRef | None = optional("The union that keeps it (建册工会)")
    line: CooperationLineFilter | None = optional("The line of work (协作内容)")


@conditions("Which persons on a roster (花名册人员筛选)", changed=True)
class RosterEntryFilter:
    """Which persons on a roster (花名册人员筛选)."""

    id: IdFilter | None = optional("ID (标识)")
    roster: RosterFilter | None = optional("The roster (花名册)")
    member: MemberFilterRef | None = optional("The person (人员)")
    division: DivisionFilterRef | None = optional("Where the person is (所在区划)")


@strawberry.type(description="Line of work of a cooperation agreement (协作内容)")
class CooperationLine(ActivitiesOfLine, Versioned, Node):
    """Line of work of a cooperation agreement."""

    kind: CooperationLineKind = field("Which line (协作类别)")
    title: str = field("Title (名称)")
    agreement: "CooperationAgreement | None" = field("The agreement (协议)")
    wishes: Connection["Wish"] = page("Wishes under it (微心愿)", WishFilter, Order[WishField])


@strawberry.type(description="Agreement of two federations on paired assistance (对口协作协议)")
class CooperationAgreement(Sourced, Versioned, Node):
    """Agreement of two federations on paired assistance."""

    title: str = field("Title (名称)")
    signed_on: date = field("Day of signing (签订日期)")
    valid_from: date = field("First day of its term (期限起)")
    valid_to: date | None = field("Day on which its term ends (期限止)")
    organization: OrganizationRef | None = field("The federation that helps (支援方)")
    partner: OrganizationRef | None = field("The federation that is helped (受援方)")
    predecessor: "CooperationAgreement | None" = field("The agreement that it renews (续签自)")
    lines: Connection[CooperationLine] = page(
        "Its lines of work (协作内容)", CooperationLineFilter, Order[CooperationLineField]
    )


@strawberry.type(description="Micro-wish, from proposed to confirmed (微心愿)")
class Wish(Sourced, Versioned, Node):
    """Micro-wish, from proposed to confirmed."""

    is_collective: bool = field("Whether it is the wish of a group, not of one person (是否集体心愿)")
    item: WishItem = field("Item wished for (心愿物品)")
    standard_value: Decimal = field("Standard value, yuan (标准金额)")
    status: WishStatus = field("State (状态)")
    claimant_kind: ClaimantKind | None = field("Who claimed it; empty until it is claimed (认领主体)")
    claimant_name: str | None = field("Name of the unit that claimed it; individuals are not named (认领单位)")
    proposed_on: date = field("Day of proposal (征集日期)")
    claimed_on: date | None = field("Day on which it was claimed (认领日期)")
    delivered_on: date | None = field("Day of delivery (送达日期)")
    confirmed_on: date | None = field("Day on which the recipient confirmed (确认日期)")
    organization: OrganizationRef | None = field("The union that verified it (核实工会)")
    division: DivisionRef | None = field("Where it comes from (所在区划)")
    line: CooperationLine | None = field("The line of work (协作内容)")
    member: MemberRef | None = field("The member who made the wish, if one did (会员)")
    claimant: OrganizationRef | None = field("The union that claimed it (认领工会)")


@strawberry.type(description="Donation in kind (实物捐赠)")
class Donation(Sourced, Versioned, Node):
    """Donation in kind."""

    item: DonationItem = field("What is donated (捐赠物资)")
    quantity: Decimal | None = field("Quantity, in `unit`; empty if not recorded (数量)")
    unit: Unit = field("Unit of the quantity (计量单位)")
    donor_name: str | None = field("The unit that donates through the union (捐赠单位)")
    donated_on: date = field("Day of the donation (捐赠日期)")
    organization: OrganizationRef | None = field("The union that donates (捐赠工会)")
    division: DivisionRef | None = field("The place that receives (受赠区划)")
    line: CooperationLine | None = field("The line of work (协作内容)")


@strawberry.type(description="Aid project with its budget (援建项目)")
class AidProject(Sourced, Versioned, Node):
    """Aid project with its budget."""

    kind: AidProjectKind = field("Kind (项目类型)")
    name: str = field("Name (名称)")
    budget: Decimal = field("Budget, yuan (预算)")
    spent: Decimal | None = field("Amount spent, yuan; empty until the final account (决算)")
    started_on: date = field("First day (开工日期)")
    completed_on: date | None = field("Day of completion; empty while under way (完工日期)")
    organization: OrganizationRef | None = field("The federation that pays (援建工会)")
    division: DivisionRef | None = field("Where it is located (所在区划)")
    line: CooperationLine | None = field("The line of work (协作内容)")
    venue: VenueRef | None = field("The venue that was built (建成场所)")


@strawberry.type(description="Person on a roster (花名册人员)")
class RosterEntry(Versioned, Node):
    """Person on a roster."""

    roster: "Roster | None" = field("The roster (花名册)")
    member: MemberRef | None = field("The person (人员)")
    organization: OrganizationRef | None = field("The union that keeps the roster (建册工会)")
    division: DivisionRef | None = field("Where the person is (所在区划)")


@strawberry.type(description="Roster of persons that a programme is to reach (花名册)")
class Roster(Versioned, Node):
    """Roster of persons that a programme is to reach."""

    name: str = field("Name (名称)")
    as_of: date = field("The day as of which it was drawn up (截至日期)")
    organization: OrganizationRef | None = field("The union that keeps it (建册工会)")
    line: CooperationLine | None = field("The line of work (协作内容)")
    entries: Connection[RosterEntry] = page("The persons (人员)", RosterEntryFilter, Order[RosterEntryField])


@strawberry.type(description="Paired assistance at the root (对口协作查询)")
class AssistanceQuery:
    """Root fields, mixed into the query root."""

    cooperation_agreements: Connection[CooperationAgreement] | None = page(
        "Agreements on paired assistance, everywhere or of the unions within one that helps (对口协作协议列表)",
        CooperationFilter,
        Order[CooperationField],
        WITHIN,
        SUBTREE,
        DATED,
    )
    wishes: Connection[Wish] | None = page(
        "Micro-wishes, everywhere or within a union (微心愿列表)", WishFilter, Order[WishField], WITHIN, SUBTREE
    )
    donations: Connection[Donation] | None = page(
        "Donations in kind, everywhere or within a union that donates (实物捐赠列表)",
        DonationFilter,
        Order[DonationField],
        WITHIN,
        SUBTREE,
    )
    aid_projects: Connection[AidProject] | None = page(
        "Aid projects, everywhere or within a union that pays (援建项目列表)",
        AidProjectFilter,
        Order[AidProjectField],
        WITHIN,
        SUBTREE,
        DATED,
    )
    rosters: Connection[Roster] | None = page(
        "Rosters, everywhere or within a union (花名册列表)", RosterFilter, Order[RosterField], WITHIN, SUBTREE
    )


@strawberry.type(description="Paired assistance by a union (工会对口协作)")
class AssistanceOfOrganization:
    """Fields of unions, mixed into them."""

    cooperation_agreements: Connection[CooperationAgreement] = page(
        "Agreements by which it or a union below helps another (对口协作协议)",
        CooperationFilter,
        Order[CooperationField],
        SUBTREE,
        DATED,
    )
    wishes: Connection[Wish] = page(
        "Micro-wishes that it or a union below verified (微心愿)", WishFilter, Order[WishField], SUBTREE
    )
    donations: Connection[Donation] = page(
        "Donations in kind by it and the unions below (实物捐赠)", DonationFilter, Order[DonationField], SUBTREE
    )
    aid_projects: Connection[AidProject] = page(
        "Aid projects that it or a union below pays for (援建项目)",
        AidProjectFilter,
        Order[AidProjectField],
        SUBTREE,
        DATED,
    )
    rosters: Connection[Roster] = page("Rosters (花名册)", RosterFilter, Order[RosterField], SUBTREE)


@strawberry.type(description="Paired assistance in a division (区划对口协作)")
class AssistanceOfDivision:
    """Fields of divisions, mixed into them."""

    wishes: Connection[Wish] = page(
        "Micro-wishes that come from it (辖区微心愿)", WishFilter, Order[WishField], DIVISION
    )
    donations: Connection[Donation] = page(
        "Donations that it receives (受赠物资)", DonationFilter, Order[DonationField], DIVISION
    )
    aid_projects: Connection[AidProject] = page(
        "Aid projects in it (辖区援建项目)", AidProjectFilter, Order[AidProjectField], DIVISION, DATED
    )


@strawberry.type(description="Paired assistance for a member (会员对口协作)")
class AssistanceOfMember:
    """Fields of members, mixed into them."""

    wishes: Connection[Wish] = page("The member's micro-wishes (本人微心愿)", WishFilter, Order[WishField])
    roster_entries: list[RosterEntry] = field("Rosters that name the member (所在花名册)")
