"""Which rows a scope shows, by plain SQL on links and records as the tables' owner: no closure, no policy, nothing of the wall itself."""

from collections.abc import Mapping
from datetime import date

import asyncpg

from resolvers.access import Caller, Lens
from tests.resolvers import plain

SETS = """WITH u(id) AS (SELECT unnest($1::bigint[])), s(id) AS (SELECT unnest($2::bigint[])), r(id) AS (SELECT unnest($3::bigint[])),
i(id) AS (SELECT unnest($4::bigint[])), c(id) AS (SELECT unnest($5::bigint[])), me(id) AS (SELECT unnest($6::bigint[])),
day(today) AS (SELECT $7::date),
agreements AS (SELECT id FROM collective_agreement a WHERE organization_id IN (TABLE u)
    UNION SELECT id FROM collective_agreement WHERE submitted_on IS NOT NULL AND division_id IN (TABLE r)),
handled AS (SELECT id FROM dispute_case WHERE organization_id IN (TABLE u)),
mine AS (SELECT case_id FROM dispute_party WHERE member_id IN (TABLE me))
"""
"""Unions, their superiors, divisions reviewed and insured, cases, the member themself; what more than one table asks for."""

IN_UNIONS = "organization_id IN (TABLE u)"
OWN = "member_id IN (TABLE me)"
OF_CASE = "case_id IN (TABLE handled) OR case_id IN (TABLE c)"
OF_AGREEMENT = "agreement_id IN (TABLE agreements)"

REFERENCE: Mapping[str, str] = {
    "organization": """id IN (TABLE u) OR id IN (TABLE s) OR division_id IN (TABLE r) OR division_id IN (TABLE i)
        OR id IN (SELECT organization_id FROM dispute_party WHERE case_id IN (TABLE c))
        OR id IN (SELECT organization_id FROM dispute_case WHERE id IN (TABLE c) OR id IN (TABLE mine))
        OR id IN (SELECT organization_id FROM membership WHERE member_id IN (TABLE me))
        OR id IN (SELECT organization_id FROM engagement WHERE member_id IN (TABLE me))
        OR id IN (SELECT organization_id FROM insurance_enrolment WHERE member_id IN (TABLE me))""",
    "organization_link": "child_id IN (TABLE u)",
    "committee_term": IN_UNIONS,
    "employer": f"""{IN_UNIONS} OR division_id IN (TABLE r) OR division_id IN (TABLE i)
        OR id IN (SELECT employer_id FROM dispute_party WHERE case_id IN (TABLE c))
        OR id IN (SELECT employer_id FROM dispute_case WHERE id IN (TABLE c) OR id IN (TABLE mine))
        OR id IN (SELECT employer_id FROM engagement WHERE member_id IN (TABLE me))
        OR id IN (SELECT participant_id FROM insurance_enrolment WHERE member_id IN (TABLE me))""",
    "employer_coverage": IN_UNIONS,
    "member": """id IN (TABLE me) OR id IN (SELECT member_id FROM dispute_party WHERE case_id IN (TABLE c))
        OR id IN (SELECT member_id FROM membership m, day WHERE organization_id IN (TABLE u)
            AND coalesce(valid_from, '-infinity') <= today AND coalesce(valid_to, 'infinity') > today)
        OR id IN (SELECT member_id FROM insurance_enrolment WHERE participant_id IN
            (SELECT id FROM employer WHERE division_id IN (TABLE i)))""",
    "membership": f"{IN_UNIONS} OR {OWN}",
    "engagement": f"{IN_UNIONS} OR {OWN}",
    "collective_agreement": "id IN (TABLE agreements)",
    "agreement_party": OF_AGREEMENT,
    "agreement_coverage": OF_AGREEMENT,
    "agreement_step": OF_AGREEMENT,
    "insurance_enrolment": f"{IN_UNIONS} OR {OWN} OR participant_id IN (SELECT id FROM employer WHERE division_id IN (TABLE i))",
    "dispute_case": "id IN (TABLE handled) OR id IN (TABLE c) OR id IN (TABLE mine)",
    "dispute_party": f"{OF_CASE} OR case_id IN (TABLE mine) AND (member_id IS NULL OR {OWN})",
    "dispute_claim": f"{OF_CASE} OR case_id IN (TABLE mine)",
    "dispute_step": f"{OF_CASE} OR case_id IN (TABLE mine)",
    "recovery": f"{OF_CASE} OR {OWN}",
}


async def arguments(db: asyncpg.Pool, caller: Caller, day: date) -> list[object]:
    """The values of ``SETS`` for a caller: subtrees through the links and through the divisions' parents."""
    unions: set[int] = set()
    superiors: set[int] = set()
    for lens in (Lens.TERRITORIAL, Lens.INDUSTRIAL):
        for key in caller.lenses.get(lens, ()):
            unions |= await plain.below(db, key, lens.name, day)
            superiors |= set(await plain.above(db, key, lens.name, day))
    places: dict[Lens, set[int]] = {}
    for lens in (Lens.HR_BUREAU, Lens.EMPLOYERS_BODY, Lens.SOCIAL_SECURITY):
        places[lens] = set()
        for key in caller.lenses.get(lens, ()):
            places[lens] |= await plain.divisions_below(db, key)
    reviewed = places[Lens.HR_BUREAU] | places[Lens.EMPLOYERS_BODY]
    own = (caller.lenses.get(lens, ()) for lens in (Lens.CASES, Lens.SELF))
    return [*map(list, (unions, superiors, reviewed, places[Lens.SOCIAL_SECURITY], *own)), day]


async def reference(db: asyncpg.Pool, table: str, caller: Caller, day: date) -> set[int]:
    """Keys of the rows of a table that a caller may see."""
    if Lens.EVERYTHING in caller.lenses:
        return {row["id"] for row in await db.fetch(f"SELECT id FROM {table}")}
    sql = f"{SETS} SELECT id FROM {table} WHERE {REFERENCE[table]}"
    return {row["id"] for row in await db.fetch(sql, *await arguments(db, caller, day))}
