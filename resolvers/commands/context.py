"""The frame of a command: its context, its checks of input, its refusals, its transaction and its log entries."""

import functools
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Concatenate, ParamSpec, TypeVar

import asyncpg

from db.access import Role
from db.encryption.vault import Vault
from db.input_values import TextError, normal_text
from db.meter import add_commands
from db.security.audit_log import Digest, Entry, record
from db.security.row_security import Scope
from db.server.connect import acquired
from resolvers.access.callers import Caller
from resolvers.database_faults import database_error
from resolvers.engine.request import global_ids
from resolvers.engine.request.arguments import camel
from resolvers.errors import HubError
from resolvers.faults import log_fault

P = ParamSpec("P")
R = TypeVar("R")

MEMBER = "mem"
MAX_IDS = 200


@dataclass(frozen=True)
class CommandOptions:
    """Settings of commands: the hash that chains the audit log, and how many records a principal may reveal and how many values they may
    compare in a day."""

    digest: Digest = Digest.SHA256
    reveal_daily_limit: int = 500
    verify_daily_limit: int = 500


@dataclass(frozen=True)
class CommandContext:
    """The caller, the request (``source``: address, ``operation``: name of the operation), the day, and the resources of a command."""

    pool: asyncpg.Pool
    caller: Caller
    today: date
    vault: Vault
    request: Mapping[str, str] = field(default_factory=dict)
    options: CommandOptions = CommandOptions()


@dataclass(frozen=True, slots=True)
class UserError:
    """Why a command was not done: a stable code, a message, and the path in the input."""

    code: str
    message: str
    path: tuple[str, ...] = ()


class Refused(Exception):
    """A command is refused; its transaction is rolled back."""

    def __init__(self, *errors: UserError) -> None:
        super().__init__(", ".join(error.code for error in errors))
        self.errors = errors


def refused(code: str, message: str, *path: str) -> Refused:
    """A refusal for one reason; ``path`` leads to the wrong input, by names in snake_case or camelCase."""
    return Refused(UserError(code, message, ("input", *map(camel, path))))


def in_roles(caller: Caller, roles: Sequence[Role]) -> Caller:
    """The caller with only the grants of these roles, who sees what these roles see."""
    kept = tuple(grant for grant in caller.grants if grant.role in roles)
    return replace(caller, grants=kept, everything=caller.everything and Role.FEDERATION in roles)


def roles_held(caller: Caller, roles: Sequence[Role]) -> list[Role]:
    """Those of ``roles`` that the caller has, in the same order."""
    granted = {grant.role for grant in caller.grants}
    return [role for role in roles if role in granted]


def roles_of_unions(caller: Caller) -> str | None:
    """The caller's roles of unions, as a log entry has them."""
    return ", ".join(sorted({grant.role.name for grant in caller.grants if grant.organization_id is not None})) or None


def decode_ids(texts: Sequence[str], prefix: str, *path: str) -> list[int]:
    """The keys of global IDs of one type.

    Raises:
        Refused: EMPTY, TOO_MANY, BAD_ID for each text that is no such ID, DUPLICATE.
    """
    if not texts:
        raise refused("EMPTY", "Give at least one ID.", *path)
    if len(texts) > MAX_IDS:
        raise refused("TOO_MANY", f"{len(texts)} IDs were given; at most {MAX_IDS} are allowed.", *path)
    keys, errors = [], []
    for position, text in enumerate(texts):
        try:
            keys.append(global_ids.decode(text, prefix)[1])
        except HubError as error:
            errors.append(UserError("BAD_ID", error.message, ("input", *path, str(position))))
    if errors:
        raise Refused(*errors)
    if len(set(keys)) < len(keys):
        raise refused("DUPLICATE", "An ID is given twice. Give each once.", *path)
    return keys


IN_LINES = frozenset({"detail", "outcome"})
"""The inputs that may have several lines."""


def clean_text(text: str | None, most: int, *path: str) -> str | None:
    """A caller's text without surrounding blanks; None when nothing is left. Inputs of ``IN_LINES`` may have several lines.

    Raises:
        Refused: BAD_TEXT if it has more than ``most`` characters, or characters that are not allowed (``db.input_values``).
    """
    try:
        return normal_text(text or "", most, lines=bool(path) and path[-1] in IN_LINES) or None
    except TextError as error:
        raise refused("BAD_TEXT", str(error), *path) from None


@asynccontextmanager
async def transaction(context: CommandContext, scope: Scope | None = None) -> AsyncIterator[asyncpg.Connection]:
    """A connection in a transaction of its own, under row-level security with the caller's scope or another; committed at the end, rolled
    back on any exception."""
    async with (
        acquired(context.pool, scope or context.caller.scope) as connection,
        connection.transaction(isolation="read_committed"),
    ):
        yield connection


TIME_LIMITS = """SELECT set_config(name, CASE current_setting(name) WHEN '0' THEN '0' ELSE
    greatest(extract(epoch FROM current_setting(name)::interval) * 1000, $1)::bigint::text END, true)
FROM unnest(ARRAY['statement_timeout', 'lock_timeout']) AS name"""


async def allow_time(connection: asyncpg.Connection, milliseconds: int) -> None:
    """Let a statement of this transaction take, and wait for a lock, at least so long; what has no limit keeps none."""
    await connection.execute(TIME_LIMITS, milliseconds)


async def log(connection: asyncpg.Connection, context: CommandContext, *entries: Entry) -> None:
    """Append entries to the audit log, with the principal, the operation and the source filled in. Call it last before the commit."""
    name, operation, source = context.caller.name, context.request.get("operation"), context.request.get("source")
    complete = [replace(entry, principal=name, operation=operation, source=source) for entry in entries]
    await record(connection, complete, digest=context.options.digest)


def command(
    function: Callable[Concatenate[CommandContext, P], Coroutine[Any, Any, R]],
) -> Callable[Concatenate[CommandContext, P], Coroutine[Any, Any, R]]:
    """Make a function a command: it is metered, and an unexpected exception is logged under a reference, which is all that the caller
    gets of it."""

    @functools.wraps(function)
    async def run(context: CommandContext, /, *args: P.args, **more: P.kwargs) -> R:
        add_commands(1)
        try:
            return await function(context, *args, **more)
        except (HubError, Refused):
            raise
        except Exception as fault:
            error = database_error(fault, "Try again with the same key.")
            if error is not None:
                raise error from None
            reference = log_fault("fault in a command", fault, command=function.__name__)
            message = f"The hub failed; nothing was written and nothing revealed. Reference: {reference}"
            raise HubError("INTERNAL_ERROR", message) from None

    return run
