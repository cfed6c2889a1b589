"""Columns that several kinds of record have."""

from typing import Any

from db.input_values import normal_credit_code, normal_phone, normal_resident_number
from resolvers.writing.declare import Column, Heading, Reference
from resolvers.writing.values import DivisionType, NormalType, TextType, ValueType, compact, is_lossy

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
AGREEMENT = Reference(
    table="collective_agreement",
    keys=("number", "source_number"),
    words="agreement of a union that you may write to",
    description="a collective agreement by its number, or its number in the source system (集体合同：合同编号或来源编号)",
)
CASE = Reference(
    table="dispute_case",
    keys=("number", "source_number"),
    words="case of a union that you may write to",
    description="a dispute case by its number, or its number in the source system (劳动争议案件：案号或来源编号)",
)
PERSON = Reference(
    table="member",
    keys=("resident_number", "source_number"),
    words="member",
    description="a member of a union of yours by the resident number, 18 characters, or the number in the source system of who has none"
    " (本工会及下级工会会员的居民身份证号，18 位；没有的填来源编号)",
)

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
            "source_system", "Source system", "来源系统", TextType(60), "系统", required=required, fixed=required, example=system, note=note,
        ),
        column(
            "source_number", "Number in the source system", "来源编号", TextType(60), *aliases, "编号", required=required, fixed=required,
            example=example,
        ),
    )  # fmt: skip


SOURCE = ("source_system", "source_number")
"""The natural key of whatever comes from another system."""
