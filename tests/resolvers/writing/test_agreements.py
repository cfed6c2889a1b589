"""Collective agreements, their parties, coverage and steps are written in batches: new, same, changed, refused, with every fault."""

from collections.abc import Mapping
from datetime import date
from itertools import count
from typing import Any

import pytest

from tests.resolvers.writing.conftest import Writers, codes, outcomes
from tests.resolvers.writing.test_employers import employer

NUMBERS = count(1)


@pytest.fixture(scope="session")
async def unit(writers: Writers) -> dict[str, Any]:
    """An employer of the county."""
    row = employer(writers)
    assert outcomes(await writers.write("employers", row)) == ["NEW"]
    return row


def agreement(writers: Writers, unit: Mapping[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """An agreement in force, without a fault."""
    return {
        "number": f"集测〔2024〕{next(NUMBERS)}号", "title": "工资专项集体合同", "kind": "工资专项集体合同", "status": "生效",
        "union": writers.county["name"], "union_representative": "张示例", "employer": unit and unit["credit_code"],
        "division": writers.county["code"], "worker_count": "126人", "requested_on": "2024-03-01", "replied_on": "2024-03-08",
        "signed_on": "2024年4月20日", "submitted_on": "2024-04-25", "received_on": "2024-04-26", "effective_on": "2024-05-12",
        "term_to": "2099-05-12", **more,
    }  # fmt: skip


def under_way(writers: Writers, **more: Any) -> dict[str, Any]:
    """An agreement that is not signed: it has no number yet."""
    return {
        "source_system": "省平台", "source_number": f"P{next(NUMBERS)}", "title": "集体合同", "kind": "综合集体合同",
        "status": "已提出要约", "union": writers.county["name"], "division": writers.county["code"], "worker_count": 30,
        "requested_on": "2025-03-01", **more,
    }  # fmt: skip


async def rows(writers: Writers, table: str, key: int | None) -> list[dict[str, Any]]:
    """The parts of an agreement."""
    found = await writers.pool.fetch(f"SELECT * FROM {table} WHERE agreement_id = $1 ORDER BY id", key)
    return [dict(each) for each in found]


async def steps_of(writers: Writers, key: int | None) -> list[tuple[str, str]]:
    found = await rows(writers, "agreement_step", key)
    return sorted([(str(each["occurred_on"]), each["status"]) for each in found])


async def test_an_agreement_is_new_then_the_same_then_changed(writers: Writers, unit: Any) -> None:
    row = agreement(writers, unit, employer_representative="李示例")
    first = await writers.write("agreements", row)
    assert outcomes(first) == ["NEW"], first
    key = first.rows[0].id
    stored = await writers.pool.fetchrow("SELECT * FROM collective_agreement WHERE id = $1", key)
    assert (stored["organization_id"], stored["term_from"]) == (writers.county["id"], date(2024, 5, 12))
    union, other = await rows(writers, "agreement_party", key)
    assert (union["side"], union["name"], union["chief_representative"]) == ("UNION", writers.county["name"], "张示例")
    assert (other["side"], other["name"], other["chief_representative"]) == ("EMPLOYER", unit["name"], "李示例")
    (covered,) = await rows(writers, "agreement_coverage", key)
    assert (covered["employer_id"], covered["worker_count"], str(covered["valid_from"])) == (
        other["employer_id"],
        126,
        "2024-05-12",
    )
    assert await steps_of(writers, key) == [
        ("2024-03-01", "REQUESTED"), ("2024-03-08", "REPLIED"), ("2024-04-20", "SIGNED"), ("2024-04-25", "SUBMITTED"),
        ("2024-04-26", "UNDER_REVIEW"), ("2024-05-12", "EFFECTIVE"),
    ]  # fmt: skip

    assert outcomes(await writers.write("agreements", row)) == ["SAME"]
    moved = row | {"signed_on": "2024-04-21", "union_representative": "王示例"}
    assert outcomes(await writers.write("agreements", moved)) == ["CHANGED"]
    assert ("2024-04-21", "SIGNED") in await steps_of(writers, key)
    assert len(await steps_of(writers, key)) == 6
    assert outcomes(await writers.write("agreements", moved)) == ["SAME"]
    ended = moved | {"status": "终止", "term_to": "2025-01-31"}
    assert outcomes(await writers.write("agreements", ended)) == ["CHANGED"]
    assert (await steps_of(writers, key))[-1] == ("2025-01-31", "TERMINATED")
    assert str((await rows(writers, "agreement_coverage", key))[0]["valid_to"]) == "2025-01-31"
    assert outcomes(await writers.write("agreements", ended)) == ["SAME"]
    assert codes(await writers.write("agreements", moved)) == [("STATUS_MISMATCH", "status")]


async def test_an_agreement_under_way_has_its_number_later(writers: Writers) -> None:
    row = under_way(writers)
    first = await writers.write("agreements", row)
    assert outcomes(first) == ["NEW"], first
    replied = row | {"status": "协商中", "replied_on": "2025-03-10", "status_on": "2025-03-12"}
    assert outcomes(await writers.write("agreements", replied)) == ["CHANGED"]
    assert outcomes(await writers.write("agreements", replied)) == ["SAME"]
    assert await steps_of(writers, first.rows[0].id) == [
        ("2025-03-01", "REQUESTED"), ("2025-03-10", "REPLIED"), ("2025-03-12", "BARGAINING"),
    ]  # fmt: skip
    signed = row | {"number": f"集测〔2025〕{next(NUMBERS)}号", "status": "已签订", "signed_on": "2025-04-01"}
    result = await writers.write("agreements", signed)
    assert (outcomes(result), result.rows[0].id) == (["CHANGED"], first.rows[0].id)
    by_number = {name: value for name, value in signed.items() if not name.startswith("source")}
    assert outcomes(await writers.write("agreements", by_number)) == ["SAME"]


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"number": None}, [("REQUIRED", "number")]),
        ({"source_number": "1"}, [("REQUIRED", "source_number")]),
        ({"union": "没有的工会"}, [("NOT_FOUND", "union")]),
        ({"employer": "没有的单位"}, [("NOT_FOUND", "employer")]),
        ({"kind": "奇怪的合同"}, [("UNKNOWN_CODE", "kind")]),
        ({"worker_count": "-3"}, [("NUMBER_OUT_OF_RANGE", "worker_count")]),
        ({"requested_on": None, "replied_on": None, "signed_on": None}, [("REQUIRED", "requested_on")]),
        ({"replied_on": "2024-02-01"}, [("DATE_ORDER", "replied_on")]),
        ({"submitted_on": "2024-04-19"}, [("DATE_ORDER", "submitted_on")]),
        ({"received_on": "2024年4月24日"}, [("DATE_ORDER", "received_on")]),
        ({"term_to": "2024-05-12"}, [("DATE_ORDER", "term_to")]),
        ({"term_to": None}, [("REQUIRED", "term_to")]),
        ({"term_to": "没有"}, [("BAD_DATE", "term_to")]),
        ({"published_on": "2099-01-01"}, [("FUTURE_DATE", "published_on")]),
        ({"effective_on": "2098-01-01"}, [("STATUS_MISMATCH", "effective_on")]),
        ({"status": "协商中", "status_on": "2024-03-10"}, [("STATUS_MISMATCH", "status")]),
        ({"status": "已签订"}, [("STATUS_MISMATCH", "status")]),
        ({"status": "期满"}, [("STATUS_MISMATCH", "term_to")]),
        ({"status_on": "2024-05-13"}, [("STATUS_MISMATCH", "status_on")]),
        ({"employer": None, "employer_representative": "李示例"}, [("REQUIRED", "employer_side")]),
    ],
)
async def test_all_faults_of_an_agreement_are_named(writers: Writers, unit: Any, wrong: Any, expected: Any) -> None:
    result = await writers.write("agreements", agreement(writers, unit, **wrong))
    assert codes(result) == expected
    assert outcomes(result) == ["REFUSED"]


async def test_an_agreement_in_force_past_its_end_is_a_warning(writers: Writers, unit: Any) -> None:
    result = await writers.write("agreements", agreement(writers, unit, term_to="2025-05-12"))
    assert outcomes(result) == ["NEW"]
    assert [each.code for each in result.rows[0].findings] == ["AGREEMENT_PAST_ITS_END"]


async def test_a_state_without_a_day_is_refused(writers: Writers) -> None:
    assert codes(await writers.write("agreements", under_way(writers, status="形成草案"))) == [
        ("REQUIRED", "status_on")
    ]


async def test_parties_of_a_region(writers: Writers) -> None:
    row = agreement(writers, kind="区域性集体合同", employer_side="示例区企业联合会")
    key = (await writers.write("agreements", row)).rows[0].id
    party = {"agreement": row["number"], "side": "用人单位方", "name": "示例区工商联", "chief_representative": "赵示例"}
    assert outcomes(await writers.write("agreement-parties", party)) == ["NEW"]
    assert outcomes(await writers.write("agreement-parties", party)) == ["SAME"]
    assert outcomes(await writers.write("agreement-parties", party | {"chief_representative": "钱示例"})) == ["CHANGED"]
    own = {"agreement": row["number"], "side": "职工方", "union": writers.county["name"]}
    assert outcomes(await writers.write("agreement-parties", own)) == ["SAME"]
    assert [each["name"] for each in await rows(writers, "agreement_party", key)] == [
        writers.county["name"], "示例区企业联合会", "示例区工商联",
    ]  # fmt: skip
    wrong = own | {"side": "用人单位方"}
    assert codes(await writers.write("agreement-parties", wrong)) == [("VALUES_DISAGREE", "side")]
    nobody = {"agreement": row["number"], "side": "职工方"}
    assert codes(await writers.write("agreement-parties", nobody)) == [("REQUIRED", "name")]


async def test_an_agreement_covers_employers_for_a_time(writers: Writers, unit: Any) -> None:
    row = agreement(
        writers,
        kind="行业性集体合同",
        employer_side="示例快递协会",
        source_system="省平台",
        source_number=f"P{next(NUMBERS)}",
    )
    key = (await writers.write("agreements", row)).rows[0].id
    covered = {"agreement": row["source_number"], "employer": unit["credit_code"], "worker_count": "80人"}
    result = await writers.write("agreement-coverage", covered)
    assert outcomes(result) == ["NEW"], result
    assert outcomes(await writers.write("agreement-coverage", covered)) == ["SAME"]
    ended = covered | {"worker_count": 90, "covered_to": "2025-01-01"}
    assert outcomes(await writers.write("agreement-coverage", ended)) == ["CHANGED"]
    (found,) = await rows(writers, "agreement_coverage", key)
    assert (found["worker_count"], str(found["valid_from"]), str(found["valid_to"])) == (90, "2024-05-12", "2025-01-01")
    early = covered | {"covered_from": "2024-12-01"}
    assert codes(await writers.write("agreement-coverage", early)) == [("OVERLAP", "covered_from")]
    assert outcomes(await writers.write("agreement-coverage", covered | {"covered_from": "2025-01-01"})) == ["NEW"]
    backwards = covered | {"covered_from": "2025-01-01", "covered_to": "2025-01-01"}
    assert codes(await writers.write("agreement-coverage", backwards)) == [("DATE_ORDER", "covered_to")]
    twice = await writers.write("agreement-coverage", covered, covered | {"agreement": row["number"]})
    assert [codes(twice, each) for each in (0, 1)] == [[("DUPLICATE", "employer")]] * 2


async def test_steps_lead_their_agreement_on(writers: Writers) -> None:
    row = under_way(writers)
    key = (await writers.write("agreements", row)).rows[0].id
    state = "SELECT status, signed_on::text, received_on::text, effective_on::text, term_from::text FROM collective_agreement WHERE id = $1"
    steps = [
        {"agreement": row["source_number"], "status": status, "occurred_on": day}
        for status, day in (
            ("已回应", "2025-03-08"),
            ("职代会通过", "2025-04-01"),
            ("已签订", "2025-04-02"),
            ("审查中", "2025-04-10"),
        )
    ]
    steps[1] |= {"roster_count": "60", "present_count": "52", "votes_for": "50票"}
    result = await writers.write("agreement-steps", *reversed(steps))
    assert set(outcomes(result)) == {"NEW"}, result
    assert tuple(await writers.pool.fetchrow(state, key)) == ("UNDER_REVIEW", "2025-04-02", "2025-04-10", None, None)
    assert set(outcomes(await writers.write("agreement-steps", *steps))) == {"SAME"}
    effective = {"agreement": row["source_number"], "status": "生效", "occurred_on": "2025-04-26"}
    assert codes(await writers.write("agreement-steps", effective)) == [("REQUIRED", "agreement")]
    await writers.write("agreements", row | {"status": "审查中", "term_to": "2028-04-26"})
    assert outcomes(await writers.write("agreement-steps", effective)) == ["NEW"]
    assert tuple(await writers.pool.fetchrow(state, key)) == (
        "EFFECTIVE",
        "2025-04-02",
        "2025-04-10",
        "2025-04-26",
        "2025-04-26",
    )
    actors = {each["status"]: each["actor"] for each in await rows(writers, "agreement_step", key)}
    assert (actors["CONGRESS_PASSED"], actors["EFFECTIVE"]) == ("WORKERS_CONGRESS", "HR_BUREAU")
    noted = effective | {"note": "审查期满十五日未提异议"}
    assert outcomes(await writers.write("agreement-steps", noted)) == ["CHANGED"]
    assert codes(await writers.write("agreements", row)) == [("STATUS_MISMATCH", "status")]


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"agreement": "没有的合同"}, [("NOT_FOUND", "agreement")]),
        ({"occurred_on": "2025-02-01"}, [("DATE_ORDER", "occurred_on")]),
        ({"occurred_on": "2099-02-01"}, [("FUTURE_DATE", "occurred_on")]),
        ({"roster_count": 10, "present_count": 11}, [("VALUES_DISAGREE", "present_count")]),
        ({"present_count": 10, "votes_for": 11}, [("VALUES_DISAGREE", "votes_for")]),
        ({"actor": "路人"}, [("UNKNOWN_CODE", "actor")]),
    ],
)
async def test_all_faults_of_a_step_are_named(writers: Writers, wrong: Any, expected: Any) -> None:
    row = under_way(writers)
    await writers.write("agreements", row)
    step = {"agreement": row["source_number"], "status": "职代会通过", "occurred_on": "2025-04-01", **wrong}
    assert codes(await writers.write("agreement-steps", step)) == expected


async def test_an_agreement_of_another_union_is_out_of_reach(writers: Writers, unit: Any) -> None:
    row = agreement(writers, unit)
    await writers.write("agreements", row)
    there = writers.caller(writers.other["id"])
    theirs = {"union": writers.other["name"], "division": writers.other["code"], "employer": None}
    assert codes(await writers.write("agreements", row | theirs, caller=there)) == [("RECORDED_ELSEWHERE", "number")]
    for kind, part in (
        ("agreement-parties", {"side": "职工方", "name": "甲"}),
        ("agreement-steps", {"status": "已回应", "occurred_on": "2025-04-18"}),
    ):
        assert codes(await writers.write(kind, {"agreement": row["number"], **part}, caller=there)) == [
            ("NOT_FOUND", "agreement")
        ]
    covered = {"agreement": row["number"], "employer": unit["credit_code"], "worker_count": 1}
    assert codes(await writers.write("agreement-coverage", covered, caller=there)) == [
        ("NOT_FOUND", "agreement"), ("NOT_FOUND", "employer"),
    ]  # fmt: skip
