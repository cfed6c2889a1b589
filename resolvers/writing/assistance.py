"""Paired assistance: agreements and their lines, wishes, donations, aid projects and rosters, as records that are written."""

from db.assistance import (
    AidProject,
    AidProjectKind,
    ClaimantKind,
    CooperationAgreement,
    CooperationLine,
    CooperationLineKind,
    Donation,
    DonationItem,
    Roster,
    RosterEntry,
    Wish,
    WishItem,
    WishStatus,
)
from db.columns.measurement_units import Unit
from resolvers.writing import columns as shared
from resolvers.writing.columns import KEY, SOURCE, TERM, UNION, column, day, division, person, source, term, union
from resolvers.writing.declare import Column, Heading, Order, RowRule, TableKind
from resolvers.writing.values import CodeType, DecimalType, MoneyType, TextType, YesNoType


def line() -> Column:
    """The line of an agreement on paired assistance under which something is done."""
    return column("line", "Line of paired assistance", "协作内容", TextType(), refers_to=shared.LINE)


AGREEMENTS = TableKind(
    name="cooperation-agreements",
    record="CooperationAgreement",
    heading=Heading("Agreements on paired assistance", "对口协作协议"),
    model=CooperationAgreement,
    columns=(
        *source("协议编号", example="XZ2023001"),
        column("title", "Title", "协议名称", TextType(), "名称", required=True, example="东西部工会对口协作协议"),
        union("支援方工会", note="The federation that helps; the writer is above both (支援方；填报工会须为双方的上级)"),
        column("partner", "Federation helped", "受援方工会", KEY, "受援工会", required=True, fixed=True, refers_to=UNION,
               example="杭州市西湖区总工会"),
        column("predecessor", "Renews", "续签自", TextType(), "前一协议", refers_to=shared.AGREEMENT_ON_AID, fixed=True,
               note="Must be on record already (须已登记)"),
        day("signed_on", "Signed on", "签订日期", required=True, past=True, example="2022-12-20"),
        *term(),
    ),
    natural_keys=(SOURCE, ("union", "partner", "valid_from")),
    orders=(TERM,),
)  # fmt: skip

LINES = TableKind(
    name="cooperation-lines",
    record="CooperationLine",
    heading=Heading("Lines of paired assistance", "协作内容", ("四个一批",)),
    model=CooperationLine,
    columns=(
        column("agreement", "Agreement", "对口协作协议", TextType(), "协议", "协议编号", "协议名称", required=True, fixed=True,
               refers_to=shared.AGREEMENT_ON_AID, example="XZ2023001"),
        column("kind", "Kind", "内容类别", CodeType(CooperationLineKind), "类别", required=True, example="走访慰问"),
        column("title", "Title", "内容名称", TextType(), "名称", required=True, example="慰问援派干部"),
    ),
    owner="agreement",
    natural_keys=(("agreement", "kind"),),
)  # fmt: skip

WISHES = TableKind(
    name="wishes",
    record="Wish",
    heading=Heading("Wishes", "微心愿"),
    model=Wish,
    columns=(
        *source("心愿编号", example="WX2023001", required=True),
        union("核实工会"),
        division(required=True),
        line(),
        person("许愿人身份证号"),
        column("is_collective", "Of a group", "是否集体心愿", YesNoType(), "集体心愿", default=False, example="否"),
        column("item", "Item", "心愿物品", CodeType(WishItem), "物品", required=True, example="日用品"),
        column("standard_value", "Value", "心愿价值", MoneyType(), "标准金额", required=True, example="200"),
        column("status", "Status", "心愿状态", CodeType(WishStatus), "状态", required=True, example="DELIVERED"),
        column("claimant_kind", "Claimant", "认领主体", CodeType(ClaimantKind), "认领方", example="单位"),
        column("claimant", "Union that claimed it", "认领工会", KEY, refers_to=UNION),
        column("claimant_name", "Unit that claimed it", "认领单位", TextType(), "认领单位名称", example="示例物流公司",
               note="Individuals are not named (个人认领不填姓名)"),
        day("proposed_on", "Proposed on", "征集日期", "提出日期", required=True, example="2023-06-01"),
        day("claimed_on", "Claimed on", "认领日期", example="2023-06-05"),
        day("delivered_on", "Delivered on", "送达日期", example="2023-06-10"),
        day("confirmed_on", "Confirmed on", "确认日期"),
    ),
    natural_keys=(SOURCE,),
    orders=tuple(
        Order(first=first, last=last, message=f"A wish is {what}, or on the same day.", equal=True)
        for first, last, what in (
            ("proposed_on", "claimed_on", "claimed after it was proposed"),
            ("claimed_on", "delivered_on", "delivered after it was claimed"),
            ("delivered_on", "confirmed_on", "confirmed after it was delivered"),
        )
    ),
    rules=(
        RowRule(
            code="STATUS_MISMATCH", column="claimant_kind",
            broken=lambda record: (record["claimed_on"] is None) != (record["claimant_kind"] is None),
            message="A wish that was claimed has a claimant, and no other has.",
        ),
        RowRule(
            code="STATUS_MISMATCH", column="claimed_on",
            broken=lambda record: record["claimed_on"] is None and record["delivered_on"] is not None,
            message="A wish that was delivered has the day on which it was claimed.",
        ),
        RowRule(
            code="VALUES_DISAGREE", column="claimant_name",
            broken=lambda record: record["claimant_kind"] == "INDIVIDUAL" and record["claimant_name"] is not None,
            message="Individuals who claim a wish are not named.",
        ),
    ),
)  # fmt: skip

DONATIONS = TableKind(
    name="donations",
    record="Donation",
    heading=Heading("Donations in kind", "实物捐赠", ("捐赠物资",)),
    model=Donation,
    columns=(
        *source("捐赠编号", example="JZ2023001", required=True),
        union("捐赠工会"),
        division("受赠地区划", required=True),
        line(),
        column("donor_name", "Donor", "捐赠单位", TextType(), "捐赠方", example="示例物流公司",
               note="If it is another than the union (非工会捐赠时填写)"),
        column("item", "Item", "捐赠物资", CodeType(DonationItem), "物资", required=True, example="救护车"),
        column("quantity", "Quantity", "数量", DecimalType(3, most=10**11 - 1, above_zero=True), example="2"),
        column("unit", "Unit", "计量单位", CodeType(Unit), "数量单位", required=True, example="VEHICLE"),
        day("donated_on", "Donated on", "捐赠日期", required=True, past=True, example="2023-07-01"),
    ),
    natural_keys=(SOURCE,),
)  # fmt: skip

PROJECTS = TableKind(
    name="aid-projects",
    record="AidProject",
    heading=Heading("Aid projects", "援建项目"),
    model=AidProject,
    columns=(
        *source("项目编号", example="YJ2023001"),
        column("name", "Name", "项目名称", TextType(), "名称", required=True, example="示例职工书屋"),
        column("kind", "Kind", "项目类型", CodeType(AidProjectKind), "类型", required=True, example="职工书屋"),
        union("出资工会"),
        division("项目所在区划", required=True),
        line(),
        column("venue", "Venue", "建成场所", TextType(), "场所", refers_to=shared.VENUE, example="CS2023001"),
        column("budget", "Budget", "预算", MoneyType(above_zero=True), "预算金额", required=True, example="100000"),
        column("spent", "Spent", "实际支出", MoneyType(), "支出", example="98000"),
        day("started_on", "Started on", "开工日期", "开始日期", required=True, example="2023-03-01"),
        day("completed_on", "Completed on", "竣工日期", "完成日期", example="2023-09-01"),
    ),
    natural_keys=(SOURCE, ("union", "name")),
    orders=(Order(first="started_on", last="completed_on", message="A project is completed after it started.", equal=True),),
)  # fmt: skip

ROSTERS = TableKind(
    name="rosters",
    record="Roster",
    heading=Heading("Rosters", "花名册"),
    model=Roster,
    columns=(
        union(),
        column("name", "Name", "花名册名称", TextType(), "名称", required=True, example="援派干部花名册"),
        day("as_of", "As of", "截至日期", required=True, example="2023-06-30"),
        line(),
    ),
    natural_keys=(("union", "name", "as_of"),),
)  # fmt: skip

ENTRIES = TableKind(
    name="roster-entries",
    record="RosterEntry",
    heading=Heading("Persons on rosters", "花名册人员"),
    model=RosterEntry,
    columns=(
        column("roster", "Roster", "花名册", TextType(), "花名册名称", required=True, fixed=True, refers_to=shared.ROSTER,
               example="援派干部花名册"),
        person(required=True),
        division("所在地区划", required=True),
    ),
    owner="roster",
    natural_keys=(("roster", "resident_number"),),
)  # fmt: skip
