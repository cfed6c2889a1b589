"""Unions with their links to parents and a committee's term, as one record that is written. A parent may come later in the same batch.

A union that is on record keeps its parents here: a move has a day and a reason (``resolvers.reorganizations``).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from db.columns.industries import INDUSTRY
from db.hierarchies import LOCK
from db.organizations import (
    CommitteeKind,
    CommitteeTerm,
    Hierarchy,
    Organization,
    OrganizationForm,
    OrganizationKind,
    OrganizationLevel,
    OrganizationStatus,
)
from resolvers.writing.batch import Batch, refuse_unordered, rows_with
from resolvers.writing.columns import CREDIT_CODE, DIVISION, KEY, UNION, column
from resolvers.writing.declare import Heading, WritableKind
from resolvers.writing.links import links_of
from resolvers.writing.parts import Part
from resolvers.writing.references import resolve
from resolvers.writing.scope import below
from resolvers.writing.taken import refuse_taken_codes, refuse_taken_numbers, taken_codes, taken_numbers
from resolvers.writing.values import CodeType, CountType, DayType, DivisionType, TextType

UNIONS = WritableKind(
    name="unions",
    record="Organization",
    singular="Union",
    heading=Heading("Unions", "工会组织", ("工会", "工会名册")),
    columns=(
        column("name", "Name", "工会名称", TextType(), "名称", "工会全称", required=True, example="杭州示例物流有限公司工会"),
        column("level", "Level", "工会层级", CodeType(OrganizationLevel), "层级", "级别", required=True, example="基层"),
        column("kind", "Kind", "工会类型", CodeType(OrganizationKind), "类型", required=True, example="基层工会"),
        column("form", "Form", "组织形式", CodeType(OrganizationForm), "建会形式", required=True, example="单独基层工会"),
        column("status", "Status", "工会状态", CodeType(OrganizationStatus), "状态", example="正常",
               note="NORMAL if empty, DISSOLVED with a day of dissolution (空白为正常，有撤销日期为撤销)"),
        column("credit_code", "Credit code", "统一社会信用代码", CREDIT_CODE, "信用代码", "工会统一社会信用代码",
               example="81330106MC00000H33"),
        column("source_system", "Source system", "来源系统", TextType(60), "系统", note="With the number there (与来源编号一并填写)"),
        column("source_number", "Number in the source system", "来源编号", TextType(60), "工会编号", "组织编号"),
        column("parent", "Parent", "上级工会", KEY, "上级工会名称", "上级组织", refers_to=UNION, example="杭州市西湖区总工会",
               note="The leading parent; required of a new union (主要领导的上级工会；新工会必填)"),
        column("hierarchy", "Hierarchy", "隶属体系", CodeType(Hierarchy), "隶属关系", example="地方",
               note="That of the leading parent; TERRITORIAL if empty (空白为地方)"),
        column("second_parent", "Second parent", "另一上级工会", KEY, "双重领导上级", refers_to=UNION,
               note="The parent in the other hierarchy, which does not lead (另一隶属体系中的上级工会)"),
        column("linked_on", "Linked on", "隶属起始日期", DayType(), note="The day of establishment if empty (空白同成立日期)"),
        column("division", "Division", "行政区划", DivisionType(), "所在区划", "区划代码", refers_to=DIVISION, example="330106"),
        column("industry", "Industry", "行业", CodeType(INDUSTRY.codes), "所属行业", "行业代码", example="G54"),
        column("established_on", "Established on", "成立日期", DayType(), "建会日期", "批准成立日期", example="2019-03-04"),
        column("dissolved_on", "Dissolved on", "撤销日期", DayType()),
        column("committee", "Committee", "委员会种类", CodeType(CommitteeKind), "委员会", example="工会委员会",
               note="COMMITTEE if empty (空白为工会委员会)"),
        column("term_number", "Term", "届次", CountType(least=1, most=200, units=("届",)), "第几届", example="1"),
        column("elected_on", "Elected on", "选举日期", DayType(), "换届日期", example="2019-03-04"),
        column("chair_name", "Chair", "主席姓名", TextType(60), "主席", "工会主席", personal=True, example="张示例"),
        column("term_from", "Term begins", "任期起始日期", DayType(), note="The day of the election if empty (空白同选举日期)"),
        column("term_to", "Term ends", "任期届满日期", DayType(), "任期截止"),
    ),
    natural_keys=(("credit_code",), ("source_system", "source_number"), ("parent", "name")),
)  # fmt: skip

NAMES = (
    "name", "level", "kind", "form", "status", "division_id", "industry", "credit_code", "source_system", "source_number",
    "established_on", "dissolved_on",
)  # fmt: skip
FOUND = f"""SELECT t.id, t.version, {", ".join(f"t.{name}" for name in NAMES)},
    ARRAY(SELECT l.parent_id FROM organization_link l WHERE l.child_id = t.id AND l.valid_to IS NULL) AS parents
FROM organization t WHERE {below("t.id")} AND t.id IN (
    SELECT c.id FROM organization c WHERE c.credit_code = ANY ($5::text[])
    UNION SELECT s.id FROM unnest($6::text[], $7::text[]) AS u(system, number)
        JOIN organization s ON s.source_number = u.number AND s.source_system = u.system
    UNION SELECT n.id FROM unnest($8::bigint[], $9::text[]) AS u(parent, name)
        JOIN organization n ON n.name = u.name
        JOIN organization_link l ON l.child_id = n.id AND l.parent_id = u.parent AND l.valid_to IS NULL
) ORDER BY t.id FOR NO KEY UPDATE OF t"""  # noqa: S608 — the scope's condition
TERMS = f"""SELECT t.id, t.organization_id, t.committee, t.number, t.elected_on, t.chair_name, t.valid_from, t.valid_to
FROM committee_term t WHERE t.organization_id = ANY ($5::bigint[]) AND {below("t.organization_id")} ORDER BY t.id"""  # noqa: S608
FIXED = ("level", "kind")
UNION_CODES = ("81", "89")

Record = Mapping[str, Any]


async def prepare(batch: Batch) -> Sequence[Part]:
    """What is written of unions, their links and terms."""
    await batch.connection.execute("SELECT pg_advisory_xact_lock($1)", LOCK)
    await resolve(batch, later=("parent", "second_parent"))
    values, keys = batch.values, batch.keys
    codes, numbers = await taken_codes(batch, "organization"), await taken_numbers(batch, "organization")
    found = await _found(batch)
    refuse_taken_codes(batch, found, codes)
    refuse_taken_numbers(batch, found, numbers)
    for row, (status, dissolved) in enumerate(zip(values["status"], values["dissolved_on"], strict=True)):
        if status is None and dissolved is not None:
            values["status"][row] = "DISSOLVED"
    unions = Part(
        Organization,
        found,
        {
            **{name: values[name] for name in NAMES if name not in ("division_id", *FIXED)},
            "division_id": keys["division"],
        },
        fixed={name: values[name] for name in FIXED},
        defaults={"status": "NORMAL"},
        ids=await batch.new_keys("organization", found),
    )
    _check(batch, unions)
    links = await links_of(batch, unions)
    terms = await _terms(batch, unions)
    return unions, *links.parts, terms


async def _found(batch: Batch) -> list[Record | None]:
    """For each row the union that is there: by credit code, else by source number, else by name within the parent. A union with another
    credit code or number is another union."""
    values, parents = batch.values, batch.keys["parent"]
    numbers = list(rows_with(values["source_system"], values["source_number"]))
    named = list(rows_with(parents, values["name"]))
    records = await batch.fetch(
        FOUND,
        [code for code in values["credit_code"] if code is not None],
        [values["source_system"][row] for row in numbers],
        [values["source_number"][row] for row in numbers],
        [parents[row] for row in named],
        [values["name"][row] for row in named],
    )
    by_code = {each["credit_code"]: each for each in records}
    by_number = {(each["source_system"], each["source_number"]): each for each in records}
    by_name = {(parent, each["name"]): each for each in records for parent in each["parents"]}
    found: list[Record | None] = []
    for row in range(len(batch)):
        code, number = values["credit_code"][row], (values["source_system"][row], values["source_number"][row])
        each = by_code.get(code) if code is not None else None
        if each is None and None not in number:
            each = _unless_other(by_number.get(number), credit_code=code)
        if each is None:
            each = _unless_other(
                by_name.get((parents[row], values["name"][row])), credit_code=code, source_system=number[0], source_number=number[1]
            )  # fmt: skip
        found.append(each)
    return found


def _unless_other(record: Record | None, **keys: str | None) -> Record | None:
    """The record, unless it has another value of an earlier key."""
    differs = record is not None and any(key and record[name] and record[name] != key for name, key in keys.items())
    return None if differs else record


def _check(batch: Batch, unions: Part) -> None:
    """The days, status and codes of each union."""
    values = unions.values
    refuse_unordered(
        batch,
        values["established_on"],
        values["dissolved_on"],
        "dissolved_on",
        "A union is dissolved after it was established.",
    )
    for row in range(len(batch)):
        established, status = values["established_on"][row], values["status"][row]
        if established is not None and established > batch.context.today:
            batch.refuse(row, "FUTURE_DATE", "established_on", "This day is in the future.")
        if (status == "DISSOLVED") != (values["dissolved_on"][row] is not None):
            batch.refuse(
                row,
                "STATUS_MISMATCH",
                "status",
                "A dissolved union has a day of dissolution, and no other has one. Compare both.",
            )
        if (batch.values["source_system"][row] is None) != (batch.values["source_number"][row] is None):
            batch.refuse(row, "REQUIRED", "source_number", "A source system and the number there are written together.")
        code, old = batch.values["credit_code"][row], unions.existing[row]
        if code is not None and not code.startswith(UNION_CODES):
            batch.warn(
                row, "CODE_OF_UNIT", "credit_code", "Codes of unions begin with 81 or 89: this may be the unit's."
            )
        for name in FIXED:
            if old is not None and batch.values[name][row] not in (None, old[name]):
                batch.refuse(
                    row,
                    "NOT_CHANGEABLE",
                    name,
                    f"The {name} of a union on record is not changed here. Write the recorded one.",
                )


async def _terms(batch: Batch, unions: Part) -> Part:
    """The term of each union's committee with the row's number."""
    values = batch.values
    known = [row["id"] for row in unions.existing if row is not None]
    records: dict[tuple[int, str], list[Record]] = {}
    for record in await batch.fetch(TERMS, known):
        records.setdefault((record["organization_id"], record["committee"]), []).append(record)
    assert unions.ids is not None
    begins = [
        own if own is not None else day for own, day in zip(values["term_from"], values["elected_on"], strict=True)
    ]
    found: list[Record | None] = [None] * len(batch)
    present = [number is not None for number in values["term_number"]]
    committees = [committee or "COMMITTEE" for committee in values["committee"]]
    for row in range(len(batch)):
        if not present[row]:
            if values["elected_on"][row] is not None or values["chair_name"][row] is not None:
                batch.refuse(row, "REQUIRED", "term_number", "Say which term of the committee this is.")
            continue
        others = records.get((unions.ids[row], committees[row]), [])
        found[row] = next((each for each in others if each["number"] == values["term_number"][row]), None)
        _check_term(batch, row, found[row], begins[row], others)
    terms = Part(
        CommitteeTerm,
        found,
        {
            "number": values["term_number"], "elected_on": values["elected_on"], "chair_name": values["chair_name"],
            "valid_from": begins, "valid_to": values["term_to"],
        },
        fixed={"organization_id": unions.ids, "committee": committees},
        present=present,
    )  # fmt: skip
    refuse_unordered(
        batch, terms.values["valid_from"], terms.values["valid_to"], "term_to", "A term ends after it began."
    )
    return terms


def _check_term(batch: Batch, row: int, found: Record | None, begins: Any, others: Sequence[Record]) -> None:
    for name in ("elected_on", "chair_name"):
        if found is None and batch.values[name][row] is None:
            batch.refuse(row, "REQUIRED", name, "A term has a day of election and a chair.")
    if (
        found is None
        and begins is not None
        and any(each["valid_to"] is None or each["valid_to"] > begins for each in others)
    ):
        batch.refuse(
            row,
            "OVERLAP",
            "term_from",
            "Another term of this committee has not ended by then. Send that term with its end first.",
        )
