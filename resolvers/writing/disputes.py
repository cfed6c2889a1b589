"""Dispute cases with their first claimant, respondent and claim, and the steps that their days stand for, as one record that is written.
Further parties, claims, steps and recoveries are kinds of their own (``dispute_parts``)."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from db.disputes import (
    ClaimKind,
    DisputeBody,
    DisputeCase,
    DisputeCause,
    DisputeClaim,
    DisputeParty,
    DisputePhase,
    DisputeStatus,
    DisputeStep,
)
from resolvers.writing.agreements import EMPLOYERS_NAMES, names_of
from resolvers.writing.batch import Batch, Cells, refuse_unordered
from resolvers.writing.columns import EMPLOYER, KEY, PERSON, PERSON_KEY, UNION, column, division
from resolvers.writing.declare import Heading, WritableKind
from resolvers.writing.numbered import found_by_number, refuse_unnumbered
from resolvers.writing.parts import Part
from resolvers.writing.references import resolve
from resolvers.writing.several import Several
from resolvers.writing.values import CodeType, CountType, DayType, MoneyType, TextType, YesNoType
from resolvers.writing.wholes import parts_of

CASES = WritableKind(
    name="dispute-cases",
    record="DisputeCase",
    heading=Heading("Dispute cases", "劳动争议案件", ("劳动争议", "争议案件台账", "调解案件")),
    columns=(
        column("number", "Number", "案号", TextType(60), "案件编号", "编号", "受理编号", required=True, example="330106劳争〔2025〕12号"),
        column("source_system", "Source system", "来源系统", TextType(60), "系统", note="With the number there (与来源编号一并填写)"),
        column("source_number", "Number in the source system", "来源编号", TextType(60), "系统编号"),
        column("union", "Union", "办理工会", KEY, "所属工会", "工会", "工会名称", required=True, refers_to=UNION,
               example="杭州市西湖区总工会", note="The union that handles the case (办理本案的工会)"),
        division(required=True),
        column("cause", "Cause", "案由", CodeType(DisputeCause), "争议类型", "纠纷类型", required=True, example="拖欠工资"),
        column("phase", "Phase", "办理阶段", CodeType(DisputePhase), "阶段", "程序", required=True, example="日常调解"),
        column("phase_on", "In this phase since", "阶段起始日期", DayType(), "进入阶段日期",
               note="Needed where the case was received in an earlier phase; of a new case under mediation the day of receipt if empty"
               " (由前一阶段转入的须填；新案件在仲裁前调解阶段的空白同接收日期)"),
        column("status", "State", "案件状态", CodeType(DisputeStatus), "状态", "办理结果", required=True, example="达成调解"),
        column("body", "Handled by", "处理机构", CodeType(DisputeBody), "调解组织类型", "机构类型", required=True,
               example="乡镇街道调解组织"),
        column("received_on", "Received on", "接收日期", DayType(), "申请日期", "收案日期", required=True, example="2025-03-03"),
        column("accepted_on", "Accepted on", "受理日期", DayType(), "立案日期", example="2025-03-04"),
        column("closed_on", "Closed on", "结案日期", DayType(), "办结日期", example="2025-03-14"),
        column("claimant", "Claimant", "申请人", TextType(), "申请人姓名", "劳动者姓名", personal=True, example="张示例",
               note="The first one; of several send all as case-parties (首位申请人；多名申请人另报当事人表)"),
        column("claimant_number", "Claimant's resident number", "申请人身份证号", PERSON_KEY, "申请人身份证号码", "申请人证件号码",
               "劳动者身份证号", refers_to=PERSON, personal=True, example="110101199003070636",
               note="Empty for somebody who is no member (非会员留空)"),
        column("claimant_count", "Claimants", "申请人数", CountType(least=1), "涉及人数", "劳动者人数", "人数", example="1",
               note="1 if empty (空白为 1)"),
        column("is_collective", "Collective", "是否集体争议", YesNoType(), "集体争议", example="否",
               note="From ten claimants on, if empty (空白时十人及以上为集体争议)"),
        column("employer", "Respondent employer", "用人单位", KEY, "被申请单位", "单位名称", "企业名称", "单位统一社会信用代码",
               refers_to=EMPLOYER, example="杭州示例物流有限公司"),
        column("respondent", "Respondent", "被申请人", TextType(), "被申请人名称", "对方当事人",
               note="Where the other side is no employer on record (对方不在单位库内的填写名称)"),
        column("claim_kind", "Claim", "请求事项", CodeType(ClaimKind), "诉求", "仲裁请求", example="工资",
               note="As the cause suggests, if there is an amount and this is empty (有金额而本列空白的，按案由确定)"),
        column("amount_claimed", "Amount claimed", "请求金额", MoneyType(), "涉案金额", "标的额", "争议金额", example="12000",
               note="Of all claims together (各项请求合计)"),
    ),
    natural_keys=(("number",), ("source_system", "source_number")),
)  # fmt: skip

ACTORS = {
    "COUNSELLING": "UNION", "DAILY_MEDIATION": "MEDIATION_BODY", "PRE_ARBITRATION": "MEDIATION_BODY",
    "ARBITRATION": "ARBITRATION_COMMISSION", "PRE_TRIAL": "MEDIATION_BODY", "FIRST_TRIAL": "COURT", "SECOND_TRIAL": "COURT",
    "ENFORCEMENT": "COURT",
}  # fmt: skip
"""Who takes the steps of a phase where a row does not say it."""

CLAIMS = {
    "UNPAID_WAGES": "WAGE", "OVERTIME": "WAGE", "COLLECTIVE_CONTRACT": "WAGE", "SEVERANCE": "COMPENSATION", "CONTRACT": "COMPENSATION",
    "DISMISSAL": "COMPENSATION", "WORK_INJURY": "INJURY",
}  # fmt: skip
"""What is usually claimed, by cause; of other causes it is OTHER."""

MEDIATING = ("COUNSELLING", "DAILY_MEDIATION", "PRE_ARBITRATION")
ENDED = ("SETTLED", "DECIDED", "WITHDRAWN", "CLOSED")
COLLECTIVE = 10
"""Claimants from whom on a dispute is collective (Labour Dispute Mediation and Arbitration Law art. 7)."""

TABLE = "dispute_case"
DAYS = ("received_on", "accepted_on", "closed_on")
NAMES = (
    "number", "source_system", "source_number", "employer_id", "division_id", "cause", "phase", "status", "body", *DAYS, "claimant_count",
    "is_collective", "amount_claimed",
)  # fmt: skip
PARTIES = """SELECT id, version, case_id, role, name, member_id, employer_id, organization_id FROM dispute_party
WHERE case_id = ANY ($1::bigint[]) ORDER BY id"""
CASES_CLAIMS = (
    "SELECT id, version, case_id, kind, amount FROM dispute_claim WHERE case_id = ANY ($1::bigint[]) ORDER BY id"
)
CASES_STEPS = """SELECT id, version, case_id, phase, status, actor, occurred_on, document_number, note FROM dispute_step
WHERE case_id = ANY ($1::bigint[]) ORDER BY occurred_on, id"""

Record = Mapping[str, Any]
Records = Mapping[int, Sequence[Record]]


async def prepare(batch: Batch) -> Sequence[Part]:
    """What is written of cases, their first parties, claim and steps."""
    await resolve(batch)
    values, keys = batch.values, batch.keys
    refuse_unnumbered(batch)
    found = await found_by_number(batch, TABLE, NAMES)
    refuse_other_names(batch, "claimant_number", "claimant")
    for row, old in enumerate(found):
        if old is None and values["is_collective"][row] is None:
            values["is_collective"][row] = (values["claimant_count"][row] or 1) >= COLLECTIVE
    cases = Part(
        DisputeCase,
        found,
        {
            **{name: values[name] for name in NAMES if not name.endswith("_id")},
            "employer_id": keys["employer"],
            "division_id": keys["division"],
        },
        fixed={"organization_id": keys["union"]},
        defaults={"claimant_count": 1},
        ids=await batch.new_keys(TABLE, found),
    )
    _reopen(batch, cases)
    known = [old["id"] for old in found if old is not None]
    parties, claims, steps = [
        await parts_of(batch, query, known, "case_id") for query in (PARTIES, CASES_CLAIMS, CASES_STEPS)
    ]
    _check(batch, cases, steps, parties)
    names = await names_of(batch, EMPLOYERS_NAMES, cases.values["employer_id"])
    return (
        cases,
        _parties(batch, cases, parties, names),
        _claims(batch, cases, claims),
        _steps(batch, cases, steps),
    )


def _reopen(batch: Batch, cases: Part) -> None:
    """A case that is open again has no day of closing."""
    for row, old in enumerate(cases.existing):
        status = batch.values["status"][row]
        if old is not None and status is not None and status not in ENDED and batch.values["closed_on"][row] is None:
            cases.values["closed_on"][row] = None


def _check(batch: Batch, cases: Part, steps: Records, parties: Records) -> None:
    """The days and the state of each case as it will be: DATE_ORDER, FUTURE_DATE, REQUIRED, STATUS_MISMATCH, VALUES_DISAGREE."""
    merged = cases.values
    for first, last in (("received_on", "accepted_on"), ("received_on", "closed_on"), ("accepted_on", "closed_on")):
        refuse_unordered(
            batch, merged[first], merged[last], last, "A case is received, then accepted, then closed.", equal=True
        )
    phase_on = batch.values["phase_on"]
    refuse_unordered(
        batch, merged["received_on"], phase_on, "phase_on", "No phase begins before the case is received.", equal=True
    )
    refuse_unordered(
        batch, phase_on, merged["closed_on"], "phase_on", "A phase begins before the case is closed.", equal=True
    )
    for row, (status, closed) in enumerate(zip(merged["status"], merged["closed_on"], strict=True)):
        for name in (*DAYS, "phase_on"):
            batch.refuse_future(row, name)
        if status in ENDED and closed is None and batch.lacks(row, "closed_on"):
            batch.refuse(row, "REQUIRED", "closed_on", "Write the day on which the case was closed.")
        elif status is not None and status not in ENDED and closed is not None:
            batch.refuse(
                row,
                "STATUS_MISMATCH",
                "status",
                "A case with a day of closing is SETTLED, DECIDED, WITHDRAWN or CLOSED.",
            )
        old = cases.existing[row]
        recorded = steps.get(old["id"], ()) if old is not None else ()
        _check_phase(batch, row, old, recorded)
        named = sum(each["role"] == "CLAIMANT" for each in parties.get(old["id"], ())) if old is not None else 0
        if (batch.values["claimant_count"][row] or named) < named:
            batch.refuse(row, "VALUES_DISAGREE", "claimant_count", f"{named} claimants of this case are on record.")


def _check_phase(batch: Batch, row: int, old: Record | None, steps: Sequence[Record]) -> None:
    """The phase has a day, and is not one before that on record."""
    phase, since, status = (batch.values[name][row] for name in ("phase", "phase_on", "status"))
    begun = any(step["phase"] == phase for step in steps) or (old is None and phase in MEDIATING)
    if phase is not None and not begun and batch.lacks(row, "phase_on"):
        batch.refuse(row, "REQUIRED", "phase_on", "Say since when the case is in this phase.")
    if old is None or not steps or (phase, status) == (old["phase"], old["status"]):
        return
    day = batch.values["closed_on"][row] if status in ENDED else since
    if day is not None and day < steps[-1]["occurred_on"]:
        batch.refuse(
            row, "STATUS_MISMATCH", "status",
            f"The case is {old['status']} in the phase {old['phase']} since {steps[-1]['occurred_on']}. Write the state of today.",
        )  # fmt: skip


def refuse_other_names(batch: Batch, number: str, name: str) -> None:
    """Refuse rows whose ``name`` is another one than that of the person whom ``number`` names: OTHER_NAME."""
    for row, (known, given) in enumerate(zip(batch.names[number], batch.values[name], strict=True)):
        if known is not None and given is not None and given != known:
            batch.refuse(
                row, "OTHER_NAME", name, "The person with this number is recorded under another name. Compare both."
            )


def party_of(
    parties: Sequence[Record], role: str, name: str | None, member: int | None, employer: int | None, union: int | None
) -> Record | None:
    """Of a case's parties the one that is meant: by its record, else by its name among those that are no record. Never a person by
    name who is on record, nor another one of the same name."""
    subject = (member, employer, union)
    for each in parties:
        found = each["member_id"], each["employer_id"], each["organization_id"]
        if each["role"] == role and found == subject and (subject != (None, None, None) or each["name"] == name):
            return each
    return None


def _parties(batch: Batch, cases: Part, parties: Records, employers: Mapping[int, str]) -> Several:
    """The first claimant and the respondent."""
    values = batch.values
    rows: list[int] = []
    existing: list[Record | None] = []
    cells: dict[str, Cells] = {name: [] for name in ("case_id", "role", "name", "member_id", "employer_id")}
    assert cases.ids is not None
    for row, key in enumerate(cases.ids):
        employer = cases.values["employer_id"][row]
        claimant = batch.names["claimant_number"][row] or values["claimant"][row]
        respondent = values["respondent"][row] or employers.get(employer or 0)
        for role, name, member, unit in (
            ("CLAIMANT", claimant, batch.keys["claimant_number"][row], None),
            ("RESPONDENT", respondent, None, employer if values["respondent"][row] is None else None),
        ):
            if name is None:
                continue
            rows.append(row)
            existing.append(party_of(parties.get(key, ()), role, name, member, unit, None))
            for column_name, cell in zip(cells, (key, role, name, member, unit), strict=True):
                cells[column_name].append(cell)
    return Several(DisputeParty, len(batch), rows, existing, {}, fixed=cells)


def _claims(batch: Batch, cases: Part, claims: Records) -> Part:
    """The claim of a case that has one, as large as the case's amount; further ones are a kind of their own."""
    found: list[Record | None] = []
    kinds: list[str | None] = []
    present = []
    assert cases.ids is not None
    for row, key in enumerate(cases.ids):
        kind, amount = batch.values["claim_kind"][row], batch.values["amount_claimed"][row]
        recorded = claims.get(key, ())
        single = recorded[0] if len(recorded) == 1 and kind in (None, recorded[0]["kind"]) else None
        found.append(single)
        kinds.append(kind or CLAIMS.get(batch.values["cause"][row], "OTHER"))
        present.append((kind is not None or amount is not None) and (single is not None or not recorded))
    return Part(
        DisputeClaim,
        found,
        {"amount": cases.values["amount_claimed"]},
        fixed={"case_id": cases.ids, "kind": kinds},
        present=present,
    )


def _steps(batch: Batch, cases: Part, steps: Records) -> Several:
    """The steps that a row's days stand for: the beginning of its phase, the acceptance, the closing. A day that changes moves its step."""
    rows: list[int] = []
    existing: list[Record | None] = []
    cells: dict[str, Cells] = {name: [] for name in ("case_id", "phase", "status", "actor", "occurred_on")}
    assert cases.ids is not None
    for row, key in enumerate(cases.ids):
        phase = cases.values["phase"][row]
        recorded = [step for step in steps.get(key, ()) if step["phase"] == phase]
        for status, day, before in _days_of(batch, cases, row, recorded):
            same = [step for step in recorded if step["status"] == status]
            rows.append(row)
            existing.append(_step_of(same, day, before))
            actor = "UNION" if status == "RECEIVED" and phase in MEDIATING else ACTORS.get(phase, "UNION")
            for name, cell in zip(cells, (key, phase, status, actor, day), strict=True):
                cells[name].append(cell)
    return Several(DisputeStep, len(batch), rows, existing, {"occurred_on": cells.pop("occurred_on")}, fixed=cells)


def _days_of(batch: Batch, cases: Part, row: int, steps: Sequence[Record]) -> Sequence[tuple[str, date, date | None]]:
    """The states in its phase of which a row gives the day, with that day and the day on record. ``steps`` are those of the phase."""
    values, old = batch.values, cases.existing[row]
    before = {name: None if old is None else old[name] for name in DAYS}
    found: list[tuple[str, date, date | None]] = []
    since, moved = values["phase_on"][row], None
    if since is None and cases.values["phase"][row] in MEDIATING:
        received = any((step["status"], step["occurred_on"]) == ("RECEIVED", before["received_on"]) for step in steps)
        if old is None or received:
            since, moved = values["received_on"][row], before["received_on"]
    if since is not None:
        found.append(("RECEIVED", since, moved))
    begun = since or min((step["occurred_on"] for step in steps), default=None)
    accepted, closed = values["accepted_on"][row], values["closed_on"][row]
    if accepted is not None and begun is not None and accepted >= begun:
        found.append(("ACCEPTED", accepted, before["accepted_on"]))
    if closed is not None:
        found.append((cases.values["status"][row], closed, before["closed_on"]))
    return found


def _step_of(steps: Sequence[Record], day: date, before: date | None) -> Record | None:
    """Of the steps to one state in one phase the one that a day stands for."""
    for fits in (day, before):
        found = next((step for step in steps if step["occurred_on"] == fits), None)
        if found is not None:
            return found
    return None
