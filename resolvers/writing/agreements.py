"""Collective agreements with their first parties, their employer's coverage and the steps that their days stand for, as one record that is
written. Further parties, covered employers and steps are kinds of their own (``agreement_parts``)."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from db.agreements import (
    AgreementCoverage,
    AgreementKind,
    AgreementParty,
    AgreementStatus,
    AgreementStep,
    CollectiveAgreement,
)
from db.columns.industries import INDUSTRY
from resolvers.writing.batch import Batch, Cells, refuse_unordered
from resolvers.writing.columns import EMPLOYER, KEY, UNION, column, division
from resolvers.writing.declare import Heading, WritableKind
from resolvers.writing.numbered import found_by_number, refuse_unnumbered
from resolvers.writing.parts import Part
from resolvers.writing.references import resolve
from resolvers.writing.several import Several
from resolvers.writing.values import CodeType, CountType, DayType, TextType
from resolvers.writing.wholes import parts_of

AGREEMENTS = WritableKind(
    name="agreements",
    record="CollectiveAgreement",
    singular="Agreement",
    heading=Heading("Collective agreements", "集体合同", ("集体合同台账", "工资集体协议")),
    columns=(
        column("number", "Number", "合同编号", TextType(60), "编号", "集体合同编号", "备案号", example="集330106〔2024〕12号",
               note="Empty before the signature: then the source system and the number there (签订前可空，但须填来源系统和来源编号)"),
        column("source_system", "Source system", "来源系统", TextType(60), "系统", note="With the number there (与来源编号一并填写)"),
        column("source_number", "Number in the source system", "来源编号", TextType(60), "系统编号"),
        column("title", "Title", "合同名称", TextType(), "集体合同名称", "名称", "标题", required=True,
               example="杭州示例物流有限公司工资专项集体合同"),
        column("kind", "Kind", "合同类型", CodeType(AgreementKind), "类型", "集体合同类型", required=True, example="工资专项集体合同"),
        column("status", "State", "合同状态", CodeType(AgreementStatus), "状态", "办理状态", required=True, example="生效"),
        column("status_on", "In this state since", "状态日期", DayType(), "办理日期",
               note="Needed for states that no other column has the day of: replied, in bargaining, suspended, drafted, passed, objected to"
               " (其他列没有日期的状态须填：已回应、协商中、中止协商、形成草案、职代会通过、有异议)"),
        column("union", "Union", "所属工会", KEY, "工会", "工会名称", "职工方工会", "签约工会", required=True, refers_to=UNION,
               example="杭州示例物流有限公司工会", note="The union that keeps the agreement, and the party of the workers' side (职工方)"),
        column("union_representative", "Workers' chief representative", "职工方首席代表", TextType(60), "工会首席代表", personal=True,
               example="张示例"),
        column("employer", "Employer", "用人单位", KEY, "单位", "单位名称", "企业名称", "单位统一社会信用代码", refers_to=EMPLOYER,
               example="杭州示例物流有限公司", note="Empty for an industry or a region (行业性、区域性集体合同留空)"),
        column("employer_side", "Employers' side", "企业方代表组织", TextType(), "企业方", "企业方组织名称",
               note="The employers' body, where the party is no employer (签约主体不是单个用人单位的，填企业方组织名称)"),
        column("employer_representative", "Employers' chief representative", "企业方首席代表", TextType(60), "用人单位首席代表",
               personal=True, example="李示例"),
        division(required=True),
        column("industry", "Industry", "行业", CodeType(INDUSTRY.codes), "所属行业", "行业代码", example="G54"),
        column("worker_count", "Workers covered", "覆盖职工人数", CountType(), "覆盖职工数", "职工人数", "人数", required=True,
               example="126"),
        column("requested_on", "Requested on", "要约日期", DayType(), "提出要约日期", "协商要约日期", example="2024-03-01",
               note="The day of the signature if empty (空白同签订日期)"),
        column("replied_on", "Request answered on", "回应日期", DayType(), "答复日期", "应约日期", example="2024-03-08"),
        column("signed_on", "Signed on", "签订日期", DayType(), "签订时间", "签约日期", example="2024-04-20"),
        column("submitted_on", "Submitted on", "报送日期", DayType(), "报送人社部门日期", "报审日期", example="2024-04-25"),
        column("received_on", "Received by the bureau on", "人社部门收到日期", DayType(), "收到日期", "受理审查日期", example="2024-04-26"),
        column("effective_on", "Effective on", "生效日期", DayType(), "生效时间", example="2024-05-12"),
        column("published_on", "Published on", "公布日期", DayType(), "公示日期", "向职工公布日期", example="2024-05-14"),
        column("term_from", "Term begins", "期限起始日期", DayType(), "合同起始日期", "合同期限起", example="2024-05-12",
               note="The day of taking effect if empty (空白同生效日期)"),
        column("term_to", "Term ends", "期限届满日期", DayType(), "合同终止日期", "合同期限止", "届满日期", example="2025-05-12",
               note="The first day that it no longer covers (合同失效之日)"),
    ),
    natural_keys=(("number",), ("source_system", "source_number")),
)  # fmt: skip

ACTORS = {
    "REQUESTED": "UNION", "REPLIED": "EMPLOYER", "BARGAINING": "UNION", "SUSPENDED": "UNION", "DRAFTED": "UNION",
    "CONGRESS_PASSED": "WORKERS_CONGRESS", "SIGNED": "UNION", "SUBMITTED": "EMPLOYER", "UNDER_REVIEW": "HR_BUREAU",
    "OBJECTED": "HR_BUREAU", "EFFECTIVE": "HR_BUREAU", "EXPIRED": "UNION", "TERMINATED": "UNION",
}  # fmt: skip
"""Who takes a step where a row does not say it."""

DAY_OF = {
    "REQUESTED": "requested_on", "REPLIED": "replied_on", "SIGNED": "signed_on", "SUBMITTED": "submitted_on",
    "UNDER_REVIEW": "received_on", "EFFECTIVE": "effective_on", "EXPIRED": "term_to", "TERMINATED": "term_to",
}  # fmt: skip
"""The column with the day of a state."""

DAYS = (
    "requested_on",
    "signed_on",
    "submitted_on",
    "received_on",
    "effective_on",
    "published_on",
    "term_from",
    "term_to",
)
IN_TURN = ("requested_on", "replied_on", "signed_on", "submitted_on", "received_on", "effective_on", "published_on")
BEFORE_SIGNATURE = ("REQUESTED", "REPLIED", "BARGAINING", "SUSPENDED", "DRAFTED", "CONGRESS_PASSED")
BEFORE_EFFECT = (*BEFORE_SIGNATURE, "SIGNED", "SUBMITTED", "UNDER_REVIEW", "OBJECTED")
ENDED = ("EXPIRED", "TERMINATED")
NEEDED = {
    "SIGNED": ("signed_on",), "SUBMITTED": ("submitted_on",), "UNDER_REVIEW": ("received_on",), "OBJECTED": ("received_on",),
    "EFFECTIVE": ("effective_on", "term_to"), "EXPIRED": ("effective_on", "term_to"), "TERMINATED": ("term_to",),
}  # fmt: skip
"""The days that an agreement in a state has."""

NAMES = (
    "number", "source_system", "source_number", "title", "kind", "status", "employer_id", "division_id", "industry", "worker_count", *DAYS,
)  # fmt: skip
AGREEMENTS_PARTIES = """SELECT id, version, agreement_id, side, organization_id, employer_id, name, chief_representative
FROM agreement_party WHERE agreement_id = ANY ($1::bigint[]) ORDER BY id"""
COVERED = "SELECT id, agreement_id, employer_id, valid_to FROM agreement_coverage WHERE agreement_id = ANY ($1::bigint[]) ORDER BY id"
STEPS = """SELECT id, agreement_id, status, occurred_on FROM agreement_step WHERE agreement_id = ANY ($1::bigint[])
ORDER BY occurred_on, id"""
UNIONS_NAMES = "SELECT id, name FROM organization WHERE id = ANY ($1::bigint[])"
EMPLOYERS_NAMES = "SELECT id, name FROM employer WHERE id = ANY ($1::bigint[])"

Record = Mapping[str, Any]


async def prepare(batch: Batch) -> Sequence[Part]:
    """What is written of agreements, their first parties, coverage and steps."""
    await resolve(batch)
    values, keys = batch.values, batch.keys
    refuse_unnumbered(batch)
    found = await found_by_number(batch, "collective_agreement", NAMES)
    _derive(batch, found)
    agreements = Part(
        CollectiveAgreement,
        found,
        {
            **{name: values[name] for name in NAMES if not name.endswith("_id")},
            "employer_id": keys["employer"],
            "division_id": keys["division"],
        },
        fixed={"organization_id": keys["union"]},
        ids=await batch.new_keys("collective_agreement", found),
    )
    known = [record["id"] for record in found if record is not None]
    steps = await parts_of(batch, STEPS, known, "agreement_id")
    _check(batch, agreements, steps)
    parties = await _parties(batch, agreements, known)
    coverage = await _coverage(batch, agreements, known)
    return agreements, parties, coverage, _steps(batch, agreements, steps)


def _derive(batch: Batch, found: Sequence[Record | None]) -> None:
    """Days that follow from others: that of the state, of the request, of the beginning of the term. Refuses STATUS_MISMATCH."""
    values = batch.values
    for row, (status, since, old) in enumerate(zip(values["status"], values["status_on"], found, strict=True)):
        name = DAY_OF.get(status)
        if name is not None and since is not None:
            if values[name][row] is None:
                values[name][row] = since
            elif values[name][row] != since:
                batch.refuse(
                    row, "STATUS_MISMATCH", "status_on", f"`{name}` has another day of this state. Compare both."
                )
        if old is None:
            for empty, source in (("requested_on", "signed_on"), ("term_from", "effective_on")):
                if values[empty][row] is None:
                    values[empty][row] = values[source][row]
            if batch.lacks(row, "requested_on", "signed_on"):
                batch.refuse(row, "REQUIRED", "requested_on", "Write the day of the request or that of the signature.")
        elif values["term_from"][row] is None and old["term_from"] is None:
            values["term_from"][row] = values["effective_on"][row]


def _check(batch: Batch, agreements: Part, steps: Mapping[int, Sequence[Record]]) -> None:
    """The days of each agreement against each other and its state, as they will be: DATE_ORDER, FUTURE_DATE, REQUIRED, STATUS_MISMATCH."""
    merged = agreements.values
    refuse_unordered(
        batch, merged["term_from"], merged["term_to"], "term_to", "The term of an agreement ends after it began."
    )
    for row, status in enumerate(merged["status"]):
        _check_days(
            batch, row, {**{name: merged[name][row] for name in DAYS}, "replied_on": batch.values["replied_on"][row]}
        )
        if status is None:
            continue
        for name in NEEDED.get(status, ()):
            if merged[name][row] is None and batch.lacks(row, name):
                batch.refuse(row, "REQUIRED", name, "An agreement in this state has a day here.")
        _check_state(batch, row, status, {name: merged[name][row] for name in DAYS})
        old = agreements.existing[row]
        if old is not None:
            _check_later(batch, row, old, steps[old["id"]])
        if status not in DAY_OF and batch.lacks(row, "status_on"):
            recorded = steps[old["id"]] if old is not None else ()
            if not any(step["status"] == status for step in recorded):
                batch.refuse(row, "REQUIRED", "status_on", "Say since when the agreement is in this state.")


def _check_days(batch: Batch, row: int, days: Mapping[str, date | None]) -> None:
    last: date | None = None
    for name in IN_TURN:
        day = days[name]
        if day is None:
            continue
        if last is not None and day < last:
            batch.refuse(row, "DATE_ORDER", name, "This day is before that of an earlier step. Compare the days.")
        if day > batch.context.today and name != "effective_on":
            batch.refuse(row, "FUTURE_DATE", name, "This day is in the future.")
        last = day


def _check_state(batch: Batch, row: int, status: str, days: Mapping[str, date | None]) -> None:
    today = batch.context.today
    if status in BEFORE_SIGNATURE and days["signed_on"] is not None:
        batch.refuse(
            row, "STATUS_MISMATCH", "status", "The agreement has a day of signature: its state is a later one."
        )
    elif status in BEFORE_EFFECT and (days["effective_on"] or date.max) <= today:
        batch.refuse(
            row,
            "STATUS_MISMATCH",
            "status",
            "The agreement has taken effect: its state is EFFECTIVE, EXPIRED or TERMINATED.",
        )
    elif status == "EFFECTIVE" and (days["effective_on"] or date.min) > today:
        batch.refuse(row, "STATUS_MISMATCH", "effective_on", "An agreement that is in force has taken effect by today.")
    elif status in ENDED and days["term_to"] is not None and days["term_to"] > today:
        batch.refuse(row, "STATUS_MISMATCH", "term_to", "An agreement that has ended has a term that ended by today.")


def _check_later(batch: Batch, row: int, old: Record, steps: Sequence[Record]) -> None:
    """Refuse a state that the agreement had before the one on record: STATUS_MISMATCH."""
    status = batch.values["status"][row]
    if status == old["status"] or not steps or any(each.column == "status" for each in batch.findings.get(row, ())):
        return
    day = batch.values[DAY_OF.get(status, "status_on")][row]
    if day is not None and steps[-1]["occurred_on"] > day:
        batch.refuse(
            row, "STATUS_MISMATCH", "status",
            f"By its steps the agreement was in this state before {steps[-1]['occurred_on']}, and is {old['status']}."
            " Write the state of today.",
        )  # fmt: skip


async def names_of(batch: Batch, query: str, keys: Sequence[int | None]) -> Mapping[int, str]:
    """The names of records by key."""
    return dict(await batch.connection.fetch(query, sorted({key for key in keys if key is not None})))


async def _parties(batch: Batch, agreements: Part, known: Sequence[int]) -> Several:
    """The union of the workers' side, and the employer or the employers' body of the other."""
    values, unions, employers = batch.values, batch.keys["union"], agreements.values["employer_id"]
    union_names = await names_of(batch, UNIONS_NAMES, unions)
    employer_names = await names_of(batch, EMPLOYERS_NAMES, employers)
    recorded: dict[tuple[Any, ...], Record] = {}
    for record in await batch.connection.fetch(AGREEMENTS_PARTIES, known):
        subject = record["organization_id"], record["employer_id"]
        recorded.setdefault(
            (record["agreement_id"], record["side"], *subject, record["name"] if subject == (None, None) else None),
            record,
        )
    rows: list[int] = []
    existing: list[Record | None] = []
    cells: dict[str, Cells] = {
        name: [] for name in ("agreement_id", "side", "organization_id", "employer_id", "name", "chief_representative")
    }
    assert agreements.ids is not None
    for row, key in enumerate(agreements.ids):
        body = values["employer_side"][row]
        for side, union, employer, name in (
            ("UNION", unions[row], None, union_names.get(unions[row] or 0)),
            (
                "EMPLOYER",
                None,
                employers[row] if body is None else None,
                body or employer_names.get(employers[row] or 0),
            ),
        ):
            representative = values[f"{side.lower()}_representative"][row]
            if name is None:
                if representative is not None and side == "EMPLOYER":
                    batch.refuse(
                        row,
                        "REQUIRED",
                        "employer_side",
                        "Say whose representative this is: the employer, or the employers' body.",
                    )
                continue
            rows.append(row)
            existing.append(
                recorded.get((key, side, union, employer, name if union is None and employer is None else None))
            )
            for column_name, cell in zip(cells, (key, side, union, employer, name, representative), strict=True):
                cells[column_name].append(cell)
    given = {"chief_representative": cells.pop("chief_representative")}
    return Several(AgreementParty, len(batch), rows, existing, given, fixed=cells)


async def _coverage(batch: Batch, agreements: Part, known: Sequence[int]) -> Part:
    """An agreement with one employer covers it from the beginning of its term; its end ends the coverage."""
    merged, employers = agreements.values, agreements.values["employer_id"]
    covered: dict[tuple[int, int], Record] = {}
    for record in await batch.connection.fetch(COVERED, known):
        covered[(record["agreement_id"], record["employer_id"])] = record
    assert agreements.ids is not None
    found = [
        covered.get((key, employer)) if employer else None
        for key, employer in zip(agreements.ids, employers, strict=True)
    ]
    ends = [
        end if status in ENDED and (old is None or old["valid_to"] is None) else None
        for status, end, old in zip(merged["status"], merged["term_to"], found, strict=True)
    ]
    return Part(
        AgreementCoverage,
        found,
        {"valid_to": ends},
        fixed={
            "agreement_id": agreements.ids, "employer_id": employers, "worker_count": merged["worker_count"],
            "valid_from": merged["term_from"],
        },
        present=[employer is not None and begins is not None for employer, begins in zip(employers, merged["term_from"], strict=True)],
    )  # fmt: skip


def _steps(batch: Batch, agreements: Part, recorded: Mapping[int, Sequence[Record]]) -> Several:
    """The steps that a row's days stand for. A day that changes moves the step that it stood for."""
    rows: list[int] = []
    existing: list[Record | None] = []
    cells: dict[str, Cells] = {name: [] for name in ("agreement_id", "status", "actor", "occurred_on")}
    assert agreements.ids is not None
    for row, key in enumerate(agreements.ids):
        old = agreements.existing[row]
        for status, day, before in _days_of(batch, agreements, row):
            same = [step for step in recorded[key] if step["status"] == status] if old is not None else []
            rows.append(row)
            existing.append(_step_of(same, day, before, alone=status == "REPLIED"))
            for name, cell in zip(cells, (key, status, ACTORS[status], day), strict=True):
                cells[name].append(cell)
    return Several(AgreementStep, len(batch), rows, existing, {"occurred_on": cells.pop("occurred_on")}, fixed=cells)


def _days_of(batch: Batch, agreements: Part, row: int) -> Sequence[tuple[str, date, date | None]]:
    """The states of which a row gives the day, with that day and the day on record."""
    old, status, values = agreements.existing[row], agreements.values["status"][row], batch.values
    found = []
    for state, name in DAY_OF.items():
        if state in ENDED and state != status:
            continue
        day = values[name][row] if name == "replied_on" else agreements.values[name][row]
        if day is not None and day <= batch.context.today:
            found.append((state, day, None if old is None or name == "replied_on" else old[name]))
    if status not in DAY_OF and values["status_on"][row] is not None:
        found.append((status, values["status_on"][row], None))
    return found


def _step_of(steps: Sequence[Record], day: date, before: date | None, *, alone: bool) -> Record | None:
    """Of an agreement's steps to one state the one that a day stands for."""
    for fits in (day, before):
        found = next((step for step in steps if step["occurred_on"] == fits), None)
        if found is not None:
            return found
    return steps[0] if alone and len(steps) == 1 else None
