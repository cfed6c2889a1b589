"""Insurance enrolments, as records that are written: by their number in the agency's system."""

from db.insurance import InsuranceEnrolment, InsuranceScheme
from resolvers.writing.columns import EMPLOYER, KEY, SOURCE, column, person, source, union
from resolvers.writing.declare import Heading, Order, TableKind
from resolvers.writing.values import CodeType, CountType, DayType, DecimalType, MoneyType

ENROLMENTS = TableKind(
    name="insurance-enrolments",
    record="InsuranceEnrolment",
    heading=Heading("Insurance enrolments", "参保记录", ("参保", "工伤保险参保")),
    model=InsuranceEnrolment,
    columns=(
        *source("参保编号", example="GS2023000001", system="社保", required=True),
        union(),
        person(required=True),
        column("participant", "Insuring employer", "参保单位", KEY, "单位", "用人单位", "单位名称",
               "单位统一社会信用代码", refers_to=EMPLOYER, example="杭州示例物流有限公司"),
        column("scheme", "Scheme", "参保险种", CodeType(InsuranceScheme), "险种", required=True, example="工伤保险"),
        column("cohort", "Batch", "批次", CountType(units=("批",)), "参保批次", example="1"),
        column("base_amount", "Monthly base", "缴费基数", MoneyType(), "月缴费基数", "缴费工资", example="5000"),
        column("rate", "Rate", "费率", DecimalType(5, most=1), "缴费费率",
               note="A fraction: 0.004 for 0.4 % (小数，0.4% 写 0.004)", example="0.004"),
        column("valid_from", "Valid from", "参保日期", DayType(), "参保起始日期", "起始日期", required=True, example="2023-03-01"),
        column("valid_to", "Valid to", "终止日期", DayType(), "停保日期", "参保终止日期"),
    ),
    natural_keys=(SOURCE,),
    orders=(Order(first="valid_from", last="valid_to", message="An enrolment ends after it began."),),
)  # fmt: skip
