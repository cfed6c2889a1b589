"""Metrics that each request adds to: plain numbers, since only the event loop's thread changes them. Those of the Prometheus client take
a lock for each."""

import math
import time
from bisect import bisect_left
from collections.abc import Iterable, Sequence

from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString


class Number:
    """A number that grows and shrinks."""

    __slots__ = ("created", "value")

    def __init__(self) -> None:
        self.value = 0.0
        self.created = time.time()

    def inc(self, amount: float = 1) -> None:
        """Add to it."""
        self.value += amount

    def dec(self) -> None:
        """Take one from it."""
        self.value -= 1


class Tally:
    """What was observed of one quantity: how often it was up to each bound, and its sum."""

    __slots__ = ("bounds", "counts", "created", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = bounds
        self.counts = [0] * len(bounds)
        self.total = 0.0
        self.created = time.time()

    def observe(self, amount: float) -> None:
        """Count one observation."""
        self.counts[bisect_left(self.bounds, amount)] += 1
        self.total += amount

    def buckets(self) -> list[tuple[str, float]]:
        """How many observations were up to each bound."""
        found: list[tuple[str, float]] = []
        below = 0
        for bound, count in zip(self.bounds, self.counts, strict=True):
            below += count
            found.append((floatToGoString(bound), below))  # type: ignore[no-untyped-call]
        return found


class Counters(Collector):
    """A counter for each combination of labels."""

    def __init__(self, name: str, about: str, labels: Sequence[str], registry: CollectorRegistry) -> None:
        self.name, self.about, self.names = name, about, labels
        self.children: dict[tuple[str, ...], Number] = {}
        if not labels:
            self.labels()
        registry.register(self)

    def labels(self, *values: str) -> Number:
        """The counter with these values of its labels."""
        return self.children.setdefault(values, Number())

    def collect(self) -> Iterable[Metric]:
        """The current figures."""
        family = CounterMetricFamily(self.name, self.about, labels=self.names)
        for values, number in self.children.items():
            family.add_metric(values, number.value, created=number.created)
        yield family


class Histograms(Collector):
    """A histogram for each combination of labels."""

    def __init__(
        self, name: str, about: str, labels: Sequence[str], buckets: Sequence[float], registry: CollectorRegistry
    ) -> None:
        self.name, self.about, self.names = name, about, labels
        self.bounds = (*buckets, math.inf)
        self.children: dict[tuple[str, ...], Tally] = {}
        if not labels:
            self.labels()
        registry.register(self)

    def labels(self, *values: str) -> Tally:
        """The histogram with these values of its labels."""
        return self.children.setdefault(values, Tally(self.bounds))

    def collect(self) -> Iterable[Metric]:
        """The current figures."""
        family = HistogramMetricFamily(self.name, self.about, labels=self.names)
        for values, tally in self.children.items():
            family.add_metric(values, tally.buckets(), tally.total)
            family.add_sample(f"{self.name}_created", dict(zip(self.names, values, strict=True)), tally.created)
        yield family
