"""Columns that several kinds of record have."""

from db.input_values import normal_credit_code, normal_phone, normal_resident_number
from resolvers.writing.declare import Column, Heading, Reference
from resolvers.writing.values import NormalType, TextType, ValueType

UNION = Reference(
    table="organization",
    keys=("credit_code", "source_number", "name"),
    description="a union by its credit code, its number in the source system, or its name (工会：统一社会信用代码、来源编号或名称)",
)
EMPLOYER = Reference(
    table="employer",
    keys=("credit_code", "name"),
    description="an employer by its credit code or name (单位：统一社会信用代码或名称)",
)
DIVISION = Reference(
    table="division",
    keys=("code", "full_name"),
    description="a division by its code or full name (行政区划：代码或全称)",
)
AGREEMENT = Reference(
    table="collective_agreement",
    keys=("number", "source_number"),
    description="a collective agreement by its number, or its number in the source system (集体合同：合同编号或来源编号)",
)
CASE = Reference(
    table="dispute_case",
    keys=("number", "source_number"),
    description="a dispute case by its number, or its number in the source system (劳动争议案件：案号或来源编号)",
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


KEY = KeyType()


def column(
    name: str,
    english: str,
    chinese: str,
    type_: ValueType,
    *aliases: str,
    required: bool = False,
    refers_to: Reference | None = None,
    personal: bool = False,
    example: str = "",
    note: str = "",
) -> Column:
    """A column, with its headings in a line."""
    return Column(
        name=name,
        heading=Heading(english, chinese, aliases),
        type=type_,
        required=required,
        refers_to=refers_to,
        personal=personal,
        example=example,
        note=note,
    )
