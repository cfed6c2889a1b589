"""Principals and their keys: the commands that make, disable and rotate them, and the one read that signs a caller in."""

import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from shlex import quote
from typing import Any, NamedTuple
from weakref import WeakSet

import asyncpg

from db.access import PrincipalKind, Role
from db.clock import today
from db.errors import DataError
from db.input_values import TextError, normal_text
from db.organizations import Hierarchy
from db.security.audit_log import Digest, Entry, record

MAX_NAME = 100
"""Characters of a principal's name."""

KEY_DAYS = 365
"""How long a key lasts unless it is said otherwise."""

MAX_KEY_DAYS = 3 * 365


class AccessError(DataError):
    """An access command that is refused: ``code`` is stable and listed in ``docs/errors.md``."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class GrantRow(NamedTuple):
    """A grant that holds today."""

    id: int
    role: Role
    organization_id: int | None
    hierarchy: Hierarchy | None
    division_id: int | None
    valid_from: date
    valid_to: date | None
    organization_name: str | None
    division_name: str | None
    topmost: bool
    """Whether its union is the topmost one, with nothing above it."""


@dataclass(frozen=True)
class SignedIn:
    """A principal with what holds today; ``disabled`` ones are found too, so that they can be told apart from unknown ones."""

    id: int
    name: str
    kind: PrincipalKind
    member_id: int | None
    disabled: bool
    grants: tuple[GrantRow, ...]
    cases: tuple[int, ...]


@dataclass(frozen=True)
class FoundKey:
    """A key as it is kept."""

    id: int
    principal_id: int
    digest: bytes
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None


class Watched:
    """Holds the callbacks of this process that must hear of a change at once; other processes ask for ``version``."""

    def __init__(self) -> None:
        self.listeners: WeakSet[Any] = WeakSet()

    def changed(self) -> None:
        """Tell every listener, once the change is committed."""
        for listener in list(self.listeners):
            forget: Callable[[], None] = listener.forget
            forget()


watched = Watched()


@dataclass(frozen=True)
class Actor:
    """Who gives an access command, for the log; ``id`` is None for the operator at the command line, who may everything."""

    name: str
    id: int | None = None
    role: str | None = None
    source: str | None = None
    operation: str | None = None
    digest: Digest = Digest.SHA256


OPERATOR = Actor("operator")


@asynccontextmanager
async def logged(connection: asyncpg.Connection, action: str, actor: Actor, *records: str) -> AsyncIterator[None]:
    """A transaction that ends with an entry of the log; once it is committed, this process forgets what it remembers of callers."""
    async with connection.transaction():
        yield
        entry = Entry(action, actor.name, actor.role, records=records, operation=actor.operation, source=actor.source)
        await record(connection, [entry], digest=actor.digest)
    watched.changed()


PRINCIPAL = """
SELECT id, name, kind, member_id, disabled_at IS NOT NULL AS disabled,
  ARRAY(SELECT case_id FROM case_assignment a WHERE a.principal_id = p.id AND a.revoked_at IS NULL
        AND a.valid_from <= $2 AND (a.valid_to IS NULL OR a.valid_to > $2) ORDER BY case_id) AS cases
FROM principal p
"""
GRANTS = """
SELECT g.id, g.role, g.organization_id, g.hierarchy, g.division_id, g.valid_from, g.valid_to,
  o.name AS organization_name, d.full_name AS division_name,
  coalesce(o.level = 'NATIONAL' AND o.kind = 'LOCAL_FEDERATION' AND g.role = 'FEDERATION' AND NOT EXISTS
    (SELECT FROM organization_link l WHERE l.child_id = o.id AND l.valid_to IS NULL), false) AS topmost
FROM access_grant g LEFT JOIN organization o ON o.id = g.organization_id LEFT JOIN division d ON d.id = g.division_id
WHERE g.principal_id = $1 AND g.revoked_at IS NULL AND g.valid_from <= $2 AND (g.valid_to IS NULL OR g.valid_to > $2)
ORDER BY g.id
"""


async def version(connection: asyncpg.Connection) -> int:
    """The number of changes so far of principals, grants, assignments and keys."""
    return int(await connection.fetchval("SELECT version FROM access_version"))


async def by_subject(connection: asyncpg.Connection, subject: str) -> SignedIn | None:
    """The principal of ``issuer|sub`` with all that holds today."""
    row = await connection.fetchrow(PRINCIPAL + "WHERE p.subject = $1", subject, today())
    return await _signed_in(connection, row)


async def by_id(connection: asyncpg.Connection, number: int) -> SignedIn | None:
    """The principal of this key with all that holds today."""
    row = await connection.fetchrow(PRINCIPAL + "WHERE p.id = $1", number, today())
    return await _signed_in(connection, row)


async def _signed_in(connection: asyncpg.Connection, row: Any) -> SignedIn | None:
    if row is None:
        return None
    grants = await connection.fetch(GRANTS, row["id"], today())
    return SignedIn(
        row["id"],
        row["name"],
        PrincipalKind[row["kind"]],
        row["member_id"],
        row["disabled"],
        tuple(
            GrantRow(
                grant["id"],
                Role[grant["role"]],
                grant["organization_id"],
                Hierarchy[grant["hierarchy"]] if grant["hierarchy"] else None,
                *grant[4:],
            )
            for grant in grants
        ),
        tuple(row["cases"]),
    )


async def principal_id(connection: asyncpg.Connection, name: str) -> int:
    """The key of the principal of this name.

    Raises:
        AccessError: NO_PRINCIPAL.
    """
    found = await connection.fetchval("SELECT id FROM principal WHERE name = $1", name)
    if found is None:
        raise AccessError("NO_PRINCIPAL", f'There is no principal "{name[:60]}". `unionhub access list` names them.')
    return int(found)


async def create_principal(
    connection: asyncpg.Connection,
    name: str,
    kind: PrincipalKind,
    *,
    subject: str | None = None,
    member_id: int | None = None,
    organization_id: int | None = None,
    by: Actor = OPERATOR,
) -> int:
    """Make a principal; its key.

    Args:
        connection: to the hub's database.
        name: what it is called in commands and in the log; unique.
        kind: person, agency or analyst.
        subject: ``issuer|sub`` of the OpenID Connect provider that signs it in; agencies that use keys have none.
        member_id: the worker whom a person is, so that ``WORKER`` has somebody to show.
        organization_id: the union to which it belongs; that union and those above it may grant to it.
        by: who does it, for the log.

    Raises:
        AccessError: BAD_NAME, NAME_TAKEN, BAD_SUBJECT, SUBJECT_TAKEN, NO_MEMBER or NO_ORGANIZATION.
    """
    if not is_name(name):
        raise AccessError("BAD_NAME", "A principal needs a name of 1 to 100 printable characters.")
    if subject is not None and not ("|" in subject and all(subject.partition("|")[::2]) and is_name(subject, 500)):
        raise AccessError(
            "BAD_SUBJECT", "A subject is the provider's issuer and the user's `sub`: https://id.example.org|248289"
        )
    if member_id is not None and not await connection.fetchval("SELECT true FROM member WHERE id = $1", member_id):
        raise AccessError("NO_MEMBER", f"There is no member with the key {member_id}.")
    await _require_union(connection, organization_id)
    try:
        async with logged(connection, "CREATE_PRINCIPAL", by, name):
            found = await connection.fetchval(
                "INSERT INTO principal (name, kind, subject, member_id, organization_id) VALUES ($1, $2, $3, $4, $5) RETURNING id",
                name,
                kind.name,
                subject,
                member_id,
                organization_id,
            )
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name == "uq_principal_subject":
            raise AccessError("SUBJECT_TAKEN", "Another principal has this subject already.") from error
        raise AccessError("NAME_TAKEN", f'There is a principal "{name}" already.') from error
    return int(found)


def is_name(text: str, most: int = MAX_NAME) -> bool:
    """Whether a text can be a principal's name or subject."""
    try:
        return normal_text(text, most) == text.strip(" ") != "" and len(text) <= most
    except TextError:
        return False


async def _require_union(connection: asyncpg.Connection, organization_id: int | None) -> None:
    if organization_id is not None and not await connection.fetchval(
        "SELECT true FROM organization WHERE id = $1", organization_id
    ):
        raise AccessError("NO_ORGANIZATION", "There is no union with this ID.")


async def move_principal(
    connection: asyncpg.Connection, name: str, organization_id: int | None, *, by: Actor = OPERATOR
) -> None:
    """Say to which union a principal belongs from now on; None for no union. Its grants stay as they are.

    Raises:
        AccessError: NO_PRINCIPAL or NO_ORGANIZATION.
    """
    number = await principal_id(connection, name)
    await _require_union(connection, organization_id)
    records = [name] if organization_id is None else [name, f"org_{organization_id:x}"]
    async with logged(connection, "MOVE_PRINCIPAL", by, *records):
        await connection.execute("UPDATE principal SET organization_id = $2 WHERE id = $1", number, organization_id)


async def disable_principal(
    connection: asyncpg.Connection, name: str, *, enable: bool = False, by: Actor = OPERATOR
) -> None:
    """Keep a principal from signing in from now on, whatever token or key it has; or let it in again.

    Raises:
        AccessError: NO_PRINCIPAL.
    """
    number = await principal_id(connection, name)
    action = "ENABLE_PRINCIPAL" if enable else "DISABLE_PRINCIPAL"
    async with logged(connection, action, by, name):
        await connection.execute(
            "UPDATE principal SET disabled_at = CASE WHEN $2 THEN NULL ELSE coalesce(disabled_at, now()) END WHERE id = $1",
            number,
            enable,
        )


def digest_of(secret: str) -> bytes:
    """What is kept of a key. SHA-256 is enough: 256 random bits cannot be guessed, so nothing is gained by a slow or keyed hash."""
    return sha256(secret.encode()).digest()


async def create_key(
    connection: asyncpg.Connection,
    name: str,
    *,
    days: int = KEY_DAYS,
    replacing: str | None = None,
    by: Actor = OPERATOR,
) -> str:
    """Make a key for a principal and return it: ``uh_<prefix>_<random>``, of which only the hash is kept.

    Older keys go on working until they expire or are revoked. With ``replacing`` the key of that prefix must be one of the principal's;
    it is given at most a week from now, so that the new one can be put in its place.

    Raises:
        AccessError: NO_PRINCIPAL, PRINCIPAL_DISABLED, BAD_VALIDITY or NO_KEY.
    """
    number = await principal_id(connection, name)
    if not 1 <= days <= MAX_KEY_DAYS:
        raise AccessError("BAD_VALIDITY", f"A key lasts 1 to {MAX_KEY_DAYS} days.")
    prefix, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
    key = f"uh_{prefix}_{secret}"
    now = datetime.now(UTC)
    async with logged(connection, "CREATE_KEY", by, name, prefix):
        if await connection.fetchval("SELECT disabled_at IS NOT NULL FROM principal WHERE id = $1 FOR UPDATE", number):
            raise AccessError(
                "PRINCIPAL_DISABLED", f"{name} is disabled. First: `unionhub access principal enable {quote(name)}`"
            )
        if replacing is not None:
            done = await connection.execute(
                "UPDATE api_key SET expires_at = least(expires_at, $3)"
                " WHERE principal_id = $1 AND prefix = $2 AND revoked_at IS NULL AND expires_at > $4",
                number,
                prefix_of(replacing),
                now + timedelta(days=7),
                now,
            )
            if done == "UPDATE 0":
                raise AccessError("NO_KEY", f"{name} has no working key {prefix_of(replacing)}.")
        await connection.execute(
            "INSERT INTO api_key (principal_id, prefix, digest, expires_at) VALUES ($1, $2, $3, $4)",
            number,
            prefix,
            digest_of(key),
            now + timedelta(days=days),
        )
    return key


async def revoke_key(connection: asyncpg.Connection, prefix: str, *, by: Actor = OPERATOR) -> None:
    """Make a key worthless from now on.

    Raises:
        AccessError: NO_KEY.
    """
    prefix = prefix_of(prefix)
    async with logged(connection, "REVOKE_KEY", by, prefix):
        done = await connection.execute(
            "UPDATE api_key SET revoked_at = coalesce(revoked_at, now()) WHERE prefix = $1", prefix
        )
        if done == "UPDATE 0":
            raise AccessError("NO_KEY", f"There is no key {prefix[:20]}. `unionhub access list` names them.")


def prefix_of(key: str) -> str:
    """The prefix, out of a whole key too, which is then never repeated in a message."""
    parts = key.split("_")
    return parts[1] if len(parts) > 2 and parts[0] == "uh" else key


async def find_key(connection: asyncpg.Connection, prefix: str) -> FoundKey | None:
    """The key of a prefix."""
    row = await connection.fetchrow(
        "SELECT id, principal_id, digest, expires_at, revoked_at, last_used_at FROM api_key WHERE prefix = $1", prefix
    )
    return None if row is None else FoundKey(*row)


async def key_used(connection: asyncpg.Connection, key: int) -> None:
    """Remember that a key was used, to the minute."""
    await connection.execute(
        "UPDATE api_key SET last_used_at = now()"
        " WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')",
        key,
    )
