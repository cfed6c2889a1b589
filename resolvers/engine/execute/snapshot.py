"""One moment of the database for one operation, seen by the scope of who asks."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import asyncpg

from db import row_security
from db.meter import holding
from db.organizations import Hierarchy
from db.row_security import LENSES, READER, SEVERAL, Scope
from resolvers.access import Caller, Lens
from resolvers.errors import HubError

WAIT_SECONDS = 5.0
"""How long an operation waits for a connection."""

ROLES: Mapping[Lens, str] = {
    Lens.EVERYTHING: row_security.EVERYTHING,
    Lens.TERRITORIAL: row_security.FEDERATION,
    Lens.INDUSTRIAL: row_security.FEDERATION,
    Lens.HR_BUREAU: row_security.BUREAU,
    Lens.EMPLOYERS_BODY: row_security.BUREAU,
    Lens.SOCIAL_SECURITY: row_security.SOCIAL_SECURITY,
    Lens.CASES: row_security.CASES,
    Lens.SELF: row_security.SELF,
}
"""The role of the second wall that shows a lens's rows; aggregates show none."""

_SCOPE = "_scope"


def scope_of(caller: Caller) -> Scope:
    """What a session carries while it works for a caller; made once, and kept with the caller."""
    kept = vars(caller)
    scope: Scope | None = kept.get(_SCOPE)
    if scope is None:
        lenses = caller.lenses
        roles = {ROLES[lens] for lens in lenses if lens in ROLES}
        role = next(iter(roles), READER) if len(roles) < 2 else SEVERAL
        others = {
            "me": () if caller.principal_id is None else (caller.principal_id,),
            "administered_territorial": caller.administered(Hierarchy.TERRITORIAL),
            "administered_industrial": caller.administered(Hierarchy.INDUSTRIAL),
        }
        keys = [others[name] if name in others else lenses.get(Lens(name), ()) for name in LENSES]
        scope = kept[_SCOPE] = Scope(role, caller.name, tuple(f"{{{','.join(map(str, each))}}}" for each in keys))
    return scope


@asynccontextmanager
async def snapshot(
    pool: asyncpg.Pool, caller: Caller, *, single: bool, by_key: bool = False
) -> AsyncIterator[asyncpg.Connection]:
    """A connection that sees what the caller may see, and whose statements all see the same moment.

    A single statement is a snapshot already and pays for no BEGIN. A connection that carries the caller's scope already is used as it is.
    What finds rows ``by_key`` alone is planned once, everything else for the values of each run. Raises DATABASE_BUSY when no
    connection is free in time.
    """
    try:
        connection = await pool.acquire(timeout=WAIT_SECONDS)
    except TimeoutError:
        raise HubError("DATABASE_BUSY", "All connections to the database are busy. Try again shortly.") from None
    with holding():
        try:
            await connection.carry(scope_of(caller))
            await connection.keep_plans(by_key)
            if single:
                yield connection
                return
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                yield connection
        finally:
            await pool.release(connection)
