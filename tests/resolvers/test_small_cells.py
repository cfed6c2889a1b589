"""Callers with aggregates only: what they may ask of statistics, and the noise in what they get."""

import random
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from statistics import fmean, pvariance
from typing import Any

import asyncpg
import pytest

from db.clock import today
from db.server.connect import create_pool
from resolvers.access.callers import PUBLIC
from resolvers.engine.request import global_ids
from resolvers.engine.statistics import noise, time_buckets
from tests.db.test_rollups import write
from tests.resolvers.engine_client import NATIONAL, EngineClient
from tests.resolvers.rollup_dimensions import DIMENSIONS
from tests.slow import sampled

CELL, MOST = 10, 12
ALL_ROUNDS = 60
FIELDS = "total { records persons } groups { keys { dimension value label } records persons }"
TEXT = f"""query ($kind: RecordKind!, $by: [Dimension!], $from: Date, $until: Date, $asOf: Date, $event: RecordEvent,
    $where: [DimensionFilter!]) {{
    statistics(kind: $kind, groupBy: $by, from: $from, until: $until, asOf: $asOf, event: $event, where: $where) {{ asOf {FIELDS} }} }}"""
BELOW = (
    TEXT.replace("($kind", "($id: ID, $kind", 1).replace(
        "{\n    statistics(", "{ division(id: $id) {\n    statistics(", 1
    )
    + " }"
)
MONTH = today().replace(day=1)
YEAR = date((today() - timedelta(days=1)).year, 1, 1)


def text_of(given: dict[str, Any]) -> str:
    """The operation: persons are asked of the kinds that have them."""
    text = BELOW if "id" in given else TEXT
    return text if given["kind"] in DIMENSIONS else text.replace("persons", "")


async def ask(caller: EngineClient, given: dict[str, Any], who: Any = PUBLIC) -> dict[str, Any]:
    """The statistic of the whole nation, or of the division ``id``."""
    response = await caller.response(text_of(given), given, caller=who)
    assert "errors" not in response, (given, response)
    data: dict[str, Any] = response["data"]
    return data["division"]["statistics"] if "id" in given else data["statistics"]


async def code_of(caller: EngineClient, given: dict[str, Any], who: Any = PUBLIC) -> str:
    """The code with which a question is refused."""
    response = await caller.response(text_of(given), given, caller=who)
    return str(response["errors"][0]["extensions"]["code"])


async def crowded(pool: asyncpg.Pool, level: str) -> str:
    """The ID of the division of a level with the most memberships."""
    key = await pool.fetchval(
        "SELECT c.ancestor_id FROM division_closure c JOIN division d ON d.id = c.ancestor_id AND d.level = $1"
        " JOIN organization o ON o.division_id = c.descendant_id JOIN membership m ON m.organization_id = o.id"
        " GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1",
        level,
    )
    return global_ids.encode("div", key)


def test_one_draw_has_the_stated_variance_and_bound() -> None:
    drawn = [noise.draw(cell_key, b"MEMBERSHIPS") for cell_key in range(20_000)]
    assert abs(fmean(drawn)) < 3 * (noise.VARIANCE / len(drawn)) ** 0.5
    assert abs(pvariance(drawn) - noise.VARIANCE) < 0.2
    assert (min(drawn), max(drawn)) == (-noise.MOST, noise.MOST)
    assert noise.draw(-(2**63), b"") in range(-noise.MOST, noise.MOST + 1)


def test_of_nothing_and_of_few_no_count_is_given() -> None:
    assert noise.count(0, 12, CELL) is None
    assert noise.count(4, 12, CELL) is None
    assert noise.count(5, 5, CELL) == 10
    assert noise.count(12, -3, CELL) is None
    assert noise.count(12, -2, CELL) == 10


def test_a_sum_hides_its_largest_part_and_what_it_is_made_of() -> None:
    """The largest counts five times the mean of the others at most; the noise is no whole number of parts."""
    assert noise.total(190_100, 180_000, 12, 0, 0) == 14_600
    assert noise.total(1_000, 100, 20, 1, 0.5) == 1_100
    assert noise.total(1_000, 100, 20, -12, -12) == 0
    assert noise.total(0, 0, 20, 5, 1) == 0
    drawn = [noise.real(cell_key, b"AID_GRANTS") for cell_key in range(20_000)]
    assert abs(fmean(drawn)) < 3 * (noise.VARIANCE / len(drawn)) ** 0.5
    assert abs(pvariance(drawn) - noise.VARIANCE) < 0.2
    given = [noise.total(Decimal("30000.00"), Decimal(1_000), 30, 0, own) for own in drawn]
    assert {len(str(int(value)).rstrip("0")) for value in given} <= {1, 2, 3}
    assert len(set(given)) > 20


def test_a_median_is_written_in_coarse_steps() -> None:
    given = {noise.median(37.0, cell_key, b"") for cell_key in range(200)}
    assert given == {35.0, 40.0}
    assert abs(fmean(noise.median(37.0, cell_key, b"") for cell_key in range(2_000)) - 37) < 0.3
    assert noise.median(0, 1, b"") == 0


async def test_counts_are_within_the_bound_and_true_on_average(caller: EngineClient) -> None:
    differences = []
    for kind, dimensions in DIMENSIONS.items():
        for dimension in dimensions:
            given = {"kind": kind, "by": [dimension, "CHILD_DIVISION"], "asOf": YEAR.isoformat()}
            exact = {str(group["keys"]): group for group in (await ask(caller, given, NATIONAL))["groups"]}
            for group in (await ask(caller, given))["groups"]:
                true = exact.get(str(group["keys"]), {"persons": 0, "records": 0})
                for name, most in (("records", MOST + noise.MOST), ("persons", MOST)):
                    assert group[name] is None or group[name] >= CELL
                    if group[name] is not None:
                        assert abs(group[name] - true[name]) <= most
                if true["persons"] > CELL + MOST and group["persons"] is not None:
                    differences.append(group["persons"] - true["persons"])
    assert len(differences) > 60
    assert abs(fmean(differences)) < 4 * (2 * noise.VARIANCE / len(differences)) ** 0.5
    assert max(differences) > 3


async def test_the_same_cell_has_the_same_noise_whichever_question_drew_it(
    caller: EngineClient, pool: asyncpg.Pool
) -> None:
    """As a group, as the whole under a condition, under an alias, as a child of its division and as the division itself."""
    province = await crowded(pool, "PROVINCE")
    base = {"kind": "MEMBERSHIPS", "asOf": YEAR.isoformat()}
    of_group = {
        group["keys"][0]["value"]: group["persons"]
        for group in (await ask(caller, {**base, "id": province, "by": ["SEX"]}))["groups"]
    }
    whole = await ask(caller, {**base, "id": province, "where": [{"dimension": "SEX", "in": ["FEMALE"]}]})
    assert whole["total"]["persons"] == of_group["FEMALE"] is not None
    crossed = await ask(caller, {**base, "by": ["CHILD_DIVISION", "SEX"]})
    values = [(g["keys"][0]["value"], g["keys"][1]["value"], g["persons"]) for g in crossed["groups"]]
    assert (province, "FEMALE", of_group["FEMALE"]) in values
    month = MONTH - timedelta(days=1)
    year = {"kind": "MEMBERSHIPS", "from": f"{month.year}-01-01", "until": MONTH.isoformat()}
    joined = {group["keys"][0]["value"]: group for group in (await ask(caller, {**year, "by": ["MONTH"]}))["groups"]}
    for name, group in joined.items():
        alone = await ask(caller, {**year, "from": f"{name}-01", "until": _following(name)})
        assert (alone["total"]["records"], alone["total"]["persons"]) == (group["records"], group["persons"])


def _following(month: str) -> str:
    first = date.fromisoformat(f"{month}-01")
    return (first + timedelta(days=32)).replace(day=1).isoformat()


@pytest.fixture
async def changing(fresh_database_url: str) -> AsyncIterator[asyncpg.Pool]:
    """A database of its own, in which something has been written since the roll-ups were built."""
    made = await create_pool(fresh_database_url)
    await write(fresh_database_url, 7, 120)
    yield made
    await made.close()


@pytest.mark.parametrize("rounds", sampled((20, ALL_ROUNDS), [20]))
async def test_roll_ups_carry_the_same_noise_as_records(
    changing: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch, rounds: int
) -> None:
    """Any place, period, event, dimensions and conditions, with changes that are not folded yet; no cell left out."""
    chance = random.Random("noise")
    places = [await crowded(changing, level) for level in ("PROVINCE", "CITY")]
    both, records = (EngineClient(changing, small_cell=-MOST, rollups=rollups) for rollups in (True, False))
    used = given_cells = 0
    for number in range(rounds):
        given = _question(chance, places)
        with monkeypatch.context() as patch:
            patch.setattr(noise, "FLOOR", chance.choice((1, -(10**9))))
            both.watched.statements.clear()
            response = await both.response(text_of(given), given, caller=PUBLIC)
            assert response == await records.response(text_of(given), given, caller=PUBLIC), given
        used += both.reads_rollups
        if "data" in response:
            data = response["data"]
            found = data["division"]["statistics"] if "id" in given else data["statistics"]
            given_cells += sum(group["records"] is not None for group in found["groups"])
        if number == rounds // 2:
            await changing.execute("SELECT rollup.fold()")
    assert used > rounds / 2
    assert not records.reads_rollups
    assert given_cells > (200 if rounds == ALL_ROUNDS else 2 * rounds)


def _period(chance: random.Random) -> dict[str, Any]:
    """A day or period that may be asked about of persons, and a dimension of time perhaps."""
    year = date(2016 + chance.randrange(10), 1, 1)
    unit = chance.choice(("MONTH", "QUARTER", "YEAR"))
    since = time_buckets.first(unit, date(year.year, chance.randrange(12) + 1, 1), 1)
    one = {"from": since, "until": time_buckets.following(unit, since)}
    whole = {"from": year, "until": date(year.year + 1, 1, 1)}
    several = {"from": year, "until": min(date(year.year + chance.choice((1, 2, 5)), 1, 1), YEAR)}
    return chance.choice(
        (
            {},
            {"asOf": year},
            one,
            one,
            {**whole, "by": [chance.choice(("MONTH", "QUARTER"))]},
            {**several, "by": ["YEAR"]} if several["from"] < several["until"] else {},
        )
    )


def _question(chance: random.Random, places: list[str], kind: str = "") -> dict[str, Any]:
    kind = kind or chance.choice(list(DIMENSIONS))
    period = _period(chance)
    by = chance.sample(DIMENSIONS[kind], chance.choice((0, 1, 2))) + period.pop("by", [])
    given: dict[str, Any] = {"kind": kind, **{key: day.isoformat() for key, day in period.items()}}
    if "from" in period and chance.random() < 0.4:
        given["event"] = chance.choice(("BEGAN", "ENDED"))
    if chance.random() < 0.3:
        given["where"] = [{"dimension": "WORKER_TYPE", "in": [chance.choice(("EMPLOYEE", "COURIER", "FLEXIBLE"))]}]
    if chance.random() < 0.6:
        given["id"] = chance.choice(places)
    if chance.random() < 0.4 and given.get("id", "") not in places[2:]:
        by.append("CHILD_DIVISION")
    given["by"] = by[-3:]
    return given


async def test_the_database_keeps_its_seed_to_itself(pool: asyncpg.Pool, caller: EngineClient) -> None:
    rows = await pool.fetch(
        "SELECT grantee FROM information_schema.role_table_grants WHERE table_schema = 'noise' AND privilege_type = 'SELECT'"
    )
    owner = await pool.fetchval("SELECT tableowner FROM pg_tables WHERE schemaname = 'noise'")
    assert {row["grantee"] for row in rows} <= {owner, "unionhub_aggregates"}


async def test_what_callers_with_aggregates_only_may_not_ask_is_refused(
    caller: EngineClient, pool: asyncpg.Pool
) -> None:
    base = {"kind": "MEMBERSHIPS"}
    sexes = {"dimension": "SEX", "in": ["FEMALE", "MALE"]}
    assert await code_of(caller, {**base, "where": [sexes]}) == "ONE_VALUE_EACH"
    things = {"kind": "EMPLOYERS"}
    assert await code_of(caller, {**things, "asOf": "2024-03-02"}) == "WHOLE_MONTHS"
    assert await code_of(caller, {**things, "from": "2024-01-15"}) == "WHOLE_MONTHS"
    assert await code_of(caller, {**base, "by": ["DAY"]}) == "WHOLE_MONTHS"
    four = {"by": ["SEX", "CHANNEL", "LEVEL"], "where": [{"dimension": "FORM", "in": ["SINGLE_EMPLOYER"]}]}
    assert await code_of(caller, {**base, **four}) == "TOO_MANY_DIMENSIONS"
    assert await code_of(caller, {"kind": "DONATIONS", "by": ["DONOR"]}) == "DIMENSION_WITHHELD"
    union = global_ids.encode("org", await pool.fetchval("SELECT min(id) FROM organization"))
    text = f'{{ statistics(kind: MEMBERSHIPS, within: "{union}") {{ total {{ records }} }} }}'
    response = await caller.response(text, caller=PUBLIC)
    assert response["errors"][0]["extensions"]["code"] == "NOT_FOUND"
    assert response["data"]["statistics"] is None


async def test_geography_goes_down_to_the_county_and_one_level_further_by_grant(
    caller: EngineClient, pool: asyncpg.Pool
) -> None:
    county, township = await crowded(pool, "COUNTY"), await crowded(pool, "TOWNSHIP")
    persons = {"kind": "MEMBERSHIPS"}
    assert (await ask(caller, {**persons, "id": county}))["total"] is not None
    assert await code_of(caller, {**persons, "id": township}) == "GEOGRAPHY_WITHHELD"
    assert await code_of(caller, {**persons, "id": county, "by": ["CHILD_DIVISION"]}) == "GEOGRAPHY_WITHHELD"
    assert (await ask(caller, {"kind": "ORGANIZATIONS", "id": township}))["total"] is not None
    assert await code_of(caller, {"kind": "DISPUTE_CASES", "id": township}) == "GEOGRAPHY_WITHHELD"


async def test_a_day_is_the_first_of_the_month_and_a_period_ends_with_the_last_one(caller: EngineClient) -> None:
    """Of kinds without persons and cases."""
    assert (await ask(caller, {"kind": "EMPLOYERS"}))["asOf"] == MONTH.isoformat()
    text = '{ statistics(kind: EMPLOYERS, from: "2024-01-01") { from until } }'
    found = (await caller.response(text, caller=PUBLIC))["data"]["statistics"]
    assert found == {"from": "2024-01-01", "until": MONTH.isoformat()}


PERIODS: tuple[tuple[dict[str, Any], str | None], ...] = (
    ({}, YEAR.isoformat()),
    ({"asOf": "2024-01-01"}, "2024-01-01"),
    ({"asOf": "2024-02-01"}, None),
    ({"asOf": "2009-01-01"}, None),
    ({"asOf": f"{YEAR.year + 1}-01-01"}, None),
    ({"from": "2024-04-01", "until": "2024-05-01"}, ""),
    ({"from": "2024-04-01", "until": "2024-07-01"}, ""),
    ({"from": "2024-01-01", "until": "2025-01-01"}, ""),
    ({"from": "2024-01-01", "until": "2026-01-01"}, None),
    ({"from": "2024-01-01", "until": "2026-01-01", "by": ["YEAR"]}, ""),
    ({"from": "2024-01-01", "by": ["QUARTER"]}, ""),
    ({"until": "2024-03-01", "by": ["MONTH"]}, ""),
    ({"until": "2024-03-01", "by": ["QUARTER"]}, None),
    ({"from": "2024-02-01", "until": "2024-05-01"}, None),
    ({"from": "2024-01-15", "until": "2024-02-15"}, None),
    ({"from": "2024-01-01"}, None),
    ({"from": "2009-01-01", "until": "2010-01-01"}, None),
    ({"from": "2024-01-01", "until": "2025-01-01", "by": ["STATISTICAL_YEAR"]}, None),
    ({"by": ["YEAR"]}, None),
    ({"event": "BEGAN"}, None),
)


@pytest.mark.parametrize(("period", "as_of"), PERIODS)
async def test_persons_are_counted_on_new_years_day_and_in_calendar_periods(
    caller: EngineClient, period: dict[str, Any], as_of: str | None
) -> None:
    if as_of is None:
        assert await code_of(caller, {"kind": "MEMBERSHIPS", **period}) == "WHOLE_PERIODS"
    else:
        assert (await ask(caller, {"kind": "MEMBERSHIPS", **period}))["asOf"] == (as_of or None)


LISTS = (
    "{ members { totalCount } }",
    "{ disputeCases { nodes { id } } }",
    '{ division(code: "33") { organizations { totalCount } } }',
    "{ divisions(filter: {organizations: {some: {level: {eq: CITY}}}}) { totalCount } }",
    "{ venues(filter: {organization: {level: {eq: CITY}}}) { totalCount } }",
    "{ accessLog { totalCount } }",
)


@pytest.mark.parametrize("text", LISTS)
async def test_lists_of_closed_types_and_filters_by_them_are_refused(caller: EngineClient, text: str) -> None:
    caller.watched.statements.clear()
    response = await caller.response(text, caller=PUBLIC)
    assert [error["extensions"]["code"] for error in response["errors"]] == ["AGGREGATES_ONLY"], response
    assert caller.watched.statements == []


async def test_what_is_open_is_answered(caller: EngineClient) -> None:
    text = (
        "{ divisions { totalCount nodes { name } } policyDocuments { totalCount }"
        " venues { totalCount nodes { name organization { name } } } }"
    )
    data = (await caller.response(text, caller=PUBLIC))["data"]
    assert data["divisions"]["totalCount"] > 10
    assert all(venue["organization"] is None for venue in data["venues"]["nodes"])


async def test_no_group_is_listed_because_somebody_is_in_it(caller: EngineClient) -> None:
    """What is listed whatever the records say, as children and the months of a period, may be empty; nothing else may."""
    for given in ({"by": ["SEX", "CHANNEL"]}, {"by": ["WORKER_TYPE", "INDUSTRY"]}):
        ours = (await ask(caller, {"kind": "MEMBERSHIPS", **given}))["groups"]
        assert all(group["persons"] for group in ours)
    year = {"from": "2024-01-01", "until": "2025-01-01"}
    left_out = set()
    for given in ({"by": ["CHILD_DIVISION", "WORKER_TYPE"]}, {"by": ["MONTH", "WORKER_TYPE"], **year}):
        ours = (await ask(caller, {"kind": "MEMBERSHIPS", **given}))["groups"]
        assert any(group["persons"] is None for group in ours)
        full = {group["keys"][1]["value"] for group in ours if group["persons"]}
        assert {group["keys"][1]["value"] for group in ours} == full
        asked = {"kind": "MEMBERSHIPS", **given, **({} if "from" in given else {"asOf": YEAR.isoformat()})}
        exact = (await ask(caller, asked, NATIONAL))["groups"]
        left_out |= {group["keys"][1]["value"] for group in exact} - full
    assert left_out


async def test_the_cells_of_an_answer_are_counted_once_whatever_the_question(caller: EngineClient) -> None:
    async def cells(given: dict[str, Any], who: Any = PUBLIC) -> frozenset[int]:
        return (await caller.answer(TEXT, given, caller=who)).cells

    by_sex = await cells({"kind": "MEMBERSHIPS", "by": ["SEX"]})
    alone = await cells({"kind": "MEMBERSHIPS", "where": [{"dimension": "SEX", "in": ["FEMALE"]}]})
    assert len(by_sex) == 3
    assert alone < by_sex
    assert await cells({"kind": "MEMBERSHIPS", "by": ["SEX"]}, NATIONAL) == frozenset()
    assert await cells({"kind": "VENUES"}) == frozenset()
    assert await cells({"kind": "MEMBERSHIPS", "by": ["SEX"]}, replace(PUBLIC, principal_id=7)) == by_sex
