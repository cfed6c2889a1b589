"""Dispute cases, their parties, claims, steps and recoveries are written in batches: new, same, changed, refused, with every fault."""

from collections.abc import Mapping
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from tests.resolvers.writing.conftest import Writers, codes, outcomes
from tests.resolvers.writing.test_employers import employer
from tests.resolvers.writing.test_members import person, resident_number

NUMBERS = count(1)


@pytest.fixture(scope="session")
async def sides(writers: Writers) -> tuple[dict[str, Any], dict[str, Any]]:
    """A worker and an employer of the county."""
    unit, worker = employer(writers), person(writers)
    assert outcomes(await writers.write("employers", unit)) == ["NEW"]
    assert outcomes(await writers.write("persons", worker)) == ["NEW"]
    return worker, unit


def case(writers: Writers, sides: tuple[Mapping[str, Any], Mapping[str, Any]], **more: Any) -> dict[str, Any]:
    """A case that was settled, without a fault."""
    worker, unit = sides
    return {
        "number": f"测劳争〔2025〕{next(NUMBERS)}号", "union": writers.county["name"], "division": writers.county["code"],
        "cause": "拖欠工资", "phase": "日常调解", "status": "达成调解", "body": "乡镇街道调解组织", "received_on": "2025年3月3日",
        "accepted_on": "2025-03-04", "closed_on": "2025-03-14", "claimant_number": worker["resident_number"],
        "employer": unit["credit_code"], "amount_claimed": "12,000元", **more,
    }  # fmt: skip


async def parts(writers: Writers, table: str, key: int | None) -> list[dict[str, Any]]:
    """The parts of a case."""
    found = await writers.pool.fetch(f"SELECT * FROM {table} WHERE case_id = $1 ORDER BY id", key)
    return [dict(each) for each in found]


async def steps_of(writers: Writers, key: int | None) -> list[tuple[str, str, str]]:
    found = await parts(writers, "dispute_step", key)
    return sorted((str(each["occurred_on"]), each["phase"], each["status"]) for each in found)


async def test_a_case_is_new_then_the_same_then_changed(writers: Writers, sides: Any) -> None:
    row = case(writers, sides)
    first = await writers.write("dispute-cases", row)
    assert outcomes(first) == ["NEW"], first
    key = first.rows[0].id
    stored = await writers.pool.fetchrow("SELECT * FROM dispute_case WHERE id = $1", key)
    assert (stored["organization_id"], stored["claimant_count"], stored["is_collective"]) == (
        writers.county["id"],
        1,
        False,
    )
    claimant, respondent = await parts(writers, "dispute_party", key)
    assert (claimant["role"], claimant["name"]) == ("CLAIMANT", sides[0]["name"])
    assert claimant["member_id"] is not None
    assert (respondent["role"], respondent["name"], respondent["employer_id"]) == (
        "RESPONDENT", sides[1]["name"], stored["employer_id"],
    )  # fmt: skip
    (claim,) = await parts(writers, "dispute_claim", key)
    assert (claim["kind"], claim["amount"]) == ("WAGE", Decimal(12000))
    assert await steps_of(writers, key) == [
        ("2025-03-03", "DAILY_MEDIATION", "RECEIVED"), ("2025-03-04", "DAILY_MEDIATION", "ACCEPTED"),
        ("2025-03-14", "DAILY_MEDIATION", "SETTLED"),
    ]  # fmt: skip

    assert outcomes(await writers.write("dispute-cases", row)) == ["SAME"]
    changed = row | {"accepted_on": "2025-03-05", "amount_claimed": "13000"}
    assert outcomes(await writers.write("dispute-cases", changed)) == ["CHANGED"]
    assert (await steps_of(writers, key))[1] == ("2025-03-05", "DAILY_MEDIATION", "ACCEPTED")
    assert [each["amount"] for each in await parts(writers, "dispute_claim", key)] == [Decimal(13000)]
    assert outcomes(await writers.write("dispute-cases", changed)) == ["SAME"]


async def test_a_case_goes_on_in_another_phase(writers: Writers, sides: Any) -> None:
    row = case(writers, sides, status="调解不成结案")
    key = (await writers.write("dispute-cases", row)).rows[0].id
    on = row | {"phase": "仲裁", "status": "已受理", "body": "劳动人事争议仲裁委员会", "closed_on": None}
    assert codes(await writers.write("dispute-cases", on)) == [("REQUIRED", "phase_on")]
    on |= {"phase_on": "2025-03-20", "accepted_on": "2025-03-24"}
    result = await writers.write("dispute-cases", on)
    assert outcomes(result) == ["CHANGED"], result
    assert outcomes(await writers.write("dispute-cases", on)) == ["SAME"]
    stored = await writers.pool.fetchrow("SELECT phase, status, closed_on FROM dispute_case WHERE id = $1", key)
    assert tuple(stored) == ("ARBITRATION", "ACCEPTED", None)
    assert [each[1:] for each in await steps_of(writers, key)] == [
        ("DAILY_MEDIATION", "RECEIVED"), ("DAILY_MEDIATION", "ACCEPTED"), ("DAILY_MEDIATION", "CLOSED"),
        ("ARBITRATION", "RECEIVED"), ("ARBITRATION", "ACCEPTED"),
    ]  # fmt: skip
    assert codes(await writers.write("dispute-cases", row)) == [("STATUS_MISMATCH", "status")]


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"number": None}, [("REQUIRED", "number")]),
        ({"source_system": "调解平台"}, [("REQUIRED", "source_number")]),
        ({"union": "没有的工会", "employer": "没有的单位"}, [("NOT_FOUND", "union"), ("NOT_FOUND", "employer")]),
        ({"claimant_number": resident_number("19850102", "330102", 9)}, [("NOT_FOUND", "claimant_number")]),
        ({"claimant_number": "没有的编号"}, [("NOT_FOUND", "claimant_number")]),
        ({"claimant_number": "330106199003070000"}, [("ROUNDED_NUMBER", "claimant_number")]),
        ({"claimant": "李别人"}, [("OTHER_NAME", "claimant")]),
        ({"cause": "偷窃"}, [("UNKNOWN_CODE", "cause")]),
        ({"accepted_on": "2025-03-02"}, [("DATE_ORDER", "accepted_on")]),
        ({"closed_on": "2025-03-01"}, [("DATE_ORDER", "closed_on"), ("DATE_ORDER", "closed_on")]),
        ({"closed_on": None}, [("REQUIRED", "closed_on")]),
        ({"closed_on": "昨天"}, [("BAD_DATE", "closed_on")]),
        ({"status": "办理中"}, [("STATUS_MISMATCH", "status")]),
        ({"received_on": "2099-01-01", "accepted_on": None, "closed_on": None, "status": "已接收"}, [("FUTURE_DATE", "received_on")]),
        ({"phase": "仲裁"}, [("REQUIRED", "phase_on")]),
        ({"phase_on": "2025-03-01"}, [("DATE_ORDER", "phase_on")]),
        ({"claimant_count": 0}, [("NUMBER_OUT_OF_RANGE", "claimant_count")]),
        ({"amount_claimed": "-1"}, [("NUMBER_OUT_OF_RANGE", "amount_claimed")]),
    ],
)  # fmt: skip
async def test_all_faults_of_a_case_are_named(writers: Writers, sides: Any, wrong: Any, expected: Any) -> None:
    result = await writers.write("dispute-cases", case(writers, sides, **wrong))
    assert codes(result) == expected
    assert outcomes(result) == ["REFUSED"]


async def test_a_party_by_name_is_not_made_a_person_on_record(writers: Writers, sides: Any) -> None:
    """Two persons by name alone are never merged."""
    row = case(
        writers, sides, claimant_number=None, claimant="王无名", employer=None, respondent="个体经营者（未登记）"
    )
    key = (await writers.write("dispute-cases", row)).rows[0].id
    assert [(each["name"], each["member_id"]) for each in await parts(writers, "dispute_party", key)] == [
        ("王无名", None), ("个体经营者（未登记）", None),
    ]  # fmt: skip
    assert outcomes(await writers.write("dispute-cases", row)) == ["SAME"]
    same_name = person(writers, name="王无名")
    await writers.write("persons", same_name)
    party = {"case": row["number"], "role": "申请人", "name": "王无名"}
    assert outcomes(await writers.write("case-parties", party)) == ["SAME"]
    known = party | {"resident_number": same_name["resident_number"]}
    assert outcomes(await writers.write("case-parties", known)) == ["NEW"]
    assert len(await parts(writers, "dispute_party", key)) == 3


async def test_parties_count_as_claimants(writers: Writers, sides: Any) -> None:
    row = case(writers, sides)
    key = (await writers.write("dispute-cases", row)).rows[0].id
    workers = [person(writers, name=f"工人{number}") for number in range(9)]
    await writers.write("persons", *workers)
    rows = [{"case": row["number"], "role": "申请人", "resident_number": each["resident_number"]} for each in workers]
    first = await writers.write("case-parties", *rows)
    assert set(outcomes(first)) == {"NEW"}, first
    stored = await writers.pool.fetchrow("SELECT claimant_count, is_collective FROM dispute_case WHERE id = $1", key)
    assert tuple(stored) == (10, True)
    assert [each["name"] for each in await parts(writers, "dispute_party", key)][2:] == [
        each["name"] for each in workers
    ]
    assert set(outcomes(await writers.write("case-parties", *rows))) == {"SAME"}
    assert outcomes(await writers.write("dispute-cases", row)) == ["SAME"]
    assert codes(await writers.write("dispute-cases", row | {"claimant_count": 9})) == [
        ("VALUES_DISAGREE", "claimant_count")
    ]


async def test_a_worker_who_has_left_is_still_a_party(writers: Writers, sides: Any) -> None:
    worker = person(writers, name="已离职")
    await writers.write("persons", worker)
    await writers.write("persons", worker | {"status": "退会", "left_on": "2025-01-31"})
    result = await writers.write("dispute-cases", case(writers, (worker, sides[1])))
    assert outcomes(result) == ["NEW"], result
    claimant = (await parts(writers, "dispute_party", result.rows[0].id))[0]
    assert (claimant["name"], claimant["member_id"] is not None) == ("已离职", True)


async def test_claims_and_the_amount_of_their_case(writers: Writers, sides: Any) -> None:
    row = case(writers, sides)
    key = (await writers.write("dispute-cases", row)).rows[0].id
    more = {"case": row["number"], "kind": "补偿赔偿", "amount": "3000"}
    assert outcomes(await writers.write("case-claims", more)) == ["NEW"]
    assert await writers.pool.fetchval("SELECT amount_claimed FROM dispute_case WHERE id = $1", key) == Decimal(15000)
    assert outcomes(await writers.write("case-claims", more)) == ["SAME"]
    assert outcomes(await writers.write("case-claims", more | {"amount": "4000"})) == ["CHANGED"]
    assert await writers.pool.fetchval("SELECT amount_claimed FROM dispute_case WHERE id = $1", key) == Decimal(16000)
    await writers.write("dispute-cases", row | {"amount_claimed": "20000"})
    assert outcomes(await writers.write("case-claims", more | {"amount": "5000"})) == ["CHANGED"]
    assert await writers.pool.fetchval("SELECT amount_claimed FROM dispute_case WHERE id = $1", key) == Decimal(20000)


async def test_steps_lead_their_case_on(writers: Writers, sides: Any) -> None:
    row = case(writers, sides, status="调解不成结案")
    key = (await writers.write("dispute-cases", row)).rows[0].id
    award = {
        "case": row["number"], "phase": "仲裁", "status": "裁决判决", "occurred_on": "2025-04-18",
        "document_number": "浙杭劳人仲案〔2025〕12号",
    }  # fmt: skip
    filed = {"case": row["number"], "phase": "仲裁", "status": "已接收", "occurred_on": "2025-03-20"}
    assert outcomes(await writers.write("case-steps", filed)) == ["NEW"]
    state = "SELECT phase, status, closed_on::text FROM dispute_case WHERE id = $1"
    assert tuple(await writers.pool.fetchrow(state, key)) == ("ARBITRATION", "RECEIVED", None)
    result = await writers.write("case-steps", award, filed | {"status": "已受理", "occurred_on": "2025-03-24"})
    assert outcomes(result) == ["NEW", "NEW"], result
    assert tuple(await writers.pool.fetchrow(state, key)) == ("ARBITRATION", "DECIDED", "2025-04-18")
    assert outcomes(await writers.write("case-steps", award, filed)) == ["SAME", "SAME"]
    assert outcomes(await writers.write("case-steps", award | {"note": "终局裁决"})) == ["CHANGED"]
    actors = {each["actor"] for each in await parts(writers, "dispute_step", key) if each["phase"] == "ARBITRATION"}
    assert actors == {"ARBITRATION_COMMISSION"}


async def test_money_is_recovered_once(writers: Writers, sides: Any) -> None:
    row = case(writers, sides)
    key = (await writers.write("dispute-cases", row)).rows[0].id
    paid = {
        "case": row["number"], "resident_number": sides[0]["resident_number"], "kind": "工资", "amount": "8000",
        "received_on": "2025-05-06",
    }  # fmt: skip
    assert outcomes(await writers.write("case-recoveries", paid)) == ["NEW"]
    assert outcomes(await writers.write("case-recoveries", paid)) == ["SAME"]
    numbered = paid | {"source_system": "清欠平台", "source_number": f"Q{next(NUMBERS)}"}
    assert outcomes(await writers.write("case-recoveries", numbered)) == ["CHANGED"]
    assert outcomes(await writers.write("case-recoveries", numbered | {"amount": "8100"})) == ["CHANGED"]
    second = numbered | {"source_number": f"Q{next(NUMBERS)}", "amount": "400"}
    assert outcomes(await writers.write("case-recoveries", second)) == ["NEW"]
    assert [each["amount"] for each in await parts(writers, "recovery", key)] == [Decimal(8100), Decimal(400)]
    assert codes(await writers.write("case-recoveries", paid)) == [("AMBIGUOUS", "received_on")]


@pytest.mark.parametrize(
    ("kind", "wrong", "expected"),
    [
        ("case-parties", {"case": "没有的案号", "role": "申请人", "name": "甲某"}, [("NOT_FOUND", "case")]),
        ("case-parties", {"role": "申请人"}, [("REQUIRED", "name")]),
        ("case-parties", {"role": "申请人", "resident_number": "110101199003070637"}, [("BAD_VALUE", "resident_number")]),
        ("case-claims", {"kind": "工资", "amount": "很多"}, [("BAD_NUMBER", "amount")]),
        ("case-steps", {"phase": "仲裁", "status": "裁决判决", "occurred_on": "2025-04-18"}, [("REQUIRED", "document_number")]),
        ("case-steps", {"phase": "仲裁", "status": "已受理", "occurred_on": "2025-03-02"}, [("DATE_ORDER", "occurred_on")]),
        ("case-steps", {"phase": "仲裁", "status": "已受理", "occurred_on": "2099-03-02"}, [("FUTURE_DATE", "occurred_on")]),
        ("case-recoveries", {"kind": "工资", "amount": "1", "received_on": "2025-03-02"}, [("DATE_ORDER", "received_on")]),
        ("case-recoveries", {"kind": "工资", "amount": "1", "received_on": "2099-03-02"}, [("FUTURE_DATE", "received_on")]),
        ("case-recoveries", {"kind": "工资", "amount": "1", "received_on": "2025-04-02", "source_number": "9"},
         [("REQUIRED", "source_number")]),
    ],
)  # fmt: skip
async def test_all_faults_of_a_part_are_named(
    writers: Writers, sides: Any, kind: str, wrong: Any, expected: Any
) -> None:
    row = case(writers, sides)
    await writers.write("dispute-cases", row)
    result = await writers.write(kind, {"case": row["number"], **wrong})
    assert codes(result) == expected


async def test_a_party_is_one_subject_and_comes_once(writers: Writers, sides: Any) -> None:
    row = case(writers, sides, source_system="调解平台", source_number=f"T{next(NUMBERS)}")
    await writers.write("dispute-cases", row)
    both = {
        "case": row["number"],
        "role": "第三人",
        "union": writers.county["name"],
        "employer": sides[1]["credit_code"],
    }
    assert codes(await writers.write("case-parties", both)) == [("VALUES_DISAGREE", "union")]
    twice = {"case": row["number"], "role": "第三人", "name": "丙某"}
    result = await writers.write("case-parties", twice, twice | {"case": row["source_number"]})
    assert [codes(result, each) for each in (0, 1)] == [[("DUPLICATE", "name")]] * 2


async def test_a_case_of_another_union_is_out_of_reach(writers: Writers, sides: Any) -> None:
    row = case(writers, sides)
    await writers.write("dispute-cases", row)
    there = writers.caller(writers.other["id"])
    theirs = {
        "union": writers.other["name"],
        "division": writers.other["code"],
        "claimant_number": None,
        "employer": None,
    }
    result = await writers.write("dispute-cases", row | theirs, caller=there)
    assert codes(result) == [("RECORDED_ELSEWHERE", "number")]
    for kind, part in (
        ("case-parties", {"role": "申请人", "name": "甲某"}),
        ("case-claims", {"kind": "工资"}),
        ("case-steps", {"phase": "仲裁", "status": "已受理", "occurred_on": "2025-04-18"}),
        ("case-recoveries", {"kind": "工资", "amount": "1", "received_on": "2025-04-18"}),
    ):
        assert codes(await writers.write(kind, {"case": row["number"], **part}, caller=there)) == [
            ("NOT_FOUND", "case")
        ]
    stranger = case(writers, sides, **theirs | {"claimant_number": sides[0]["resident_number"]})
    assert codes(await writers.write("dispute-cases", stranger, caller=there)) == [("NOT_FOUND", "claimant_number")]
