"""Principals and their API keys: commands that create, disable and rotate them, and the query that signs a caller in."""

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
"""For how many days a key is valid by default."""

MAX_KEY_DAYS = 3 * 365


class AccessError(DataError):
    """An access command that is refused: ``code`` is stable and listed in ``docs/errors.md``."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class GrantRow(NamedTuple):
    """A grant that is valid today."""

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
    """Whether its union is the national federation, which has no union above it."""


@dataclass(frozen=True)
class SignedIn:
    """A principal with the grants and cases that are valid today; it may be ``disabled``, which is another error than an unknown one."""

    id: int
    name: str
    kind: PrincipalKind
    member_id: int | None
    disabled: bool
    grants: tuple[GrantRow, ...]
    cases: tuple[int, ...]


@dataclass(frozen=True)
class StoredKey:
    """A row of ``api_key``."""

    id: int
    principal_id: int
    digest: bytes
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None


class AccessChanges:
    """The objects of this process that must forget cached callers after a change; other processes compare ``version``."""

    def __init__(self) -> None:
        self.listeners: WeakSet[Any] = WeakSet()

    def changed(self) -> None:
        """Have every listener forget what it remembers; called once a change is committed."""
        for listener in list(self.listeners):
            forget: Callable[[], None] = listener.forget
            forget()


access_changes = AccessChanges()


@dataclass(frozen=True)
class Actor:
    """Who runs an access command, for the log; ``id`` is None for the operator at the command line, who has every right."""

    name: str
    id: int | None = None
    role: str | None = None
    source: str | None = None
    operation: str | None = None
    digest: Digest = Digest.SHA256


OPERATOR = Actor("operator")


@asynccontextmanager
async def logged(connection: asyncpg.Connection, action: str, actor: Actor, *records: str) -> AsyncIterator[None]:
    """A transaction that appends an entry to the log at its end; after the commit this process forgets its cached callers."""
    async with connection.transaction():
        yield
        entry = Entry(action, actor.name, actor.role, records=records, operation=actor.operation, source=actor.source)
        await record(connection, [entry], digest=actor.digest)
    access_changes.changed()


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
    """How many times principals, grants, assignments and keys have been changed."""
    return int(await connection.fetchval("SELECT version FROM access_version"))


async def by_subject(connection: asyncpg.Connection, subject: str) -> SignedIn | None:
    """The principal of ``issuer|sub``, with what is valid today."""
    row = await connection.fetchrow(PRINCIPAL + "WHERE p.subject = $1", subject, today())
    return await _signed_in(connection, row)


async def by_id(connection: asyncpg.Connection, number: int) -> SignedIn | None:
    """The principal of this ID, with what is valid today."""
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
    """The ID of the principal of this name.

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
    """Create a principal; its ID.

    Args:
        connection: to the hub's database.
        name: its name in commands and in the log; unique.
        kind: person, agency or analyst.
        subject: ``issuer|sub`` of the OpenID Connect provider that signs it in; agencies that use keys have none.
        member_id: the member that this person is; ``WORKER`` shows that member's records.
        organization_id: the union to which it belongs; that union and those above it may grant to it.
        by: who creates it, for the log.

    Raises:
        AccessError: BAD_NAME, NAME_TAKEN, BAD_SUBJECT, SUBJECT_TAKEN, NO_MEMBER or NO_ORGANIZATION.
    """
    if not is_name(name):
        raise AccessError("BAD_NAME", "A principal needs a name of 1 to 100 printable characters.")
    if subject is not None and not is_subject(subject):
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
    """Whether a text is allowed as a principal's name or subject."""
    try:
        return normal_text(text, most) == text.strip(" ") != "" and len(text) <= most
    except TextError:
        return False


def is_subject(text: str) -> bool:
    """Whether a text has the form of a subject: ``issuer|sub``."""
    return "|" in text and all(text.partition("|")[::2]) and is_name(text, 500)


async def _require_union(connection: asyncpg.Connection, organization_id: int | None) -> None:
    if organization_id is not None and not await connection.fetchval(
        "SELECT true FROM organization WHERE id = $1", organization_id
    ):
        raise AccessError("NO_ORGANIZATION", "There is no union with this ID.")


async def move_principal(
    connection: asyncpg.Connection, name: str, organization_id: int | None, *, by: Actor = OPERATOR
) -> None:
    """Set the union to which a principal belongs; None for no union. Its grants do not change.

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
    """Refuse a principal's sign-in from now on, with any token or key; or ``enable`` it again.

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
    """The hash that is stored of a key. SHA-256 is enough: 256 random bits cannot be guessed, so a slow or keyed hash gains nothing."""
    return sha256(secret.encode()).digest()


async def create_key(
    connection: asyncpg.Connection,
    name: str,
    *,
    days: int = KEY_DAYS,
    replacing: str | None = None,
    by: Actor = OPERATOR,
) -> str:
    """Create a key for a principal and return it: ``uh_<prefix>_<random>``, of which only the hash is stored.

    Older keys stay valid until they expire or are revoked. ``replacing`` is the prefix of one of the principal's keys, which then expires
    within a week: time to install the new one.

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
    """Revoke a key at once.

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
    """The prefix of a key; a prefix stays as it is. Messages repeat the prefix alone, never a whole key."""
    parts = key.split("_")
    return parts[1] if len(parts) > 2 and parts[0] == "uh" else key


async def find_key(connection: asyncpg.Connection, prefix: str) -> StoredKey | None:
    """The key with this prefix; None if there is none."""
    row = await connection.fetchrow(
        "SELECT id, principal_id, digest, expires_at, revoked_at, last_used_at FROM api_key WHERE prefix = $1", prefix
    )
    return None if row is None else StoredKey(*row)


async def note_key_use(connection: asyncpg.Connection, key: int) -> None:
    """Store when a key was last used, to the minute."""
    await connection.execute(
        "UPDATE api_key SET last_used_at = now()"
        " WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')",
        key,
    )
