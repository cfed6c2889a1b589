"""Columns that several kinds of record have."""

from typing import Any

from db.input_values import normal_credit_code, normal_phone, normal_resident_number
from resolvers.writing.declare import Column, Heading, Order, Reference
from resolvers.writing.values import DayType, DivisionType, NormalType, TextType, ValueType, compact, is_lossy

UNION = Reference(
    table="organization",
    keys=("credit_code", "source_number", "name"),
    words="union that you may write to",
    union="t.id",
    description="a union by its credit code, its number in the source system, or its name (工会：统一社会信用代码、来源编号或名称)",
)
EMPLOYER = Reference(
    table="employer",
    keys=("credit_code", "name"),
    words="employer",
    description="an employer by its credit code or name (单位：统一社会信用代码或名称)",
)
DIVISION = Reference(
    table="division",
    keys=("code", "full_name"),
    words="division",
    union=None,
    description="a division by its code or full name (行政区划：代码或全称)",
)
PERSON = Reference(
    table="member",
    keys=("resident_number", "source_number"),
    words="member",
    description="a member of a union of yours by the resident number, 18 characters, or the number in the source system of who has none"
    " (本工会及下级工会会员的居民身份证号，18 位；没有的填来源编号)",
)


def part_of(table: str, words: str, chinese: str, *keys: str, union: str = "t.organization_id") -> Reference:
    """A record of another kind, by its number in the source system or by ``keys``."""
    names = {"source_number": ("number in the source system", "来源编号"), "name": ("name", "名称"), "title": ("title", "名称"),
             "number": ("number", "编号")}  # fmt: skip
    english = " or ".join(names[key][0] for key in keys)
    described = f"{words} by its {english} ({chinese}：{'或'.join(names[key][1] for key in keys)})"
    return Reference(table=table, keys=keys, words=words.partition(" ")[2], union=union, description=described)


OF_LINE = "(SELECT a.organization_id FROM cooperation_agreement a WHERE a.id = t.agreement_id)"

ACTIVITY = part_of("activity", "an activity", "活动", "source_number", "title")
AGREEMENT_ON_AID = part_of(
    "cooperation_agreement", "an agreement on paired assistance", "对口协作协议", "source_number", "title"
)
COLLECTIVE_AGREEMENT = part_of("collective_agreement", "a collective agreement", "集体合同", "number", "source_number")
CERTIFICATION = part_of("certification", "a certification", "评选认定", "source_number")
CERTIFICATION_ROUND = part_of("certification_round", "a round of a certification", "评选批次", "source_number", "name")
CENSUS_ROUND = part_of("census_round", "a census round", "摸排轮次", "name")
DISPUTE_CASE = part_of("dispute_case", "a dispute case", "争议案件", "number", "source_number")
HOUSEHOLD = part_of("household", "a household", "困难职工家庭", "source_number")
LEGAL_SERVICE = part_of("legal_service", "a legal service", "法律服务记录", "source_number")
LINE = part_of("cooperation_line", "a line of an agreement on paired assistance", "协作内容", "title", union=OF_LINE)
MEDIATION_BODY = part_of("mediation_body", "a mediation body", "调解组织", "source_number", "name")
MEDIATOR = part_of("mediator", "a mediator", "调解人员", "source_number", "name")
PROGRAMME = part_of("programme", "a programme", "专项行动", "source_number", "name")
ROSTER = part_of("roster", "a roster", "花名册", "name")
VENUE = part_of("venue", "a venue", "场所", "source_number", "name")

CREDIT_CODE = NormalType(normal_credit_code, "Unified social credit code, 18 characters", "统一社会信用代码，18 位")
RESIDENT_NUMBER = NormalType(normal_resident_number, "Resident number, 18 characters", "居民身份证号，18 位")
PHONE = NormalType(normal_phone, "Mobile number, 11 digits", "手机号，11 位")


class KeyType(ValueType):
    """A natural key of another record: a name as it is written, or a code of capital letters and digits."""

    english = "Credit code, number or name of the record"
    chinese = "该记录的统一社会信用代码、编号或名称"

    def __init__(self) -> None:
        self.text = TextType()

    def read(self, value: object) -> str:
        """See ``ValueType``. Raises what ``TextType`` does."""
        text = self.text.read(value)
        upper = text.upper()
        return upper if len(text) == 18 and text.isascii() and text.isalnum() else text


class PersonKeyType(ValueType):
    """What names a person on record: a resident number or, of who has none, a number in another system. A text of fifteen characters or
    more that are digits (the last may be X) is a resident number, so that a wrong one is found out."""

    english = "Resident number, 18 characters; of a person without one the number in the source system"
    chinese = "居民身份证号，18 位；没有的填来源编号"

    def __init__(self) -> None:
        self.text = TextType(60)

    def read(self, value: object) -> str:
        """See ``ValueType``. Raises what ``NormalType`` and ``TextType`` do."""
        text = compact(value)
        if is_lossy(value, text) or (len(text) >= 15 and text[:-1].isdigit() and text[-1] in "0123456789Xx"):
            return str(RESIDENT_NUMBER.read(value))
        return self.text.read(value)


KEY = KeyType()
PERSON_KEY = PersonKeyType()


def column(
    name: str,
    english: str,
    chinese: str,
    type_: ValueType,
    *aliases: str,
    **more: Any,
) -> Column:
    """A column, with its headings in a line; ``more`` are the other attributes of ``Column``."""
    return Column(name=name, heading=Heading(english, chinese, aliases), type=type_, **more)


def day(name: str, english: str, chinese: str, *aliases: str, **more: Any) -> Column:
    """A day of a record."""
    return column(name, english, chinese, DayType(), *aliases, **more)


def term(*, required: bool = True, example: str = "2023-01-01") -> tuple[Column, Column]:
    """The days from which and to which a record holds."""
    return (
        day("valid_from", "Valid from", "起始日期", "开始日期", "生效日期", required=required, example=example),
        day(
            "valid_to",
            "Valid to",
            "终止日期",
            "结束日期",
            "截止日期",
            note="The first day on which it no longer holds (不再有效的首日)",
        ),
    )


def employer(english: str, chinese: str, *aliases: str, **more: Any) -> Column:
    """The employer of a record."""
    names = ("单位", "单位名称", "单位统一社会信用代码", *aliases)
    return column("employer", english, chinese, KEY, *names, refers_to=EMPLOYER, example="杭州示例物流有限公司", **more)


def union(*aliases: str, **more: Any) -> Column:
    """The union to which a record belongs: required, and kept."""
    names = ("工会", "工会名称", *aliases)
    return column(
        "union", "Union", "所属工会", KEY, *names, required=True, refers_to=UNION, stored="organization_id", fixed=True,
        example="杭州市西湖区总工会", **more,
    )  # fmt: skip


def division(*aliases: str, **more: Any) -> Column:
    """The division of a record."""
    names = ("所在区划", "区划代码", *aliases)
    return column(
        "division", "Division", "行政区划", DivisionType(), *names, refers_to=DIVISION, example="330106", **more
    )


def person(*aliases: str, **more: Any) -> Column:
    """The person of a record, who is kept."""
    names = ("身份证号", "身份证号码", "身份证", "证件号码", *aliases)
    return column(
        "resident_number", "Resident number", "居民身份证号", PERSON_KEY, *names, refers_to=PERSON, stored="member_id",
        personal=True, fixed=True, example="110101199003070636", **more,
    )  # fmt: skip


def source(*aliases: str, example: str, system: str = "业务系统", required: bool = False) -> tuple[Column, Column]:
    """The number of a record in the system that it comes from, and that system. Where they are required, records keep them."""
    note = "" if required else "With the number there (与来源编号一并填写)"
    return (
        column(
            "source_system", "Source system", "来源系统", TextType(60), "系统", required=required, fixed=required, example=system,
            note=note,
        ),
        column(
            "source_number", "Number in the source system", "来源编号", TextType(60), *aliases, "编号", required=required, fixed=required,
            example=example,
        ),
    )  # fmt: skip


TERM = Order(first="valid_from", last="valid_to", message="A record holds to a day after the one from which it holds.")
"""The order of the days of ``term``."""

SOURCE = ("source_system", "source_number")
"""The natural key of whatever comes from another system."""
