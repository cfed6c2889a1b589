"""Insurance enrolments are written in batches, by their number in the agency's system."""

from itertools import count
from typing import Any

import pytest

from tests.resolvers.writing.conftest import Writers, codes, outcomes
from tests.resolvers.writing.test_batches import statements
from tests.resolvers.writing.test_employers import employer
from tests.resolvers.writing.test_members import person, resident_number

NUMBERS = count(1)


@pytest.fixture(scope="session")
async def insured(writers: Writers) -> tuple[dict[str, Any], dict[str, Any]]:
    """An employer and a member."""
    unit = employer(writers)
    await writers.write("employers", unit)
    worker = person(writers, employer=unit["credit_code"])
    await writers.write("persons", worker)
    return unit, worker


def enrolment(writers: Writers, insured: tuple[dict[str, Any], dict[str, Any]], **more: Any) -> dict[str, Any]:
    """A row without a fault."""
    unit, worker = insured
    return {
        "source_system": "社保", "source_number": f"GS{next(NUMBERS):08d}", "union": writers.county["name"],
        "resident_number": worker["resident_number"], "participant": unit["credit_code"], "scheme": "工伤保险", "base_amount": "5,000元",
        "rate": "0.004", "valid_from": "2023-03-01", **more,
    }  # fmt: skip


async def test_an_enrolment_is_new_then_the_same_then_changed(writers: Writers, insured: Any) -> None:
    row = enrolment(writers, insured)
    first = await writers.write("insurance-enrolments", row)
    assert outcomes(first) == ["NEW"], first
    assert outcomes(await writers.write("insurance-enrolments", row)) == ["SAME"]
    assert outcomes(await writers.write("insurance-enrolments", row | {"valid_to": "2024-03-01"})) == ["CHANGED"]
    stored = await writers.pool.fetchrow("SELECT * FROM insurance_enrolment WHERE id = $1", first.rows[0].id)
    assert (str(stored["base_amount"]), str(stored["valid_to"])) == ("5000.00", "2024-03-01")


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"source_number": None}, [("REQUIRED", "source_number")]),
        ({"resident_number": resident_number("19850101", "330102", 9)}, [("NOT_FOUND", "resident_number")]),
        ({"participant": "没有的单位"}, [("NOT_FOUND", "participant")]),
        ({"rate": "40"}, [("NUMBER_OUT_OF_RANGE", "rate")]),
        ({"valid_to": "2023-03-01"}, [("DATE_ORDER", "valid_to")]),
    ],
)
async def test_all_faults_of_a_row_are_named(writers: Writers, insured: Any, wrong: Any, expected: Any) -> None:
    assert codes(await writers.write("insurance-enrolments", enrolment(writers, insured, **wrong))) == expected


async def test_an_enrolment_of_another_person_or_union_is_refused(writers: Writers, insured: Any) -> None:
    row, other = enrolment(writers, insured), person(writers)
    await writers.write("insurance-enrolments", row)
    await writers.write("persons", other)
    result = await writers.write("insurance-enrolments", row | {"resident_number": other["resident_number"]})
    assert codes(result) == [("OTHER_PERSON", "resident_number")]
    stranger = person(writers, union=writers.other["name"], division=writers.other["code"])
    there = writers.caller(writers.other["id"])
    await writers.write("persons", stranger, caller=there)
    elsewhere = row | {
        "union": writers.other["name"],
        "resident_number": stranger["resident_number"],
        "participant": None,
    }
    result = await writers.write("insurance-enrolments", elsewhere, caller=there)
    assert codes(result) == [("RECORDED_ELSEWHERE", "source_number")]
    result = await writers.write(
        "insurance-enrolments", enrolment(writers, insured, resident_number=stranger["resident_number"])
    )
    assert codes(result) == [("NOT_FOUND", "resident_number")]


async def test_one_enrolment_takes_as_many_statements_as_many(writers: Writers, insured: Any) -> None:
    one = await statements(writers, "insurance-enrolments", [enrolment(writers, insured)])
    many = await statements(writers, "insurance-enrolments", [enrolment(writers, insured) for _ in range(500)])
    assert one == many
