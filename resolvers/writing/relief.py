"""Hardship files of households, and grants, as records that are written."""

from db.relief import AidGrant, GrantKind, GrantStatus, HardshipKind, Household
from resolvers.writing import columns as shared
from resolvers.writing.columns import SOURCE, TERM, column, day, division, person, source, term, union
from resolvers.writing.declare import Heading, Order, RowRule, TableKind
from resolvers.writing.values import CodeType, CountType, MoneyType, TextType

HOUSEHOLDS = TableKind(
    name="households",
    record="Household",
    heading=Heading("Households in hardship", "困难职工家庭", ("困难职工档案", "困难职工")),
    model=Household,
    columns=(
        *source("档案编号", "家庭编号", example="KN2023001"),
        union("建档工会"),
        person("困难职工身份证号", required=True),
        division("居住地区划", required=True),
        column("hardship", "Hardship", "困难类别", CodeType(HardshipKind), "困难类型", required=True, example="低保"),
        column("size", "Persons", "家庭人口", CountType(least=1, most=50, units=("人", "口")), "家庭人数", required=True, example="3"),
        *term(),
    ),
    natural_keys=(SOURCE, ("union", "resident_number", "valid_from")),
    orders=(TERM,),
)  # fmt: skip

DECIDED = ("APPROVED", "PAID")

GRANTS = TableKind(
    name="aid-grants",
    record="AidGrant",
    heading=Heading("Grants", "帮扶发放", ("帮扶资金", "慰问发放")),
    model=AidGrant,
    columns=(
        *source("发放编号", "帮扶编号", example="FF2023001"),
        union("发放工会"),
        division(required=True),
        column("kind", "Kind", "帮扶类型", CodeType(GrantKind), "类型", required=True, example="困难救助"),
        column("status", "Status", "帮扶状态", CodeType(GrantStatus), "状态", required=True, example="PAID"),
        column("household", "Household", "困难职工家庭", TextType(), "家庭编号", "档案编号", refers_to=shared.HOUSEHOLD, fixed=True,
               note="This or the person, or both (与人员至少填一项)"),
        person("领取人身份证号"),
        column("amount", "Amount", "金额", MoneyType(above_zero=True), "发放金额", "帮扶金额", example="2000"),
        column("item", "In kind", "实物", TextType(), "慰问品", example="大米",
               note="What is given, if it is not money (非资金帮扶的物品)"),
        day("applied_on", "Applied on", "申请日期", required=True, example="2023-01-05"),
        day("approved_on", "Approved on", "批准日期", "审批日期", example="2023-01-10"),
        day("paid_on", "Paid on", "发放日期", past=True, example="2023-01-15"),
    ),
    natural_keys=(
        SOURCE, ("union", "kind", "household", "applied_on"), ("union", "kind", "resident_number", "applied_on"),
    ),
    orders=(
        Order(first="applied_on", last="approved_on", message="A grant is approved on the day of the application, or later.", equal=True),
        Order(first="approved_on", last="paid_on", message="A grant is paid on the day of the approval, or later.", equal=True),
    ),
    rules=(
        RowRule(
            code="REQUIRED", column="resident_number",
            broken=lambda record: record["household"] is None and record["resident_number"] is None,
            message="Say to whom: a household, a person, or both.",
        ),
        RowRule(
            code="REQUIRED", column="amount", broken=lambda record: record["amount"] is None and record["item"] is None,
            message="Say what was given: an amount, or things.",
        ),
        RowRule(
            code="STATUS_MISMATCH", column="status",
            broken=lambda record: (record["status"] in DECIDED) != (record["approved_on"] is not None)
            or (record["status"] == "PAID") != (record["paid_on"] is not None),
            message="A grant that is APPROVED or PAID has the day of its approval, and one that is PAID that of its payment; others have"
            " none.",
        ),
    ),
)  # fmt: skip
