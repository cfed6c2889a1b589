"""Unions are moved, merged and split on a day: what goes, what stays, what is refused, and that the day before answers as it did."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest

from db.clock import today
from db.consistency.run import examine
from db.organizations import Hierarchy
from db.rollups.maintenance import rollup_differences
from resolvers.access.callers import Caller
from resolvers.engine.request.global_ids import encode
from tests.closure_walk import WALK
from tests.resolvers.command_fixtures import payload_of
from tests.resolvers.engine_client import EngineClient
from tests.resolvers.writing.conftest import Writers, outcomes
from tests.resolvers.writing.test_employers import employer
from tests.resolvers.writing.test_members import person

ON = today() - timedelta(days=40)
BEFORE = ON - timedelta(days=1)
PAYLOAD = """{ counts { unions memberships engagements coverages employers committeeTerms dissolved } errors { code path message } }"""
QUESTION = """query Q($id: ID!, $day: Date) { organization(id: $id) {
  children(asOf: $day, first: 50, orderBy: [{field: NAME}]) { totalCount nodes { id name } }
  descendants(asOf: $day, first: 50, orderBy: [{field: NAME}]) { totalCount nodes { name } }
  members(asOf: $day, first: 50) { totalCount nodes { id } }
  memberships(asOf: $day, first: 50) { totalCount nodes { member { id } organization { id } validFrom } }
  insuranceEnrolments(asOf: $day, first: 50) { totalCount nodes { id } }
  collectiveAgreements(first: 50, asOf: $day) { totalCount }
  coverages(asOf: $day, first: 50) { nodes { employer { id } validFrom } }
  predecessors { kind succeededOn reason predecessor { id } } successors { kind successor { id } } } }"""


@dataclass
class Town:
    """Two townships of the county, each with a union, an employer and two members."""

    keys: Mapping[str, int]
    employers: Mapping[str, int]
    persons: Mapping[str, int]

    def id(self, name: str) -> str:
        return encode("org", self.keys[name])


async def town(writers: Writers, name: str) -> Town:
    county = writers.county["name"]
    names = [f"{name}东镇", f"{name}西镇", f"{name}新镇", f"{name}东厂工会", f"{name}西厂工会"]
    unions = [
        {"name": each, "level": "TOWNSHIP", "kind": "LOCAL_FEDERATION", "form": "FEDERATION", "parent": county,
         "established_on": "2001-05-01"}
        for each in names[:3]
    ] + [
        {"name": each, "level": "GRASSROOTS", "kind": "GRASSROOTS_UNION", "form": "INDEPENDENT", "parent": above,
         "established_on": "2011-05-01", "term_number": "3", "elected_on": "2024-05-01", "chair_name": "王示例"}
        for each, above in zip(names[3:], names[:2], strict=True)
    ]  # fmt: skip
    written = await writers.write("unions", *unions)
    assert set(outcomes(written)) == {"NEW"}, written
    keys = dict(zip(("东", "西", "新", "东厂", "西厂"), (row.id or 0 for row in written.rows), strict=True))
    units = [
        {"name": f"{name}{side}厂", "credit_code": writers.code(), "kind": "PRIVATE_ENTERPRISE", "division": writers.county["code"],
         "union": f"{name}{side}厂工会", "headcount": "20", "is_platform_head": "否", "registered_on": "2010-03-04",
         "covered_from": "2012-01-01"}
        for side in "东西"
    ]  # fmt: skip
    done = await writers.write("employers", *units)
    assert set(outcomes(done)) == {"NEW"}, done
    rows = [
        person(writers, union=f"{name}{side}厂工会", employer=unit["credit_code"], joined_on="2020-01-01")
        for side, unit in zip("东西", units, strict=True)
        for _ in range(2)
    ]
    people = await writers.write("persons", *rows)
    assert set(outcomes(people)) == {"NEW"}, people
    enrolments = await writers.write(
        "insurance-enrolments",
        {"source_system": "社保", "source_number": f"{name}1", "union": f"{name}东厂工会", "resident_number": rows[0]["resident_number"],
         "scheme": "STANDARD_WORK_INJURY", "base_amount": "5000.00", "rate": "0.004", "valid_from": "2023-03-01"},
    )  # fmt: skip
    assert outcomes(enrolments) == ["NEW"], enrolments
    return Town(
        keys,
        dict(zip("东西", (row.id or 0 for row in done.rows), strict=True)),
        dict(zip(("东1", "东2", "西1", "西2"), (row.id or 0 for row in people.rows), strict=True)),
    )


async def command(writers: Writers, name: str, caller: Caller | None = None, **given: Any) -> dict[str, Any]:
    """The payload of a command."""
    text = f"mutation Do($input: {name[0].upper()}{name[1:]}Input!) {{ {name}(input: $input) {PAYLOAD} }}"
    return await payload_of(
        writers.context(caller), text, {"on": ON.isoformat(), "reason": "撤并办〔2026〕1号", **given}
    )


def errors(payload: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(each["code"], ".".join(each["path"][1:])) for each in payload["errors"]]


async def answer(writers: Writers, union: int, day: date | None = None) -> dict[str, Any]:
    """The answer to all questions about a union, as the county."""
    client = EngineClient(writers.served)
    given = {"id": encode("org", union), "day": day and day.isoformat()}
    found = await client.response(QUESTION, given, caller=writers.caller())
    assert "errors" not in found, found
    data: dict[str, Any] = found["data"]["organization"]
    return data


async def sound(writers: Writers) -> None:
    """Closures are those that the links give, and each active membership is that of the member's union."""
    for hierarchy, table in (
        (Hierarchy.TERRITORIAL, "territorial_closure"),
        (Hierarchy.INDUSTRIAL, "industrial_closure"),
    ):
        every = [row["id"] for row in await writers.pool.fetch("SELECT id FROM organization")]
        columns = "ancestor_id, descendant_id, valid_from, valid_to, depth"
        differing = WALK.format(table=table) + (
            f"(SELECT {columns} FROM pairs EXCEPT SELECT {columns} FROM {table})"
            f" UNION ALL (SELECT {columns} FROM {table} EXCEPT SELECT {columns} FROM pairs)"
        )
        assert not await writers.pool.fetch(differing, every, hierarchy.name)
    wrong = await writers.pool.fetchval(
        "SELECT count(*) FROM member m WHERE m.organization_id IS DISTINCT FROM (SELECT s.organization_id FROM membership s"
        " WHERE s.member_id = m.id AND s.valid_to IS NULL AND s.valid_from IS NOT NULL)"
    )
    assert wrong == 0


async def test_two_unions_are_merged_and_the_day_before_answers_as_it_did(writers: Writers) -> None:
    place = await town(writers, "并")
    watched = [*place.keys.values(), writers.county["id"]]
    before = {union: await answer(writers, union, BEFORE) for union in watched}
    rehearsal = await command(
        writers, "mergeUnions", unions=[place.id("东厂"), place.id("东")], into=place.id("西"), dryRun=True
    )
    assert {union: await answer(writers, union, BEFORE) for union in watched} == before
    merged = await command(writers, "mergeUnions", unions=[place.id("东厂"), place.id("东")], into=place.id("西"))
    assert merged == rehearsal
    assert merged == {
        "counts": {"unions": 2, "memberships": 2, "engagements": 2, "coverages": 1, "employers": 1, "committeeTerms": 1, "dissolved": 2},
        "errors": [],
    }  # fmt: skip
    for union in watched:
        now = await answer(writers, union, BEFORE)
        for each in (now, before[union]):
            del each["predecessors"], each["successors"]
        assert now == before[union]
    after = await answer(writers, place.keys["西"])
    assert [child["name"] for child in after["children"]["nodes"]] == ["并西厂工会"]
    assert after["descendants"] == {"totalCount": 1, "nodes": [{"name": "并西厂工会"}]}
    assert {node["id"] for node in after["members"]["nodes"]} == {encode("mem", key) for key in place.persons.values()}
    assert after["insuranceEnrolments"]["totalCount"] == 1
    assert [(each["kind"], each["predecessor"]["id"]) for each in after["predecessors"]] == [
        ("MERGER", place.id("东厂")), ("MERGER", place.id("东")),
    ]  # fmt: skip
    assert (await answer(writers, place.keys["东"]))["members"]["totalCount"] == 0
    moved = await writers.pool.fetch(
        "SELECT organization_id, status, valid_from, valid_to, entry, exit FROM membership WHERE member_id = $1 ORDER BY id",
        place.persons["东1"],
    )
    assert [tuple(row) for row in moved] == [
        (place.keys["东厂"], "TRANSFERRED_OUT", date(2020, 1, 1), ON, "FIRST", "TRANSFERRED_OUT"),
        (place.keys["西"], "ACTIVE", ON, None, "TRANSFERRED_IN", None),
    ]
    await sound(writers)
    entry = await writers.pool.fetchrow(
        "SELECT fields, records FROM access_log WHERE action = 'REORGANIZE_UNIONS' ORDER BY id DESC LIMIT 1"
    )
    assert "memberships 2" in json.dumps(entry["fields"], default=str)
    again = await command(writers, "mergeUnions", unions=[place.id("东")], into=place.id("西"))
    assert errors(again) == [("ALREADY_DISSOLVED", "unions.0")]


async def test_a_union_is_moved_with_what_is_below_it(writers: Writers) -> None:
    place = await town(writers, "移")
    before = await answer(writers, place.keys["东"], BEFORE)
    moved = await command(writers, "moveUnions", unions=[place.id("东厂")], parent=place.id("新"), idempotencyKey="m1")
    assert (moved["errors"], moved["counts"]["unions"]) == ([], 1)
    assert (
        await command(writers, "moveUnions", unions=[place.id("东厂")], parent=place.id("新"), idempotencyKey="m1")
        == moved
    )
    assert await answer(writers, place.keys["东"], BEFORE) == before
    assert (await answer(writers, place.keys["新"]))["members"]["totalCount"] == 2
    assert (await answer(writers, place.keys["东"]))["members"]["totalCount"] == 0
    refusals = {
        ("ALREADY_THERE", "parent"): {"unions": [place.id("东厂")], "parent": place.id("新")},
        ("CIRCLE", "parent"): {"unions": [place.id("新")], "parent": place.id("东厂")},
        ("OWN_UNION", "unions"): {"unions": [encode("org", writers.county["id"])], "parent": place.id("东")},
        ("NOT_FOUND", "unions.1"): {"unions": [place.id("西"), encode("org", writers.other["id"])], "parent": place.id("东")},
        ("NOT_FOUND", "parent"): {"unions": [place.id("西")], "parent": encode("org", writers.other["id"])},
        ("LATER_RECORDS", "on"): {"unions": [place.id("东厂")], "parent": place.id("西")},
        ("FUTURE_DATE", "on"): {"unions": [place.id("西")], "parent": place.id("东"), "on": (today() + timedelta(1)).isoformat()},
        ("MISSING_REASON", "reason"): {"unions": [place.id("西")], "parent": place.id("东"), "reason": " "},
        ("DATE_ORDER", "unions.0"): {"unions": [place.id("西")], "parent": place.id("东"), "on": "1990-01-01"},
        ("NOT_LINKED", "unions"): {"unions": [place.id("西")], "parent": place.id("东"), "hierarchy": "INDUSTRIAL"},
    }  # fmt: skip
    for refusal, given in refusals.items():
        assert refusal in errors(await command(writers, "moveUnions", **given)), refusal
    await sound(writers)


async def test_a_union_is_split(writers: Writers) -> None:
    place = await town(writers, "分")
    before = await answer(writers, writers.county["id"], BEFORE)
    parts = [
        {"into": place.id("新"), "employers": [encode("emp", place.employers["东"])]},
        {"into": place.id("西厂"), "members": [encode("mem", place.persons["东2"])]},
    ]
    twice = await command(writers, "splitUnion", union=place.id("东厂"), parts=[parts[0], parts[0]])
    assert errors(twice) == [("DUPLICATE", "parts")]
    alien = [{"into": place.id("新"), "employers": [encode("emp", place.employers["西"])]}]
    assert errors(await command(writers, "splitUnion", union=place.id("东厂"), parts=alien)) == [
        ("NOT_OF_UNION", "parts.0.employers")
    ]
    split = await command(writers, "splitUnion", union=place.id("东厂"), parts=parts[:1])
    assert split["errors"] == []
    assert split["counts"] == {
        "unions": 0, "memberships": 2, "engagements": 2, "coverages": 1, "employers": 1, "committeeTerms": 0, "dissolved": 0,
    }  # fmt: skip
    assert (await answer(writers, place.keys["新"]))["members"]["totalCount"] == 2
    [successor] = (await answer(writers, place.keys["东厂"]))["successors"]
    assert (successor["kind"], successor["successor"]["id"]) == ("SPLIT", place.id("新"))
    assert (await answer(writers, writers.county["id"], BEFORE))["members"] == before["members"]
    await sound(writers)


async def periods(writers: Writers, table: str, column: str, key: int | None) -> list[tuple[Any, ...]]:
    """The union and the days of some rows of a table, in order."""
    query = f"SELECT organization_id, valid_from, valid_to FROM {table} WHERE {column} = $1 ORDER BY id"
    return [tuple(row) for row in await writers.pool.fetch(query, key)]


async def test_what_ends_after_the_day_goes_along_to_its_end(writers: Writers) -> None:
    place = await town(writers, "终")
    later, since = today() + timedelta(days=400), date(2020, 1, 1)
    left = ON + timedelta(days=10)
    union, division = "终东厂工会", writers.county["code"]
    unit = employer(writers, union=union, division=division, covered_from="2020-01-01", covered_to=later.isoformat())
    assert outcomes(await writers.write("employers", unit)) == ["NEW"]
    row = {"union": union, "employer": unit["credit_code"], "joined_on": "2020-01-01"}
    gone = {
        "left_on": left.isoformat(),
        "status": "WITHDRAWN",
        "leaving_reason": "退休",
        "engaged_to": left.isoformat(),
    }
    written = await writers.write(
        "persons", person(writers, **row, engaged_to=later.isoformat()), person(writers, **row, **gone)
    )
    keys = [each.id for each in written.rows]
    merged = await command(writers, "mergeUnions", unions=[place.id("东厂")], into=place.id("西"))
    assert (merged["counts"]["memberships"], merged["counts"]["engagements"], merged["counts"]["coverages"]) == (
        4,
        4,
        2,
    )
    old, new = place.keys["东厂"], place.keys["西"]
    assert await periods(writers, "membership", "member_id", keys[1]) == [(old, since, ON), (new, ON, left)]
    last = await writers.pool.fetchrow(
        "SELECT status, end_reason FROM membership WHERE member_id = $1 AND valid_to = $2", keys[1], left
    )
    assert last is not None
    assert tuple(last) == ("WITHDRAWN", "退休")
    for key, end in zip(keys, (later, left), strict=True):
        assert await periods(writers, "engagement", "member_id", key) == [(old, since, ON), (new, ON, end)]
    number = await writers.pool.fetchval("SELECT id FROM employer WHERE credit_code = $1", unit["credit_code"])
    assert await periods(writers, "employer_coverage", "employer_id", number) == [(old, since, ON), (new, ON, later)]
    async with writers.pool.acquire() as connection:
        assert [each.text async for each in examine(connection) if each.count] == [], "a merged union is no fault"
        assert await rollup_differences(connection) == []


async def test_a_merged_union_goes_with_its_successor_on_the_very_day_of_its_end(writers: Writers) -> None:
    place = await town(writers, "次")
    before = (await answer(writers, writers.county["id"]))["insuranceEnrolments"]
    assert not (await command(writers, "mergeUnions", unions=[place.id("东厂")], into=place.id("西厂")))["errors"]
    given = {"unions": [place.id("西厂")], "parent": place.id("新"), "on": (ON + timedelta(days=1)).isoformat()}
    assert not (await command(writers, "moveUnions", **given))["errors"]
    found = {name: (await answer(writers, place.keys[name]))["insuranceEnrolments"] for name in ("东", "西", "新")}
    assert {name: each["totalCount"] for name, each in found.items()} == {"东": 0, "西": 0, "新": 1}
    assert (await answer(writers, writers.county["id"]))["insuranceEnrolments"] == before, "once"
    async with writers.pool.acquire() as connection:
        assert await rollup_differences(connection) == []


async def test_an_engagement_of_a_member_elsewhere_goes_along(writers: Writers) -> None:
    place = await town(writers, "侨")
    there = writers.caller(writers.other["id"])
    row = person(writers, union=writers.other["name"], joined_on="2020-01-01")
    [courier] = (await writers.write("persons", row, caller=there)).rows
    old, new, since = place.keys["东厂"], place.keys["西"], date(2021, 1, 1)
    await writers.pool.execute(
        "INSERT INTO engagement (member_id, employer_id, organization_id, kind, valid_from) VALUES ($1, $2, $3, 'DE_FACTO', $4)",
        courier.id, place.employers["东"], old, since,
    )  # fmt: skip
    merged = await command(writers, "mergeUnions", unions=[place.id("东厂")], into=place.id("西"))
    assert (merged["errors"], merged["counts"]["engagements"]) == ([], 3)
    assert await periods(writers, "engagement", "member_id", courier.id) == [(old, since, ON), (new, ON, None)]


async def test_an_application_ends_where_the_person_is_a_member_by_the_merger(writers: Writers) -> None:
    place = await town(writers, "申")
    for name in ("东", "西"):
        await writers.pool.execute(
            "INSERT INTO membership (member_id, organization_id, status, channel, applied_on)"
            " VALUES ($1, $2, 'APPLIED', 'PAPER', '2026-01-01')",
            place.persons["东1"], place.keys[name],
        )  # fmt: skip
    await command(writers, "mergeUnions", unions=[place.id("东厂"), place.id("东")], into=place.id("新"))
    found = await periods(writers, "membership", "member_id", place.persons["东1"])
    assert [each for each in found if each[2] is None] == [
        (place.keys["西"], None, None), (place.keys["新"], ON, None),
    ]  # fmt: skip


async def test_nobody_takes_a_union_from_a_parent_of_others_nor_a_parent_from_theirs(writers: Writers) -> None:
    place = await town(writers, "界")
    row = {"name": "界外厂工会", "level": "GRASSROOTS", "kind": "GRASSROOTS_UNION", "form": "INDEPENDENT",
           "parent": writers.other["name"], "established_on": "2011-05-01"}  # fmt: skip
    [alien] = (await writers.write("unions", row, caller=writers.caller(writers.other["id"]))).rows
    for child, parent in ((alien.id, place.keys["东"]), (place.keys["西厂"], alien.id)):
        await writers.pool.execute(
            "INSERT INTO organization_link (child_id, parent_id, hierarchy, is_lead, valid_from)"
            " VALUES ($1, $2, 'INDUSTRIAL', false, '2012-01-01')",
            child, parent,
        )  # fmt: skip
    moved = await command(
        writers, "moveUnions", unions=[place.id("西厂")], parent=place.id("新"), hierarchy="INDUSTRIAL"
    )
    assert errors(moved) == [("NOT_LINKED", "unions")]
    merged = await command(writers, "mergeUnions", unions=[place.id("东")], into=place.id("西"))
    assert errors(merged) == [("RECORDED_ELSEWHERE", "unions")]


@pytest.mark.parametrize("name", ["mergeUnions", "moveUnions", "splitUnion"])
async def test_who_has_no_union_reorganizes_nothing(writers: Writers, name: str) -> None:
    union = encode("org", writers.county["id"])
    given = {
        "mergeUnions": {"unions": [union], "into": union},
        "moveUnions": {"unions": [union], "parent": union},
        "splitUnion": {"union": union, "parts": [{"into": union, "unions": [union]}]},
    }
    payload = await command(writers, name, Caller("nobody", 1, ()), **given[name])
    assert [each["code"] for each in payload["errors"]] == ["FORBIDDEN"]
