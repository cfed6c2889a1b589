"""The hub's own counters and histograms show what those of the Prometheus client show."""

import re

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.exposition import generate_latest

from hub.telemetry.tallies import Counters, Histograms

BOUNDS = (0.1, 1.0)


def exposition(registry: CollectorRegistry) -> str:
    """The text, without the times at which the metrics were made."""
    return re.sub(r"(_created\S*) .*", r"\1", generate_latest(registry).decode())


def test_the_exposition_is_that_of_the_client() -> None:
    own, clients = CollectorRegistry(), CollectorRegistry()
    for histogram in (
        Histograms("h", "x", ["a"], BOUNDS, own),
        Histogram("h", "x", ["a"], buckets=BOUNDS, registry=clients),
    ):
        for label, amount in (("q", 0.05), ("q", 0.1), ("q", 0.5), ("q", 1.0), ("q", 3.0), ("r", 0.2)):
            histogram.labels(label).observe(amount)
    for bare in (Histograms("b", "x", [], BOUNDS, own).labels(), Histogram("b", "x", buckets=BOUNDS, registry=clients)):
        bare.observe(0.2)
    for counter in (Counters("c", "y", ["a"], own), Counter("c", "y", ["a"], registry=clients)):
        counter.labels("q").inc(3)
        counter.labels("r").inc()
    for single in (Counters("d", "y", [], own).labels(), Counter("d", "y", registry=clients)):
        single.inc(2)
    assert exposition(own) == exposition(clients)
