"""Unions with links and terms are written in batches, parents later than their children; the closures are those of the links."""

from itertools import count
from typing import Any

import pytest

from db.hierarchies import TABLES
from db.organizations import Hierarchy
from resolvers.access.callers import Caller
from resolvers.writing.outcomes import BatchOptions, OnError
from tests.closure_walk import WALK
from tests.resolvers.writing.conftest import Writers, codes, outcomes
from tests.resolvers.writing.test_employers import employer

NUMBERS = count(1)


def union(writers: Writers, **more: Any) -> dict[str, Any]:
    """A row without a fault."""
    return {
        "name": f"示例{next(NUMBERS)}工会", "level": "乡镇街道", "kind": "地方总工会", "form": "总工会", "credit_code": writers.code("81"),
        "parent": writers.county["name"], "division": writers.county["code"], "established_on": "2019-03-04", **more,
    }  # fmt: skip


async def closures_are_those_of_the_links(writers: Writers, unions: list[int]) -> None:
    for hierarchy in Hierarchy:
        table = TABLES[hierarchy]
        walked = WALK.format(table=table) + " SELECT * FROM pairs ORDER BY 1, 2, 3"
        columns = "ancestor_id, descendant_id, valid_from, valid_to, depth"
        stored = f"SELECT {columns} FROM {table} WHERE descendant_id = ANY ($1) ORDER BY 1, 2, 3"
        below = await writers.pool.fetch(f"SELECT descendant_id FROM {table} WHERE ancestor_id = ANY ($1)", unions)
        assert await writers.pool.fetch(walked, unions, hierarchy.name) == await writers.pool.fetch(
            stored, [each[0] for each in below]
        )


async def test_a_union_is_new_then_the_same_then_changed(writers: Writers) -> None:
    row = union(writers, term_number="1", elected_on="2019-03-04", chair_name="王示例")
    first = await writers.write("unions", row)
    assert outcomes(first) == ["NEW"], first
    key = first.rows[0].id
    assert key is not None
    link = await writers.pool.fetchrow("SELECT * FROM organization_link WHERE child_id = $1", key)
    assert (link["parent_id"], link["hierarchy"], link["is_lead"], str(link["valid_from"])) == (
        writers.county["id"], "TERRITORIAL", True, "2019-03-04",
    )  # fmt: skip
    term = await writers.pool.fetchrow("SELECT * FROM committee_term WHERE organization_id = $1", key)
    assert (term["committee"], term["number"], term["chair_name"]) == ("COMMITTEE", 1, "王示例")
    await closures_are_those_of_the_links(writers, [key])
    assert outcomes(await writers.write("unions", row)) == ["SAME"]
    assert outcomes(await writers.write("unions", row | {"industry": "G54", "chair_name": "李示例"})) == ["CHANGED"]
    assert outcomes(await writers.write("unions", row | {"chair_name": "李示例", "dissolved_on": "2024-01-01"})) == [
        "CHANGED"
    ]
    stored = await writers.pool.fetchrow("SELECT * FROM organization WHERE id = $1", key)
    assert (stored["status"], stored["industry"]) == ("DISSOLVED", "G54")
    await closures_are_those_of_the_links(writers, [key])
    assert outcomes(await writers.write("unions", row | {"chair_name": "李示例", "dissolved_on": "2024-01-01"})) == [
        "SAME"
    ]


async def test_a_parent_comes_later_than_its_children(writers: Writers) -> None:
    top = union(writers)
    middle = union(writers, parent=top["credit_code"], level="社区村")
    low = union(writers, parent=middle["name"], level="基层", kind="基层工会", form="单独基层工会")
    result = await writers.write("unions", low, middle, top)
    assert outcomes(result) == ["NEW"] * 3, result
    keys = [row.id for row in result.rows if row.id is not None]
    await closures_are_those_of_the_links(writers, keys)
    depth = "SELECT depth FROM territorial_closure WHERE ancestor_id = $1 AND descendant_id = $2 AND valid_to IS NULL"
    assert await writers.pool.fetchval(depth, writers.county["id"], keys[0]) == 3
    assert outcomes(await writers.write("unions", low, middle, top)) == ["SAME"] * 3
    assert outcomes(await writers.write("employers", employer(writers, union=low["name"]))) == ["NEW"]


async def test_a_second_parent_is_in_the_other_hierarchy(writers: Writers) -> None:
    result = await writers.write("unions", union(writers, second_parent=writers.county["name"]))
    assert outcomes(result) == ["NEW"], result
    links = await writers.pool.fetch(
        "SELECT hierarchy, is_lead FROM organization_link WHERE child_id = $1 ORDER BY id", result.rows[0].id
    )
    assert [tuple(each) for each in links] == [("TERRITORIAL", True), ("INDUSTRIAL", False)]
    await closures_are_those_of_the_links(writers, [result.rows[0].id or 0])


async def test_a_circle_is_refused_by_name(writers: Writers) -> None:
    first, second = union(writers), union(writers)
    first["parent"], second["parent"] = second["name"], first["name"]
    below, good = union(writers, parent=first["name"]), union(writers)
    result = await writers.write("unions", first, second, below, good, options=BatchOptions(on_error=OnError.SKIP))
    assert [codes(result, row) for row in range(4)] == [
        [("CIRCLE", "parent")], [("CIRCLE", "parent")], [("PARENT_REFUSED", "parent")], [],
    ]  # fmt: skip
    assert first["name"] in result.rows[0].errors[0].message
    assert second["name"] in result.rows[0].errors[0].message


async def test_a_circle_with_what_is_on_record_is_refused(writers: Writers) -> None:
    top, industry, everything = union(writers), {"hierarchy": "产业"}, Caller("national", everything=True)
    low = union(writers, parent=top["name"], **industry)
    assert outcomes(await writers.write("unions", top, low, caller=everything)) == ["NEW", "NEW"]
    result = await writers.write(
        "unions", top | {"second_parent": low["name"], "linked_on": "2024-01-01"}, caller=everything
    )
    assert codes(result) == [("CIRCLE", "second_parent")]
    between = union(writers, parent=low["name"], **industry)
    above = top | {"second_parent": between["name"], "linked_on": "2024-01-01"}
    result = await writers.write("unions", between, above, caller=everything)
    assert codes(result, 1) == [("CIRCLE", "second_parent")]


async def test_a_union_outside_of_the_callers_hierarchy_is_refused(writers: Writers) -> None:
    result = await writers.write("unions", union(writers, hierarchy="产业"))
    assert codes(result) == [("OUTSIDE", "hierarchy")]


async def test_unions_are_recognized_by_number_and_by_name_within_a_parent(writers: Writers) -> None:
    by_number = union(writers, credit_code=None, source_system="旧系统", source_number=f"A{next(NUMBERS)}")
    by_name = union(writers, credit_code=None)
    first = await writers.write("unions", by_number, by_name)
    assert outcomes(first) == ["NEW", "NEW"]
    renamed = by_number | {"name": "改名工会"}
    again = await writers.write("unions", renamed, by_name | {"credit_code": writers.code("81")})
    assert outcomes(again) == ["CHANGED", "CHANGED"]
    assert [row.id for row in again.rows] == [row.id for row in first.rows]
    other = await writers.write("unions", by_name | {"credit_code": writers.code("81")})
    assert outcomes(other) == ["NEW"]


async def test_a_union_of_others_is_recorded_elsewhere(writers: Writers) -> None:
    row = union(writers, source_system="系统", source_number=f"B{next(NUMBERS)}")
    await writers.write("unions", row)
    there = row | {"parent": writers.other["name"], "division": writers.other["code"]}
    result = await writers.write("unions", there, caller=writers.caller(writers.other["id"]))
    assert codes(result) == [("RECORDED_ELSEWHERE", "credit_code"), ("RECORDED_ELSEWHERE", "source_number")]


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"parent": None}, [("REQUIRED", "parent")]),
        ({"parent": "没有的工会"}, [("NOT_FOUND", "parent")]),
        ({"level": "星际"}, [("UNKNOWN_CODE", "level")]),
        ({"established_on": None}, [("REQUIRED", "linked_on")]),
        ({"established_on": "2050-01-01"}, [("FUTURE_DATE", "established_on")]),
        ({"dissolved_on": "2019-03-04"}, [("DATE_ORDER", "dissolved_on")]),
        ({"status": "撤销"}, [("STATUS_MISMATCH", "status")]),
        ({"linked_on": "2019-03-03"}, [("DATE_ORDER", "linked_on")]),
        ({"source_number": "7"}, [("REQUIRED", "source_number")]),
        ({"chair_name": "王示例"}, [("REQUIRED", "term_number")]),
        ({"term_number": "1"}, [("REQUIRED", "elected_on"), ("REQUIRED", "chair_name")]),
        (
            {"term_number": "1", "elected_on": "2019-03-04", "chair_name": "王示例", "term_to": "2019-03-04"},
            [("DATE_ORDER", "term_to")],
        ),
    ],
)
async def test_all_faults_of_a_row_are_named(writers: Writers, wrong: dict[str, Any], expected: list[Any]) -> None:
    result = await writers.write("unions", union(writers, **wrong))
    assert codes(result) == expected


async def test_a_union_on_record_keeps_parent_and_level(writers: Writers) -> None:
    row, other = union(writers), union(writers)
    await writers.write("unions", row, other)
    result = await writers.write("unions", row | {"parent": other["name"], "level": "社区村"})
    assert codes(result) == [("NOT_CHANGEABLE", "level"), ("MOVES_UNION", "parent")]


async def test_a_new_term_begins_once_the_one_before_has_ended(writers: Writers) -> None:
    row = union(writers, term_number="1", elected_on="2019-03-04", chair_name="王示例")
    await writers.write("unions", row)
    second = row | {"term_number": "2", "elected_on": "2024-03-04"}
    assert codes(await writers.write("unions", second)) == [("OVERLAP", "term_from")]
    await writers.write("unions", row | {"term_to": "2024-03-04"})
    assert outcomes(await writers.write("unions", second)) == ["CHANGED"]
