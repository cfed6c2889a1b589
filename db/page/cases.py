"""Adds dispute cases in bulk, with parties, claims, steps, recoveries and earlier links of legal service."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import asyncpg

from db.page.bodies import reserve
from db.server.bulk_copy import copy_rows


@dataclass(frozen=True, slots=True)
class Claimant:
    """A claimant: the member's ID and name, the amount claimed in fen, and the amount recovered of it (0 for nothing)."""

    member: int
    name: str
    claimed: int
    recovered: int = 0


@dataclass(frozen=True, slots=True)
class Case:
    """A wage case to add. ``paid`` is the day on which the claimants were paid, ``phase`` the phase in which it ended."""

    number: str
    organization: int
    division: int
    employer: tuple[int, str] | None
    claimants: Sequence[Claimant]
    received: date
    closed: date | None
    status: str = "SETTLED"
    phase: str = "DAILY_MEDIATION"
    body: str = "TOWNSHIP"
    cause: str = "UNPAID_WAGES"
    paid: date | None = None

    @property
    def accepted(self) -> date:
        """The day of acceptance: a day after the case was received, or the day of closing if that is earlier."""
        return min(self.received + timedelta(days=1), self.closed or date.max)

    @property
    def claimed(self) -> int:
        """The amount that all claimants claim, in fen."""
        return sum(one.claimed for one in self.claimants)


def yuan(fen: int) -> str:
    """An amount of fen in yuan, as the database has it."""
    return f"{fen // 100}.{fen % 100:02d}"


async def add_cases(connection: asyncpg.Connection, cases: Sequence[Case]) -> list[int]:
    """Add cases with their rows, inside the caller's transaction; their IDs, in order."""
    keys = await reserve(connection, "dispute_case", len(cases))
    numbered = list(zip(keys, cases, strict=True))
    await copy_rows(
        connection,
        "dispute_case",
        ("id", "number", "organization_id", "employer_id", "division_id", "cause", "phase", "status", "body", "received_on",
         "accepted_on", "closed_on", "claimant_count", "is_collective", "amount_claimed"),
        (
            (
                key, one.number, one.organization, one.employer and one.employer[0], one.division, one.cause, one.phase, one.status,
                one.body, one.received, one.accepted, one.closed, len(one.claimants), len(one.claimants) >= 10, yuan(one.claimed),
            )
            for key, one in numbered
        ),
    )  # fmt: skip
    parties: list[tuple[object, ...]] = []
    steps: list[tuple[object, ...]] = []
    for key, one in numbered:
        parties += [(key, "CLAIMANT", who.name, who.member, None) for who in one.claimants]
        employer, name = one.employer or (None, "个体经营者(未登记)")
        parties.append((key, "RESPONDENT", name, None, employer))
        actor = "ARBITRATION_COMMISSION" if one.phase == "ARBITRATION" else "MEDIATION_BODY"
        steps += [
            (key, one.phase, "RECEIVED", "UNION", one.received),
            (key, one.phase, "ACCEPTED", actor, one.accepted),
        ]
        if one.closed is not None:
            steps.append((key, one.phase, one.status, actor, one.closed))
    await copy_rows(connection, "dispute_party", ("case_id", "role", "name", "member_id", "employer_id"), parties)
    await copy_rows(
        connection,
        "dispute_claim",
        ("case_id", "kind", "amount"),
        ((key, "WAGE", yuan(one.claimed)) for key, one in numbered),
    )
    await copy_rows(connection, "dispute_step", ("case_id", "phase", "status", "actor", "occurred_on"), steps)
    await copy_rows(
        connection,
        "recovery",
        ("case_id", "member_id", "kind", "amount", "received_on"),
        (
            (key, who.member, "WAGE", yuan(who.recovered), one.paid)
            for key, one in numbered
            if one.paid is not None
            for who in one.claimants
            if who.recovered
        ),
    )
    return keys


async def add_services(connection: asyncpg.Connection, rows: Sequence[tuple[object, ...]]) -> None:
    """Add legal services: ID, organization, division, link, outcome, body, mediator, case, member, previous service, opened, closed."""
    await copy_rows(
        connection,
        "legal_service",
        ("id", "organization_id", "division_id", "link", "outcome", "body_id", "mediator_id", "case_id", "member_id", "previous_id",
         "opened_on", "closed_on"),
        rows,
    )  # fmt: skip
