"""Insurance enrolments, as records that are written: by their number in the agency's system."""

from collections.abc import Mapping, Sequence
from typing import Any

from db.insurance import InsuranceEnrolment, InsuranceScheme
from db.members import RESIDENT_NUMBER
from resolvers.writing import columns as shared
from resolvers.writing.batch import Batch, refuse_unordered
from resolvers.writing.columns import EMPLOYER, KEY, UNION, column
from resolvers.writing.declare import Heading, WritableKind
from resolvers.writing.employers import refuse_moved
from resolvers.writing.members import indexer
from resolvers.writing.parts import Part
from resolvers.writing.references import resolve
from resolvers.writing.scope import below
from resolvers.writing.taken import refuse_taken_numbers, taken_numbers
from resolvers.writing.values import CodeType, CountType, DayType, DecimalType, MoneyType, TextType

ENROLMENTS = WritableKind(
    name="insurance-enrolments",
    heading=Heading("Insurance enrolments", "参保记录", ("参保", "工伤保险参保")),
    columns=(
        column("source_system", "Source system", "来源系统", TextType(60), "系统", required=True, example="社保"),
        column("source_number", "Number in the source system", "来源编号", TextType(60), "参保编号", "编号", required=True,
               example="GS2023000001"),
        column("union", "Union", "所属工会", KEY, "工会", "工会名称", required=True, refers_to=UNION, example="杭州市西湖区总工会"),
        column("resident_number", "Resident number", "居民身份证号", shared.RESIDENT_NUMBER, "身份证号", "身份证号码", "身份证",
               "证件号码", required=True, personal=True, example="110101199003070636"),
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
    natural_keys=(("source_system", "source_number"),),
)  # fmt: skip

NAMES = ("scheme", "cohort", "base_amount", "rate", "valid_from", "valid_to")
FOUND = f"""SELECT t.id, t.version, t.organization_id, t.member_id, t.participant_id, t.source_system, t.source_number,
{", ".join(f"t.{name}" for name in NAMES)} FROM insurance_enrolment t
JOIN unnest($5::text[], $6::text[]) AS u(system, number) ON t.source_number = u.number AND t.source_system = u.system
WHERE {below("t.organization_id")} ORDER BY t.id FOR NO KEY UPDATE OF t"""  # noqa: S608 — the scope's condition
PERSONS = f"""SELECT m.id, m.resident_number_index FROM member m WHERE m.resident_number_index = ANY ($5::bytea[])
AND EXISTS (SELECT FROM membership s WHERE s.member_id = m.id AND {below("s.organization_id")} OFFSET 0)"""  # noqa: S608


async def prepare(batch: Batch) -> Sequence[Part]:
    """What is written of enrolments."""
    await resolve(batch)
    values, keys = batch.values, batch.keys
    pairs = list(zip(values["source_system"], values["source_number"], strict=True))
    wanted = [pair for pair in pairs if None not in pair]
    taken = await taken_numbers(batch, "insurance_enrolment")
    records = await batch.fetch(FOUND, [pair[0] for pair in wanted], [pair[1] for pair in wanted])
    by_number = {(each["source_system"], each["source_number"]): each for each in records}
    found: list[Mapping[str, Any] | None] = [by_number.get(pair) for pair in pairs]
    refuse_taken_numbers(batch, found, taken)
    refuse_moved(batch, found)
    members = await _members(batch)
    for row, old in enumerate(found):
        if old is not None and members[row] not in (None, old["member_id"]):
            batch.refuse(
                row,
                "OTHER_PERSON",
                "resident_number",
                "The enrolment with this number is of another person. Compare the number.",
            )
    enrolments = Part(
        InsuranceEnrolment,
        found,
        {**{name: values[name] for name in NAMES}, "participant_id": keys["participant"]},
        fixed={
            "source_system": values["source_system"], "source_number": values["source_number"], "organization_id": keys["union"],
            "member_id": members,
        },
        ids=await batch.new_keys("insurance_enrolment", found),
    )  # fmt: skip
    refuse_unordered(
        batch,
        enrolments.values["valid_from"],
        enrolments.values["valid_to"],
        "valid_to",
        "An enrolment ends after it began.",
    )
    return (enrolments,)


async def _members(batch: Batch) -> list[int | None]:
    """The persons by resident number, of those who are or were members of a union of the caller's: refuses NOT_FOUND."""
    indexes = list(map(indexer(batch.context.vault, RESIDENT_NUMBER), batch.values["resident_number"]))
    records = await batch.fetch(PERSONS, [each for row in indexes for each in row])
    known = {each["resident_number_index"]: each["id"] for each in records}
    members: list[int | None] = []
    for row, each in enumerate(indexes):
        members.append(next((known[index] for index in each if index in known), None))
        if each and members[row] is None:
            batch.refuse(
                row,
                "NOT_FOUND",
                "resident_number",
                "There is no member with this number in a union of yours. Send persons first.",
            )
    return members
