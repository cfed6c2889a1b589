"""How much of something each caller has in use at a time; who has their share waits in a line of their own."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager


class Shares:
    """Counts what is in use by key. A place that is given back goes to who waits longest under the same key.

    Args:
        most: places of each key.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.used: dict[Hashable, int] = {}
        self.lines: dict[Hashable, deque[asyncio.Future[None]]] = {}

    def take(self, key: Hashable) -> bool:
        """Take a place if one is free; ``give`` gives it back."""
        used = self.used.get(key, 0)
        if used >= self.most:
            return False
        self.used[key] = used + 1
        return True

    def waiting(self, key: Hashable) -> int:
        """How many wait for a place."""
        line = self.lines.get(key)
        return len(line) if line else 0

    async def wait(self, key: Hashable) -> None:
        """Wait for a place; ``give`` gives it back. For who could not take one."""
        turn = asyncio.get_running_loop().create_future()
        self.lines.setdefault(key, deque()).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                self._leave(key, turn)
            else:  # it was given the place in the moment in which it was ended
                self.give(key)
            raise

    def give(self, key: Hashable) -> None:
        """Give a place back."""
        line = self.lines.get(key)
        while line:
            turn = line.popleft()
            if not line:
                del self.lines[key]
            if not turn.done():
                turn.set_result(None)
                return
        used = self.used[key] - 1
        if used:
            self.used[key] = used
        else:
            del self.used[key]

    def _leave(self, key: Hashable, turn: asyncio.Future[None]) -> None:
        line = self.lines.get(key)
        if line and turn in line:
            line.remove(turn)
            if not line:
                del self.lines[key]

    @asynccontextmanager
    async def turn(self, key: Hashable) -> AsyncIterator[None]:
        """A place, for as long as the block runs, however long it must be waited for."""
        if not self.take(key):
            await self.wait(key)
        try:
            yield
        finally:
            self.give(key)
