"""How far an import is: what its process shows, and what others see of it in the import's row, while the import is one transaction."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from db.imports import ImportStage
from db.server.connect import PoolBusyError
from hub.imports import jobs
from resolvers.commands.context import CommandContext

SECONDS = 1.0
"""The time between two writes of the progress."""

Shown = Callable[[ImportStage, int, int | None], None]
"""Takes the stage, how many rows of it are done, and how many there are (None while the file is read for the first time)."""

_log = logging.getLogger("unionhub.imports")


class Stop(Exception):
    """An import is to stop; what it has written is taken back."""


class Cancelled(Stop):
    """Somebody has cancelled an import."""


def nothing(stage: ImportStage, done: int, total: int | None) -> None:
    """Shows nothing."""


class Progress:
    """How far an import is. A call of it notes that, and raises ``Stop`` if the import is to stop; any thread may call it."""

    def __init__(self, shown: Shown = nothing) -> None:
        """``shown`` is called with each progress, and about once a second; it may raise ``Stop``."""
        self.stage = ImportStage.WAITING
        self.done = 0
        self.total: int | None = None
        self.shown = shown
        self.stop: Stop | None = None

    def __call__(self, stage: ImportStage, done: int, total: int | None) -> None:
        """Note the progress. Raises Stop."""
        self.stage, self.done, self.total = stage, done, total
        self.check()

    def check(self) -> None:
        """Raise Stop if the import is to stop."""
        if self.stop is not None:
            raise self.stop
        self.shown(self.stage, self.done, self.total)

    @asynccontextmanager
    async def written(self, context: CommandContext, key: int) -> AsyncIterator[None]:
        """Write the progress into the row of a job once a second during the block, by another connection than the import's, and end the
        block when the import is to stop.

        Raises:
            Stop: the block was ended.
        """
        block = asyncio.current_task()
        assert block is not None
        writer = asyncio.create_task(self._write(context, key, block))
        try:
            try:
                yield
            finally:
                writer.cancel()
                await asyncio.wait([writer])
        except asyncio.CancelledError:
            if self.stop is None:
                raise
            block.uncancel()
            raise self.stop from None

    async def _write(self, context: CommandContext, key: int, block: asyncio.Task[Any]) -> None:
        while self.stop is None:
            await asyncio.sleep(SECONDS)
            try:
                self.check()
                by = await jobs.note(context, key, self.stage, self.done, self.total)
            except Stop as stop:
                self.stop = stop
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, PoolBusyError) as fault:
                _log.warning("the progress of an import was not written: %s", type(fault).__name__)
            else:
                self.stop = None if by is None else Cancelled(by)
        block.cancel()
