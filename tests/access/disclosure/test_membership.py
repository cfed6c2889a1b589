"""Whether somebody is in a register: guesses by all that a caller with aggregates only is told, against a coin."""

from collections.abc import Mapping, Sequence

import asyncpg
import pytest

from resolvers.access.callers import PUBLIC
from resolvers.access.callers import Caller as Persona
from tests.access.disclosure.attacker import Attacker, analyst
from tests.access.disclosure.guess_rates import LEARNERS, Rate, judged, surest, weighed
from tests.access.disclosure.population import REGISTERS, Population, Register, Target
from tests.access.disclosure.set_pairs import KNOWER, SetPairs
from tests.resolvers.engine_client import EngineClient
from tests.slow import sampled

SUSPECT = 2.5
"""Standard errors from which on a guess is tried with the other half of the targets."""
MOST = 3.0
"""Standard errors above the base rate from which on a guess is better than chance."""


async def attack(
    hub: EngineClient, register: Register, targets: Sequence[Target], persona: Persona
) -> tuple[Mapping[str, Rate], Attacker]:
    """The rates of every strategy, of all of them together, and among those of whom the attacker is surest."""
    attacker = Attacker(hub, persona, register.counts)
    found = await SetPairs(attacker, register, targets).gathered()
    sides = [target.is_in for target in targets]
    rates: dict[str, Rate] = {}
    together = [0.0] * len(sides)
    for strategy, pairs in found.items():
        for name, learn in LEARNERS.items():
            weights = weighed(sides, pairs, learn)
            if any(weights):
                what = f"{strategy} ({name})"
                rates[what] = judged(what, sides, weights)
                rates[f"{what}, surest"] = surest(f"{what}, surest", sides, weights)
                if strategy != KNOWER:
                    together = [one + other for one, other in zip(together, weights, strict=True)]
    rates["all together"] = judged("all together", sides, together)
    rates["all together, surest"] = surest("all together, surest", sides, together)
    return rates, attacker


ATTACKED = [each for each in REGISTERS if not each.always]
SAMPLE = [each for each in ATTACKED if each.name == "households"]
"""Attacked by ``make test``: with noise and neighbours as all are, in a county."""


@pytest.mark.parametrize("register", sampled(ATTACKED, SAMPLE), ids=lambda each: each.name)
async def test_nobody_is_found_in_a_register_better_than_by_chance(
    hub: EngineClient, truth: asyncpg.Pool, population: Population, register: Register
) -> None:
    """What seems to be better with half of the targets is tried with the other half as well. Townships are asked about by an analyst who
    has them by grant, in every county."""
    targets = population.of(register)
    persona = await analyst(truth, [target.where for target in targets]) if register.town else PUBLIC
    first, second = targets[: len(targets) // 2], targets[len(targets) // 2 :]
    rates, attacker = await attack(hub, register, first, persona)
    print(f"\n{register.name}: {attacker.asked:,} figures asked for, refused {dict(attacker.refused)}")
    for rate in rates.values():
        if "surest" not in rate.what or rate.z > MOST:
            print(f"  {rate}")
    suspects = [what for what, rate in rates.items() if rate.z > SUSPECT and not what.startswith(KNOWER)]
    if suspects:
        again, _ = await attack(hub, register, second, persona)
        both = [rates[what] + again.get(what, rates[what]) for what in suspects]
        print(*(f"  BOTH {rate}" for rate in both), sep="\n")
        assert not [str(rate) for rate in both if rate.z > MOST]
