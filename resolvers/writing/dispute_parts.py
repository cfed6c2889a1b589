"""Parties, claims, steps and recoveries of dispute cases, as records that are written: each row names its case."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from db.agreements import ActorRole
from db.disputes import (
    ClaimKind,
    DisputeCase,
    DisputeClaim,
    DisputeParty,
    DisputePhase,
    DisputeStatus,
    DisputeStep,
    PartyRole,
    Recovery,
)
from resolvers.writing.agreements import EMPLOYERS_NAMES, UNIONS_NAMES, names_of
from resolvers.writing.batch import Batch
from resolvers.writing.columns import DISPUTE_CASE, EMPLOYER, KEY, SOURCE, UNION, column, person, source
from resolvers.writing.declare import Heading, WritableKind
from resolvers.writing.disputes import (
    ACTORS,
    CASES_CLAIMS,
    CASES_STEPS,
    COLLECTIVE,
    ENDED,
    PARTIES,
    TABLE,
    party_of,
    refuse_other_names,
)
from resolvers.writing.parts import Part
from resolvers.writing.references import resolve
from resolvers.writing.scope import below
from resolvers.writing.several import Several
from resolvers.writing.taken import refuse_half_numbers, refuse_taken_numbers, taken_numbers
from resolvers.writing.values import CodeType, DayType, MoneyType, TextType
from resolvers.writing.wholes import new_rows, parts_of, recorded_parts, refuse_same, wholes_of

OF_CASE = column(
    "case",
    "Case",
    "案号",
    KEY,
    "案件编号",
    "所属案件",
    "受理编号",
    required=True,
    refers_to=DISPUTE_CASE,
    example="330106劳争〔2025〕12号",
)

CASE_PARTIES = WritableKind(
    name="case-parties",
    record="DisputeParty",
    singular="CaseParty",
    heading=Heading("Parties to dispute cases", "劳动争议当事人", ("当事人", "案件当事人")),
    columns=(
        OF_CASE,
        column("role", "Role", "当事人地位", CodeType(PartyRole), "诉讼地位", "地位", required=True, example="申请人"),
        column("name", "Name", "当事人姓名或名称", TextType(), "当事人", "姓名", "名称", personal=True, example="张示例",
               note="The record's name if empty (在库的空白即取登记姓名或名称)"),
        person(),
        column("employer", "Employer", "用人单位", KEY, "单位", "单位名称", "企业名称", "单位统一社会信用代码", refers_to=EMPLOYER),
        column("union", "Union", "工会", KEY, "工会名称", refers_to=UNION),
    ),
    natural_keys=(
        ("case", "role", "resident_number"), ("case", "role", "employer"), ("case", "role", "union"), ("case", "role", "name"),
    ),
)  # fmt: skip

CASE_CLAIMS = WritableKind(
    name="case-claims",
    record="DisputeClaim",
    singular="CaseClaim",
    heading=Heading("Claims in dispute cases", "劳动争议请求事项", ("请求事项", "仲裁请求")),
    columns=(
        OF_CASE,
        column("kind", "Claim", "请求事项", CodeType(ClaimKind), "诉求", "请求类型", required=True, example="工资"),
        column("amount", "Amount", "请求金额", MoneyType(), "金额", "标的额", example="12000"),
    ),
    natural_keys=(("case", "kind"),),
)  # fmt: skip

CASE_STEPS = WritableKind(
    name="case-steps",
    record="DisputeStep",
    singular="CaseStep",
    heading=Heading("Steps of dispute cases", "劳动争议办案环节", ("办案环节", "案件环节")),
    columns=(
        OF_CASE,
        column("phase", "Phase", "办理阶段", CodeType(DisputePhase), "阶段", "程序", required=True, example="仲裁"),
        column("status", "State reached", "案件状态", CodeType(DisputeStatus), "状态", "办理结果", required=True, example="裁决判决"),
        column("occurred_on", "Day", "办理日期", DayType(), "日期", "发生日期", required=True, example="2025-04-18"),
        column("actor", "Taken by", "办理主体", CodeType(ActorRole), "主体",
               note="Who usually takes the steps of the phase, if empty (空白为该阶段的通常主体)"),
        column("document_number", "Document", "文号", TextType(100), "文书编号", "裁决书编号", "调解书编号",
               example="浙杭劳人仲案〔2025〕12号", note="Required of an award or a judgment (裁决判决必填)"),
        column("note", "Note", "备注", TextType(500), "说明"),
    ),
    natural_keys=(("case", "phase", "status", "occurred_on"),),
)  # fmt: skip

RECOVERIES = WritableKind(
    name="case-recoveries",
    record="Recovery",
    singular="CaseRecovery",
    heading=Heading("Money recovered through dispute cases", "劳动争议追回款项", ("追回金额", "追回款项", "履行到位")),
    columns=(
        OF_CASE,
        *source("系统编号", example="ZH2025000012"),
        person(),
        column("kind", "Kind", "款项类别", CodeType(ClaimKind), "请求事项", "类别", required=True, example="工资"),
        column("amount", "Amount", "追回金额", MoneyType(), "金额", "到位金额", required=True, example="8000"),
        column("received_on", "Received on", "到账日期", DayType(), "追回日期", "日期", required=True, example="2025-05-06"),
    ),
    natural_keys=(
        SOURCE, ("case", "resident_number", "kind", "received_on"), ("case", "kind", "received_on"),
    ),
)  # fmt: skip

RECOVERED = f"""SELECT t.id, t.version, t.case_id, t.member_id, t.kind, t.amount, t.received_on, t.source_system, t.source_number
FROM recovery t JOIN dispute_case w ON w.id = t.case_id WHERE {below("w.organization_id")} AND (t.case_id = ANY ($5::bigint[])
    OR t.id IN (SELECT s.id FROM unnest($6::text[], $7::text[]) AS u(system, number)
        JOIN recovery s ON s.source_number = u.number AND s.source_system = u.system)) ORDER BY t.id"""  # noqa: S608

Record = Mapping[str, Any]


async def prepare_parties(batch: Batch) -> Sequence[Part]:
    """What is written of parties, and of the number of claimants of their cases."""
    await resolve(batch)
    values, cases = batch.values, batch.keys["case"]
    wholes = await wholes_of(batch, "case", TABLE, ("claimant_count", "is_collective"))
    there = await parts_of(batch, PARTIES, wholes, "case_id")
    refuse_other_names(batch, "resident_number", "name")
    members, unions, employers = (batch.keys[name] for name in ("resident_number", "union", "employer"))
    known = await names_of(batch, UNIONS_NAMES, unions), await names_of(batch, EMPLOYERS_NAMES, employers)
    names: list[str | None] = []
    found: list[Record | None] = []
    identities: list[tuple[Any, ...] | None] = []
    for row, (case, role) in enumerate(zip(cases, values["role"], strict=True)):
        union, employer, person_name = unions[row], employers[row], batch.names["resident_number"][row]
        name = person_name or values["name"][row] or known[0].get(union or 0) or known[1].get(employer or 0)
        names.append(name)
        _check_party(batch, row)
        whole = case is not None and role is not None and name is not None
        subject = (members[row], employer, union)
        found.append(party_of(there.get(case or 0, ()), role, name, *subject) if whole else None)
        identities.append((case, role, *subject, name if subject == (None, None, None) else None) if whole else None)
    refuse_same(batch, "name", identities)
    parties = Part(
        DisputeParty,
        found,
        {},
        fixed={
            "case_id": cases, "role": values["role"], "name": names, "member_id": members, "employer_id": employers,
            "organization_id": unions,
        },
        ids=await batch.new_keys("dispute_party", found),
    )  # fmt: skip
    return parties, _claimants(batch, parties, wholes, there)


def _check_party(batch: Batch, row: int) -> None:
    """A party is one person, employer, union or name: REQUIRED, VALUES_DISAGREE."""
    given = [name for name in ("resident_number", "employer", "union") if batch.values[name][row] is not None]
    if batch.lacks(row, "name", "resident_number", "employer", "union"):
        batch.refuse(row, "REQUIRED", "name", "Say who the party is: a person, an employer, a union, or a name alone.")
    if len(given) > 1:
        batch.refuse(
            row, "VALUES_DISAGREE", given[-1], "A party is a person, an employer or a union. Write a row for each."
        )


def _claimants(
    batch: Batch, parties: Part, wholes: Mapping[int, Record], there: Mapping[int, Sequence[Record]]
) -> Several:
    """A case has as many claimants as are named, at least, and is collective from ten on."""
    rows, existing, counts, collective = [], [], [], []
    for key, new in new_rows(batch, parties, batch.keys["case"]).items():
        named = sum(each["role"] == "CLAIMANT" for each in there.get(key, ()))
        named += sum(batch.values["role"][row] == "CLAIMANT" for row in new)
        whole = wholes[key]
        count = max(whole["claimant_count"], named)
        rows.append(new[-1])
        existing.append(whole)
        counts.append(count)
        collective.append(whole["is_collective"] or (count != whole["claimant_count"] and count >= COLLECTIVE))
    return Several(DisputeCase, len(batch), rows, existing, {"claimant_count": counts, "is_collective": collective})


async def prepare_claims(batch: Batch) -> Sequence[Part]:
    """What is written of claims, and of the amounts of their cases: an amount that was the sum of the claims stays the sum."""
    await resolve(batch)
    values, cases = batch.values, batch.keys["case"]
    wholes = await wholes_of(batch, "case", TABLE, ("amount_claimed",))
    there = await parts_of(batch, CASES_CLAIMS, wholes, "case_id")
    found: list[Record | None] = []
    identities: list[tuple[int, str] | None] = []
    for row, (case, kind) in enumerate(zip(cases, values["kind"], strict=True)):
        same = [each for each in there.get(case or 0, ()) if each["kind"] == kind]
        found.append(same[0] if same else None)
        identities.append(None if case is None or kind is None else (case, kind))
        if len(same) > 1:
            batch.refuse(row, "AMBIGUOUS", "kind", "The case has several claims of this kind on record.")
    refuse_same(batch, "kind", identities)
    claims = Part(
        DisputeClaim,
        found,
        {"amount": values["amount"]},
        fixed={"case_id": cases, "kind": values["kind"]},
        ids=await batch.new_keys("dispute_claim", found),
    )
    return claims, _amounts(batch, claims, wholes, there)


def _amounts(
    batch: Batch, claims: Part, wholes: Mapping[int, Record], there: Mapping[int, Sequence[Record]]
) -> Several:
    rows, existing, amounts = [], [], []
    for key, whole in wholes.items():
        good = [row for row, case in enumerate(batch.keys["case"]) if case == key and row not in batch.refused]
        before = [each["amount"] for each in there.get(key, ()) if each["amount"] is not None]
        if not good or whole["amount_claimed"] not in (None, sum(before)):
            continue
        written = {row: claims.values["amount"][row] for row in good}
        replaced = {old["id"] for row in good if (old := claims.existing[row]) is not None}
        kept = [
            each["amount"] for each in there.get(key, ()) if each["id"] not in replaced and each["amount"] is not None
        ]
        known = [*kept, *(amount for amount in written.values() if amount is not None)]
        rows.append(good[-1])
        existing.append(whole)
        amounts.append(sum(known, Decimal()) if known else None)
    return Several(DisputeCase, len(batch), rows, existing, {"amount_claimed": amounts})


async def prepare_steps(batch: Batch) -> Sequence[Part]:
    """What is written of steps, and of the phase, the state and the days of their cases, which follow from the last ones."""
    await resolve(batch)
    values, cases = batch.values, batch.keys["case"]
    wholes = await wholes_of(batch, "case", TABLE, ("phase", "status", "received_on", "accepted_on", "closed_on"))
    there = await parts_of(batch, CASES_STEPS, wholes, "case_id")
    key = ("phase", "status", "occurred_on")
    found = recorded_parts(batch, "case", key, there)
    for row, phase in enumerate(values["phase"]):
        if values["actor"][row] is None and found[row] is None and phase is not None:
            values["actor"][row] = ACTORS[phase]
    steps = Part(
        DisputeStep,
        found,
        {name: values[name] for name in ("actor", "document_number", "note")},
        fixed={"case_id": cases, **{name: values[name] for name in key}},
        ids=await batch.new_keys("dispute_step", found),
    )
    for row, case in enumerate(cases):
        _check_step(batch, row, steps, wholes.get(case or 0))
    return steps, _states(batch, steps, wholes, there)


def _check_step(batch: Batch, row: int, steps: Part, whole: Record | None) -> None:
    """The day and the document of a step: FUTURE_DATE, DATE_ORDER, REQUIRED."""
    day = batch.values["occurred_on"][row]
    batch.refuse_future(row, "occurred_on")
    if whole is not None and day is not None and day < whole["received_on"]:
        batch.refuse(row, "DATE_ORDER", "occurred_on", "No step precedes the day on which the case was received.")
    recorded = steps.values["document_number"][row]
    if batch.values["status"][row] == "DECIDED" and recorded is None and batch.lacks(row, "document_number"):
        batch.refuse(row, "REQUIRED", "document_number", "An award or a judgment has a number. Write it.")


def _states(batch: Batch, steps: Part, wholes: Mapping[int, Record], there: Mapping[int, Sequence[Record]]) -> Several:
    """The phase, the state and the days of cases, which follow from steps that are new."""
    rows: list[int] = []
    existing: list[Record] = []
    given: dict[str, list[Any]] = {name: [] for name in ("phase", "status", "accepted_on", "closed_on")}
    for key, new in new_rows(batch, steps, batch.keys["case"]).items():
        added = [tuple(batch.values[name][row] for name in ("occurred_on", "phase", "status")) for row in new]
        before = [(each["occurred_on"], each["phase"], each["status"]) for each in there.get(key, ())]
        whole = wholes[key]
        last = max([*before, *added], key=_place)
        accepted = [day for day, _, status in added if status == "ACCEPTED"]
        state = {name: whole[name] for name in given}
        if last in added:
            state |= {"phase": last[1], "status": last[2], "closed_on": last[0] if last[2] in ENDED else None}
        if state["accepted_on"] is None and accepted:
            state["accepted_on"] = min(accepted)
        rows.append(new[-1])
        existing.append(whole)
        for name, cells in given.items():
            cells.append(state[name])
    states = Several(DisputeCase, len(batch), rows, existing, given)
    states.items.values["closed_on"] = given["closed_on"]  # a case that goes on has none any more
    return states


PHASES = {phase.name: place for place, phase in enumerate(DisputePhase)}
STATES = {status.name: place for place, status in enumerate(DisputeStatus)}


def _place(step: tuple[date, str, str]) -> tuple[date, int, int]:
    """By what steps are in turn."""
    return step[0], PHASES[step[1]], STATES[step[2]]


async def prepare_recoveries(batch: Batch) -> Sequence[Part]:
    """What is written of recoveries."""
    await resolve(batch)
    values, cases = batch.values, batch.keys["case"]
    wholes = await wholes_of(batch, "case", TABLE, ("received_on",))
    refuse_half_numbers(batch)
    elsewhere = await taken_numbers(batch, "recovery")
    members = batch.keys["resident_number"]
    sources = list(zip(values["source_system"], values["source_number"], strict=True))
    pairs = [each for each in sources if None not in each]
    records = await batch.fetch(RECOVERED, list(wholes), [each[0] for each in pairs], [each[1] for each in pairs])
    by_source = {(each["source_system"], each["source_number"]): each for each in records}
    by_key: dict[tuple[Any, ...], list[Record]] = {}
    for each in records:
        by_key.setdefault((each["case_id"], each["member_id"], each["kind"], each["received_on"]), []).append(each)
    found: list[Record | None] = []
    identities: list[tuple[Any, ...] | None] = []
    for row, pair in enumerate(sources):
        key = (cases[row], members[row], values["kind"][row], values["received_on"][row])
        there = by_key.get(key, ())
        if None not in pair:
            there = [each for each in there if each["source_number"] is None]
        found.append(by_source.get(pair) or _unnumbered(batch, row, there))
        identities.append(None if None not in pair or key[0] is None or None in key[2:] else key)
        _check_recovery(batch, row, found[row], wholes.get(cases[row] or 0), members[row])
    refuse_same(batch, "received_on", identities)
    refuse_taken_numbers(batch, found, elsewhere)
    recoveries = Part(
        Recovery,
        found,
        {name: values[name] for name in ("kind", "amount", "received_on", *SOURCE)},
        fixed={"case_id": cases, "member_id": members},
        ids=await batch.new_keys("recovery", found),
    )
    return (recoveries,)


def _unnumbered(batch: Batch, row: int, records: Sequence[Record]) -> Record | None:
    """The recovery with the row's case, person, kind and day: refuses AMBIGUOUS."""
    if len(records) > 1:
        batch.refuse(
            row,
            "AMBIGUOUS",
            "received_on",
            "Several are on record for this day. Write the source system and the number there.",
        )
    return records[0] if records else None


def _check_recovery(batch: Batch, row: int, found: Record | None, whole: Record | None, member: int | None) -> None:
    """The number, the person and the day of a recovery: OTHER_PERSON, NOT_CHANGEABLE, FUTURE_DATE, DATE_ORDER."""
    day = batch.values["received_on"][row]
    if found is not None and batch.keys["case"][row] not in (None, found["case_id"]):
        batch.refuse(
            row, "NOT_CHANGEABLE", "case", "The recovery with this number belongs to another case. Compare the number."
        )
    if found is not None and member not in (None, found["member_id"]):
        batch.refuse(
            row,
            "OTHER_PERSON",
            "resident_number",
            "The recovery with this number is of another person. Compare the number.",
        )
    batch.refuse_future(row, "received_on")
    if whole is not None and day is not None and day < whole["received_on"]:
        batch.refuse(row, "DATE_ORDER", "received_on", "Money comes after the case was received.")
