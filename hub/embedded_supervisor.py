"""Keeps the embedded PostgreSQL running: a server that has ended by itself, or was killed, is started again.

A server that is not ours is waited for (``db.server.outage``).
"""

import asyncio
import logging
import subprocess
import time
from pathlib import Path

from db.server import embedded

LOOK_SECONDS = 0.5
"""The time between two looks at the server."""

MOST_SECONDS = 10.0
"""The longest time between two attempts to start it; it doubles with each that fails."""

_log = logging.getLogger("unionhub.database")


async def keep_running(folder: Path) -> None:
    """Start the server with its data in ``folder`` again whenever it has ended, until cancelled."""
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        if not embedded.is_running(folder):
            await start_again(folder)


async def start_again(folder: Path) -> None:
    """Start the server again, until that succeeds."""
    began, wait = time.monotonic(), LOOK_SECONDS
    _log.error("the embedded PostgreSQL has ended, and is started again", extra={"log_file": str(folder / "log")})
    while True:
        try:
            await asyncio.to_thread(embedded.start_again, folder)
        except (OSError, AssertionError, subprocess.SubprocessError) as error:
            _log.error("the embedded PostgreSQL does not start", extra={"cause": type(error).__name__})
            await asyncio.sleep(wait)
            wait = min(2 * wait, MOST_SECONDS)
        else:
            seconds = round(time.monotonic() - began, 1)
            _log.warning("the embedded PostgreSQL runs again", extra={"seconds": seconds})
            return
