"""The founding of a hub: the union at its top, and the administrator who is the first to sign in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from shlex import quote

import asyncpg

from db.access import PrincipalKind, Role
from db.clock import today
from db.errors import DataError
from db.hierarchies import LOCK
from db.input_values import TextError, normal_text
from db.organizations import Hierarchy, OrganizationLevel
from db.security.grants import ProposedGrant, grant
from db.security.principals import OPERATOR, AccessError, Actor, create_key, create_principal, is_name, is_subject

NATIONAL = "中华全国总工会"
ADMINISTRATOR = "administrator"
MAX_NAME = 200

LEVELS = {
    "PROVINCE": OrganizationLevel.PROVINCIAL,
    "CITY": OrganizationLevel.CITY,
    "COUNTY": OrganizationLevel.COUNTY,
    "TOWNSHIP": OrganizationLevel.TOWNSHIP,
}
"""Levels of federations by the level of their division."""

TOPS = """
SELECT o.id, o.name, d.code FROM organization o LEFT JOIN division d ON d.id = o.division_id
WHERE o.kind = 'LOCAL_FEDERATION' AND o.form = 'FEDERATION' AND o.status <> 'DISSOLVED'
    AND NOT EXISTS (SELECT FROM organization_link l WHERE l.child_id = o.id AND l.valid_to IS NULL)
ORDER BY o.id
"""
ADMINISTRATORS = """
SELECT DISTINCT p.name, p.subject FROM access_grant g JOIN principal p ON p.id = g.principal_id
WHERE g.organization_id = $1 AND g.role = 'FEDERATION' AND g.revoked_at IS NULL AND p.disabled_at IS NULL
    AND g.valid_from <= $2 AND (g.valid_to IS NULL OR g.valid_to > $2)
ORDER BY p.name
"""
FOUND = """
INSERT INTO organization (name, level, kind, form, status, division_id, established_on)
VALUES ($1, $2, 'LOCAL_FEDERATION', 'FEDERATION', 'NORMAL', $3, $4) RETURNING id
"""
SINCE = date(1925, 5, 1)
"""The founding of the national federation."""


@dataclass(frozen=True, slots=True)
class Founding:
    """What a hub is founded with; None where the operator has named nothing.

    ``top`` is the union's name (without it and without a division the national federation), ``division`` the stored code of its division,
    ``administrator`` the principal's name, ``subject`` who that is at the OpenID Connect provider. Without a subject they get a key.
    """

    top: str | None = None
    division: str | None = None
    administrator: str | None = None
    subject: str | None = None

    def check(self) -> None:
        """Check what needs no database.

        Raises:
            DataError: a name cannot be used, or a union below the national federation has no division.
            AccessError: BAD_NAME, BAD_SUBJECT.
        """
        if self.top is not None:
            try:
                usable = normal_text(self.top, MAX_NAME) == self.top.strip(" ") != ""
            except TextError:
                usable = False
            if not usable:
                raise DataError(f"A union needs a name of 1 to {MAX_NAME} printable characters: --top")
        if self.top not in (None, NATIONAL) and self.division is None:
            raise DataError(f"Say where {self.top} stands, by the code of its division: --division 330000")
        if self.top == NATIONAL and self.division is not None:
            raise DataError(f"{NATIONAL} has no division: leave --division out.")
        if self.administrator is not None and not is_name(self.administrator):
            raise AccessError("BAD_NAME", "A principal needs a name of 1 to 100 printable characters.")
        if self.subject is not None and not is_subject(self.subject):
            raise AccessError(
                "BAD_SUBJECT", "A subject is the provider's issuer and the user's `sub`: https://id.example.org|248289"
            )


@dataclass(frozen=True, slots=True)
class Founded:
    """What stands now: the top, the administrators, which of both are new, and the new administrator's key, shown only now."""

    top: str
    is_new_top: bool
    administrators: tuple[str, ...]
    is_new_administrator: bool
    key: str | None = None


def name_of_top(wanted: Founding, division: str, level: str) -> str:
    """The name of the union of a division: the one that was given, else the division's with 总工会.

    Raises:
        DataError: divisions of this level have no federation, or its name does not follow.
    """
    if level not in LEVELS:
        raise DataError(f"{division} is no province, city, county or township: name the division of the top union.")
    if wanted.top is not None:
        return wanted.top
    if level not in ("PROVINCE", "CITY"):
        raise DataError(f"Say what the union of {division} is called: --top {division}总工会")
    return f"{division}总工会"


async def found(connection: asyncpg.Connection, wanted: Founding, *, by: Actor = OPERATOR) -> Founded:
    """Make what is missing of the top and its administrator, in one transaction. What is there stays as it is.

    Raises:
        DataError: the hub has another top, another administrator or several tops, or there is no such division.
        AccessError: BAD_NAME, NAME_TAKEN, BAD_SUBJECT, SUBJECT_TAKEN.
    """
    wanted.check()
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", LOCK)
        top = await top_of(connection, wanted)
        is_new = top is None
        number, name = await _found_top(connection, wanted) if top is None else top
        present = await administrators_of(connection, number)
        require_same_administrator(wanted, name, present)
        if present:
            return Founded(name, is_new, tuple(present), False)
        called = wanted.administrator or ADMINISTRATOR
        if await connection.fetchval("SELECT EXISTS (SELECT FROM principal WHERE name = $1)", called):
            raise AccessError(
                "NAME_TAKEN",
                f"{called} is a principal, and no administrator of {name}. Name another one: --administrator; or:"
                f" `unionhub access grant {quote(called)} FEDERATION --organization {quote(name)} --hierarchy TERRITORIAL`",
            )
        principal = await create_principal(
            connection, called, PrincipalKind.PERSON, subject=wanted.subject, organization_id=number, by=by
        )
        over = ProposedGrant(
            principal, Role.FEDERATION, today(), organization_id=number, hierarchy=Hierarchy.TERRITORIAL
        )
        await grant(connection, over, by=by)
        key = await create_key(connection, called, by=by) if wanted.subject is None else None
        return Founded(name, is_new, (called,), True, key)


async def top_of(connection: asyncpg.Connection, wanted: Founding) -> tuple[int, str] | None:
    """Key and name of the union at the top, None in a hub without unions.

    Raises:
        DataError: it is not the one that is wanted, or it cannot be found out.
    """
    tops = await connection.fetch(TOPS)
    if not tops:
        if await connection.fetchval("SELECT EXISTS (SELECT FROM organization)"):
            raise DataError(
                "The hub has unions, but no general federation without a parent. `unionhub doctor` looks at the links."
            )
        return None
    chosen = [row for row in tops if _is_wanted(row, wanted)]
    if len(chosen) == 1:
        return chosen[0]["id"], chosen[0]["name"]
    names = _listed([row["name"] for row in tops])
    if not chosen:
        raise DataError(f"The hub has another top already: {names}. A hub has one: leave --top and --division out.")
    raise DataError(
        f"Several federations have no parent: {names}. Say which one is the top: --top NAME --division CODE"
    )


def _is_wanted(row: asyncpg.Record, wanted: Founding) -> bool:
    return wanted.top in (None, row["name"]) and (wanted.division is None or wanted.division == row["code"])


async def administrators_of(connection: asyncpg.Connection, top: int) -> dict[str, str | None]:
    """Those who have the role of a federation over the top today: their subjects at the provider, by name."""
    return {row["name"]: row["subject"] for row in await connection.fetch(ADMINISTRATORS, top, today())}


def require_same_administrator(wanted: Founding, top: str, present: Mapping[str, str | None]) -> None:
    """Refuse another administrator than those who are there.

    Raises:
        DataError: there is another one.
    """
    same = [
        name
        for name, subject in present.items()
        if wanted.administrator in (None, name) and wanted.subject in (None, subject)
    ]
    if present and not same:
        raise DataError(
            f"{top} has an administrator already: {_listed(list(present))}. Another one: `unionhub access principal add`,"
            " then `unionhub access grant`"
        )


async def _found_top(connection: asyncpg.Connection, wanted: Founding) -> tuple[int, str]:
    if wanted.division is None:
        number = await connection.fetchval(FOUND, NATIONAL, OrganizationLevel.NATIONAL.name, None, SINCE)
        return int(number), NATIONAL
    row = await connection.fetchrow(
        "SELECT id, name, full_name, level FROM division WHERE code = $1 AND valid_to IS NULL", wanted.division
    )
    if row is None:
        raise DataError(f"There is no division in force with the code {wanted.division[:12]}.")
    name = name_of_top(wanted, row["name"], row["level"])
    number = await connection.fetchval(FOUND, name, LEVELS[row["level"]].name, row["id"], None)
    return int(number), name


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
