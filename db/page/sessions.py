"""Adds activities in bulk, and their attendances."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import asyncpg

from db.page.bodies import reserve
from db.server.bulk_copy import copy_rows


@dataclass(frozen=True, slots=True)
class Session:
    """An activity to add, of one day if ``ends_on`` is not set."""

    organization: int
    division: int
    kind: str
    title: str
    starts_on: date
    ends_on: date | None = None
    skill: str | None = None
    mode: str = "OFFLINE"
    is_free: bool = True
    programme: int | None = None
    parent: int | None = None
    employer: int | None = None
    measure: int | None = None
    line: int | None = None


class Presence(NamedTuple):
    """An attendance to add; ``organization`` is the activity's, ``division`` the attendee's place."""

    activity: int
    organization: int
    division: int
    role: str
    attended_on: date
    member: int | None = None
    household: int | None = None
    employer: int | None = None
    award: str | None = None
    certificate: str | None = None


async def add_programme(
    connection: asyncpg.Connection,
    organization: int,
    name: str,
    since: date,
    until: date | None,
    parent: int | None = None,
) -> int:
    """Add a programme; its ID."""
    (key,) = await reserve(connection, "programme", 1)
    await copy_rows(
        connection,
        "programme",
        ("id", "organization_id", "parent_id", "name", "valid_from", "valid_to"),
        [(key, organization, parent, name, since, until)],
    )
    return key


async def add_activities(connection: asyncpg.Connection, sessions: Sequence[Session]) -> list[int]:
    """Add activities, inside the caller's transaction; their IDs, in order."""
    keys = await reserve(connection, "activity", len(sessions))
    await copy_rows(
        connection,
        "activity",
        ("id", "organization_id", "division_id", "kind", "mode", "title", "starts_on", "ends_on", "skill", "is_free",
         "programme_id", "parent_id", "employer_id", "measure_id", "line_id"),
        (
            (
                key, one.organization, one.division, one.kind, one.mode, one.title, one.starts_on, one.ends_on or one.starts_on,
                one.skill, one.is_free, one.programme, one.parent, one.employer, one.measure, one.line,
            )
            for key, one in zip(keys, sessions, strict=True)
        ),
    )  # fmt: skip
    return keys


async def attend(connection: asyncpg.Connection, rows: Iterable[Presence]) -> None:
    """Add attendances. Inside the caller's transaction."""
    await copy_rows(
        connection,
        "attendance",
        ("activity_id", "organization_id", "division_id", "role", "attended_on", "member_id", "household_id", "employer_id", "award",
         "certificate_number"),
        rows,
    )  # fmt: skip


async def hand_out(
    connection: asyncpg.Connection,
    kind: str,
    title: str,
    rows: Iterable[tuple[int, int, int | None, int | None, int, date]],
) -> None:
    """Add distributions of copies, inside the caller's transaction: organization, division, activity, employer, quantity, day."""
    await copy_rows(
        connection,
        "material_distribution",
        (
            "organization_id",
            "division_id",
            "activity_id",
            "employer_id",
            "quantity",
            "distributed_on",
            "kind",
            "title",
            "unit",
        ),
        ((*row, kind, title, "COPY") for row in rows),
    )
