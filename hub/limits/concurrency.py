"""Limits how many operations of one caller run at the same time; further ones wait in a queue of that caller."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager

from hub.errors import Refusal

WAIT_SECONDS = 10.0
"""How long an operation waits in the queue."""


class KeyedSemaphore:
    """A semaphore for each key. A slot that is released goes to the task that has waited longest for the same key.

    Args:
        most: slots of each key.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.used: dict[Hashable, int] = {}
        self.queues: dict[Hashable, deque[asyncio.Future[None]]] = {}

    def acquire(self, key: Hashable) -> bool:
        """Take a slot if one is free. ``release`` gives it back."""
        used = self.used.get(key, 0)
        if used >= self.most:
            return False
        self.used[key] = used + 1
        return True

    def waiting(self, key: Hashable) -> int:
        """How many tasks wait for a slot."""
        queue = self.queues.get(key)
        return len(queue) if queue else 0

    async def wait(self, key: Hashable) -> None:
        """Wait for a slot, after ``acquire`` found none. ``release`` gives it back."""
        turn = asyncio.get_running_loop().create_future()
        self.queues.setdefault(key, deque()).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                self._leave(key, turn)
            else:  # it got the slot at the moment in which it was cancelled
                self.release(key)
            raise

    def release(self, key: Hashable) -> None:
        """Give a slot back."""
        queue = self.queues.get(key)
        while queue:
            turn = queue.popleft()
            if not queue:
                del self.queues[key]
            if not turn.done():
                turn.set_result(None)
                return
        used = self.used[key] - 1
        if used:
            self.used[key] = used
        else:
            del self.used[key]

    def _leave(self, key: Hashable, turn: asyncio.Future[None]) -> None:
        queue = self.queues.get(key)
        if queue and turn in queue:
            queue.remove(turn)
            if not queue:
                del self.queues[key]

    @asynccontextmanager
    async def turn(self, key: Hashable) -> AsyncIterator[None]:
        """Hold a slot while the block runs; waits for it as long as it takes."""
        if not self.acquire(key):
            await self.wait(key)
        try:
            yield
        finally:
            self.release(key)


class CallerConcurrency:
    """Limits how many operations of one caller run at the same time. Each holds one connection at most.

    Args:
        most: operations of one caller that run; 0 for no limit.
        queue: operations of one caller that wait.
        seconds: how long they wait.
    """

    def __init__(self, most: int, queue: int, *, seconds: float = WAIT_SECONDS) -> None:
        self.semaphore = KeyedSemaphore(most) if most else None
        self.queue = queue
        self.seconds = seconds

    def acquire(self, key: Hashable) -> bool:
        """Take a slot if one is free. ``release`` gives it back."""
        return self.semaphore is None or self.semaphore.acquire(key)

    async def wait(self, key: Hashable) -> None:
        """Wait for a slot, after ``acquire`` found none. ``release`` gives it back.

        Raises:
            Refusal: 429 TOO_MANY_RUNNING if too many wait already, or no slot becomes free in time.
        """
        if self.semaphore is None:
            return
        if self.semaphore.waiting(key) >= self.queue:
            raise self.refusal(f"and {self.queue} wait for one of them to end")
        try:
            async with asyncio.timeout(self.seconds):
                await self.semaphore.wait(key)
        except TimeoutError:
            raise self.refusal(f"and none of them has ended within {self.seconds:g} s") from None

    def release(self, key: Hashable) -> None:
        """Give a slot back."""
        if self.semaphore is not None:
            self.semaphore.release(key)

    def refusal(self, why: str) -> Refusal:
        """429 TOO_MANY_RUNNING."""
        most = 0 if self.semaphore is None else self.semaphore.most
        return Refusal(
            429,
            "TOO_MANY_RUNNING",
            f"{most} of your operations are running, which is the maximum, {why}. Wait for an answer before you send more.",
            [(b"retry-after", b"1")],
        )
