"""One rule for lists and statistics (docs/adr/0039): what holds today, or on the day that is asked about; all else by ``validity``."""

from datetime import date
from typing import Any

import asyncpg
import pytest
from graphql import GraphQLObjectType

from db.clock import today
from resolvers.engine.declare.columns import expression
from resolvers.engine.declare.sources import Many, Source
from resolvers.engine.declare.statistics import Statistic
from resolvers.engine.declare.validity import Validity
from resolvers.engine.request import global_ids
from resolvers.engine.request.arguments import snake
from resolvers.relations import By
from schema import registry, schema
from tests.resolvers.engine_client import EngineClient

DAYS = (None, date(2019, 3, 1), date(2024, 2, 29), date(2027, 1, 1))
CORE = schema._schema


def lists() -> dict[str, tuple[str, str, Many]]:
    """Every list of the schema by its place: type, field, and how it is reached."""
    found = {}
    for name, type_ in CORE.type_map.items():
        for shown in type_.fields if isinstance(type_, GraphQLObjectType) else ():
            source = registry.sources.get(name)
            leads = registry.roots.get(snake(shown)) if name == "Query" else source and source.fields.get(snake(shown))
            if isinstance(leads, Many):
                found[f"{name}.{shown}"] = (name, shown, leads)
    return found


LISTS = lists()
HELD = {place: found for place, found in LISTS.items() if found[2].period(registry.sources[found[2].target])}
ROOTS = {place: shown for place, (name, shown, _) in HELD.items() if name == "Query"}
NESTED = [place for place in HELD if place not in ROOTS]
ENDS = {"AdministeredGrant": "least(valid_to, (revoked_at AT TIME ZONE 'Asia/Shanghai')::date)"}
"""Ends that are no column."""


def days_of(source: Source) -> tuple[str, str]:
    """The beginning and the end of a row in SQL; an unknown beginning is before all days where it means that nobody knows it."""
    period = source.validity
    assert period is not None
    begins = str(expression(period.begins).key)
    ends = ENDS.get(source.typename) or str(expression(period.ends).key)
    return (begins if period.known else f"coalesce({begins}, '-infinity')"), ends


async def counted(db: asyncpg.Pool, source: Source, day: date | None, where: str = "true") -> dict[str, int]:
    """How many rows are in each state on a day, by plain SQL."""
    begins, ends = days_of(source)
    state = f"CASE WHEN {ends} <= $1 THEN 'ENDED' WHEN {begins} <= $1 THEN 'HOLDING' ELSE 'NOT_BEGUN' END"
    rows = await db.fetch(
        f"SELECT {state} AS state, count(*) FROM {source.table.name} WHERE {where} GROUP BY 1", day or today()
    )
    found = dict.fromkeys(Validity.__members__, 0) | dict(rows)
    return found | {"ANY": sum(found.values())}


def shown_of(arguments: dict[str, Any]) -> str:
    """Arguments as GraphQL writes them; those that are None are left out."""
    given = [
        f'{name}: "{value}"' if isinstance(value, date) else f"{name}: {value}"
        for name, value in arguments.items()
        if value
    ]
    return f"({', '.join(given)})" if given else ""


def totals(field: str, day: date | None) -> str:
    """A list's count without ``validity`` and by each, as of a day."""
    every = {"none": shown_of({"asOf": day})}
    every |= {one: shown_of({"validity": one, "asOf": None if one == "ANY" else day}) for one in Validity.__members__}
    return " ".join(f"{name}: {field}{given} {{ totalCount }}" for name, given in every.items())


def test_lists_of_what_holds_and_no_others_have_the_arguments_and_say_what_they_hold_without() -> None:
    assert len(ROOTS) > 20
    assert len(NESTED) > 60
    for place, (name, shown, many) in LISTS.items():
        field = CORE.type_map[name].fields[shown]  # type: ignore[attr-defined]
        assert ("validity" in field.args) == (place in HELD), place
        assert ("asOf" in field.args) >= (place in HELD), place
        if place in HELD:
            assert "those that hold today" in field.description, place
            assert "默认仅列今日有效的" in field.description, place
        elif "asOf" in field.args:
            assert many.checks_days, place
            assert "as of today" in field.description, place
            assert "默认截至今日" in field.description, place


@pytest.mark.parametrize("place", ROOTS)
async def test_a_root_list_has_what_holds_on_the_day_and_the_rest_by_validity(
    caller: EngineClient, pool: asyncpg.Pool, place: str
) -> None:
    source = registry.sources[HELD[place][2].target]
    for day in DAYS:
        found = await caller.data(f"{{ {totals(ROOTS[place], day)} }}")
        expected = await counted(pool, source, day)
        assert {name: one["totalCount"] for name, one in found.items()} == expected | {"none": expected["HOLDING"]}, day


@pytest.mark.parametrize("place", NESTED)
async def test_a_nested_list_has_what_holds_today_and_the_rest_by_validity(
    caller: EngineClient, pool: asyncpg.Pool, place: str
) -> None:
    name, shown, many = HELD[place]
    source, parent = registry.sources[many.target], registry.sources[name]
    reach, type_ = many.relation, CORE.type_map[name]
    assert isinstance(type_, GraphQLObjectType)
    direct = isinstance(reach, By) and reach.via is None
    several = (
        f"SELECT {reach.column.key} FROM {source.table.name} WHERE {reach.column.key} IS NOT NULL GROUP BY 1"  # type: ignore[attr-defined]
        if direct
        else f"SELECT id FROM {parent.table.name} GROUP BY 1"
    )
    keys = [row[0] for row in await pool.fetch(f"{several} ORDER BY count(*) DESC, 1 LIMIT 2")]
    connection = str(type_.fields[shown].type).rstrip("!").endswith("Connection")
    field = totals(shown, None) if connection else totals(shown, None).replace("{ totalCount }", "{ id }")
    text = f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {name} {{ {field} }} }} }}"
    found = (await caller.data(text, {"ids": [global_ids.encode(parent.prefix, key) for key in keys]}))["nodes"]
    for key, node in zip(keys, found, strict=True):
        told = {one: len(value) if isinstance(value, list) else value["totalCount"] for one, value in node.items()}
        assert told["none"] == told["HOLDING"]
        assert told["ANY"] == sum(told[one] for one in ("HOLDING", "ENDED", "NOT_BEGUN"))
        if direct:
            expected = await counted(pool, source, None, f"{reach.column.key} = {key}")  # type: ignore[attr-defined]
            assert told == expected | {"none": expected["HOLDING"]}


def listed(statistic: Statistic) -> str | None:
    """The root list of the records that a statistic counts."""
    names = (shown for _, shown, many in HELD.values() if many is registry.roots.get(snake(shown)))
    roots = {LISTS[f"Query.{shown}"][2].target: shown for shown in names if f"Query.{shown}" in LISTS}
    return roots.get(statistic.model.__name__)


STOCKS = [found for found in registry.statistics.values() if found.ends is not None]


def test_every_kind_that_holds_has_a_list_with_the_same_days() -> None:
    without = {found.kind for found in STOCKS if listed(found) is None}
    assert without == {"POLICY_MEASURES"}
    for found in STOCKS:
        period = registry.sources[found.model.__name__].validity
        if found.kind not in without:
            assert period is not None
            assert found.ends is not None
            assert expression(period.begins) is expression(found.begins)
            assert expression(period.ends) is expression(found.ends)
            assert period.known is found.known
    events = [found for found in registry.statistics.values() if found.ends is None]
    assert all(registry.sources[found.model.__name__].validity is None for found in events)


@pytest.mark.parametrize("kind", [found.kind for found in STOCKS if listed(found)])
async def test_a_list_s_count_is_the_statistic_s_of_the_same_place_and_day(
    caller: EngineClient, pool: asyncpg.Pool, kind: str
) -> None:
    name = listed(registry.statistics[kind])
    union = global_ids.encode("org", await pool.fetchval("SELECT id FROM organization WHERE name = '浙江省总工会'"))
    for day in DAYS:
        ended = f'kind: {kind}, event: ENDED, asOf: "{day or today()}"'
        found = await caller.data(
            f"{{ list: {name}{shown_of({'asOf': day})} {{ totalCount }}"
            f" statistics(kind: {kind}{shown_of({'asOf': day}).replace('(', ', ').replace(')', '')}) {{ total {{ records }} }}"
            f" ended: {name}{shown_of({'asOf': day, 'validity': 'ENDED'})} {{ totalCount }}"
            f" endings: statistics({ended}) {{ total {{ records }} }} }}"
        )
        assert found["list"]["totalCount"] == found["statistics"]["total"]["records"], day
        assert found["ended"]["totalCount"] == found["endings"]["total"]["records"], day
    for hierarchy in ("TERRITORIAL", "INDUSTRIAL"):
        place = f'within: "{union}", hierarchy: {hierarchy}'
        found = await caller.data(
            f"{{ {name}({place}) {{ totalCount }} statistics(kind: {kind}, {place}) {{ total {{ records }} }} }}"
        )
        assert found[name]["totalCount"] == found["statistics"]["total"]["records"], hierarchy


async def test_a_division_lists_and_counts_the_same_unions(caller: EngineClient) -> None:
    found = await caller.data(
        '{ division(code: "33") { organizations { totalCount } statistics(kind: ORGANIZATIONS) { total { records } } } }'
    )
    one = found["division"]
    assert one["organizations"]["totalCount"] == one["statistics"]["total"]["records"] > 0


async def test_a_closed_division_is_in_no_list_unless_asked_for(caller: EngineClient, pool: asyncpg.Pool) -> None:
    """Lists of the same rows, whatever way they are reached, have the same defaults."""
    code, closed = await pool.fetchrow(
        "SELECT p.code, count(*) FILTER (WHERE d.valid_to <= $1) FROM division p JOIN division d ON d.parent_id = p.id"
        " WHERE p.valid_to IS NULL GROUP BY 1 HAVING count(*) FILTER (WHERE d.valid_to <= $1) > 0 ORDER BY 1 LIMIT 1",
        today(),
    )
    same = f'filter: {{parent: {{code: {{eq: "{code}"}}}}}}'
    found = await caller.data(
        f'{{ division(code: "{code}") {{ children {{ totalCount }} every: children(validity: ANY) {{ totalCount }} }}'
        f" divisions({same}) {{ totalCount }} every: divisions({same}, validity: ANY) {{ totalCount }} }}"
    )
    assert found["division"]["children"] == found["divisions"]
    assert found["division"]["every"] == found["every"]
    assert found["every"]["totalCount"] == found["divisions"]["totalCount"] + closed


async def test_arguments_without_effect_on_validity_are_refused(caller: EngineClient) -> None:
    for text in (
        '{ divisions(validity: ANY, asOf: "2020-01-01") { totalCount } }',
        "{ divisions(filter: {organizations: {validity: ANY}}) { totalCount } }",
    ):
        answer = await caller.response(text)
        assert answer["errors"][0]["extensions"]["code"] == "NO_EFFECT", answer
