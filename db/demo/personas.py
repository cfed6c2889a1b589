"""Personas of the demonstration: principals of its own issuer, and the grant of each."""

from dataclasses import replace
from typing import NamedTuple

import asyncpg

from db.access import PrincipalKind, Role
from db.clock import today
from db.organizations import Hierarchy
from db.security.audit_log import Digest
from db.security.grants import ProposedGrant, assign, grant
from db.security.principals import Actor, create_principal

ISSUER = "urn:unionhub:demonstration"
"""The claim ``iss`` of the demonstration's tokens."""

DEMONSTRATION = Actor("demonstration")
CASES = 5


class Persona(NamedTuple):
    """A persona: a description, its kind and role, and the union's name or the division's code that the role is over."""

    about: str
    kind: PrincipalKind
    role: Role
    organization: str | None = None
    division: str | None = None


PERSONAS = {
    "national": Persona("中华全国总工会 — sees everything", PrincipalKind.PERSON, Role.FEDERATION, "中华全国总工会"),
    "zhejiang": Persona("浙江省总工会 — the province", PrincipalKind.PERSON, Role.FEDERATION, "浙江省总工会"),
    "weihai": Persona("威海市总工会 — the city", PrincipalKind.PERSON, Role.FEDERATION, "威海市总工会"),
    "chongqing-posts": Persona(
        "重庆市国防邮电工会 — an industry across districts",
        PrincipalKind.PERSON,
        Role.INDUSTRY_UNION,
        "重庆市国防邮电工会",
    ),
    "shenzhen-hr": Persona(
        "深圳市人社局 — agreements submitted", PrincipalKind.AGENCY, Role.HR_BUREAU, division="4403"
    ),
    "shenzhen-mediator": Persona("a mediator in Shenzhen — the cases assigned", PrincipalKind.PERSON, Role.CASE_WORKER),
    "analyst": Persona("the public analyst — aggregates only", PrincipalKind.ANALYST, Role.ANALYST),
    "member": Persona("a worker — only what is held on them", PrincipalKind.PERSON, Role.WORKER),
}

WORKER = """
SELECT m.id FROM member m
WHERE EXISTS (SELECT FROM membership s WHERE s.member_id = m.id AND s.status = 'ACTIVE' AND s.valid_to IS NULL)
  AND EXISTS (SELECT FROM insurance_enrolment e WHERE e.member_id = m.id)
  AND EXISTS (SELECT FROM dispute_party p WHERE p.member_id = m.id)
ORDER BY m.id LIMIT 1
"""
CASES_IN_DIVISION = """
SELECT c.number FROM dispute_case c JOIN organization o ON o.id = c.organization_id
JOIN division_closure t ON t.descendant_id = o.division_id JOIN division d ON d.id = t.ancestor_id
WHERE d.code = $1 AND d.valid_to IS NULL ORDER BY c.closed_on IS NOT NULL, c.id LIMIT $2
"""


async def add_personas(connection: asyncpg.Connection, *, digest: Digest = Digest.SHA256) -> list[str]:
    """Add the missing personas whose scope exists in the database; the names of those added."""
    added, by = [], replace(DEMONSTRATION, digest=digest)
    for name, persona in PERSONAS.items():
        if await connection.fetchval("SELECT true FROM principal WHERE name = $1", name):
            continue
        async with connection.transaction():
            if await _add(connection, name, persona, by):
                added.append(name)
    return added


async def _add(connection: asyncpg.Connection, name: str, persona: Persona, by: Actor) -> bool:
    organization = division = member = None
    if persona.organization is not None:
        organization = await connection.fetchval(
            "SELECT id FROM organization WHERE name = $1 AND status <> 'DISSOLVED'", persona.organization
        )
    if persona.division is not None:
        division = await connection.fetchval(
            "SELECT id FROM division WHERE code = $1 AND valid_to IS NULL", persona.division
        )
    if persona.role is Role.WORKER:
        member = await connection.fetchval(WORKER)
    if (persona.organization and organization is None) or (persona.division and division is None):
        return False
    if persona.role is Role.WORKER and member is None:
        return False
    number = await create_principal(connection, name, persona.kind, subject=f"{ISSUER}|{name}", member_id=member, by=by)
    hierarchy = Hierarchy.INDUSTRIAL if persona.role is Role.INDUSTRY_UNION else Hierarchy.TERRITORIAL
    proposed = ProposedGrant(
        number,
        persona.role,
        today(),
        organization_id=organization,
        hierarchy=hierarchy if organization is not None else None,
        division_id=division,
    )
    await grant(connection, proposed, by=by)
    if persona.role is Role.CASE_WORKER:
        for row in await connection.fetch(CASES_IN_DIVISION, "4403", CASES):
            await assign(connection, name, row["number"], by=by)
    return True
