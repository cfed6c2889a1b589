"""One process that serves: uvicorn with uvloop and httptools, JSON log lines, listening on this machine only by default."""

import asyncio
import gc
import logging
import socket
import sys

import uvicorn

from hub.app import create_app
from hub.database import url_of
from hub.keys import vault_of
from hub.proxies import trusted_hosts
from hub.settings import Settings, is_loopback
from hub.telemetry import configure_logging

_log = logging.getLogger("unionhub")

MAX_CONNECTIONS = 1_000
"""Connections and requests at a time; one more is answered 503 at once."""

KEEP_ALIVE_SECONDS = 75
SHUTDOWN_SECONDS = 15


GC_THRESHOLDS = (50_000, 20, 50)
"""Allocations between collections; with Python's own, a hostile document takes up to twice the time."""


def config(settings: Settings) -> uvicorn.Config:
    """How uvicorn serves the hub."""
    if not is_loopback(settings.host):
        _log.warning("other machines reach the hub at %s: put a proxy with TLS before it", settings.host)
    return uvicorn.Config(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        loop="asyncio" if sys.platform == "win32" else "uvloop",
        http="httptools",
        ws="auto" if settings.max_sockets else "none",
        ws_max_size=settings.max_body_bytes,
        ws_per_message_deflate=False,
        lifespan="on",
        log_config=None,
        log_level=settings.log_level,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=trusted_hosts(settings.trusted_proxies),  # not set, uvicorn trusts 127.0.0.1
        limit_concurrency=MAX_CONNECTIONS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )


class Server(uvicorn.Server):
    """uvicorn's server, which tends the garbage collector once all is loaded."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen."""
        await super().startup(sockets)
        spare_the_collector()


def spare_the_collector() -> None:
    """Collect garbage less often, and never look again at what is loaded by now: schema, modules, registry."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)


def serve(settings: Settings) -> None:
    """Serve until the process is told to stop; running requests get some seconds to end.

    Without a ``database_url`` the embedded server runs as long as this process. A server that is named may be down: the
    hub starts, and answers queries once it is there.

    Raises:
        KeyRingError: the keys of encrypted columns cannot be used.
        DataError: the embedded server does not start.
        OSError: the address cannot be listened on.
    """
    configure_logging(settings.log_level)
    vault_of(settings)
    if settings.database_url is None:
        settings = settings.model_copy(update={"database_url": url_of(settings)})
    server = Server(config(settings))
    with asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
        runner.run(server.serve())
