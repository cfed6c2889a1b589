"""What operators see: log lines in JSON, metrics in Prometheus' text format; neither holds a variable or a token."""

import logging
import secrets
import sys
from datetime import UTC, datetime
from functools import partial
from typing import Any, Protocol

import orjson
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from resolvers.request import REQUEST

CONTENT_TYPE = CONTENT_TYPE_LATEST
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
MAX_NAME = 100
"""Characters of an operation's name in a log line."""

requests_log = logging.getLogger("unionhub.request")
errors_log = logging.getLogger("unionhub.error")

STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}


class JsonLines(logging.Formatter):
    """A log record as a line of JSON: ``at`` (UTC), ``level``, ``logger``, ``event``, its request, its ``extra``, the traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        request = REQUEST.get()
        if request is not None:
            line |= {name: value for name, value in request._asdict().items() if value is not None}
        for name, value in record.__dict__.items():
            if name not in STANDARD:
                line[name] = value
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str).decode()


def configure_logging(level: str) -> None:
    """Send all log lines from ``level`` up to standard error as JSON; called once, by the process that serves."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in ("uvicorn", "uvicorn.error"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True


def new_reference() -> str:
    """A reference that joins what a caller is told with what the log says."""
    return secrets.token_hex(6)


def log_fault(error: BaseException, *, operation: str | None = None) -> str:
    """Log a fault of ours whole, and return its reference: all that the caller gets to see of it."""
    reference = new_reference()
    errors_log.error(
        "fault",
        exc_info=error,
        extra={"reference": reference, "operation": operation[:MAX_NAME] if operation else operation},
    )
    return reference


class Pool(Protocol):
    """What is measured of a connection pool."""

    def get_size(self) -> int:
        """Connections open."""

    def get_idle_size(self) -> int:
        """Connections open and free."""


class Cache(Protocol):
    """What is measured of a cache."""

    def statistics(self) -> dict[str, int]:
        """Its figures by name."""


class Telemetry:
    """The metrics of one application."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "unionhub_graphql_requests", "GraphQL requests by HTTP status.", ["status"], registry=self.registry
        )
        self.seconds = Histogram(
            "unionhub_graphql_seconds",
            "Seconds from a request's headers to its response.",
            buckets=BUCKETS,
            registry=self.registry,
        )
        self.refused = Counter(
            "unionhub_graphql_refused",
            "Requests refused before they were run, by error code.",
            ["code"],
            registry=self.registry,
        )
        self.faults = Counter(
            "unionhub_faults", "Faults that were masked, each logged with its reference.", registry=self.registry
        )
        self.running = Gauge("unionhub_graphql_running", "GraphQL requests being answered.", registry=self.registry)
        self.waiting = Gauge(
            "unionhub_graphql_waiting",
            "GraphQL requests that wait for another one of their caller to end.",
            registry=self.registry,
        )
        self.sockets = Gauge("unionhub_websockets", "WebSockets open.", registry=self.registry)
        self.by_status: dict[int, Counter] = {}

    def watch_pool(self, pool: Pool) -> None:
        """Show the pool's connections."""
        gauge = Gauge(
            "unionhub_database_connections", "Connections to PostgreSQL by state.", ["state"], registry=self.registry
        )
        gauge.labels("open").set_function(pool.get_size)
        gauge.labels("idle").set_function(pool.get_idle_size)

    def watch_documents(self, documents: Cache) -> None:
        """Show the document cache."""
        gauge = Gauge("unionhub_documents", "The document cache, figure by figure.", ["figure"], registry=self.registry)
        for figure in documents.statistics():
            gauge.labels(figure).set_function(partial(figure_of, documents, figure))

    def request(
        self,
        status: int,
        seconds: float,
        operation: str | None,
        principal: str | None,
        code: str | None,
        **more: str,
    ) -> None:
        """Count and log one GraphQL request. ``code`` is that of a refusal; the log line has ``more`` as it is."""
        counter = self.by_status.get(status)
        if counter is None:
            counter = self.by_status[status] = self.requests.labels(str(status))
        counter.inc()
        self.seconds.observe(seconds)
        if code is not None:
            self.refused.labels(code).inc()
        if requests_log.isEnabledFor(logging.INFO):
            requests_log.info(
                "request",
                extra={
                    "operation": operation[:MAX_NAME] if operation else operation,
                    "status": status,
                    "ms": round(seconds * 1000, 3),
                    "principal": principal,
                    "code": code,
                    **more,
                },
            )

    def exposition(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return generate_latest(self.registry)


def figure_of(cache: Cache, figure: str) -> float:
    """One figure of a cache, now."""
    return cache.statistics()[figure]
