"""``unionhub access``: who may sign in, what they may see, and their keys."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date
from typing import Any, TypeVar

import asyncpg
import click

from db.access import PrincipalKind, Role
from db.clock import today
from db.demo import personas
from db.divisions import canonical_code
from db.organizations import Hierarchy
from db.security import grants, principals
from db.security.grants import ProposedGrant
from db.security.principals import OPERATOR, AccessError, Actor
from db.server.migrate import operating
from hub.cli.audit_log import prune_log_command, verify_log_command
from hub.cli.command_hints import quoted
from hub.cli.db import database_url
from hub.cli.key_file import new_key_file_command, rotate_keys_command
from hub.cli.language import Group, echo
from hub.encryption_keys import digest_of
from hub.settings import load
from resolvers.engine.request.global_ids import decode
from resolvers.errors import HubError

T = TypeVar("T")


def run(url: str, work: Callable[[asyncpg.Connection], Awaitable[T]]) -> T:
    """Do the work on a connection to a migrated database; errors that the user can mend are printed without a traceback."""

    async def connected() -> T:
        async with operating(url) as connection:
            return await work(connection)

    try:
        return asyncio.run(connected())
    except AccessError as error:
        raise click.ClickException(f"{error} ({error.code})") from error


def operator() -> Actor:
    """The actor of these commands in the audit log, and the hash that chains it."""
    return replace(OPERATOR, digest=digest_of(load()))


class Day(click.ParamType[date]):
    """A day as YYYY-MM-DD."""

    name = "YYYY-MM-DD"

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> date:
        """The day."""
        try:
            return value if isinstance(value, date) else date.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is not a day as YYYY-MM-DD", parameter, context)


DAY = Day()


@click.group("access", cls=Group)
def access() -> None:
    """Manage who may sign in and what they may see. Every change is in the audit log."""


access.add_command(new_key_file_command)
access.add_command(rotate_keys_command)
access.add_command(verify_log_command)
access.add_command(prune_log_command)


@access.group("principal")
def principal() -> None:
    """Who may sign in."""


@principal.command("add")
@click.argument("name")
@click.option("--kind", type=click.Choice([kind.name for kind in PrincipalKind]), default="PERSON", show_default=True)
@click.option("--subject", metavar="ISSUER|SUB", help="Who it is at the OpenID Connect provider.")
@click.option("--member", metavar="ID", help="The member whom a worker is: the key, or the global ID mem_….")
@click.option("--organization", metavar="NAME|ID", help="The union to which it belongs, which may grant to it.")
@database_url
def add_principal(
    name: str, kind: str, subject: str | None, member: str | None, organization: str | None, database_url: str
) -> None:
    """Let NAME sign in. This grants nothing yet."""
    found = None if member is None else key_of(member, "mem")

    async def work(connection: asyncpg.Connection) -> int:
        union = None if organization is None else await organization_of(connection, organization)
        return await principals.create_principal(
            connection,
            name,
            PrincipalKind[kind],
            subject=subject,
            member_id=found,
            organization_id=union,
            by=operator(),
        )

    run(database_url, work)
    echo(
        f"{name} is a principal. What it may see: `unionhub access grant --help`; a key for an agency: "
        f"`unionhub access key new {quoted(name)}`"
    )


@principal.command("move")
@click.argument("name")
@click.option("--organization", metavar="NAME|ID", help="The union to which it belongs from now on; none without it.")
@database_url
def move(name: str, organization: str | None, database_url: str) -> None:
    """Set the union of NAME: that union and those above it may grant access to it."""

    async def work(connection: asyncpg.Connection) -> None:
        union = None if organization is None else await organization_of(connection, organization)
        await principals.move_principal(connection, name, union, by=operator())

    run(database_url, work)
    echo(f"{name} belongs to {organization or 'no union'}.")


@principal.command("disable")
@click.argument("name")
@database_url
def disable(name: str, database_url: str) -> None:
    """Disable NAME: none of its tokens and keys is accepted any more."""
    run(database_url, lambda connection: principals.disable_principal(connection, name, by=operator()))
    echo(f"{name} is disabled.")


@principal.command("enable")
@click.argument("name")
@database_url
def enable(name: str, database_url: str) -> None:
    """Enable NAME again."""
    run(database_url, lambda connection: principals.disable_principal(connection, name, enable=True, by=operator()))
    echo(f"{name} is enabled.")


@access.command("grant")
@click.argument("name")
@click.argument("role", type=click.Choice([role.name for role in Role]))
@click.option("--organization", metavar="NAME|ID", help="The union whose subtree is granted: its name, key or org_….")
@click.option("--hierarchy", type=click.Choice([each.name for each in Hierarchy]))
@click.option("--division", metavar="CODE", help="The division of an agency or an analyst by its code, e.g. 4403.")
@click.option("--from", "start", type=DAY, help="First day; today without it.")
@click.option("--until", type=DAY, help="The day on which it ends; open without it.")
@database_url
def grant(
    name: str,
    role: str,
    organization: str | None,
    hierarchy: str | None,
    division: str | None,
    start: date | None,
    until: date | None,
    database_url: str,
) -> None:
    """Give NAME a ROLE over a union's subtree or a division."""

    async def work(connection: asyncpg.Connection) -> int:
        proposed = ProposedGrant(
            await principals.principal_id(connection, name),
            Role[role],
            start or today(),
            until,
            None if organization is None else await organization_of(connection, organization),
            Hierarchy[hierarchy] if hierarchy else None,
            None if division is None else await division_of(connection, division),
        )
        return await grants.grant(connection, proposed, by=operator())

    number = run(database_url, work)
    echo(f"Grant {number} is made. It ends early with: `unionhub access revoke {number}`")


@access.command("revoke")
@click.argument("number", type=int)
@database_url
def revoke(number: int, database_url: str) -> None:
    """End the grant of this NUMBER at once."""
    run(database_url, lambda connection: grants.revoke(connection, number, by=operator()))
    echo(f"Grant {number} has ended.")


@access.command("assign")
@click.argument("name")
@click.argument("case")
@click.option("--until", type=DAY, help="The day on which it ends; open without it.")
@database_url
def assign(name: str, case: str, until: date | None, database_url: str) -> None:
    """Assign or refer CASE (its number) to NAME."""
    run(database_url, lambda connection: grants.assign(connection, name, case, until=until, by=operator()))
    echo(f"{case} is assigned to {name}.")


@access.command("unassign")
@click.argument("name")
@click.argument("case")
@database_url
def unassign(name: str, case: str, database_url: str) -> None:
    """End the assignment of CASE to NAME at once."""
    run(database_url, lambda connection: grants.unassign(connection, name, case, by=operator()))
    echo(f"{case} is no longer assigned to {name}.")


@access.group("key")
def key() -> None:
    """Keys of partner agencies."""


@key.command("new")
@click.argument("name")
@click.option("--days", type=int, default=principals.KEY_DAYS, show_default=True, help="How long it lasts.")
@click.option("--replacing", metavar="PREFIX", help="The key that it takes the place of, which ends within a week.")
@database_url
def new_key(name: str, days: int, replacing: str | None, database_url: str) -> None:
    """Print a new key of NAME. It is shown this once: only its hash is kept."""
    echo(
        run(
            database_url,
            lambda connection: principals.create_key(connection, name, days=days, replacing=replacing, by=operator()),
        )
    )


@key.command("revoke")
@click.argument("prefix")
@database_url
def revoke_key(prefix: str, database_url: str) -> None:
    """Revoke the key with this PREFIX."""
    run(database_url, lambda connection: principals.revoke_key(connection, prefix, by=operator()))
    echo("The key is revoked.")


@access.command("personas")
@database_url
def add_personas(database_url: str) -> None:
    """Add the missing personas of the demonstration to the database."""
    added = run(database_url, lambda connection: personas.add_personas(connection, digest=operator().digest))
    echo(f"Added {', '.join(added)}." if added else "Nothing was to be added.")


@access.command("list")
@click.argument("name", required=False)
@database_url
def show(name: str | None, database_url: str) -> None:
    """Print principals with their grants, assigned cases and keys: all of them, or NAME's."""
    for line in run(database_url, lambda connection: listed(connection, name)):
        echo(line)


async def listed(connection: asyncpg.Connection, name: str | None) -> list[str]:
    """Lines about principals with their grants, assigned cases and keys, also ended ones."""
    if name is not None:
        await principals.principal_id(connection, name)
    lines = []
    for row in await connection.fetch(
        "SELECT p.id, p.name, p.kind, subject, disabled_at, o.name AS union FROM principal p"
        " LEFT JOIN organization o ON o.id = p.organization_id WHERE $1::text IS NULL OR p.name = $1 ORDER BY p.name",
        name,
    ):
        state = " DISABLED" if row["disabled_at"] else ""
        lines.append(f"{row['name']}  {row['kind']}{state}  {row['subject'] or ''}".rstrip())
        if row["union"]:
            lines.append(f"  of {row['union']}")
        for held in await connection.fetch(
            "SELECT g.id, role, g.valid_from, g.valid_to, revoked_at, hierarchy, coalesce(o.name, d.full_name, '') AS over,"
            " b.name AS by FROM access_grant g LEFT JOIN organization o ON o.id = organization_id"
            " LEFT JOIN division d ON d.id = g.division_id LEFT JOIN principal b ON b.id = granted_by"
            " WHERE principal_id = $1 ORDER BY g.id",
            row["id"],
        ):
            ended = f", revoked {held['revoked_at']:%Y-%m-%d %H:%M}" if held["revoked_at"] else ""
            along = f" {held['hierarchy']}" if held["hierarchy"] else ""
            lines.append(
                f"  grant {held['id']}: {held['role']} {held['over']}{along} {held['valid_from']} – "
                f"{held['valid_to'] or 'open'}{ended}, by {held['by'] or 'the operator'}"
            )
        for given in await connection.fetch(
            "SELECT number, valid_from, valid_to, revoked_at FROM case_assignment a JOIN dispute_case c ON c.id = case_id"
            " WHERE principal_id = $1 ORDER BY a.id",
            row["id"],
        ):
            ended = ", revoked" if given["revoked_at"] else ""
            lines.append(f"  case {given['number']}: {given['valid_from']} – {given['valid_to'] or 'open'}{ended}")
        for one in await connection.fetch(
            "SELECT prefix, expires_at, revoked_at, last_used_at FROM api_key WHERE principal_id = $1 ORDER BY id",
            row["id"],
        ):
            state = "revoked" if one["revoked_at"] else f"until {one['expires_at']:%Y-%m-%d}"
            used = f"{one['last_used_at']:%Y-%m-%d %H:%M} UTC" if one["last_used_at"] else "never"
            lines.append(f"  key uh_{one['prefix']}_…: {state}, last used {used}")
    return lines


def key_of(text: str, prefix: str) -> int:
    """The key of a row, from the key itself or from a global ID."""
    if text.isascii() and text.isdigit() and len(text) < 19:
        return int(text)
    try:
        return decode(text, prefix)[1]
    except HubError as error:
        raise click.ClickException(error.message) from error


async def organization_of(connection: asyncpg.Connection, text: str) -> int:
    """The key of a union by its name, key or global ID.

    Raises:
        AccessError: NO_ORGANIZATION.
    """
    if (text.isascii() and text.isdigit()) or text.startswith("org_"):
        return key_of(text, "org")
    found = await connection.fetch("SELECT id FROM organization WHERE name = $1 ORDER BY id LIMIT 2", text)
    if not found:
        raise AccessError("NO_ORGANIZATION", f'There is no union called "{text[:60]}".')
    if len(found) > 1:
        raise AccessError("NO_ORGANIZATION", f'Several unions are called "{text[:60]}"; give the ID of one.')
    return int(found[0]["id"])


async def division_of(connection: asyncpg.Connection, code: str) -> int:
    """The key of the division in force with this code, in any of its forms.

    Raises:
        AccessError: NO_DIVISION; of a code that is used no more it names the new ones.
    """
    kept = canonical_code(code)
    found = await connection.fetchval("SELECT id FROM division WHERE code = $1 AND valid_to IS NULL", kept)
    if found is None:
        heirs = await connection.fetch(
            "SELECT d.code || ' ' || d.full_name AS heir FROM division d JOIN division p ON p.id = d.predecessor_id"
            " WHERE p.code = $1 ORDER BY d.code",
            kept,
        )
        after = f" It was followed by {', '.join(row['heir'] for row in heirs)}." if heirs else ""
        raise AccessError("NO_DIVISION", f"There is no division in force with the code {code[:12]}.{after}")
    return int(found)
