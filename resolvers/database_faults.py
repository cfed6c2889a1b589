"""What goes wrong in the database without being a fault of the hub: the error that the caller gets, and one line in the log."""

import logging
import secrets
from typing import NamedTuple

import asyncpg

from db.server.connect import PoolBusyError
from db.server.outage import CANNOT_CONNECT, DatabaseAwayError
from resolvers.errors import HubError

LOST = (
    *CANNOT_CONNECT,
    asyncpg.InterfaceError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InvalidCachedStatementError,
)
"""What asyncpg raises when a connection is lost, cannot be opened, or is no longer of use."""

RETRY_CODES = frozenset({"DATABASE_UNAVAILABLE", "DATABASE_BUSY", "DATABASE_FULL"})
"""The codes of operations that may be sent again: they are 503."""


class DatabaseFault(NamedTuple):
    """A kind of fault: what is raised, the code and the message of the error."""

    raised: tuple[type[BaseException], ...]
    code: str
    message: str


FAULTS = (
    DatabaseFault(
        (
            PoolBusyError,
            asyncpg.TooManyConnectionsError,
            asyncpg.LockNotAvailableError,
            asyncpg.QueryCanceledError,
            asyncpg.DeadlockDetectedError,
            asyncpg.SerializationError,
        ),
        "DATABASE_BUSY",
        "The database is busy with other work.",
    ),
    DatabaseFault(
        (asyncpg.DiskFullError,),
        "DATABASE_FULL",
        "The disk of the database is full; nothing was written. Reading goes on.",
    ),
    DatabaseFault(LOST, "DATABASE_UNAVAILABLE", "The database cannot be reached."),
)

_log = logging.getLogger("unionhub.database")


def fault_of(fault: BaseException) -> DatabaseFault | None:
    """The kind of a fault of the database; None for any other fault."""
    return next((kind for kind in FAULTS if isinstance(fault, kind.raised)), None)


def database_error(fault: BaseException, advice: str = "Try again shortly.") -> HubError | None:
    """The error of a fault of the database, which is logged in one line under the reference in its message; None for any other fault.

    ``advice`` says what the caller may do.

    What is refused during an outage is counted in the lines of that outage, and has its reference.
    """
    kind = fault_of(fault)
    if kind is None:
        return None
    if isinstance(fault, DatabaseAwayError):
        reference = fault.reference
    else:
        reference = secrets.token_hex(6)
        fields = {"reference": reference, "code": kind.code, "cause": type(fault).__name__}
        _log.error("the database did not answer", extra=fields)
    return HubError(kind.code, f"{kind.message} {advice} Reference: {reference}")
