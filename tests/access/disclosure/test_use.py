"""What is left for the honest: figures near the truth, most cells of cities, townships by grant; and one answer to one set."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import combinations, product

import asyncpg

from db.access import PrincipalKind, Role
from db.clock import today
from db.security.grants import ProposedGrant, grant
from db.security.principals import by_id, create_principal
from hub.limits.cell_budget import CellBudget
from resolvers.access.callers import PUBLIC
from resolvers.viewer import caller_of
from tests.access.disclosure.attacker import Attacker, Question
from tests.access.disclosure.population import BUSY, GRANTS, Population, Row, Target, Trait
from tests.access.disclosure.set_pairs import pair
from tests.resolvers.engine_client import EngineClient
from tests.slow import slow

BOUND = 12
"""How far a number of people may be from the truth."""
CITIES = 12
ENOUGH = 30
DAYS = ("2022-01-01", "2024-01-01", "2026-01-01")
SHARED = BUSY.traits[1:]


def conditions() -> Iterator[tuple[tuple[str, str], ...]]:
    """All conditions on two dimensions, none and one and both."""
    values = [[pair(trait), (trait.dimension, Trait.told(trait.other))] for trait in SHARED]
    for size in range(len(values) + 1):
        for chosen in combinations(values, size):
            yield from product(*chosen)


def in_cell(rows: Sequence[Row], where: tuple[tuple[str, str], ...], day: str) -> int:
    """How many records there are."""
    columns = {trait.dimension: trait.column for trait in BUSY.traits}
    found = (row for row in rows if row.holds(date.fromisoformat(day)))
    return sum(all(Trait.told(row.values[columns[name]]) == value for name, value in where) for row in found)


def by_city(targets: Sequence[Target]) -> dict[str, list[Row]]:
    """The records of whole cities."""
    found: dict[str, list[Row]] = defaultdict(list)
    for target in targets:
        found[target.where[:4]] += [*target.others, *([target.row] if target.is_in else [])]
    return dict(list(found.items())[1:-1])


@slow
async def test_figures_are_near_the_truth_and_most_cells_of_cities_are_given(
    hub: EngineClient, population: Population
) -> None:
    """Stock of households as in life, of counties and of cities, whole and by two dimensions."""
    targets = population.of(BUSY)
    cities = dict(list(by_city(targets).items())[:CITIES])
    counties = {
        each.where: [*each.others, *([each.row] if each.is_in else [])] for each in targets if each.where[:4] in cities
    }
    attacker = Attacker(hub, PUBLIC, BUSY.counts)
    for level, places in (("cities", cities), ("counties", counties)):
        given = enough = 0
        errors = []
        for where, day in product(conditions(), DAYS[1:]):
            question = Question(BUSY.kind, where).as_of(day)
            assert await attacker.ask(question, list(places))
            for code, rows in places.items():
                exact, told = in_cell(rows, where, day), attacker.told(question, code, "persons")
                enough += exact >= ENOUGH
                given += exact >= ENOUGH and told is not None
                if told is not None:
                    errors.append(told - exact)
        print(f"\n  {level}: given {given} of {enough} cells of {ENOUGH} people or more, of all {len(errors)}")
        print(f"  mean error {sum(errors) / max(len(errors), 1):+.2f}, furthest {max(map(abs, errors), default=0):.0f}")
        assert all(abs(error) <= BOUND for error in errors)
        assert level == "counties" or given > enough / 2


async def test_sums_of_cities_are_near_the_truth(hub: EngineClient, population: Population) -> None:
    """Amounts paid in a year."""
    cities = by_city(population.of(GRANTS))
    attacker = Attacker(hub, PUBLIC, ("persons", "amount"))
    errors, enough = [], 0
    for year in (2018, 2020, 2022):
        question = Question(GRANTS.kind).between(f"{year}-01-01", f"{year + 1}-01-01")
        assert await attacker.ask(question, list(cities))
        for code, rows in cities.items():
            paid = [float(row.amount or 0) for row in rows if row.began.year == year]
            told = attacker.told(question, code, "amount")
            enough += len(paid) >= ENOUGH
            if told is not None and len(paid) >= ENOUGH:
                errors.append(abs(told - sum(paid)) / sum(paid))
    print(f"\n  given {len(errors)} of {enough} sums, mean relative error {sum(errors) / max(len(errors), 1):.1%}")
    assert len(errors) > enough / 2
    assert sum(errors) / len(errors) < 0.25


@slow
async def test_one_set_has_one_answer_in_whatever_way_it_is_asked(hub: EngineClient, population: Population) -> None:
    """By conditions in any order, by groups, by the division and by its parent's children: nothing is to be averaged."""
    cities = dict(list(by_city(population.of(BUSY)).items())[:CITIES])
    attacker = Attacker(hub, PUBLIC, BUSY.counts)
    answers: dict[tuple[str, str, frozenset[int]], set[float]] = defaultdict(set)
    figures = 0
    for day, (fixed, names) in product(DAYS[1:], ways()):
        for drills in (False, True):
            by = (*(["CHILD_DIVISION"] if drills else []), *names)
            question = Question(BUSY.kind, fixed).as_of(day).grouped(*by)
            places = [f"{code[:2]}" for code in cities] if drills else list(cities)
            assert await attacker.ask(question, places)
            for code, rows in cities.items():
                answer = attacker.known[question, code[:2] if drills else code]
                for keys in answer.groups if drills else [(), *answer.groups]:
                    told = answer.value("persons", *keys)
                    if told is None or (drills and keys[0] != await key_of(hub, code)):
                        continue
                    where = (*fixed, *zip(names, keys[drills:], strict=False))
                    answers[code, day, members(rows, where, day)].add(told)
                    figures += 1
    most = max(len(found) for found in answers.values())
    print(
        f"\n  {figures} figures of {len(cities)} cities are of {len(answers)} sets; one set has at most {most} answers"
    )
    assert figures > 2 * len(answers) > 60
    assert most == 1


def ways() -> Iterator[tuple[tuple[tuple[str, str], ...], tuple[str, ...]]]:
    """Conditions on some dimensions, and others as groups."""
    for fixed in conditions():
        rest = [trait.dimension for trait in SHARED if trait.dimension not in dict(fixed)]
        for size in range(len(rest) + 1):
            yield from ((tuple(reversed(fixed)), names) for names in combinations(rest, size))


KEYS: dict[str, str] = {}


async def key_of(hub: EngineClient, code: str) -> str:
    """The global ID of a division."""
    if code not in KEYS:
        found = await hub.response(
            "query($code: String!) { division(code: $code) { id } }", {"code": code}, caller=PUBLIC
        )
        KEYS[code] = str(found["data"]["division"]["id"])
    return KEYS[code]


def members(rows: Sequence[Row], where: Sequence[tuple[str, str | None]], day: str) -> frozenset[int]:
    """Which of these records are in a cell."""
    columns = {trait.dimension: trait.column for trait in BUSY.traits}
    return frozenset(
        n
        for n, row in enumerate(rows)
        if row.holds(date.fromisoformat(day))
        and all(Trait.told(row.values[columns[name]]) == value for name, value in where)
    )


async def test_the_budget_bounds_how_many_cells_are_given(hub: EngineClient, population: Population) -> None:
    """Each answer's cells count once, whichever question drew them."""
    place = population.of(BUSY)[0].where
    text = """query($code: String!, $by: [Dimension!]) {
        division(code: $code) { statistics(kind: HOUSEHOLDS, groupBy: $by) { total { records } } } }"""
    drawn: set[int] = set()
    for by in ([], ["HARDSHIP"], ["HARDSHIP"], ["IS_MIGRANT_WORKER"], []):
        drawn |= (await hub.answer(text, {"code": place, "by": by}, caller=PUBLIC)).cells
    budget = CellBudget(len(drawn), len(drawn))
    budget.add(PUBLIC, "somewhere", frozenset(drawn))
    budget.add(PUBLIC, "somewhere", frozenset(drawn))
    assert budget.given
    assert all(each.count == len(drawn) for each in budget.given.values())


async def test_an_analyst_with_a_division_has_figures_of_its_townships(
    hub: EngineClient, truth: asyncpg.Pool, population: Population
) -> None:
    """By a grant in the database, as the operator or a federation makes it; elsewhere, and without it, as everybody has them."""
    (county, first, second), rows = population.crowded
    async with truth.acquire() as db:
        number = await create_principal(db, "university", PrincipalKind.ANALYST)
        division = await db.fetchval("SELECT id FROM division WHERE code = $1 AND valid_to IS NULL", county)
        callers = []
        for scope in (None, division):
            await grant(db, ProposedGrant(number, Role.ANALYST, today(), division_id=scope))
            found = await by_id(db, number)
            assert found is not None
            callers.append(caller_of(found))
    before, granted = callers
    day = DAYS[-1]
    exact = {each.code: in_cell(rows[n::2], (), day) for n, each in enumerate((first, second))}
    question = Question(BUSY.kind).as_of(day)
    analyst = Attacker(hub, granted, BUSY.counts)
    assert await analyst.ask(question, [first.code, second.code])
    for code, number_of in exact.items():
        told = analyst.told(question, code, "persons")
        assert told is not None, number_of
        assert abs(told - number_of) <= BOUND
    drilled = question.grouped("CHILD_DIVISION")
    assert await analyst.ask(drilled, [county])
    children = {group["persons"] for group in analyst.known[drilled, county].groups.values()}
    assert {analyst.told(question, code, "persons") for code in exact} <= children
    elsewhere = await truth.fetchval(
        "SELECT code FROM division WHERE level = 'TOWNSHIP' AND valid_to IS NULL AND left(code, 6) <> $1 ORDER BY 1 DESC LIMIT 1",
        county,
    )
    assert not await analyst.ask(question, [elsewhere])
    assert analyst.refused.keys() == {"GEOGRAPHY_WITHHELD"}
    for caller in (before, PUBLIC):
        other = Attacker(hub, caller, BUSY.counts)
        assert not await other.ask(question, [first.code])
    anonymous, again = (Attacker(hub, caller, BUSY.counts) for caller in (PUBLIC, granted))
    assert await anonymous.ask(question, [county])
    assert await again.ask(question, [county])
    assert anonymous.known[question, county] == again.known[question, county]
