"""How often a guess is right. What the attacker knows of the noise is learned from half of the targets and used on the other half."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, pvariance

Pair = tuple[float | None, float | None]
"""Two figures, of a set that the target would be in and of one that they would not."""
FOLDS = 2
FAR = 30
SURE = 0.1
NOTHING = 0.02
"""A weight below this one says nothing: so much comes of there being one target more of one side among those that were learned from."""


@dataclass(frozen=True)
class Rate:
    """How often guesses were right, and by how many standard errors more often than by the base rate."""

    what: str
    n: int
    right: float
    base: float = 0.5

    @property
    def rate(self) -> float:
        """The share of right guesses."""
        return self.right / self.n

    @property
    def z(self) -> float:
        """Standard errors above the base rate."""
        return (self.rate - self.base) / math.sqrt(self.base * (1 - self.base) / self.n)

    def __str__(self) -> str:
        return f"{self.what:<64} n={self.n:<4} right={self.rate:6.1%} base={self.base:5.1%} z={self.z:+5.1f}"

    def __add__(self, other: "Rate") -> "Rate":
        n = self.n + other.n
        return Rate(self.what, n, self.right + other.right, (self.base * self.n + other.base * other.n) / n)


def token(pair: Pair) -> str | int:
    """A pair as one value: the difference, or which of the two is not told."""
    one, other = pair
    if one is not None and other is not None:
        return max(-FAR, min(FAR, round(one - other)))
    return ("" if one is None else "told") + "-" + ("" if other is None else "told")


def differences(pairs: Iterable[Pair]) -> list[float]:
    """The differences of pairs without a withheld figure."""
    return [one - other for one, other in pairs if one is not None and other is not None]


Model = Callable[[Sequence[Pair]], float]
"""How much likelier what was answered is if the target is in the register: a logarithm."""


def by_pairs(known: Sequence[tuple[Sequence[Pair], bool]]) -> Model:
    """Pair by pair: how often each difference was seen with the target in, and how often without."""
    seen: dict[bool, Counter[str | int]] = {True: Counter(), False: Counter()}
    for pairs, is_in in known:
        seen[is_in].update(token(pair) for pair in pairs)
    kinds = len(seen[True].keys() | seen[False].keys()) + 1
    total = {side: sum(found.values()) + kinds / 2 for side, found in seen.items()}

    def model(pairs: Sequence[Pair]) -> float:
        found = [token(pair) for pair in pairs]
        return sum(
            math.log((seen[True][each] + 0.5) / total[True]) - math.log((seen[False][each] + 0.5) / total[False])
            for each in found
        )

    return model


def by_mean(known: Sequence[tuple[Sequence[Pair], bool]]) -> Model:
    """By the mean of all differences: what is left when the noise has averaged out."""
    sides: dict[bool, list[float]] = {True: [], False: []}
    for pairs, is_in in known:
        if found := differences(pairs):
            sides[is_in].append(fmean(found))
    if min(map(len, sides.values())) < 5:
        return lambda pairs: 0.0
    fits = {side: (fmean(found), pvariance(found) + 1e-6) for side, found in sides.items()}

    def model(pairs: Sequence[Pair]) -> float:
        found = differences(pairs)
        if not found:
            return 0.0
        at = fmean(found)
        (mean, variance), (mean_out, variance_out) = fits[True], fits[False]
        inside = -((at - mean) ** 2) / (2 * variance) - math.log(variance) / 2
        return inside + (at - mean_out) ** 2 / (2 * variance_out) + math.log(variance_out) / 2

    return model


def by_count(feature: Callable[[Sequence[Pair]], int]) -> Callable[[Sequence[tuple[Sequence[Pair], bool]]], Model]:
    """By how many of the pairs are of some sort."""

    def learn(known: Sequence[tuple[Sequence[Pair], bool]]) -> Model:
        seen: dict[bool, Counter[int]] = {True: Counter(), False: Counter()}
        for pairs, is_in in known:
            seen[is_in][feature(pairs)] += 1

        def weight(side: bool, value: int) -> float:
            near = sum(count * 0.5 ** abs(value - other) for other, count in seen[side].items())
            return (near + 0.5) / (sum(seen[side].values()) + 1)

        return lambda pairs: math.log(weight(True, feature(pairs)) / weight(False, feature(pairs)))

    return learn


def equal(pairs: Sequence[Pair]) -> int:
    """How many pairs are equal figures."""
    return sum(one == other for one, other in pairs if one is not None)


def told(pairs: Sequence[Pair]) -> int:
    """How many more figures are given for the sets with the target."""
    return sum((one is not None) - (other is not None) for one, other in pairs)


LEARNERS: dict[str, Callable[[Sequence[tuple[Sequence[Pair], bool]]], Model]] = {
    "likelihood": by_pairs,
    "mean": by_mean,
    "equality": by_count(equal),
    "null or told": by_count(told),
}


def weighed(
    sides: Sequence[bool],
    pairs: Sequence[Sequence[Pair]],
    learn: Callable[[Sequence[tuple[Sequence[Pair], bool]]], Model],
) -> list[float]:
    """For each target how much likelier it is that they are in, by a model of the other half."""
    found = [0.0] * len(sides)
    for fold in range(FOLDS):
        model = learn([(pairs[n], sides[n]) for n in range(len(sides)) if n % FOLDS != fold])
        for n in range(fold, len(sides), FOLDS):
            found[n] = model(pairs[n])
    return found


def judged(what: str, sides: Sequence[bool], weights: Sequence[float], base: float | None = None) -> Rate:
    """The rate of guesses by these weights; where a weight says nothing, a coin's."""
    right = sum(
        0.5 if abs(weight) < NOTHING else float((weight > 0) == is_in)
        for weight, is_in in zip(weights, sides, strict=True)
    )
    return Rate(what, len(sides), right, base or max(sum(sides), len(sides) - sum(sides)) / len(sides))


def surest(what: str, sides: Sequence[bool], weights: Sequence[float]) -> Rate:
    """The rate among the tenth of the targets of whom the attacker is surest; the base rate is that of all."""
    order = sorted(range(len(sides)), key=lambda n: -abs(weights[n]))[: max(20, round(len(sides) * SURE))]
    base = max(sum(sides), len(sides) - sum(sides)) / len(sides)
    return judged(what, [sides[n] for n in order], [weights[n] for n in order], base)
