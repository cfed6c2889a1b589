"""Serves in one process: uvicorn with uvloop and httptools, JSON log lines, by default on this machine only."""

import asyncio
import gc
import logging
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.applications import Starlette

from db.server import embedded
from hub.app import create_app
from hub.client_address import trusted_hosts
from hub.database import url_of
from hub.embedded_supervisor import keep_running
from hub.encryption_keys import vault_of
from hub.settings import Settings, is_loopback
from hub.telemetry.log_formatters import configure_logging
from hub.web.protocol import Protocol

_log = logging.getLogger("unionhub")

MAX_CONNECTIONS = 1_000
"""Connections and requests at the same time; a further one gets 503 at once."""

MAX_OPERATORS = 50
"""The same for the port for operators."""

KEEP_ALIVE_SECONDS = 75
SHUTDOWN_SECONDS = 15


GC_THRESHOLDS = (50_000, 20, 50)
"""Allocations between garbage collections; with Python's defaults, a hostile document takes up to twice the time."""


def config(settings: Settings) -> uvicorn.Config:
    """uvicorn's configuration of the hub."""
    if not is_loopback(settings.host):
        _log.warning("other machines reach the hub at %s: put a proxy with TLS before it", settings.host)
    return uvicorn.Config(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        ws="auto" if settings.max_sockets else "none",
        ws_max_size=settings.max_body_bytes,
        ws_per_message_deflate=False,
        lifespan="on",
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=trusted_hosts(settings.trusted_proxies),  # not set, uvicorn trusts this machine
        limit_concurrency=MAX_CONNECTIONS,
        **common(settings),
    )


def operators_config(settings: Settings, app: Starlette) -> uvicorn.Config | None:
    """uvicorn's configuration of the port for operators; None if there is none. It answers also when the hub has as many connections
    as it accepts."""
    if settings.metrics_port is None:
        return None
    if not is_loopback(settings.metrics_host) and settings.metrics_token is None:
        _log.warning("other machines read the metrics at %s: set UNIONHUB_METRICS_TOKEN", settings.metrics_host)
    return uvicorn.Config(
        app,
        host=settings.metrics_host,
        port=settings.metrics_port,
        ws="none",
        lifespan="off",
        proxy_headers=False,
        limit_concurrency=MAX_OPERATORS,
        **common(settings),
    )


def common(settings: Settings) -> dict[str, Any]:
    """The options that both have."""
    return {
        "loop": "asyncio" if sys.platform == "win32" else "uvloop",
        "http": Protocol,
        "log_config": None,
        "log_level": settings.log_level,
        "access_log": False,
        "server_header": False,
        "timeout_keep_alive": KEEP_ALIVE_SECONDS,
        "timeout_graceful_shutdown": SHUTDOWN_SECONDS,
    }


class Server(uvicorn.Server):
    """uvicorn's server, which configures the garbage collector once everything is loaded."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start listening."""
        await super().startup(sockets)
        spare_the_collector()


class OperatorsServer(uvicorn.Server):
    """uvicorn's server for operators. It ends with the hub's server, which handles the signals."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Handle no signals."""
        yield


async def serve_all(server: uvicorn.Server, settings: Settings) -> None:
    """Serve the hub, and operators on their port, until the hub is stopped; the embedded servers of this process are kept running."""
    supervisors = [asyncio.create_task(keep_running(folder)) for folder in embedded.started()]
    try:
        await serve_both(server, operators_config(settings, server.config.app.operators))  # type: ignore[union-attr]
    finally:
        for task in supervisors:
            task.cancel()


async def serve_both(server: uvicorn.Server, operators: uvicorn.Config | None) -> None:
    """Serve the hub, and operators on their port if they have one, until the hub is stopped."""
    if operators is None:
        await server.serve()
        return
    beside = OperatorsServer(operators)
    serving = asyncio.create_task(beside.serve())
    try:
        await server.serve()
    finally:
        beside.should_exit = True
        await serving


def spare_the_collector() -> None:
    """Collect garbage less often, and exclude what is loaded by now: schema, modules, registry."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)


def serve(settings: Settings) -> None:
    """Serve until the process is stopped; running requests get some seconds to end.

    Without a ``database_url`` the embedded server runs as long as this process. A configured server may be down: the
    hub starts, and answers queries once the server can be reached.

    Raises:
        KeyRingError: the keys of encrypted columns cannot be used.
        DataError: the embedded server does not start.
        OSError: the address cannot be listened on.
    """
    configure_logging(settings.log_level, settings.log_format)
    vault_of(settings)
    if settings.database_url is None:
        settings = settings.model_copy(update={"database_url": url_of(settings)})
    server = Server(config(settings))
    with asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
        runner.run(serve_all(server, settings))
