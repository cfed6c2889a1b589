"""Employers and their coverage are written in batches: new, same, changed, refused, with every fault of a row."""

from typing import Any

import pytest

from resolvers.writing.outcomes import BatchOptions, OnConflict, OnError
from tests.resolvers.writing.conftest import Writers, codes, outcomes


def employer(writers: Writers, **more: Any) -> dict[str, Any]:
    """A row without a fault."""
    return {
        "name": "杭州示例物流有限公司", "credit_code": writers.code(), "kind": "民营企业", "industry": "G54",
        "division": writers.county["code"], "union": writers.county["name"], "headcount": "126", "registered_on": "2019-03-04",
        "covered_from": "2021-05-01", **more,
    }  # fmt: skip


async def test_an_employer_is_new_then_the_same_then_changed(writers: Writers) -> None:
    row = employer(writers)
    first = await writers.write("employers", row)
    assert outcomes(first) == ["NEW"], first
    assert first.written
    again = await writers.write("employers", row)
    assert outcomes(again) == ["SAME"]
    assert again.rows[0].id == first.rows[0].id
    changed = await writers.write("employers", row | {"headcount": 130, "covered_to": "2024-01-01"})
    assert outcomes(changed) == ["CHANGED"]
    stored = await writers.pool.fetchrow("SELECT * FROM employer WHERE credit_code = $1", row["credit_code"])
    assert (stored["headcount"], stored["organization_id"]) == (130, writers.county["id"])
    coverage = await writers.pool.fetch("SELECT * FROM employer_coverage WHERE employer_id = $1", stored["id"])
    assert [(str(each["valid_from"]), str(each["valid_to"])) for each in coverage] == [("2021-05-01", "2024-01-01")]


async def test_an_empty_value_leaves_what_is_recorded(writers: Writers) -> None:
    row = employer(writers)
    await writers.write("employers", row)
    assert outcomes(await writers.write("employers", row | {"industry": "", "registered_on": None})) == ["SAME"]


async def test_records_that_are_there_are_left_alone_on_request(writers: Writers) -> None:
    row = employer(writers)
    await writers.write("employers", row)
    refusing = BatchOptions(on_conflict=OnConflict.REFUSE)
    assert outcomes(await writers.write("employers", row, options=refusing)) == ["SAME"]
    result = await writers.write("employers", row | {"headcount": 5}, options=refusing)
    assert codes(result) == [("CONFLICT", None)]
    assert "headcount" in result.rows[0].findings[0].message


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"name": " "}, [("REQUIRED", "name")]),
        ({"credit_code": "91330106MC0000071X"}, [("BAD_VALUE", "credit_code")]),
        ({"kind": "星际企业"}, [("UNKNOWN_CODE", "kind")]),
        ({"division": "999999"}, [("NOT_FOUND", "division")]),
        ({"union": "没有的工会"}, [("NOT_FOUND", "union")]),
        ({"headcount": "很多"}, [("BAD_NUMBER", "headcount")]),
        ({"closed_on": "2019-03-04"}, [("DATE_ORDER", "closed_on"), ("DATE_ORDER", "covered_from")]),
        ({"registered_on": "2050-01-01"}, [("FUTURE_DATE", "registered_on")]),
        ({"covered_to": "2020-01-01"}, [("DATE_ORDER", "covered_to")]),
        ({"covered_from": None, "covered_to": "2020-01-01"}, [("REQUIRED", "covered_from")]),
        (
            {"name": None, "division": "999999", "headcount": "-", "covered_to": "2020-01-01"},
            [
                ("REQUIRED", "name"),
                ("BAD_NUMBER", "headcount"),
                ("NOT_FOUND", "division"),
                ("DATE_ORDER", "covered_to"),
            ],
        ),
    ],
)
async def test_all_faults_of_a_row_are_named(writers: Writers, wrong: dict[str, Any], expected: list[Any]) -> None:
    result = await writers.write("employers", employer(writers, **wrong))
    assert codes(result) == expected
    assert outcomes(result) == ["REFUSED"]
    assert not result.written


async def test_a_union_out_of_sight_is_refused_like_one_that_does_not_exist(writers: Writers) -> None:
    results = [
        await writers.write("employers", employer(writers, union=name))
        for name in (writers.other["name"], "没有的工会")
    ]
    first, second = [[(each.code, each.message) for each in result.rows[0].errors] for result in results]
    assert first == second


async def test_a_superior_union_is_in_sight_but_not_written_to(writers: Writers) -> None:
    name = await writers.pool.fetchval("SELECT name FROM organization WHERE id = $1", writers.county["parent"])
    assert codes(await writers.write("employers", employer(writers, union=name))) == [("NOT_FOUND", "union")]


async def test_an_employer_of_another_union_is_refused(writers: Writers) -> None:
    row = employer(writers)
    await writers.write("employers", row)
    elsewhere = row | {"union": writers.other["name"], "division": writers.other["code"]}
    result = await writers.write("employers", elsewhere, caller=writers.caller(writers.other["id"]))
    assert codes(result) == [("RECORDED_ELSEWHERE", "credit_code")]
    below = await writers.pool.fetchrow(
        "SELECT o.name FROM territorial_closure c JOIN organization o ON o.id = c.descendant_id WHERE c.ancestor_id = $1 AND depth = 1"
        " AND c.valid_to IS NULL AND (SELECT count(*) FROM organization n WHERE n.name = o.name) = 1 LIMIT 1",
        writers.county["id"],
    )
    moved = await writers.write("employers", row | {"union": below["name"]})
    assert codes(moved) == [("MOVES_UNION", "union")]


async def test_good_rows_alone_are_written_on_request(writers: Writers) -> None:
    good, bad = employer(writers), employer(writers, headcount="x")
    nothing = await writers.write("employers", good, bad)
    assert (outcomes(nothing), nothing.written) == (["NEW", "REFUSED"], False)
    assert await writers.pool.fetchval("SELECT count(*) FROM employer WHERE credit_code = $1", good["credit_code"]) == 0
    some = await writers.write("employers", good, bad, options=BatchOptions(on_error=OnError.SKIP))
    assert (outcomes(some), some.written) == (["NEW", "REFUSED"], True)
    assert await writers.pool.fetchval("SELECT count(*) FROM employer WHERE credit_code = $1", good["credit_code"]) == 1


async def test_a_dry_run_says_what_would_be_and_leaves_nothing(writers: Writers) -> None:
    row = employer(writers)
    result = await writers.write("employers", row, options=BatchOptions(dry_run=True))
    assert (outcomes(result), result.written) == (["NEW"], False)
    assert await writers.pool.fetchval("SELECT count(*) FROM employer WHERE credit_code = $1", row["credit_code"]) == 0


async def test_the_same_record_twice_in_a_batch_is_refused_with_both_rows(writers: Writers) -> None:
    row = employer(writers)
    result = await writers.write("employers", row, employer(writers), row | {"headcount": "1"})
    assert outcomes(result) == ["REFUSED", "NEW", "REFUSED"]
    assert "Rows 2, 4" in result.rows[2].errors[0].message


async def test_the_code_of_a_union_is_a_warning(writers: Writers) -> None:
    result = await writers.write("employers", employer(writers, credit_code=writers.code("81")))
    assert outcomes(result) == ["NEW"]
    assert [each.code for each in result.rows[0].findings] == ["CODE_OF_UNION"]
