"""Prometheus collectors: connection pool, caches, process, and the lag of the event loop."""

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import Protocol

import psutil
from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from hub.telemetry.tallies import Histograms

WAITS = (0.001, 0.01, 0.1, 1.0, 5.0)
LAGS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0)
LAG_SECONDS = 0.5
"""How often the lag of the event loop is measured."""


class Pool(Protocol):
    """A connection pool, as far as it is measured."""

    waiting: int
    on_waited: Callable[[float], None] | None

    def get_size(self) -> int:
        """Open connections."""

    def get_idle_size(self) -> int:
        """Open connections that are idle."""

    def get_max_size(self) -> int:
        """The most connections that may be open."""


class Cache(Protocol):
    """A cache, as far as it is measured."""

    def statistics(self) -> dict[str, int]:
        """Its figures by name; ``hits`` and ``misses`` are counts since the start."""


class PoolCollector(Collector):
    """Metrics of a pool: connections, operations that wait for one, and how long they waited."""

    def __init__(self, pool: Pool, registry: CollectorRegistry) -> None:
        self.pool = pool
        waited = Histograms(
            "unionhub_database_wait_seconds",
            "Seconds that was waited for a connection, or until one was opened.",
            [],
            WAITS,
            registry,
        )
        pool.on_waited = waited.labels().observe
        registry.register(self)

    def collect(self) -> Iterable[Metric]:
        """The current figures."""
        pool = self.pool
        states = GaugeMetricFamily(
            "unionhub_database_connections", "Connections to PostgreSQL by state.", labels=["state"]
        )
        states.add_metric(["open"], pool.get_size())
        states.add_metric(["idle"], pool.get_idle_size())
        yield states
        yield GaugeMetricFamily(
            "unionhub_database_connections_max", "Most connections to PostgreSQL.", value=pool.get_max_size()
        )
        yield GaugeMetricFamily(
            "unionhub_database_waiting", "What waits for a connection, or until one is opened.", value=pool.waiting
        )


class CacheCollector(Collector):
    """Metrics of a cache, as ``unionhub_NAME_cache_…``."""

    def __init__(self, name: str, about: str, cache: Cache, registry: CollectorRegistry) -> None:
        self.name = name
        self.about = about
        self.cache = cache
        registry.register(self)

    def collect(self) -> Iterable[Metric]:
        """The current figures."""
        for figure, value in self.cache.statistics().items():
            kind = CounterMetricFamily if figure in ("hits", "misses") else GaugeMetricFamily
            yield kind(f"unionhub_{self.name}_cache_{figure}", f"{self.about}: {figure}.", value=value)


class ProcessMetrics(Collector):
    """``process_…`` as in all Prometheus clients: memory, processor, files. Without ``/proc`` the figures come from psutil."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.process = psutil.Process()
        if not list(ProcessCollector(registry=registry).collect()):
            registry.register(self)

    def collect(self) -> Iterable[Metric]:
        """The current figures."""
        with self.process.oneshot():
            times = self.process.cpu_times()
            memory = self.process.memory_info().rss
            files = self.process.num_fds() if hasattr(self.process, "num_fds") else self.process.num_handles()
        yield GaugeMetricFamily("process_resident_memory_bytes", "Resident memory size in bytes.", value=memory)
        yield CounterMetricFamily("process_cpu_seconds", "Total CPU time in seconds.", value=times.user + times.system)
        yield GaugeMetricFamily("process_open_fds", "Number of open file descriptors.", value=files)


class EventLoopLag:
    """Measures the lag of the event loop: how late it runs a timer."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.seconds = Histogram(
            "unionhub_event_loop_lag_seconds",
            "Seconds by which the event loop was late, measured twice a second.",
            buckets=LAGS,
            registry=registry,
        )

    async def measure(self) -> None:
        """Measure until cancelled."""
        while True:
            due = time.perf_counter() + LAG_SECONDS
            await asyncio.sleep(LAG_SECONDS)
            self.seconds.observe(max(0.0, time.perf_counter() - due))
