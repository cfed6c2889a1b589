"""No two cells that callers with aggregates only are given of persons, one inside the other, differ by a few: the true sets by SQL."""

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import Any

import asyncpg
import pytest

from resolvers.access.callers import PUBLIC
from resolvers.engine.request import global_ids
from resolvers.engine.statistics import noise, time_buckets
from resolvers.engine.statistics.overlap import Neighbour, is_enough
from tests.resolvers.engine_client import EngineClient
from tests.resolvers.test_small_cells import DIMENSIONS, YEAR, _question, ask, crowded, text_of
from tests.slow import sampled

ROUNDS = 60
COLUMNS = {
    "WORKER_TYPE": "d.worker_type",
    "SEX": "d.sex",
    "CHANNEL": "r.channel",
    "STATUS": "r.status",
    "ENTRY": "r.entry",
    "EXIT": "r.exit",
    "LEVEL": "o.level",
    "FORM": "o.form",
    "INDUSTRY": "o.industry",
    "IS_MODEL_WORKER": "d.is_model_worker",
    "SCHEME": "r.scheme",
    "COHORT": "r.cohort",
}
TABLES = {"MEMBERSHIPS": "membership", "INSURANCE_ENROLMENTS": "insurance_enrolment"}
Conditions = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Cell:
    """A cell that was given: where, under which conditions, and when."""

    kind: str
    place: str
    conditions: Conditions
    event: str
    since: date | None
    until: date

    def is_in(self, other: "Cell", above: dict[str, set[str]]) -> bool:
        """Whether it has all conditions of another, or lies in its place and period."""
        if self.event != other.event or not self.conditions >= other.conditions or other.place not in above[self.place]:
            return False
        if self.since is None or other.since is None:
            return self.until == other.until
        return other.since <= self.since and self.until <= other.until


class Truth:
    """All records of a kind with their places and dimensions."""

    def __init__(self, kind: str, rows: Iterable[asyncpg.Record]) -> None:
        self.kind = kind
        self.rows = list(rows)

    def people(self, cell: Cell) -> set[int]:
        """The persons in a cell."""
        found = set()
        for row in self.rows:
            if cell.place and cell.place not in row["places"]:
                continue
            if not all(_told(row[name]) == value for name, value in cell.conditions):
                continue
            began, ended = row["valid_from"], row["valid_to"]
            if cell.event == "":
                counts = began <= cell.until and (ended is None or ended > cell.until)
            else:
                day = ended if cell.event == "ENDED" else began
                counts = day is not None and cell.since <= day < cell.until  # type: ignore[operator]
            if counts:
                found.add(row["member_id"])
        return found


def _told(value: Any) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


async def truth(pool: asyncpg.Pool, kind: str) -> Truth:
    columns = ", ".join(f'{COLUMNS[name]} AS "{name}"' for name in DIMENSIONS[kind])
    rows = await pool.fetch(
        f"SELECT r.member_id, r.valid_from, r.valid_to, {columns},"
        " ARRAY(SELECT 'div' || c.ancestor_id FROM division_closure c WHERE c.descendant_id = o.division_id) AS places"
        f" FROM {TABLES[kind]} r JOIN organization o ON o.id = r.organization_id JOIN member d ON d.id = r.member_id"
        " WHERE r.valid_from IS NOT NULL"
    )
    return Truth(kind, rows)


def cells_of(given: dict[str, Any], answer: dict[str, Any]) -> set[Cell]:
    """The cells of an answer that have a number."""
    found = set()
    fixed = {(item["dimension"], item["in"][0]) for item in given.get("where", ())}
    ends = [None if given.get(name) is None else date.fromisoformat(given[name]) for name in ("from", "until")]
    day = date.fromisoformat(answer["asOf"]) if answer["asOf"] else None
    event = given.get("event", "BEGAN") if day is None else ""
    rows = [([], answer["total"]), *((group["keys"], group) for group in answer["groups"])]
    for keys, group in rows:
        if group["persons"] is None:
            continue
        place, conditions, since, until = _key(given.get("id")), set(fixed), ends[0], ends[1] or day
        for key in keys:
            name, value = key["dimension"], key["value"]
            if name == "CHILD_DIVISION":
                place = _key(value) if value else "nowhere"
            elif name in time_buckets.TIMES:
                since = _bucket(name, value)
                until = time_buckets.following(name, since)
            else:
                conditions.add((name, value or ""))
        if place != "nowhere":
            assert until is not None
            found.add(Cell(given["kind"], place, frozenset(conditions), event, since, until))
    return found


def _key(id_: str | None) -> str:
    return "" if id_ is None else f"div{global_ids.decode(id_, 'div')[1]}"


def _bucket(name: str, value: str) -> date:
    year, _, rest = value.partition("-")
    month = 1 if not rest else 3 * int(rest[1:]) - 2 if name == "QUARTER" else int(rest)
    return date(int(year), month, 1)


@pytest.mark.parametrize("kind", sampled(DIMENSIONS, ["MEMBERSHIPS"]))
async def test_no_given_cell_lies_in_another_but_for_a_few(caller: EngineClient, pool: asyncpg.Pool, kind: str) -> None:
    """Any place, period, event, dimensions and conditions; stocks of two years as well."""
    chance, given = random.Random(f"overlap of {kind}"), set()
    places = [await crowded(pool, level) for level in ("PROVINCE", "CITY", "COUNTY")]
    for _ in range(ROUNDS):
        question = _question(chance, places, kind)
        response = await caller.response(text_of(question), question, caller=PUBLIC)
        if "errors" in response:
            assert response["errors"][0]["extensions"]["code"] == "TOO_MANY_GROUPS", (question, response)
            continue
        data = response["data"]
        given |= cells_of(question, data["division"]["statistics"] if "id" in question else data["statistics"])
    above = {row["place"]: {"", *row["above"]} for row in await pool.fetch(
        "SELECT 'div' || descendant_id AS place, array_agg('div' || ancestor_id) AS above FROM division_closure GROUP BY 1"
    )} | {"": {""}}  # fmt: skip
    all_records = await truth(pool, kind)
    people = {cell: all_records.people(cell) for cell in given}
    nested = 0
    for one, other in combinations(given, 2):
        for inner, outer in ((one, other), (other, one)):
            if inner.is_in(outer, above):
                nested += 1
                assert people[inner] <= people[outer], (inner, outer)
                assert len(people[outer] - people[inner]) >= noise.FLOOR, (inner, outer)
        a_year_apart = one.since is None and other.since is None and abs(one.until.year - other.until.year) == 1
        if a_year_apart and (one.place, one.conditions) == (other.place, other.conditions):
            assert len(people[one] ^ people[other]) >= noise.FLOOR, (one, other)
    assert min(len(found) for found in people.values()) >= noise.FLOOR
    assert len(given) > 20
    assert nested > 20


async def test_what_all_others_have_is_no_condition(caller: EngineClient, pool: asyncpg.Pool) -> None:
    """A condition that takes away nobody is answered like one that takes away one or a few: not."""
    records = await truth(pool, "MEMBERSHIPS")
    levels = await pool.fetch(
        "SELECT 'div' || id AS place, id FROM division WHERE level IN ('PROVINCE', 'CITY', 'COUNTY')"
    )
    found: dict[int, set[Any]] = {}
    for place in levels:
        whole = records.people(Cell("MEMBERSHIPS", place["place"], frozenset(), "", None, YEAR))
        if len(whole) < 40:
            continue
        for name in DIMENSIONS["MEMBERSHIPS"]:
            for value in {_told(row[name]) for row in records.rows} - {""}:
                cell = Cell("MEMBERSHIPS", place["place"], frozenset({(name, value)}), "", None, YEAR)
                rest = len(whole - records.people(cell))
                if rest < noise.FLOOR:
                    found.setdefault(rest, set()).add((global_ids.encode("div", place["id"]), name, value))
    assert found.keys() >= {0, 1}
    for place_, name, value in sorted(found[0])[:10] + sorted(found[1])[:10]:
        given = {"kind": "MEMBERSHIPS", "id": place_, "where": [{"dimension": name, "in": [value]}]}
        assert (await ask(caller, given))["total"] == {"records": None, "persons": None}
        by_group = await ask(caller, {"kind": "MEMBERSHIPS", "id": place_, "by": [name]})
        assert value not in {group["keys"][0]["value"] for group in by_group["groups"]}


def test_the_rest_is_who_is_in_one_of_two_sets_only() -> None:
    chance = random.Random("rest")
    for _ in range(100):
        cell, before = ({chance.randrange(40) for _ in range(chance.randrange(1, 60))} for _ in range(2))
        either = Neighbour((len(cell | before),), before=(len(before),), is_either_day=True)
        assert either.rest(len(cell), 0) == len(cell ^ before)
        assert Neighbour((len(cell | before),)).rest(len(cell), 0) == len(before - cell)
        assert Neighbour((len(before),), contains_cell=False).rest(len(cell), 0) <= len(cell ^ before)
    assert Neighbour(None).rest(7, 0) < 0


def test_noise_decides_between_five_and_sixteen_only() -> None:
    """What is left out where it cannot decide changes nothing."""
    for rest in range(-3, 30):
        for cell_key in range(40):
            pair = b"|MEMBERSHIPS" + b"".join(each.to_bytes(8, signed=True) for each in (cell_key, -cell_key))
            drawn = noise.count(rest, noise.draw(0, pair), 10) is not None
            assert is_enough(rest, (cell_key, -cell_key), b"MEMBERSHIPS", 10) == drawn, (rest, cell_key)
