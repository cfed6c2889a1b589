"""One log line for each request, and metrics in Prometheus' text format; neither contains variables or tokens."""

import logging
from time import perf_counter
from typing import NamedTuple

from prometheus_client import CollectorRegistry, Counter, Gauge
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub.client_address import source_of
from hub.limits.budget import Account
from hub.telemetry.collectors import Cache, CacheCollector, EventLoopLag, Pool, PoolCollector, ProcessMetrics
from hub.telemetry.log_formatters import loggable_name
from hub.telemetry.log_lines import RequestRecord
from hub.telemetry.metric_labels import OperationLabels, client_of
from hub.telemetry.rollups import RollupsInUse
from hub.telemetry.tallies import Counters, Histograms, Number, Tally
from resolvers.access.callers import Caller

CONTENT_TYPE = CONTENT_TYPE_LATEST
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
FEW_BUCKETS = (0.01, 0.1, 1.0, 10.0)
"""Fewer, since there is one histogram for each operation and client: up to 51 times 23."""

MAX_PATH = 100
"""Characters of a path in a log line."""

requests_log = logging.getLogger("unionhub.request")


class Answered(NamedTuple):
    """A GraphQL request that was answered, or cancelled by its caller."""

    status: int
    seconds: float
    """Seconds from its headers to its response."""

    operation: str | None = None
    source: str = ""
    """The caller's address; behind a trusted proxy, the address that the proxy names."""

    caller: Caller | None = None
    """None if sign-in failed."""

    program: str | None = None
    """The name that the client program gives itself."""

    code: str | None = None
    """The code of a refusal."""

    codes: tuple[str, ...] = ()
    """The codes of all errors, also of fields that failed alone."""

    account: Account | None = None
    """What was charged; None if nothing was run."""

    over: str | None = None
    """The transport, if it is not HTTP."""


class Telemetry:
    """The metrics of one application."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.requests = Counters("unionhub_graphql_requests", "GraphQL requests by HTTP status.", ["status"], registry)
        self.seconds = Histograms(
            "unionhub_graphql_seconds", "Seconds from a request's headers to its response.", [], BUCKETS, registry
        ).labels()
        self.by_name = Histograms(
            "unionhub_operation_seconds",
            "The same by name of the operation and by client.",
            ["operation", "client"],
            FEW_BUCKETS,
            registry,
        )
        self.points = Counters("unionhub_points", "Points that operations cost, by client.", ["client"], registry)
        self.statements = Counters(
            "unionhub_statements", "Statements sent to PostgreSQL by operations.", [], registry
        ).labels()
        self.refused = Counter(
            "unionhub_graphql_refused", "Requests that were not run, by error code.", ["code"], registry=registry
        )
        self.errors = Counter(
            "unionhub_graphql_errors",
            "Requests by the codes of their errors, also of fields beside which others stand.",
            ["code"],
            registry=registry,
        )
        self.faults = Counter(
            "unionhub_faults", "Faults that were masked, each logged with its reference.", registry=registry
        )
        self.slow = Counter("unionhub_slow_operations", "Operations slower than the setting.", registry=registry)
        self.running = Number()
        running = Gauge("unionhub_graphql_running", "GraphQL requests being answered.", registry=registry)
        running.set_function(lambda: self.running.value)
        self.waiting = Gauge(
            "unionhub_graphql_waiting",
            "GraphQL requests that wait for another one of their caller to end.",
            registry=registry,
        )
        self.sockets = Gauge("unionhub_websockets", "WebSockets open.", registry=registry)
        self.lag = EventLoopLag(registry)
        self.rollups = RollupsInUse(registry)
        self.by_status: dict[int, Number] = {}
        self.by_labels: dict[tuple[str, str], tuple[Tally, Number]] = {}
        self.labels = OperationLabels()
        ProcessMetrics(registry)

    def watch_pool(self, pool: Pool) -> None:
        """Add metrics of a connection pool."""
        PoolCollector(pool, self.registry)

    def watch_cache(self, name: str, about: str, cache: Cache) -> None:
        """Add metrics of a cache, as ``unionhub_NAME_cache_…``."""
        CacheCollector(name, about, cache, self.registry)

    def refuse(self, code: str) -> None:
        """Count a refusal before any GraphQL request was read."""
        self.refused.labels(code).inc()

    def request(self, done: Answered) -> None:
        """Count and log one GraphQL request."""
        status, account = done.status, done.account
        counter = self.by_status.get(status)
        if counter is None:
            counter = self.by_status[status] = self.requests.labels(str(status))
        counter.inc()
        self.seconds.observe(done.seconds)
        client = client_of(done.caller, done.program)
        ran = status == 200 and done.code is None
        labels = self.labels.of(done.operation, client, done.caller, ran=ran)
        found = self.by_labels.get(labels)
        if found is None:
            found = self.by_labels[labels] = (self.by_name.labels(*labels), self.points.labels(labels[1]))
        found[0].observe(done.seconds)
        if account is not None:
            found[1].inc(account.paid)
            self.statements.inc(account.meter.statements)
        if done.code is not None:
            self.refused.labels(done.code).inc()
        for code in done.codes:
            self.errors.labels(code).inc()
        if requests_log.isEnabledFor(logging.INFO):
            requests_log.handle(RequestRecord(requests_log, "request", log_fields(done, client)))

    def other(self, source: str, method: str, path: str, status: int, seconds: float) -> None:
        """Log a request outside of GraphQL: the path without its query string."""
        if requests_log.isEnabledFor(logging.INFO):
            ms = round(seconds * 1000, 3)
            more = {"source": source, "method": method[:20], "path": path[:MAX_PATH], "status": status, "ms": ms}
            requests_log.handle(RequestRecord(requests_log, "request", more))

    async def logged(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application for a request outside of GraphQL, and log the request."""
        began, status = perf_counter(), 500

        async def noted(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await app(scope, receive, noted)
        finally:
            self.other(source_of(scope), scope["method"], scope["path"], status, perf_counter() - began)

    def exposition(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return generate_latest(self.registry)


def log_fields(done: Answered, client: str) -> dict[str, object]:
    """The fields of a request's log line."""
    line: dict[str, object] = {
        "source": done.source,
        "principal": done.caller.name if done.caller else None,
        "client": client,
        "operation": loggable_name(done.operation),
        "status": done.status,
        "code": done.code,
        "ms": round(done.seconds * 1000, 3),
    }
    if done.codes and done.codes != (done.code,):
        line["codes"] = done.codes
    if done.account is not None:
        meter = done.account.meter
        line |= {
            "points": round(done.account.paid),
            "statements": meter.statements,
            "objects": meter.objects,
            "work_ms": round(meter.seconds * 1000, 3),
            "waited_ms": round(meter.waited * 1000, 3),
        }
    if done.over is not None:
        line["over"] = done.over
    return line
