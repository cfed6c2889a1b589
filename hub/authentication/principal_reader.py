"""Reads principals and keys from the database for sign-in, and notices when they change, so that cached callers are dropped."""

import asyncio
import time

import asyncpg

from db.security import principals
from db.security.principals import SignedIn, StoredKey, access_changes
from db.security.row_security import HUB
from db.server.connect import acquired

VERSION_SECONDS = 0.5
"""How long a change by another process may go unnoticed."""


class PrincipalReader:
    """Reads principals, and counts in ``epoch`` the changes that invalidate cached callers.

    A command in this process raises ``epoch`` when it is committed. A change by another process raises the version in the database,
    which is read twice a second while there are requests. While the database cannot be reached no cached caller is accepted.
    """

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool = pool
        self.epoch = 0
        self.version: int | None = None
        self.asked = float("-inf")
        self.lock = asyncio.Lock()
        access_changes.listeners.add(self)

    def forget(self) -> None:
        """Invalidate all cached callers, because something has changed."""
        self.epoch += 1

    @property
    def is_fresh(self) -> bool:
        """Whether the version was read within ``VERSION_SECONDS``."""
        return time.monotonic() - self.asked < VERSION_SECONDS

    async def refresh(self) -> None:
        """Read the version, unless it is fresh; requests that arrive meanwhile wait for it."""
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
        """The principal with this subject, ``issuer|sub``."""
        async with acquired(self.pool, HUB) as connection:
            return await principals.by_subject(connection, subject)

    async def by_key(self, prefix: str) -> tuple[StoredKey, SignedIn] | None:
        """The key with this prefix, and its principal."""
        async with acquired(self.pool, HUB) as connection:
            key = await principals.find_key(connection, prefix)
            if key is None:
                return None
            found = await principals.by_id(connection, key.principal_id)
            return None if found is None else (key, found)

    async def used(self, key: StoredKey) -> None:
        """Write when a key was last used, at most once a minute."""
        if key.last_used_at is not None and time.time() - key.last_used_at.timestamp() < 60:
            return
        async with acquired(self.pool, HUB) as connection:
            await principals.note_key_use(connection, key.id)
