"""What every command is given, how it refuses, and the transaction that it runs in."""

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
    """Settings of commands: the hash of the audit log's chain, and how many records a principal may reveal, and how many values have
    compared, in a day."""

    digest: Digest = Digest.SHA256
    reveal_daily_limit: int = 500
    verify_daily_limit: int = 500


@dataclass(frozen=True)
class CommandContext:
    """Who asks (``caller``), from where and under which operation name (``request``: ``source``, ``operation``), on which day, and
    what the command works with."""

    pool: asyncpg.Pool
    caller: Caller
    today: date
    vault: Vault
    request: Mapping[str, str] = field(default_factory=dict)
    options: CommandOptions = CommandOptions()


@dataclass(frozen=True, slots=True)
class UserError:
    """Why a command was not done: a stable code, words for people, and the place in the input."""

    code: str
    message: str
    path: tuple[str, ...] = ()


class Refused(Exception):
    """A command is not done; all that it wrote is undone."""

    def __init__(self, *errors: UserError) -> None:
        super().__init__(", ".join(error.code for error in errors))
        self.errors = errors


def refused(code: str, message: str, *path: str) -> Refused:
    """A refusal for one reason, at a place of the input, whose names may be those of Python."""
    return Refused(UserError(code, message, ("input", *map(camel, path))))


def narrowed(caller: Caller, roles: Sequence[Role]) -> Caller:
    """The caller with the grants of some roles only: what they see in these roles."""
    kept = tuple(grant for grant in caller.grants if grant.role in roles)
    return replace(caller, grants=kept, everything=caller.everything and Role.FEDERATION in roles)


def held(caller: Caller, roles: Sequence[Role]) -> list[Role]:
    """Which of some roles a caller has, in their order."""
    mine = {grant.role for grant in caller.grants}
    return [role for role in roles if role in mine]


def decoded(texts: Sequence[str], prefix: str, *path: str) -> list[int]:
    """The keys of global IDs of one type.

    Raises:
        Refused: EMPTY, TOO_MANY, BAD_ID for each that is none, DUPLICATE.
    """
    if not texts:
        raise refused("EMPTY", "Name at least one ID.", *path)
    if len(texts) > MAX_IDS:
        raise refused("TOO_MANY", f"{len(texts)} IDs; at most {MAX_IDS} are taken at a time.", *path)
    keys, errors = [], []
    for position, text in enumerate(texts):
        try:
            keys.append(global_ids.decode(text, prefix)[1])
        except HubError as error:
            errors.append(UserError("BAD_ID", error.message, ("input", *path, str(position))))
    if errors:
        raise Refused(*errors)
    if len(set(keys)) < len(keys):
        raise refused("DUPLICATE", "An ID is named twice. Name each once.", *path)
    return keys


IN_LINES = frozenset({"detail", "outcome"})
"""The inputs of commands that may have several lines."""


def checked(text: str | None, most: int, *path: str) -> str | None:
    """A caller's text without blanks around it; None when nothing is left. The last of ``path`` says whether it may have several lines.

    Raises:
        Refused: BAD_TEXT when it is too long or has characters that no such text has (``db.input_values``).
    """
    try:
        return normal_text(text or "", most, lines=bool(path) and path[-1] in IN_LINES) or None
    except TextError as error:
        raise refused("BAD_TEXT", str(error), *path) from None


@asynccontextmanager
async def transaction(context: CommandContext, scope: Scope | None = None) -> AsyncIterator[asyncpg.Connection]:
    """A connection in a transaction of its own that sees what the caller may see, or by another ``scope``; committed at the end, undone
    by any exception."""
    seen = scope or context.caller.scope
    async with acquired(context.pool, seen) as connection, connection.transaction(isolation="read_committed"):
        yield connection


async def log(connection: asyncpg.Connection, context: CommandContext, *entries: Entry) -> None:
    """Append to the audit log, with who asks and from where put in. The last thing before the commit."""
    name, operation, source = context.caller.name, context.request.get("operation"), context.request.get("source")
    told = [replace(entry, principal=name, operation=operation, source=source) for entry in entries]
    await record(connection, told, digest=context.options.digest)


def guarded(
    command: Callable[Concatenate[CommandContext, P], Coroutine[Any, Any, R]],
) -> Callable[Concatenate[CommandContext, P], Coroutine[Any, Any, R]]:
    """A command that is counted as it begins, and whose faults of ours are told by a reference only, the whole of them being logged under
    it."""

    @functools.wraps(command)
    async def run(context: CommandContext, /, *args: P.args, **more: P.kwargs) -> R:
        add_commands(1)
        try:
            return await command(context, *args, **more)
        except (HubError, Refused):
            raise
        except Exception as fault:
            reference = log_fault("fault in a command", fault, command=command.__name__)
            if isinstance(fault, (asyncpg.PostgresConnectionError, asyncpg.InterfaceError, OSError)):
                code, message = "DATABASE_UNAVAILABLE", "The database cannot be reached. Try again with the same key."
            else:
                code, message = "INTERNAL_ERROR", "The hub failed; nothing was written and nothing revealed."
            raise HubError(code, f"{message} Reference: {reference}") from None

    return run
