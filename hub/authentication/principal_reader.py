"""Principals and keys out of the database for sign-in, and the knowledge of whether what is remembered of them still holds."""

import asyncio
import time

import asyncpg

from db.security import principals
from db.security.principals import SignedIn, StoredKey, access_changes
from db.security.row_security import HUB
from db.server.connect import acquired

VERSION_SECONDS = 0.5
"""How old the knowledge of other processes' changes may be."""


class PrincipalReader:
    """Reads principals, and counts in ``epoch`` the changes after which nothing remembered may be used.

    A command given in this process raises ``epoch`` as it is committed. What another process changes raises the version in the database,
    which is asked for twice a second while there are requests; without the database nobody is let in on what is remembered.
    """

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool = pool
        self.epoch = 0
        self.version: int | None = None
        self.asked = float("-inf")
        self.lock = asyncio.Lock()
        access_changes.listeners.add(self)

    def forget(self) -> None:
        """Something was changed: what is remembered holds no longer."""
        self.epoch += 1

    @property
    def is_fresh(self) -> bool:
        """Whether the version was asked for a moment ago."""
        return time.monotonic() - self.asked < VERSION_SECONDS

    async def refresh(self) -> None:
        """Ask for the version, unless that was done a moment ago; requests that come meanwhile wait for the answer."""
        async with self.lock:
            if self.is_fresh:
                return
            began = time.monotonic()
            async with self.pool.acquire() as connection:
                version = await principals.version(connection)
            if version != self.version:
                self.version = version
                self.forget()
            self.asked = began

    async def by_subject(self, subject: str) -> SignedIn | None:
        """The principal whom ``issuer|sub`` names."""
        async with acquired(self.pool, HUB) as connection:
            return await principals.by_subject(connection, subject)

    async def by_key(self, prefix: str) -> tuple[StoredKey, SignedIn] | None:
        """The key of this prefix and its principal."""
        async with acquired(self.pool, HUB) as connection:
            key = await principals.find_key(connection, prefix)
            if key is None:
                return None
            found = await principals.by_id(connection, key.principal_id)
            return None if found is None else (key, found)

    async def used(self, key: StoredKey) -> None:
        """Remember that a key was used, at most once a minute."""
        if key.last_used_at is not None and time.time() - key.last_used_at.timestamp() < 60:
            return
        async with acquired(self.pool, HUB) as connection:
            await principals.note_key_use(connection, key.id)
