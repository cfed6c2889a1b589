"""Persons with their membership in a union and their engagement with an employer, as one record that is written.

What names a person on record is not changed here: it takes a correction, which another official approves (docs/purposes.md).
"""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from stdnum.cn import ric
from stdnum.exceptions import ValidationError

from db.members import (
    BIRTH_DATE,
    PHONE,
    RESIDENT_NUMBER,
    Engagement,
    EngagementKind,
    Member,
    MembershipChannel,
    MembershipStatus,
    Sex,
    WorkerType,
)
from db.personal_data.member_columns import birth_year_from
from resolvers.writing import columns as shared
from resolvers.writing.batch import Batch, Cells, refuse_unordered, rows_with
from resolvers.writing.columns import DIVISION, EMPLOYER, KEY, SOURCE, UNION, column
from resolvers.writing.declare import Heading, WritableKind
from resolvers.writing.employers import period_of
from resolvers.writing.memberships import check_memberships, memberships_of
from resolvers.writing.parts import Part
from resolvers.writing.persons import indexer
from resolvers.writing.references import resolve
from resolvers.writing.scope import below
from resolvers.writing.taken import refuse_half_numbers, taken_numbers
from resolvers.writing.values import CodeType, DayType, DivisionType, TextType, YesNoType

PERSONS = WritableKind(
    name="persons",
    record="Member",
    singular="Person",
    heading=Heading("Members", "会员", ("会员名册", "职工", "人员")),
    columns=(
        column("name", "Name", "姓名", TextType(), "会员姓名", "职工姓名", required=True, personal=True, example="张示例"),
        column(
            "resident_number", "Resident number", "居民身份证号", shared.RESIDENT_NUMBER, "身份证号", "身份证号码", "身份证", "证件号码",
            "公民身份号码", personal=True, example="110101199003070636",
            note="Also of residence permits of Hong Kong, Macao and Taiwan, and of foreigners' cards with 18 characters. Who has none is"
            " recognized by the number in the source system"
            " (含港澳台居民居住证和 18 位的外国人永久居留身份证；没有的按来源编号识别)",
        ),
        column("source_system", "Source system", "来源系统", TextType(60), "系统", note="With the number there (与来源编号一并填写)"),
        column("source_number", "Number in the source system", "来源编号", TextType(60), "人员编号", "会员编号", "职工编号"),
        column("sex", "Sex", "性别", CodeType(Sex), example="男",
               note="Follows from the resident number; UNKNOWN without either (可由身份证号得出；均无为未知)"),
        column(
            "birth_date", "Birth date", "出生日期", DayType(), "出生年月日", "生日", personal=True, example="1990-03-07",
            note="Follows from the resident number (可由身份证号得出)",
        ),
        column("phone", "Phone", "手机号", shared.PHONE, "手机号码", "联系电话", "电话", "手机", personal=True, example="13800000000"),
        column(
            "worker_type", "Occupation group", "职工类别", CodeType(WorkerType), "就业群体", "从业类别", example="快递员",
            note="EMPLOYEE if empty (空白为普通职工)",
        ),
        column("is_migrant_worker", "Migrant worker", "是否农民工", YesNoType(), "农民工", example="否"),
        column("is_model_worker", "Model worker", "是否劳模", YesNoType(), "劳模", "劳动模范", example="否"),
        column(
            "division", "Division", "行政区划", DivisionType(), "居住地区划", "所在区划", "区划代码", refers_to=DIVISION, example="330106",
        ),
        column("union", "Union", "所属工会", KEY, "工会", "工会名称", "所在工会", required=True, refers_to=UNION,
               example="杭州示例物流有限公司工会"),
        column(
            "status", "Membership status", "会籍状态", CodeType(MembershipStatus), "会员状态", example="正常",
            note="ACTIVE with a day of joining and APPLIED without one, if empty (空白：有入会日期为正常，无则为已申请)",
        ),
        column(
            "channel", "Channel", "入会渠道", CodeType(MembershipChannel), "入会途径", example="线下", note="PAPER if empty (空白为线下)",
        ),
        column("applied_on", "Applied on", "申请日期", DayType(), "申请入会日期", note="The day of joining if empty (空白同入会日期)"),
        column("joined_on", "Joined on", "入会日期", DayType(), "入会时间", "加入工会时间", example="2023-02-09"),
        column("left_on", "Left on", "离会日期", DayType(), "退会日期", "转出日期"),
        column("leaving_reason", "Reason of leaving", "离会原因", TextType(), "退会原因"),
        column("employer", "Employer", "用人单位", KEY, "单位", "单位名称", "工作单位", "单位统一社会信用代码", refers_to=EMPLOYER,
               example="杭州示例物流有限公司"),
        column(
            "engagement_kind", "Engagement", "用工形式", CodeType(EngagementKind), "用工类型", example="劳动合同",
            note="LABOUR_CONTRACT if empty (空白为劳动合同)",
        ),
        column("job_title", "Job title", "岗位", TextType(), "职务", "工种", example="分拣员"),
        column("engaged_from", "Engaged from", "入职日期", DayType(), "参加工作时间", note="The day of joining if empty (空白同入会日期)"),
        column("engaged_to", "Engaged to", "离职日期", DayType()),
    ),
    natural_keys=(("resident_number",), SOURCE),
)  # fmt: skip

KNOWN = "SELECT * FROM wall.known_persons($1::bytea[])"
OF_SYSTEMS = f"""SELECT p.* FROM wall.persons_of_systems($5::text[], $6::text[]) p
WHERE EXISTS (SELECT FROM membership s WHERE s.member_id = p.id AND {below("s.organization_id")} OFFSET 0)"""  # noqa: S608 — the scope's condition
"""A number of another system may be guessed: a person is recognized by it only where they are or were a member."""

ENGAGEMENTS = f"""SELECT t.id, t.member_id, t.employer_id, t.organization_id, t.kind, t.job_title, t.valid_from, t.valid_to
FROM engagement t WHERE t.member_id = ANY ($5::bigint[]) AND {below("t.organization_id")} ORDER BY t.id"""  # noqa: S608 — the scope's condition
EMPLOYERS_UNIONS = "SELECT id, organization_id FROM employer WHERE id = ANY ($1::bigint[])"

CHANGEABLE = ("worker_type", "is_migrant_worker", "is_model_worker")
CORRECTION = "Values that name a person on record are changed by a request for correction (`openSubjectRequest`)."


async def prepare(batch: Batch) -> Sequence[Part]:
    """What is written of persons, their memberships and their engagements."""
    await resolve(batch)
    _derive(batch)
    values = batch.values
    indexes = list(map(indexer(batch.context.vault, RESIDENT_NUMBER), values["resident_number"]))
    existing = await _existing(batch, indexes)
    keys = await batch.new_keys("member", existing)
    memberships = await memberships_of(batch, existing, keys)
    check_memberships(batch, existing, memberships)
    members = _members(batch, existing, keys, memberships, indexes)
    _check_identity(batch, existing)
    engagements = await _engagements(batch, existing, keys)
    refuse_unordered(
        batch,
        engagements.values["valid_from"],
        engagements.values["valid_to"],
        "engaged_to",
        "An engagement ends after it began.",
    )
    return members, memberships, engagements


async def _existing(batch: Batch, indexes: Sequence[Sequence[bytes]]) -> list[Mapping[str, Any] | None]:
    """For each row the person on record: by resident number, else by the number in the source system. Nobody is recognized by a name.

    Refuses REQUIRED, RECORDED_ELSEWHERE, and OTHER_PERSON or NEEDS_CORRECTION where the two numbers do not belong together: what names a
    person on record is not changed here.
    """
    values = batch.values
    sources = list(zip(*(values[name] for name in SOURCE), strict=True))
    pairs = [pair for pair in sources if None not in pair]
    refuse_half_numbers(batch)
    taken = await taken_numbers(batch, "member")
    records = await batch.connection.fetch(KNOWN, [each for row in indexes for each in row])
    by_index = {record["resident_number_index"]: record for record in records}
    records = await batch.fetch(OF_SYSTEMS, [pair[0] for pair in pairs], [pair[1] for pair in pairs])
    by_source = {(record["source_system"], record["source_number"]): record for record in records}
    existing: list[Mapping[str, Any] | None] = []
    for row, (some, source) in enumerate(zip(indexes, sources, strict=True)):
        numbered = next((by_index[each] for each in some if each in by_index), None)
        sourced = by_source.get(source)
        if batch.lacks(row, "resident_number", *SOURCE):
            batch.refuse(
                row, "REQUIRED", "resident_number",
                "Write the resident number or, of who has none, the source system and the number there.",
            )  # fmt: skip
        _check_source(batch, row, numbered, sourced, is_taken=source in taken)
        existing.append(numbered or sourced)
    return existing


def _check_source(
    batch: Batch, row: int, numbered: Mapping[str, Any] | None, sourced: Mapping[str, Any] | None, *, is_taken: bool
) -> None:
    """Refuse a number in a source system that is another person's, and a resident number for somebody who is on record without one."""
    given = tuple(batch.values[name][row] for name in SOURCE)
    recorded = None if numbered is None else tuple(numbered[name] for name in SOURCE)
    if numbered is not None and None not in given and recorded not in ((None, None), given):
        batch.refuse(
            row,
            "OTHER_PERSON",
            "source_number",
            "The person with this resident number has another number. Compare both.",
        )
    elif is_taken and sourced is None and recorded != given:
        batch.refuse(
            row, "RECORDED_ELSEWHERE", "source_number",
            "A person with this source number is a member of a union that you may not write to. Ask the federation above both unions.",
        )  # fmt: skip
    elif sourced is not None and numbered is not None and sourced["id"] != numbered["id"]:
        batch.refuse(
            row,
            "OTHER_PERSON",
            "source_number",
            "This is the number of another person than the resident number. Compare both.",
        )
    elif sourced is not None and numbered is None and batch.values["resident_number"][row] is not None:
        if sourced["resident_number_index"] is None:
            batch.refuse(
                row,
                "NEEDS_CORRECTION",
                "resident_number",
                f"The person is recorded without a resident number. {CORRECTION}",
            )
        else:
            batch.refuse(
                row, "OTHER_PERSON", "resident_number", "The person with this source number has another resident number. Compare both.",
            )  # fmt: skip


def _derive(batch: Batch) -> None:
    """Sex and day of birth, which follow from the resident number: refuses CONTRADICTION, warns of REGION_NOT_IN_FORCE."""
    values, today = batch.values, batch.context.today
    for row, number in enumerate(values["resident_number"]):
        if number is None:
            continue
        born, sex = (
            date(int(number[6:10]), int(number[10:12]), int(number[12:14])),
            "MALE" if int(number[16]) % 2 else "FEMALE",
        )
        if values["birth_date"][row] not in (None, born):
            batch.refuse(
                row,
                "CONTRADICTION",
                "birth_date",
                "The resident number has another day of birth. One of them is wrong.",
            )
        if values["sex"][row] not in (None, "UNKNOWN", "UNSTATED", sex):
            batch.refuse(row, "CONTRADICTION", "sex", "The resident number is of the other sex. One of them is wrong.")
        values["birth_date"][row], values["sex"][row] = born, sex
        if not region_in_force(number[:10]):
            batch.warn(
                row, "REGION_NOT_IN_FORCE", "resident_number",
                "The first six digits are no county of the year of birth. Numbers that were first given later have this; compare the card.",
            )  # fmt: skip
    for name, what in (("joined_on", "A membership begins"), ("engaged_from", "An engagement begins")):
        for row in rows_with(values["birth_date"], values[name]):
            if values[name][row] <= values["birth_date"][row]:
                batch.refuse(row, "DATE_ORDER", name, f"{what} after the day of birth.")
            elif values[name][row] > today:
                batch.refuse(row, "FUTURE_DATE", name, "This day is in the future.")


@lru_cache(maxsize=65536)
def region_in_force(start: str) -> bool:
    """Whether the first six digits of a resident number were a county in the year of birth, which follows them, or are those of a permit or
    card for residents of Hong Kong (81), Macao (82), Taiwan (83) or foreigners (9)."""
    if start[:6] in ("810000", "820000", "830000") or start[0] == "9":
        return True
    try:
        ric.get_birth_place(f"{start}0101")
    except ValidationError:
        return False
    return True


def _members(
    batch: Batch,
    existing: Sequence[Mapping[str, Any] | None],
    keys: Sequence[int],
    memberships: Part,
    indexes: Sequence[list[bytes]],
) -> Part:
    """The persons. Of those on record who will not be in the writer's sight nothing is changed."""
    values = batch.values
    given = {
        **{name: list(values[name]) for name in (*CHANGEABLE, *SOURCE)},
        "division_id": list(batch.keys["division"]),
    }
    for row, old in enumerate(existing):
        if old is not None and memberships.values["valid_to"][row] is not None:
            for cells in given.values():
                cells[row] = None
    active = zip(memberships.values["valid_from"], memberships.values["valid_to"], batch.keys["union"], strict=True)
    unions = [union if begins is not None and ends is None else None for begins, ends, union in active]
    return Part(
        Member,
        existing,
        given,
        # written with the person, so that the trigger of memberships, which keeps it, need not write the person again
        fixed={"organization_id": unions, **_sealed(batch, existing, keys, indexes)},
        defaults={"worker_type": "EMPLOYEE", "is_migrant_worker": False, "is_model_worker": False},
        ids=keys,
        kept=[
            old is None or old["organization_id"] in (None, union)
            for old, union in zip(existing, batch.keys["union"], strict=True)
        ],
    )


def _sealed(
    batch: Batch, existing: Sequence[Mapping[str, Any] | None], keys: Sequence[int], indexes: Sequence[list[bytes]]
) -> Mapping[str, Sequence[Any]]:
    """The columns of new persons: names, and sealed values with what masks show of them, each bound to its row's key."""
    values, vault, size = batch.values, batch.context.vault, len(batch)
    birth, number, phone = (vault.sealer(secret).seal for secret in (BIRTH_DATE, RESIDENT_NUMBER, PHONE))
    phone_index = vault.sealer(PHONE).index
    names = ("birth_date", "birth_year_from", "resident_number", "resident_number_index", "resident_number_region", "phone",
             "phone_index", "phone_head")  # fmt: skip
    sealed: dict[str, Cells] = {name: [None] * size for name in names}
    for row in range(size):
        born, digits, mobile = values["birth_date"][row], values["resident_number"][row], values["phone"][row]
        if existing[row] is not None or row in batch.refused:
            continue
        if born is not None:
            sealed["birth_date"][row] = birth(keys[row], born.isoformat())
            sealed["birth_year_from"][row] = birth_year_from(born.year)
        if digits is not None:
            sealed["resident_number"][row] = number(keys[row], digits)
            sealed["resident_number_index"][row] = indexes[row][0]
            sealed["resident_number_region"][row] = digits[:6]
        if mobile is not None:
            sealed["phone"][row] = phone(keys[row], mobile)
            sealed["phone_index"][row] = phone_index(mobile)
            sealed["phone_head"][row] = mobile[:3]
    return {"name": values["name"], "sex": [each or "UNKNOWN" for each in values["sex"]], **sealed}


def _check_identity(batch: Batch, existing: Sequence[Mapping[str, Any] | None]) -> None:
    """Refuse other names and phones than those of the person on record: OTHER_NAME, NEEDS_CORRECTION.

    Of a member of another union a caller is told no more than that (MEMBER_ELSEWHERE), and of a person in no union of theirs no phone
    is compared. A caller who has the resident number of a member is told whether a phone is the recorded one: of one phone a batch, since
    a person comes once in it, and with an entry in the audit log each time.
    """
    indexes = indexer(batch.context.vault, PHONE)
    for row, old in enumerate(existing):
        if old is None or any(each.code == "MEMBER_ELSEWHERE" for each in batch.findings.get(row, ())):
            continue
        if batch.values["name"][row] not in (None, old["name"]):
            batch.refuse(
                row, "OTHER_NAME", "name",
                f"The person with this number is recorded under another name. If the number is right: {CORRECTION}",
            )  # fmt: skip
        if old["resident_number_index"] is None:
            _check_birth(batch, row, old)
        phone = batch.values["phone"][row]
        if phone is not None and _is_of_writer(batch, row, old) and old["phone_index"] not in indexes(phone):
            batch.refuse(row, "NEEDS_CORRECTION", "phone", f"Another phone is recorded, or none. {CORRECTION}")


def _is_of_writer(batch: Batch, row: int, old: Mapping[str, Any]) -> bool:
    """Whether a person on record is in no other union than the row's, once it is written."""
    return old["organization_id"] in (None, batch.keys["union"][row])


def _check_birth(batch: Batch, row: int, old: Mapping[str, Any]) -> None:
    """Refuse another sex or years of birth than those of a person without a resident number: NEEDS_CORRECTION."""
    sex, born = batch.values["sex"][row], batch.values["birth_date"][row]
    if sex is not None and sex != old["sex"]:
        batch.refuse(row, "NEEDS_CORRECTION", "sex", f"Another sex is recorded. {CORRECTION}")
    if born is not None and birth_year_from(born.year) != old["birth_year_from"]:
        batch.refuse(row, "NEEDS_CORRECTION", "birth_date", f"Another day of birth is recorded, or none. {CORRECTION}")


async def _engagements(batch: Batch, existing: Sequence[Mapping[str, Any] | None], keys: Sequence[int]) -> Part:
    """The engagement of each person with the row's employer: the one in force, else the one that began on the same day."""
    values, employers = batch.values, batch.keys["employer"]
    wanted = sorted({each for each in employers if each is not None})
    union_of = dict(await batch.connection.fetch(EMPLOYERS_UNIONS, wanted))
    known = [row["id"] for row in existing if row is not None]
    records: dict[tuple[int, int], list[Mapping[str, Any]]] = {}
    for record in await batch.fetch(ENGAGEMENTS, known):
        records.setdefault((record["member_id"], record["employer_id"]), []).append(record)
    begins = [
        own if own is not None else joined
        for own, joined in zip(values["engaged_from"], values["joined_on"], strict=True)
    ]
    found: list[Mapping[str, Any] | None] = [None] * len(batch)
    for row, employer in enumerate(employers):
        if employer is not None:
            found[row] = period_of(records.get((keys[row], employer), []), begins[row])
            if begins[row] is None and found[row] is None:
                batch.refuse(row, "REQUIRED", "engaged_from", "Say when the engagement with the employer began.")
    begins = [
        own if old is None or own is not None else old["valid_from"] for own, old in zip(begins, found, strict=True)
    ]
    for name in ("engagement_kind", "job_title", "engaged_from", "engaged_to"):
        for row in rows_with(values[name]):
            if values["employer"][row] is None:
                batch.refuse(row, "REQUIRED", "employer", f"Say with which employer: the row has a value for `{name}`.")
    return Part(
        Engagement,
        found,
        {
            "kind": values["engagement_kind"],
            "job_title": values["job_title"],
            "valid_from": begins,
            "valid_to": values["engaged_to"],
        },
        fixed={
            "member_id": keys,
            "employer_id": employers,
            "organization_id": [union_of.get(each) for each in employers],
        },
        defaults={"kind": "LABOUR_CONTRACT"},
        present=[each is not None for each in employers],
    )
