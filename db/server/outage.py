"""An outage of the database, known to the whole process from the first connection that cannot be opened until one can be.

While it lasts nobody waits for a connection: each attempt is refused at once and counted. One task looks for the database, and writes one
line to the log when the outage begins, one a second with the number of refusals, and one when it is over.
"""

import asyncio
import contextvars
import logging
import secrets
import time
from collections.abc import Awaitable, Callable

import asyncpg

CANNOT_CONNECT = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InternalClientError,
)
"""What asyncpg raises when a connection cannot be opened. A server with all connections in use is busy, and not away."""

FIRST_SECONDS, MOST_SECONDS = 0.05, 1.0
"""The time between two attempts to reach the database: it doubles, from the first to the second."""

LINE_SECONDS = 1.0
"""The time between two lines of the log."""

_log = logging.getLogger("unionhub.database")


class DatabaseAwayError(ConnectionError):
    """The database cannot be reached. ``reference`` is that of the outage's line in the log."""

    def __init__(self, reference: str) -> None:
        super().__init__("the database cannot be reached")
        self.reference = reference


class Outage:
    """One outage. ``connect`` opens a connection; ``over`` is called once that succeeds."""

    def __init__(
        self, cause: BaseException, connect: Callable[[], Awaitable[asyncpg.Connection]], over: Callable[[], None]
    ) -> None:
        self.reference = secrets.token_hex(6)
        self.refused = 0
        self._connect = connect
        self._over = over
        self._began = time.monotonic()
        self._log(logging.ERROR, "the database cannot be reached", cause=f"{type(cause).__name__}: {cause}")
        # in a context of its own, because it is not part of the request that met the outage first
        self._task = asyncio.get_running_loop().create_task(self._look(), context=contextvars.Context())

    def refuse(self) -> DatabaseAwayError:
        """Count an attempt to get a connection, and return the error to raise."""
        self.refused += 1
        return DatabaseAwayError(self.reference)

    def stop(self) -> None:
        """Stop looking for the database."""
        self._task.cancel()

    async def _look(self) -> None:
        wait, lined, refused = FIRST_SECONDS, time.monotonic(), 0
        while True:
            await asyncio.sleep(wait)
            try:
                connection = await self._connect()
            except (*CANNOT_CONNECT, asyncpg.PostgresError):
                wait = min(2 * wait, MOST_SECONDS)
            else:
                connection.terminate()
                break
            if time.monotonic() - lined >= LINE_SECONDS and self.refused > refused:
                lined, refused = time.monotonic(), self.refused
                self._log(logging.WARNING, "the database still cannot be reached", refused=refused)
        self._log(logging.WARNING, "the database can be reached again", refused=self.refused)
        self._over()

    def _log(self, level: int, event: str, **fields: str | int) -> None:
        seconds = round(time.monotonic() - self._began, 1)
        _log.log(level, event, extra={"reference": self.reference, "seconds": seconds, **fields})
