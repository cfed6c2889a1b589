"""Filters and orders of paired assistance (对口协作筛选与排序)."""

from db.assistance import AidProjectKind, ClaimantKind, CooperationLineKind, DonationItem, WishItem, WishStatus
from db.columns.measurement_units import Unit
from db.model import Term
from schema.code_lists import describe
from schema.fields import optional
from schema.filters import BooleanFilter, Choice, DateFilter, DecimalFilter, IdFilter, StringFilter, conditions
from schema.refs import DivisionFilterRef, MemberFilterRef, OrganizationFilterRef, VenueFilterRef


class CooperationField(Term):
    """Columns that cooperation agreements can be ordered by (协作协议排序字段)."""

    SIGNED_ON = "Day of signing (签订日期)"
    VALID_TO = "Day on which the term ends (期限止)"


class CooperationLineField(Term):
    """Columns that lines of work can be ordered by (协作内容排序字段)."""

    KIND = "Which line (协作类别)"
    TITLE = "Title (名称)"


class WishField(Term):
    """Columns that wishes can be ordered by (微心愿排序字段)."""

    STANDARD_VALUE = "Standard value (标准金额)"
    PROPOSED_ON = "Day of proposal (征集日期)"
    CLAIMED_ON = "Day on which it was taken on (认领日期)"
    DELIVERED_ON = "Day of delivery (送达日期)"


class DonationField(Term):
    """Columns that donations can be ordered by (捐赠排序字段)."""

    QUANTITY = "Quantity (数量)"
    DONATED_ON = "Day of the donation (捐赠日期)"


class AidProjectField(Term):
    """Columns that aid projects can be ordered by (援建项目排序字段)."""

    BUDGET = "Budget (预算)"
    SPENT = "What was spent (决算)"
    STARTED_ON = "First day (开工日期)"
    COMPLETED_ON = "Day of completion (完工日期)"


class RosterField(Term):
    """Columns that rosters can be ordered by (花名册排序字段)."""

    NAME = "Name (名称)"
    AS_OF = "Day as of which it was drawn up (截至日期)"


class RosterEntryField(Term):
    """Columns that persons on a roster can be ordered by (花名册人员排序字段)."""

    ID = "As they were entered (录入顺序)"


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


@conditions("Which cooperation agreements (协作协议筛选)")
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


@conditions("Which lines of work (协作内容筛选)")
class CooperationLineFilter:
    """Which lines of work (协作内容筛选)."""

    id: IdFilter | None = optional("ID (标识)")
    kind: Choice[CooperationLineKind] | None = optional("Which line (协作类别)")
    title: StringFilter | None = optional("Title (名称)")
    agreement: CooperationFilter | None = optional("The agreement (协议)")


@conditions("Which wishes (微心愿筛选)")
class WishFilter:
    """Which wishes (微心愿筛选)."""

    id: IdFilter | None = optional("ID (标识)")
    is_collective: BooleanFilter | None = optional("Whether a group wishes (是否集体心愿)")
    item: Choice[WishItem] | None = optional("What is wished for (心愿物品)")
    standard_value: DecimalFilter | None = optional("Standard value, yuan (标准金额)")
    status: Choice[WishStatus] | None = optional("State (状态)")
    claimant_kind: Choice[ClaimantKind] | None = optional("Who took it on (认领主体)")
    proposed_on: DateFilter | None = optional("Day of proposal (征集日期)")
    claimed_on: DateFilter | None = optional("Day on which it was taken on (认领日期)")
    delivered_on: DateFilter | None = optional("Day of delivery (送达日期)")
    confirmed_on: DateFilter | None = optional("Day of confirmation (确认日期)")
    organization: OrganizationFilterRef | None = optional("The union that verified it (核实工会)")
    division: DivisionFilterRef | None = optional("Where it comes from (所在区划)")
    line: CooperationLineFilter | None = optional("The line of work (协作内容)")
    member: MemberFilterRef | None = optional("Who wishes (会员)")
    claimant: OrganizationFilterRef | None = optional("The union that took it on (认领工会)")


@conditions("Which donations (捐赠筛选)")
class DonationFilter:
    """Which donations (捐赠筛选)."""

    id: IdFilter | None = optional("ID (标识)")
    item: Choice[DonationItem] | None = optional("What is donated (捐赠物资)")
    quantity: DecimalFilter | None = optional("How much, in its unit (数量)")
    unit: Choice[Unit] | None = optional("Unit (计量单位)")
    donor_name: StringFilter | None = optional("The unit that gives (捐赠单位)")
    donated_on: DateFilter | None = optional("Day of the donation (捐赠日期)")
    organization: OrganizationFilterRef | None = optional("The union that gives (捐赠工会)")
    division: DivisionFilterRef | None = optional("The place that receives (受赠区划)")
    line: CooperationLineFilter | None = optional("The line of work (协作内容)")


@conditions("Which aid projects (援建项目筛选)")
class AidProjectFilter:
    """Which aid projects (援建项目筛选)."""

    id: IdFilter | None = optional("ID (标识)")
    kind: Choice[AidProjectKind] | None = optional("Kind (项目类型)")
    name: StringFilter | None = optional("Name (名称)")
    budget: DecimalFilter | None = optional("Budget, yuan (预算)")
    spent: DecimalFilter | None = optional("What was spent, yuan (决算)")
    started_on: DateFilter | None = optional("First day (开工日期)")
    completed_on: DateFilter | None = optional("Day of completion (完工日期)")
    organization: OrganizationFilterRef | None = optional("The federation that pays (援建工会)")
    division: DivisionFilterRef | None = optional("Where it stands (所在区划)")
    line: CooperationLineFilter | None = optional("The line of work (协作内容)")
    venue: VenueFilterRef | None = optional("The venue that came of it (建成场所)")


@conditions("Which rosters (花名册筛选)")
class RosterFilter:
    """Which rosters (花名册筛选)."""

    id: IdFilter | None = optional("ID (标识)")
    name: StringFilter | None = optional("Name (名称)")
    as_of: DateFilter | None = optional("The day as of which it was drawn up (截至日期)")
    organization: OrganizationFilterRef | None = optional("The union that keeps it (建册工会)")
    line: CooperationLineFilter | None = optional("The line of work (协作内容)")


@conditions("Which persons on a roster (花名册人员筛选)")
class RosterEntryFilter:
    """Which persons on a roster (花名册人员筛选)."""

    id: IdFilter | None = optional("ID (标识)")
    roster: RosterFilter | None = optional("The roster (花名册)")
    member: MemberFilterRef | None = optional("The person (人员)")
    division: DivisionFilterRef | None = optional("Where the person is (所在区划)")
