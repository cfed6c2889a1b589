"""What lists hold, against plain SQL on links and records: scopes, hierarchies, days, moved unions, divisions."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import asyncpg
import pytest
from graphql import get_named_type

from db.clock import today
from db.hierarchies import reparent
from db.organizations import Hierarchy
from db.server.connect import create_pool
from resolvers.engine.declare.sources import Many
from resolvers.engine.request import global_ids
from resolvers.engine.request.arguments import snake
from resolvers.relations import By
from schema import registry, schema
from tests.resolvers import sql_reference
from tests.resolvers.engine_client import EngineClient

DAYS = (None, date(2014, 2, 1), date(2019, 3, 1), date(2026, 6, 30))
HIERARCHIES = ("TERRITORIAL", "INDUSTRIAL")


@dataclass(frozen=True)
class Records:
    """The records of unions in a table: which column is the row's key, and in which period it holds."""

    table: str
    begins: str
    ends: str
    key: str = "id"
    union: str = "organization_id"
    always: bool = False
    known: bool = True
    current: bool = False
    """Whether the column names the union of today."""

    async def unions(self, db: asyncpg.Pool, union: int, hierarchy: str, day: date | None) -> set[int]:
        """The unions whose records a union's subtree has."""
        if self.always:
            return await sql_reference.below(db, union, hierarchy, day or today())
        return await ever_below(db, union, hierarchy, today() if self.current else day or today())

    async def of(self, db: asyncpg.Pool, unions: set[int], day: date | None) -> list[int]:
        """Keys of the records of some unions, those that hold on the day, today without one."""
        rows = await db.fetch(
            f"SELECT {self.key} AS id FROM {self.table} WHERE {self.union} = ANY ($1::bigint[])"
            f" AND coalesce({self.begins}, $3) <= $2 AND ({self.ends} IS NULL OR {self.ends} > $2)",
            list(unions),
            day or today(),
            date.max if self.known else date.min,
        )
        return [row["id"] for row in rows]


LISTS = {
    "members": Records("membership", "valid_from", "valid_to", "member_id", always=True),
    "memberships": Records("membership", "valid_from", "valid_to"),
    "employers": Records("employer", "registered_on", "closed_on", known=False, current=True),
    "collectiveAgreements": Records("collective_agreement", "term_from", "term_to"),
    "insuranceEnrolments": Records("insurance_enrolment", "valid_from", "valid_to"),
    "disputeCases": Records("dispute_case", "received_on", "closed_on"),
}


EVER: dict[tuple[int, int, str, date], set[int]] = {}


async def ever_below(db: asyncpg.Pool, union: int, hierarchy: str, day: date) -> set[int]:
    """What ``sql_reference.ever_below`` finds, asked once."""
    key = (id(db), union, hierarchy, day)
    if key not in EVER:
        EVER[key] = await sql_reference.ever_below(db, union, hierarchy, day)
    return EVER[key]


def given(arguments: Mapping[str, Any]) -> str:
    """Arguments as GraphQL writes them, those without a value left out; days are quoted."""
    return "".join(
        f", {name}: " + (f'"{value}"' if isinstance(value, date) else str(value))
        for name, value in arguments.items()
        if value is not None
    )


async def walk(caller: EngineClient, field: str, on: str | None = None, id: str | None = None) -> tuple[list[int], int]:
    """All keys of a list, page by page, and its ``totalCount``; ``field`` has a place for ``$after``."""
    below = f"{field} {{ totalCount nodes {{ id }} pageInfo {{ hasNextPage endCursor }} }}"
    text = f"query ($after: String) {{ list: {below} }}"
    if on is not None:
        text = f"query ($after: String, $id: ID!) {{ node(id: $id) {{ ... on {on} {{ list: {below} }} }} }}"
    keys: list[int] = []
    after = None
    while True:
        data = await caller.data(text, {"after": after, "id": id} if on else {"after": after})
        page = data["node"]["list"] if on else data["list"]
        keys.extend(global_ids.decode(node["id"])[1] for node in page["nodes"])
        if not page["pageInfo"]["hasNextPage"]:
            return keys, page["totalCount"]
        after = page["pageInfo"]["endCursor"]


@pytest.fixture(scope="module")
async def unions(pool: asyncpg.Pool) -> list[int]:
    """A province, a city, a county, an industry union, a grassroots union with two parents, and a dissolved one."""
    found = []
    for condition in (
        "o.level = 'PROVINCIAL' AND o.kind = 'LOCAL_FEDERATION'",
        "o.level = 'CITY' AND o.kind = 'LOCAL_FEDERATION'",
        "o.level = 'COUNTY'",
        "o.level = 'NATIONAL' AND o.kind = 'INDUSTRY_UNION'",
        "o.level = 'GRASSROOTS' AND o.id IN (SELECT child_id FROM organization_link GROUP BY 1 HAVING count(*) > 1)",
        "o.dissolved_on IS NOT NULL",
    ):
        found.append(
            await pool.fetchval(
                "SELECT o.id FROM organization o"
                " JOIN (SELECT ancestor_id, descendant_id FROM territorial_closure UNION ALL"
                "       SELECT ancestor_id, descendant_id FROM industrial_closure) c ON c.ancestor_id = o.id"
                f" LEFT JOIN membership m ON m.organization_id = c.descendant_id WHERE {condition}"
                " GROUP BY 1 ORDER BY count(m.id) DESC, 1 LIMIT 1"
            )
        )
    assert len(set(found)) == 6
    return found


@pytest.mark.parametrize("name", LISTS)
async def test_a_union_lists_the_records_of_itself_or_of_all_below_it_on_the_day(
    caller: EngineClient, pool: asyncpg.Pool, unions: list[int], name: str
) -> None:
    found_any = 0
    for union in [*unions, *([] if name.startswith("member") else [1])]:
        for hierarchy in HIERARCHIES:
            for day in DAYS:
                reached = await LISTS[name].unions(pool, union, hierarchy, day)
                for scope, within in (("SELF", {union}), ("SUBTREE", reached)):
                    expected = await LISTS[name].of(pool, within, day)
                    along = hierarchy if scope == "SUBTREE" else None  # of a union alone there is nothing below
                    arguments = given({"scope": scope, "hierarchy": along, "asOf": day})
                    field = f"{name}(first: 200, after: $after{arguments})"
                    keys, total = await walk(caller, field, "Organization", global_ids.encode("org", union))
                    assert (sorted(keys), total) == (sorted(expected), len(expected)), (union, arguments)
                    found_any += len(keys)
    assert found_any > 5


@pytest.mark.parametrize("name", LISTS)
async def test_a_root_list_within_a_union_is_the_union_s_own(
    caller: EngineClient, pool: asyncpg.Pool, unions: list[int], name: str
) -> None:
    for union in unions:
        for hierarchy, scope in (("TERRITORIAL", None), ("INDUSTRIAL", "SUBTREE"), (None, "SELF")):
            reached = await LISTS[name].unions(pool, union, hierarchy or "TERRITORIAL", None)
            expected = await LISTS[name].of(pool, {union} if scope == "SELF" else reached, None)
            more = given({"within": f'"{global_ids.encode("org", union)}"', "hierarchy": hierarchy, "scope": scope})
            keys, total = await walk(caller, f"{name}(first: 200, after: $after{more})")
            assert (sorted(keys), total) == (sorted(expected), len(expected)), (union, more)


@pytest.mark.parametrize("name", LISTS)
async def test_a_root_list_within_no_union_has_the_records_of_all(
    caller: EngineClient, pool: asyncpg.Pool, name: str
) -> None:
    everyone = {row["id"] for row in await pool.fetch("SELECT id FROM organization")}
    for day in (None, date(2018, 1, 1)):
        expected = await LISTS[name].of(pool, everyone, day)
        keys, total = await walk(caller, f"{name}(first: 200, after: $after{given({'asOf': day})})")
        assert (sorted(keys), total) == (sorted(expected), len(expected))


async def test_unions_within_a_union_are_those_below_it_that_stand_on_the_day(
    caller: EngineClient, pool: asyncpg.Pool, unions: list[int]
) -> None:
    records = Records("organization", "established_on", "dissolved_on", union="id", known=False)
    for union in unions[1:]:
        for hierarchy in HIERARCHIES:
            for day in DAYS:
                reached = await records.unions(pool, union, hierarchy, day)
                expected = await records.of(pool, reached, day)
                more = given({"within": f'"{global_ids.encode("org", union)}"', "hierarchy": hierarchy, "asOf": day})
                keys, total = await walk(caller, f"organizations(first: 200, after: $after{more})")
                assert (sorted(keys), total) == (sorted(expected), len(expected)), (union, more)


async def hierarchy_of(caller: EngineClient, union: int, hierarchy: str, day: date | None) -> dict[str, Any]:
    """Keys of the unions above, right below and below one; the keys of its parents in both hierarchies."""
    more = given({"hierarchy": hierarchy, "asOf": day})
    as_of = f'(asOf: "{day}")' if day else ""
    asked = f"ancestors({more[2:]}) {{ id }} parents{as_of} {{ hierarchy parent {{ id }} }}"
    text = f"query ($id: ID!) {{ node(id: $id) {{ ... on Organization {{ {asked} }} }} }}"
    found = (await caller.data(text, {"id": global_ids.encode("org", union)}))["node"]
    lists = {}
    for name in ("children", "descendants"):
        keys, total = await walk(
            caller, f"{name}(first: 200, after: $after{more})", "Organization", global_ids.encode("org", union)
        )
        assert len(keys) == total == len(set(keys))
        lists[name] = set(keys)
    return {
        "ancestors": [global_ids.decode(one["id"])[1] for one in found["ancestors"]],
        "parents": {
            global_ids.decode(link["parent"]["id"])[1] for link in found["parents"] if link["hierarchy"] == hierarchy
        },
        **lists,
    }


async def expected_hierarchy(db: asyncpg.Pool, union: int, hierarchy: str, day: date | None) -> dict[str, Any]:
    links = await db.fetch(
        "SELECT parent_id FROM organization_link WHERE child_id = $1 AND hierarchy = $2"
        " AND valid_from <= $3 AND (valid_to IS NULL OR valid_to > $3)",
        union,
        hierarchy,
        day or today(),
    )
    return {
        "ancestors": await sql_reference.above(db, union, hierarchy, await sql_reference.last_day(db, union, day)),
        "parents": {link["parent_id"] for link in links},
        "children": await sql_reference.children(db, union, hierarchy, day or today()),
        "descendants": await sql_reference.below(db, union, hierarchy, day or today()) - {union},
    }


async def test_a_union_shows_what_is_above_and_below_it_on_the_day(
    caller: EngineClient, pool: asyncpg.Pool, unions: list[int]
) -> None:
    for union in unions:
        for hierarchy in HIERARCHIES:
            for day in DAYS:
                shown = await hierarchy_of(caller, union, hierarchy, day)
                assert shown == await expected_hierarchy(pool, union, hierarchy, day), (union, hierarchy, day)


async def test_a_moved_union_stands_under_its_old_parent_until_the_day_and_under_the_new_one_from_it(
    fresh_database_url: str,
) -> None:
    pool = await create_pool(fresh_database_url)
    try:
        caller = EngineClient(pool)
        county, city = await pool.fetchrow(
            "SELECT o.id, l.parent_id FROM organization o JOIN organization_link l ON l.child_id = o.id"
            " JOIN organization p ON p.id = l.parent_id AND p.level = 'CITY'"
            " JOIN territorial_closure c ON c.ancestor_id = o.id JOIN membership m ON m.organization_id = c.descendant_id"
            " WHERE o.level = 'COUNTY' AND l.valid_from < '2020-01-01' AND m.valid_from < '2023-01-01'"
            " AND m.valid_to IS NULL GROUP BY 1, 2 ORDER BY count(*) DESC, 1 LIMIT 1"
        )
        elsewhere = await pool.fetchval(
            "SELECT id FROM organization WHERE level = 'CITY' AND kind = 'LOCAL_FEDERATION'"
            " AND id NOT IN (SELECT descendant_id FROM territorial_closure WHERE ancestor_id IN"
            "   (SELECT ancestor_id FROM territorial_closure WHERE descendant_id = $1 AND depth = 1)) ORDER BY id DESC LIMIT 1",
            city,
        )
        moved, eve = date(2024, 3, 1), date(2024, 2, 29)
        text = "query ($id: ID!, $day: Date) { node(id: $id) { ... on Organization { members(asOf: $day) { totalCount } } } }"

        async def counted(union: int, day: date) -> int:
            found = await caller.data(text, {"id": global_ids.encode("org", union), "day": str(day)})
            total: int = found["node"]["members"]["totalCount"]
            return total

        before = {union: await counted(union, moved) for union in (county, city, elsewhere)}
        async with pool.acquire() as connection, connection.transaction():
            await reparent(connection, child=county, parent=elsewhere, hierarchy=Hierarchy.TERRITORIAL, on=moved)

        assert (await hierarchy_of(caller, county, "TERRITORIAL", eve))["parents"] == {city}
        assert (await hierarchy_of(caller, county, "TERRITORIAL", moved))["parents"] == {elsewhere}
        assert (await hierarchy_of(caller, county, "TERRITORIAL", None))["parents"] == {elsewhere}
        township = min(await sql_reference.children(pool, county, "TERRITORIAL", eve))
        tops = [await sql_reference.above(pool, one, "TERRITORIAL", moved) for one in (city, elsewhere)]
        for union in (county, township, city, elsewhere, *tops[0], *tops[1]):
            if union == 1:
                continue
            for day in (eve, moved, None):
                shown = await hierarchy_of(caller, union, "TERRITORIAL", day)
                assert shown == await expected_hierarchy(pool, union, "TERRITORIAL", day), (union, day)
        assert before[county] > 0
        assert await counted(county, moved) == before[county]
        assert await counted(city, moved) == before[city] - before[county]
        assert await counted(elsewhere, moved) == before[elsewhere] + before[county]
        assert await counted(city, eve) >= await counted(county, eve) > 0
    finally:
        await pool.close()


async def test_a_union_that_will_move_stands_where_it_stands_until_then(fresh_database_url: str) -> None:
    pool = await create_pool(fresh_database_url)
    try:
        caller = EngineClient(pool)
        county, city = await pool.fetchrow(
            "SELECT o.id, l.parent_id FROM organization o JOIN organization_link l ON l.child_id = o.id"
            " JOIN organization p ON p.id = l.parent_id AND p.level = 'CITY'"
            " JOIN territorial_closure c ON c.ancestor_id = o.id JOIN employer e ON e.organization_id = c.descendant_id"
            " WHERE o.level = 'COUNTY' GROUP BY 1, 2 ORDER BY count(*) DESC, 1 LIMIT 1"
        )
        elsewhere = await pool.fetchval(
            "SELECT id FROM organization WHERE level = 'CITY' AND kind = 'LOCAL_FEDERATION' AND id <> $1 LIMIT 1", city
        )
        async with pool.acquire() as connection, connection.transaction():
            tomorrow = today() + timedelta(days=1)
            await reparent(connection, child=county, parent=elsewhere, hierarchy=Hierarchy.TERRITORIAL, on=tomorrow)
        for union in (county, city, elsewhere):
            for name in ("employers", "memberships"):
                expected = await LISTS[name].of(pool, await sql_reference.ever_below(pool, union, "TERRITORIAL"), None)
                field = f"{name}(first: 200, after: $after)"
                keys, total = await walk(caller, field, "Organization", global_ids.encode("org", union))
                assert (sorted(keys), total) == (sorted(expected), len(expected)), (union, name)
            shown = await hierarchy_of(caller, union, "TERRITORIAL", None)
            assert shown == await expected_hierarchy(pool, union, "TERRITORIAL", None)
    finally:
        await pool.close()


async def test_a_division_lists_what_stands_in_it_or_in_all_below_it(caller: EngineClient, pool: asyncpg.Pool) -> None:
    divisions = [
        await pool.fetchval(
            "SELECT d.id FROM division d JOIN division_closure c ON c.ancestor_id = d.id"
            f" JOIN employer e ON e.division_id = c.descendant_id WHERE d.level = '{level}'"
            " GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1"
        )
        for level in ("PROVINCE", "CITY", "COUNTY", "TOWNSHIP")
    ]
    counted = dict.fromkeys(("employers", "collectiveAgreements", "disputeCases"), 0)
    lists = {
        "organizations": Records("organization", "established_on", "dissolved_on", union="division_id", known=False),
        "employers": Records("employer", "registered_on", "closed_on", union="division_id", known=False),
        "collectiveAgreements": Records("collective_agreement", "term_from", "term_to", union="division_id"),
        "disputeCases": Records("dispute_case", "received_on", "closed_on", union="division_id"),
    }
    for division in divisions:
        reached = await sql_reference.divisions_below(pool, division)
        for name, records in lists.items():
            for day in (None, date(2017, 6, 1)):
                for scope, within in (("SELF", {division}), ("SUBTREE", reached), (None, reached)):
                    expected = await records.of(pool, within, day)
                    field = f"{name}(first: 200, after: $after{given({'scope': scope, 'asOf': day})})"
                    keys, total = await walk(caller, field, "Division", global_ids.encode("div", division))
                    assert (sorted(keys), total) == (sorted(expected), len(expected))
                    counted[name] = counted.get(name, 0) + total
    assert all(counted.values()), counted


async def test_divisions_below_and_within_one_are_those_under_it_by_their_parents(
    caller: EngineClient, pool: asyncpg.Pool
) -> None:
    records = Records("division", "valid_from", "valid_to", union="id")
    closed = await pool.fetchval("SELECT parent_id FROM division WHERE valid_to IS NOT NULL ORDER BY id LIMIT 1")
    for division in (closed, await pool.fetchval("SELECT id FROM division WHERE code = '330106'")):
        own = global_ids.encode("div", division)
        reached = await sql_reference.divisions_below(pool, division)
        for day in (None, date(1995, 1, 1), date(2026, 1, 1)):
            more = given({"asOf": day})
            keys, total = await walk(caller, f"descendants(first: 200, after: $after{more})", "Division", own)
            expected = await records.of(pool, reached - {division}, day)
            assert (sorted(keys), total) == (sorted(expected), len(expected))
            right_below = {
                row["id"] for row in await pool.fetch("SELECT id FROM division WHERE parent_id = $1", division)
            }
            keys, total = await walk(caller, f"children(first: 200, after: $after{more})", "Division", own)
            expected = await records.of(pool, right_below, day)
            assert (sorted(keys), total) == (sorted(expected), len(expected))
            keys, total = await walk(caller, f'divisions(first: 200, after: $after, within: "{own}"{more})')
            expected = await records.of(pool, reached, day)
            assert (sorted(keys), total) == (sorted(expected), len(expected))


async def test_the_divisions_above_one_are_named_from_the_province_down(
    caller: EngineClient, pool: asyncpg.Pool
) -> None:
    text = '{ division(code: "330106") { fullName ancestors { name } name parent { name } } }'
    found = (await caller.data(text))["division"]
    above = [one["name"] for one in found["ancestors"]]
    assert "".join([*above, found["name"]]) == found["fullName"] == "浙江省杭州市西湖区"
    assert above[-1] == found["parent"]["name"]


async def test_a_member_lists_the_cases_that_it_is_a_party_to(caller: EngineClient, pool: asyncpg.Pool) -> None:
    rows = await pool.fetch(
        "SELECT member_id, array_agg(DISTINCT case_id) AS cases FROM dispute_party WHERE member_id IS NOT NULL GROUP BY 1"
    )
    assert len(rows) > 10
    for row in rows:
        keys, total = await walk(
            caller,
            "disputeCases(first: 2, after: $after, validity: ANY)",
            "Member",
            global_ids.encode("mem", row["member_id"]),
        )
        assert (sorted(keys), total) == (sorted(row["cases"]), len(row["cases"]))


async def test_a_case_to_which_a_member_is_twice_a_party_is_listed_once(fresh_database_url: str) -> None:
    pool = await create_pool(fresh_database_url)
    try:
        await pool.execute(
            "INSERT INTO dispute_party (case_id, role, name, member_id)"
            " SELECT case_id, 'THIRD_PARTY', name, member_id FROM dispute_party WHERE member_id IS NOT NULL"
        )
        rows = await pool.fetch(
            "SELECT member_id, array_agg(DISTINCT case_id) AS cases FROM dispute_party"
            " WHERE member_id IS NOT NULL GROUP BY 1 ORDER BY 1 LIMIT 20"
        )
        caller = EngineClient(pool)
        for row in rows:
            own = global_ids.encode("mem", row["member_id"])
            keys, total = await walk(caller, "disputeCases(first: 1, after: $after, validity: ANY)", "Member", own)
            assert (sorted(keys), total) == (sorted(row["cases"]), len(row["cases"]))
    finally:
        await pool.close()


LEADING = {
    name: [field for field, leads in source.fields.items() if isinstance(leads, Many)]
    for name, source in registry.sources.items()
    if any(isinstance(leads, Many) for leads in source.fields.values())
}
"""The lists of each type, by their Python names."""


@pytest.mark.parametrize("name", LEADING)
async def test_lists_of_several_parents_are_those_of_each(pool: asyncpg.Pool, name: str) -> None:
    """Parents are asked about all at once: none is given what is another's."""
    source, fields = registry.sources[name], schema._schema.type_map[name].fields  # type: ignore[attr-defined]
    shown = {snake(field): field for field in fields}
    lists = [
        f"{shown[field]} {{ totalCount nodes {{ __typename id }} }}"
        if "totalCount" in getattr(get_named_type(fields[shown[field]].type), "fields", {})
        else f"{shown[field]} {{ __typename id }}"
        for field in LEADING[name]
    ]
    keys: set[int] = set()
    for field in LEADING[name]:
        reach = source.fields[field].relation  # type: ignore[union-attr]
        column = getattr(reach, "column", None)
        if isinstance(reach, By) and column is not None:
            several = (
                f"SELECT {column.key} FROM {column.table.name} WHERE {column.key} IS NOT NULL"
                " GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 3"
            )
            keys |= {row[0] for row in await pool.fetch(several)}
    keys |= {row["id"] for row in await pool.fetch(f"SELECT id FROM {source.table.name} ORDER BY hashint8(id) LIMIT 3")}
    texts = [global_ids.encode(source.prefix, key) for key in sorted(keys)][:12]
    ask = f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {name} {{ id {' '.join(lists)} }} }} }}"
    roomy = EngineClient(pool, max_objects=10**9)
    together = (await roomy.data(ask, {"ids": texts}))["nodes"]
    assert together == [(await roomy.data(ask, {"ids": [text]}))["nodes"][0] for text in texts]
