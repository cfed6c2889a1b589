"""What is told beside figures: refusals, and how much of the budget of cells is left. They must not depend on who is in a cell."""

from collections.abc import Mapping, Sequence

import pytest

from hub.errors import Refusal
from hub.limits.cell_budget import CellBudget
from resolvers.access.callers import PUBLIC
from tests.access.disclosure.guess_rates import Rate, by_count, judged, weighed
from tests.access.disclosure.population import CASES, ENROLMENTS, HOUSEHOLDS, Population, Register, Target
from tests.resolvers.engine_client import EngineClient

MOST = 3.0
TARGETS = 60
PLENTY = 10**4
"""More cells than any answer here has."""
TOO_MANY = frozenset(range(-PLENTY, 1))
SINCE = tuple(f"{year}-01-01" for year in (1976, 2016, 2018, 2020, 2022))
"""Beginnings of periods of so many months that their product with a few groups is about the most groups of a statistic."""
TEXT = """query($code: String!, $kind: RecordKind!, $by: [Dimension!], $from: Date, $until: Date) {
    division(code: $code) { statistics(kind: $kind, groupBy: $by, from: $from, until: $until) { groups { records } } } }"""


def rate(what: str, targets: Sequence[Target], told: Mapping[str, int]) -> Rate:
    """How often a guess by a number that was told of a place is right; what the number means is learned from half of the targets."""
    sides = [target.is_in for target in targets]
    pairs = [[(float(told[target.where]), None)] for target in targets]
    found = judged(what, sides, weighed(sides, pairs, by_count(lambda pairs: int(pairs[0][0] or 0))))
    print(f"  {found}")
    return found


@pytest.mark.parametrize("register", [HOUSEHOLDS, ENROLMENTS], ids=lambda each: each.name)
async def test_what_is_left_of_the_budget_tells_nothing(
    hub: EngineClient, population: Population, register: Register
) -> None:
    """A question that is too large is answered by how many cells are left. Before and after a table it tells how many cells the table
    counted as: those of the groups that are not given must not be among them."""
    targets = population.of(register)[:TARGETS]
    first, second = (trait.dimension for trait in register.traits[:2])
    for by in ([first], [first, second]):
        told: dict[str, int] = {}
        for target in targets:
            budget = CellBudget(PLENTY, PLENTY)
            given = {"code": target.where, "kind": register.kind, "by": by}
            answer = await hub.answer(TEXT, given, caller=PUBLIC)
            assert len(answer.cells) < PLENTY // 2
            budget.add(PUBLIC, "somewhere", answer.cells)
            with pytest.raises(Refusal) as refusal:
                budget.add(PUBLIC, "somewhere", TOO_MANY)
            told[target.where] = _left(refusal.value)
        assert rate(f"{register.name}: cells left after {by}", targets, told).z <= MOST


def _left(refusal: Refusal) -> int:
    """How many cells a refusal says are left, less so many that a small number is left over."""
    words = refusal.message.replace(",", "").split()
    return PLENTY - min(int(word) for word in words if word.isdigit() and int(word) > PLENTY // 2)


@pytest.mark.parametrize("register", [HOUSEHOLDS, CASES], ids=lambda each: each.name)
async def test_how_many_groups_are_too_many_tells_nothing(
    hub: EngineClient, population: Population, register: Register
) -> None:
    """Months and children are listed whatever there is; so with how many of them a table is too large tells how many values another
    dimension has."""
    targets = population.of(register)[-TARGETS:]
    first, second = (trait.dimension for trait in register.traits[:2])
    by = ["MONTH", "CHILD_DIVISION", first] if register.city else ["MONTH", first, second]
    refused = dict.fromkeys((target.where for target in targets), 0)
    for target in targets:
        for since in SINCE:
            given = {"code": target.where, "kind": register.kind, "by": by, "from": since, "until": "2026-01-01"}
            response = await hub.response(TEXT, given, caller=PUBLIC)
            codes = [error["extensions"]["code"] for error in response.get("errors", ())]
            refused[target.where] += "TOO_MANY_GROUPS" in codes
    assert rate(f"{register.name}: {by} refused", targets, refused).z <= MOST
