"""What goes wrong while an operation is answered, as the caller may see it; faults of ours are logged whole under a reference."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeVar

import asyncpg
import orjson
from graphql import GraphQLError

from db.server.connect import PoolBusyError
from db.server.outage import DatabaseAwayError
from resolvers.database_faults import LOST, database_error
from resolvers.engine.request.arguments import NO_VALUE
from resolvers.engine.request.document import Answer
from resolvers.errors import HubError, formatted
from resolvers.faults import log_fault

T = TypeVar("T")

_log = logging.getLogger("unionhub.engine")
_LOST = (*LOST, asyncpg.TooManyConnectionsError)
"""What asyncpg raises when a connection is lost or cannot be had; reading again on another one is harmless."""


DATABASE_FAULTS = (*_LOST, PoolBusyError, asyncpg.PostgresError)
"""What is raised when the database does not do what it is asked."""


async def guarded(attempt: Callable[[], Awaitable[T]], seconds: float) -> T:
    """Run an attempt within the time of an operation, once more when the connection was lost.

    As ``asyncio.timeout`` does it, which costs every operation three times as much.

    Raises:
        HubError: STATEMENT_TIMEOUT, DATABASE_UNAVAILABLE, DATABASE_BUSY, DATABASE_FULL, BAD_ARGUMENT.
    """
    task = asyncio.current_task()
    assert task is not None
    limit = _Limit(task)
    before = task.cancelling()
    timer = task.get_loop().call_later(seconds, limit.expire)
    try:
        return await _twice(attempt)
    except asyncio.CancelledError:
        if limit.expired and task.cancelling() - 1 <= before:
            raise too_slow() from None
        raise
    finally:
        timer.cancel()
        if limit.expired:
            task.uncancel()


class _Limit:
    """Cancels a task, and knows that it did."""

    __slots__ = ("expired", "task")

    def __init__(self, task: asyncio.Task[Any]) -> None:
        self.task = task
        self.expired = False

    def expire(self) -> None:
        """Cancel the task, whose time is over."""
        self.expired = True
        self.task.cancel()


async def _twice(attempt: Callable[[], Awaitable[T]]) -> T:
    """Run an attempt, once more when the connection was lost."""
    for last in (False, True):
        try:
            return await attempt()
        except DATABASE_FAULTS as fault:
            if last or not isinstance(fault, _LOST) or isinstance(fault, DatabaseAwayError):
                raise as_shown(fault) from None
    raise AssertionError


def as_shown(fault: Exception) -> Exception:
    """A fault of the database as the error that the caller may see; itself, if there is none."""
    if isinstance(fault, asyncpg.QueryCanceledError):
        return too_slow()
    if isinstance(fault, asyncpg.DataError):
        _log.warning("value refused by the database: %s", type(fault).__name__)
        return HubError("BAD_ARGUMENT", "A value in the arguments or variables is out of range.")
    return database_error(fault) or fault


def codes_of(errors: Iterable[GraphQLError]) -> tuple[str, ...]:
    """The codes of errors, each once, in their order."""
    found = (str((error.extensions or {}).get("code")) for error in errors)
    return tuple(dict.fromkeys(found))


def too_slow() -> HubError:
    """The error of an operation that took longer than it may."""
    return HubError("STATEMENT_TIMEOUT", "The operation took too long. Ask for smaller pages or a narrower filter.")


def refused(errors: list[Any], status: int = 400) -> Answer:
    """The response of a request that is refused whole."""
    codes = codes_of(errors)
    return Answer(orjson.dumps({"errors": [formatted(error) for error in errors]}), status, code=codes[0], codes=codes)


def masked(error: GraphQLError) -> GraphQLError:
    """An error of a command as the caller may see it: a fault of ours is logged whole under a reference."""
    if isinstance(error, HubError) or isinstance(error.original_error, HubError):
        return error
    if error.original_error is None or isinstance(
        error.original_error, GraphQLError
    ):  # graphql-core found it in the arguments, before it called the command
        return HubError(*NO_VALUE, nodes=error.nodes, path=error.path)
    reference = log_fault("fault in a command", error.original_error or error)
    message = f"Internal error. Reference: {reference}"
    return HubError("INTERNAL_ERROR", message, nodes=error.nodes, path=error.path)
