"""Serves an ASGI application of the benchmark on loopback: uvicorn with uvloop and httptools, as the hub is served, and no log."""

import asyncio
from typing import Any

import uvicorn


def serve(app: Any, port: int, **options: Any) -> None:
    """Serve until the process is ended; ``options`` are uvicorn's."""
    config = uvicorn.Config(
        app, host="127.0.0.1", port=port, loop="uvloop", http="httptools", ws="none", access_log=False, **options
    )
    server = uvicorn.Server(config)
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(server.serve())
