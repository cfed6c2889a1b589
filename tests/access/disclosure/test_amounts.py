"""How much somebody got: guesses by all sums that a caller with aggregates only is given, against what the population's amounts give."""

from collections.abc import Mapping, Sequence
from statistics import fmean, stdev

import pytest

from resolvers.access.callers import PUBLIC
from tests.access.disclosure.attacker import Attacker, Question
from tests.access.disclosure.population import GRANTS, Population, Target
from tests.access.disclosure.set_pairs import SetPairs, whole
from tests.resolvers.engine_client import EngineClient

MOST = 3.0
TARGETS = 160
NEAR = 0.01
"""A guess so near is exact: every second amount of the population is further from each single guess than that."""
FRAMES = (("2024-05-01", "2024-06-01"), ("2024-04-01", "2024-07-01"), ("2024-01-01", "2025-01-01"))
"""The month, quarter and year in which each target got the amount."""
BESIDE = (("2024-01-01", "2024-04-01"), ("2024-07-01", "2024-10-01"), ("2024-10-01", "2025-01-01"))
"""The other quarters of that year."""

Estimates = list[float | None]


def exact(target: Target) -> float:
    """The amount that is asked about."""
    return float(target.row.amount or 0)


async def estimates(hub: EngineClient, targets: Sequence[Target]) -> Mapping[str, Estimates]:
    """For each target a number that moves with the amount, by strategy: a sum less what the others make of it."""
    attacker = Attacker(hub, PUBLIC, ("persons", "amount"))
    looks = SetPairs(attacker, GRANTS, targets)
    mean = fmean(float(row.amount or 0) for target in targets for row in target.others)
    found: dict[str, Estimates] = {}

    def figures(question: Question, *keys: str) -> list[tuple[float | None, float | None]]:
        told = attacker.told
        return [
            (told(question, each.where, "amount", *keys), told(question, each.where, "persons", *keys))
            for each in targets
        ]

    for where in looks.subsets:
        asked = [looks.plain.only(*where).between(*frame) for frame in FRAMES]
        beside = [looks.plain.only(*where).between(*frame) for frame in BESIDE]
        for question in (*asked, *beside):
            await attacker.ask(question, [whole(target) for target in targets])
        for question, (since, _) in zip(asked, FRAMES, strict=True):
            found[f"{since} {where}: a sum less the mean of each other person"] = [
                None if amount is None or people is None else amount - (people - 1) * mean
                for amount, people in figures(question)
            ]
        parts = list(zip(*(figures(question) for question in beside), strict=True))
        found[f"{where}: a year less its other quarters"] = [
            None if amount is None else amount - sum(other or 0 for other, _ in part)
            for (amount, _), part in zip(figures(asked[-1]), parts, strict=True)
        ]
        if await attacker.ask(grouped := asked[-1].grouped(looks.others[0]), [whole(target) for target in targets]):
            rest = figures(grouped, looks.others[1])
            found[f"{where}: a whole less its other group"] = [
                None if amount is None or other is None else amount - other
                for (amount, _), (other, _) in zip(figures(grouped), rest, strict=True)
            ]
    together = [[value for value in row if value is not None] for row in zip(*found.values(), strict=True)]
    return {**found, "all together": [fmean(values) if values else None for values in together]}


def usual(known: Sequence[float]) -> float:
    """The one guess with the least relative error, of all amounts that are known."""
    return min(known, key=lambda guess: sum(abs(guess - amount) / amount for amount in known))


def guesses(seen: Estimates, amounts: Sequence[float]) -> list[tuple[float, float]]:
    """For each target the usual amount, and the guess by what was seen: how one goes with the other is learned from the other half."""
    found = [(0.0, 0.0)] * len(amounts)
    for fold in (0, 1):
        known = [(x, amount) for n, (x, amount) in enumerate(zip(seen, amounts, strict=True)) if n % 2 != fold]
        base = usual([amount for _, amount in known])
        pairs = [(x, amount) for x, amount in known if x is not None]
        middle = fmean(x for x, _ in pairs) if pairs else 0.0
        spread = sum((x - middle) ** 2 / amount**2 for x, amount in pairs)
        slope = sum((x - middle) * (amount - base) / amount**2 for x, amount in pairs) / spread if spread else 0.0
        for n in range(fold, len(amounts), 2):
            x = seen[n]
            found[n] = base, base if x is None else max(base + slope * (x - middle), 0.0)
    return found


async def test_no_amount_is_guessed_better_than_by_the_population(hub: EngineClient, population: Population) -> None:
    """By the relative error, and by how many guesses are exact."""
    targets = population.of(GRANTS)[:TARGETS]
    amounts = [exact(target) for target in targets]
    found = await estimates(hub, targets)
    print(f"\n  given: {sum(value is not None for seen in found.values() for value in seen)} sums")
    for what, seen in found.items():
        pairs = [
            (abs(base - amount) / amount, abs(guess - amount) / amount)
            for (base, guess), amount in zip(guesses(seen, amounts), amounts, strict=True)
        ]
        gains = [base - own for base, own in pairs]
        z = fmean(gains) / (stdev(gains) / len(gains) ** 0.5) if any(gains) else 0.0
        hits, chance = (sum(error[side] < NEAR for error in pairs) for side in (1, 0))
        print(
            f"  {what:<110} error={fmean(own for _, own in pairs):6.1%} base={fmean(base for base, _ in pairs):6.1%} z={z:+5.1f}"
        )
        assert z <= MOST
        assert hits <= chance + MOST * max(chance, 1) ** 0.5 + 1


REFUSED = (
    ('{ insuranceEnrolments(filter: {baseAmount: {lt: "5000"}}) { totalCount } }', "AGGREGATES_ONLY"),
    (
        '{ members(filter: {insuranceEnrolments: {some: {baseAmount: {gte: "5000"}}}}) { totalCount } }',
        "AGGREGATES_ONLY",
    ),
    ('{ divisions(filter: {organizations: {some: {name: {contains: "威海"}}}}) { totalCount } }', "AGGREGATES_ONLY"),
    ("{ households(filter: {member: {birthYearFrom: {eq: 1980}}}) { totalCount } }", "AGGREGATES_ONLY"),
    ("{ statistics(kind: INSURANCE_ENROLMENTS) { total { amount } } }", "MEASURE_NOT_OF_KIND"),
    (
        "{ statistics(kind: HOUSEHOLDS, where: [{dimension: WORKER_TYPE, in: []}]) { total { records } } }",
        "ONE_VALUE_EACH",
    ),
    (
        '{ statistics(kind: HOUSEHOLDS, where: [{dimension: WORKER_TYPE, in: ["COURIER", "FLEXIBLE"]}]) { total { records } } }',
        "ONE_VALUE_EACH",
    ),
)


@pytest.mark.parametrize(("text", "code"), REFUSED)
async def test_what_the_first_attack_asked_is_refused(hub: EngineClient, text: str, code: str) -> None:
    """Bisection by filters over a person's properties or amount, and by sets of values."""
    response = await hub.response(text, caller=PUBLIC)
    assert [error["extensions"]["code"] for error in response["errors"]] == [code]
