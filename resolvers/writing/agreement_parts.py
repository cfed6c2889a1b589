"""Parties, covered employers and steps of collective agreements, as records that are written: each row names its agreement."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from db.agreements import (
    ActorRole,
    AgreementCoverage,
    AgreementParty,
    AgreementStatus,
    AgreementStep,
    CollectiveAgreement,
    PartySide,
)
from resolvers.writing.agreements import ACTORS, AGREEMENTS_PARTIES, EMPLOYERS_NAMES, UNIONS_NAMES, names_of
from resolvers.writing.batch import Batch, refuse_unordered
from resolvers.writing.columns import COLLECTIVE_AGREEMENT, EMPLOYER, KEY, UNION, column
from resolvers.writing.declare import Heading, WritableKind
from resolvers.writing.employers import period_of
from resolvers.writing.parts import Part
from resolvers.writing.references import resolve
from resolvers.writing.several import Several
from resolvers.writing.values import CodeType, CountType, DayType, TextType
from resolvers.writing.wholes import new_rows, parts_of, recorded_parts, refuse_same, wholes_of

OF_AGREEMENT = column(
    "agreement", "Agreement", "合同编号", KEY, "集体合同", "集体合同编号", "所属合同", required=True, refers_to=COLLECTIVE_AGREEMENT,
    example="集330106〔2024〕12号",
)  # fmt: skip

PARTIES = WritableKind(
    name="agreement-parties",
    record="AgreementParty",
    heading=Heading("Parties to collective agreements", "集体合同协商主体", ("协商主体", "签约方")),
    columns=(
        OF_AGREEMENT,
        column("side", "Side", "协商方", CodeType(PartySide), "签约方", "主体类别", required=True, example="职工方"),
        column("union", "Union", "工会", KEY, "工会名称", refers_to=UNION, example="杭州示例物流有限公司工会"),
        column("employer", "Employer", "用人单位", KEY, "单位", "单位名称", "企业名称", "单位统一社会信用代码", refers_to=EMPLOYER),
        column("name", "Name", "主体名称", TextType(), "名称", "组织名称",
               note="Of a party that is no union and no employer on record; else the record's name if empty"
               " (不在库内的组织填写名称；在库的空白即取登记名称)"),
        column("chief_representative", "Chief representative", "首席代表", TextType(60), "首席代表姓名", personal=True, example="张示例"),
    ),
    natural_keys=(("agreement", "side", "union"), ("agreement", "side", "employer"), ("agreement", "side", "name")),
)  # fmt: skip

COVERAGE = WritableKind(
    name="agreement-coverage",
    record="AgreementCoverage",
    heading=Heading("Employers that collective agreements cover", "集体合同覆盖单位", ("覆盖单位", "覆盖企业")),
    columns=(
        OF_AGREEMENT,
        column("employer", "Employer", "用人单位", KEY, "单位", "单位名称", "企业名称", "单位统一社会信用代码", required=True,
               refers_to=EMPLOYER, example="杭州示例物流有限公司"),
        column("worker_count", "Workers covered", "覆盖职工人数", CountType(), "覆盖职工数", "职工人数", "人数", required=True,
               example="126"),
        column("covered_from", "Covered from", "覆盖起始日期", DayType(), "起始日期", example="2024-05-12",
               note="The first day of the agreement's term if empty (空白同合同期限起始日期)"),
        column("covered_to", "Covered to", "覆盖终止日期", DayType(), "终止日期"),
    ),
    natural_keys=(("agreement", "employer"),),
)  # fmt: skip

STEPS = WritableKind(
    name="agreement-steps",
    record="AgreementStep",
    heading=Heading("Steps of collective agreements", "集体合同办理环节", ("办理环节", "集体合同环节")),
    columns=(
        OF_AGREEMENT,
        column("status", "State reached", "环节", CodeType(AgreementStatus), "状态", "办理环节", "合同状态", required=True,
               example="职代会通过"),
        column("occurred_on", "Day", "办理日期", DayType(), "日期", "发生日期", required=True, example="2024-04-12"),
        column("actor", "Taken by", "办理主体", CodeType(ActorRole), "主体", example="职工代表大会",
               note="Who usually takes this step, if empty (空白为该环节的通常主体)"),
        column("document_number", "Document", "文号", TextType(100), "文书编号", "文件编号", example="集330106〔2024〕12号"),
        column("roster_count", "Delegates", "应到人数", CountType(), "代表总数", "应到代表", example="60"),
        column("present_count", "Present", "实到人数", CountType(), "出席人数", example="52"),
        column("votes_for", "Votes for", "赞成票", CountType(units=("票", "人")), "同意票", "赞成人数", example="50"),
        column("note", "Note", "备注", TextType(500), "说明"),
    ),
    natural_keys=(("agreement", "status", "occurred_on"),),
)  # fmt: skip

RANK = {status.name: rank for rank, status in enumerate(AgreementStatus)}
COVERAGE_THERE = """SELECT id, version, agreement_id, employer_id, worker_count, valid_from, valid_to FROM agreement_coverage
WHERE agreement_id = ANY ($1::bigint[]) ORDER BY id"""
STEPS_THERE = """SELECT id, version, agreement_id, status, actor, occurred_on, document_number, roster_count, present_count, votes_for, note
FROM agreement_step WHERE agreement_id = ANY ($1::bigint[]) ORDER BY id"""
STATE = ("status", "requested_on", "signed_on", "submitted_on", "received_on", "effective_on", "term_from", "term_to")
LATEST = {
    "SIGNED": "signed_on",
    "SUBMITTED": "submitted_on",
    "UNDER_REVIEW": "received_on",
    "EFFECTIVE": "effective_on",
}
"""The column that has the day of the last step to a state."""

TABLE = "collective_agreement"
Record = Mapping[str, Any]


async def prepare_parties(batch: Batch) -> Sequence[Part]:
    """What is written of parties."""
    await resolve(batch)
    values, agreements = batch.values, batch.keys["agreement"]
    wholes = await wholes_of(batch, "agreement", TABLE, ())
    there = await parts_of(batch, AGREEMENTS_PARTIES, wholes, "agreement_id")
    unions, employers = batch.keys["union"], batch.keys["employer"]
    known = await names_of(batch, UNIONS_NAMES, unions), await names_of(batch, EMPLOYERS_NAMES, employers)
    names: list[str | None] = []
    identities: list[tuple[Any, ...] | None] = []
    for row, (agreement, side, union, employer) in enumerate(
        zip(agreements, values["side"], unions, employers, strict=True)
    ):
        given = values["name"][row]
        names.append(given or known[0].get(union or 0) or known[1].get(employer or 0))
        _check_party(batch, row)
        if agreement is None or side is None or names[row] is None:
            identities.append(None)
        else:
            identities.append(
                (agreement, side, union, employer, names[row] if union is None and employer is None else None)
            )
    refuse_same(batch, "agreement", identities)
    recorded: dict[tuple[Any, ...], Record] = {}
    for records in there.values():
        for each in records:
            subject = each["organization_id"], each["employer_id"]
            recorded.setdefault(
                (each["agreement_id"], each["side"], *subject, each["name"] if subject == (None, None) else None), each
            )
    found = [None if identity is None else recorded.get(identity) for identity in identities]
    parties = Part(
        AgreementParty,
        found,
        {"chief_representative": values["chief_representative"]},
        fixed={"agreement_id": agreements, "side": values["side"], "organization_id": unions, "employer_id": employers, "name": names},
        ids=await batch.new_keys("agreement_party", found),
    )  # fmt: skip
    return (parties,)


def _check_party(batch: Batch, row: int) -> None:
    """A party is one union of the workers' side, or one employer or body: REQUIRED, VALUES_DISAGREE."""
    values = batch.values
    union, employer, side = (values[each][row] for each in ("union", "employer", "side"))
    if batch.lacks(row, "union", "employer", "name"):
        batch.refuse(
            row, "REQUIRED", "name", "Say who the party is: a union, an employer, or the name of another body."
        )
    if union is not None and employer is not None:
        batch.refuse(row, "VALUES_DISAGREE", "employer", "A party is a union or an employer. Write a row for each.")
    elif (union is not None and side == "EMPLOYER") or (employer is not None and side == "UNION"):
        batch.refuse(
            row, "VALUES_DISAGREE", "side", "A union is a party of the workers' side, an employer one of the other."
        )


async def prepare_coverage(batch: Batch) -> Sequence[Part]:
    """What is written of covered employers."""
    await resolve(batch)
    values, agreements, employers = batch.values, batch.keys["agreement"], batch.keys["employer"]
    wholes = await wholes_of(batch, "agreement", TABLE, ("term_from",))
    there = await parts_of(batch, COVERAGE_THERE, wholes, "agreement_id")
    found: list[Record | None] = []
    begins: list[date | None] = []
    for row, (agreement, employer) in enumerate(zip(agreements, employers, strict=True)):
        records = [each for each in there.get(agreement or 0, ()) if each["employer_id"] == employer]
        found.append(period_of(records, values["covered_from"][row]))
        whole = wholes.get(agreement or 0)
        begins.append(
            values["covered_from"][row] or (whole["term_from"] if whole is not None and found[row] is None else None)
        )
        if whole is not None and begins[row] is None and found[row] is None and batch.lacks(row, "covered_from"):
            batch.refuse(
                row,
                "REQUIRED",
                "covered_from",
                "Say since when the agreement covers the employer: its term has no first day.",
            )
        end = values["covered_to"][row] or date.max
        for other in records:
            day = begins[row]
            if (
                other is not found[row]
                and day is not None
                and other["valid_from"] < end
                and (other["valid_to"] or date.max) > day
            ):
                batch.refuse(
                    row, "OVERLAP", "covered_from", "The agreement covers this employer on some of these days already."
                )
    refuse_same(
        batch, "employer",
        [None if None in pair else pair for pair in zip(agreements, employers, strict=True)],
    )  # fmt: skip
    coverage = Part(
        AgreementCoverage,
        found,
        {"worker_count": values["worker_count"], "valid_from": begins, "valid_to": values["covered_to"]},
        fixed={"agreement_id": agreements, "employer_id": employers},
        ids=await batch.new_keys("agreement_coverage", found),
    )
    refuse_unordered(
        batch, coverage.values["valid_from"], coverage.values["valid_to"], "covered_to", "Coverage ends after it began."
    )
    return (coverage,)


async def prepare_steps(batch: Batch) -> Sequence[Part]:
    """What is written of steps, and of the state and the days of their agreements, which follow from the last ones."""
    await resolve(batch)
    values, agreements = batch.values, batch.keys["agreement"]
    wholes = await wholes_of(batch, "agreement", TABLE, STATE)
    there = await parts_of(batch, STEPS_THERE, wholes, "agreement_id")
    found = recorded_parts(batch, "agreement", ("status", "occurred_on"), there)
    names = ("actor", "document_number", "roster_count", "present_count", "votes_for", "note")
    for row, status in enumerate(values["status"]):
        if values["actor"][row] is None and found[row] is None and status is not None:
            values["actor"][row] = ACTORS[status]
    steps = Part(
        AgreementStep,
        found,
        {name: values[name] for name in names},
        fixed={"agreement_id": agreements, "status": values["status"], "occurred_on": values["occurred_on"]},
        ids=await batch.new_keys("agreement_step", found),
    )
    for row, agreement in enumerate(agreements):
        _check_step(batch, row, steps, wholes.get(agreement or 0))
    return steps, _states(batch, steps, wholes, there)


def _check_step(batch: Batch, row: int, steps: Part, whole: Record | None) -> None:
    """The day and the numbers of a step: FUTURE_DATE, DATE_ORDER, VALUES_DISAGREE, REQUIRED."""
    status, day = batch.values["status"][row], batch.values["occurred_on"][row]
    batch.refuse_future(row, "occurred_on")
    if whole is not None and day is not None and day < whole["requested_on"] and status != "REQUESTED":
        batch.refuse(row, "DATE_ORDER", "occurred_on", "No step precedes the request for bargaining.")
    if whole is not None and status == "EFFECTIVE" and whole["term_to"] is None:
        batch.refuse(
            row, "REQUIRED", "agreement", "The agreement has no end of its term. Send that with the agreement first."
        )
    for fewer, more in (("present_count", "roster_count"), ("votes_for", "present_count")):
        low, high = steps.values[fewer][row], steps.values[more][row]
        if low is not None and high is not None and low > high:
            batch.refuse(row, "VALUES_DISAGREE", fewer, f"This is more than `{more}`. Compare both.")


def _states(batch: Batch, steps: Part, wholes: Mapping[int, Record], there: Mapping[int, Sequence[Record]]) -> Several:
    """The state and the days of agreements, which follow from steps that are new."""
    rows: list[int] = []
    existing: list[Record] = []
    given: dict[str, list[Any]] = {name: [] for name in STATE}
    for key, new in new_rows(batch, steps, batch.keys["agreement"]).items():
        added = sorted(((batch.values["occurred_on"][row], batch.values["status"][row]) for row in new), key=_place)
        last = max([*added, *((each["occurred_on"], each["status"]) for each in there.get(key, ()))], key=_place)
        state = dict(wholes[key])
        for day, status in added:
            _note_day(state, status, day)
        if last in added:
            state["status"] = last[1]
        rows.append(new[-1])
        existing.append(wholes[key])
        for name in STATE:
            given[name].append(state[name])
    return Several(CollectiveAgreement, len(batch), rows, existing, given)


def _place(step: tuple[date, str]) -> tuple[date, int]:
    return step[0], RANK[step[1]]


def _note_day(state: dict[str, Any], status: str, day: date) -> None:
    """Change the days of an agreement by a step that is new."""
    name = LATEST.get(status)
    if name is not None and (state[name] is None or state[name] < day):
        state[name] = day
    if status == "REQUESTED":
        state["requested_on"] = min(state["requested_on"], day)
    elif status == "EFFECTIVE" and state["term_from"] is None:
        state["term_from"] = day
    elif status == "TERMINATED" or (status == "EXPIRED" and state["term_to"] is None):
        state["term_to"] = day
