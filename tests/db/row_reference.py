"""Which rows a scope shows, by plain SQL on links and records as the tables' owner: no closure, no policy, nothing of the wall itself."""

from collections.abc import Mapping
from datetime import date

import asyncpg

from resolvers.access.callers import Caller, Lens
from resolvers.engine.execute.snapshot import snapshot
from tests.resolvers import sql_reference

CALLERS = (
    "national",
    "province",
    "city",
    "grassroots",
    "industry",
    "hr",
    "social_security",
    "employers_body",
    "mediator",
    "member",
    "several",
    "analyst",
    "nobody",
)
"""The callers of ``tests.resolvers.personas`` whose rows are compared."""

SETS = """WITH u(id) AS (SELECT unnest($1::bigint[])), s(id) AS (SELECT unnest($2::bigint[])), r(id) AS (SELECT unnest($3::bigint[])),
i(id) AS (SELECT unnest($4::bigint[])), c(id) AS (SELECT unnest($5::bigint[])), me(id) AS (SELECT unnest($6::bigint[])),
day(today) AS (SELECT $7::date), h(id) AS (SELECT unnest($8::bigint[])),
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

OWN_HOUSEHOLD = f"household_id IN (SELECT id FROM household WHERE {OWN})"
HANDLED = f"organization_id IN (TABLE h) OR {OWN}"
PARTNERS = f"{IN_UNIONS} OR partner_id IN (TABLE u)"
BODY = f"{IN_UNIONS} OR division_id IN (TABLE r)"
CERTIFIED = f"{IN_UNIONS} OR round_id IN (SELECT id FROM certification_round WHERE {IN_UNIONS})"
NOT_COUNTED = frozenset({"import_job"})
"""Of which there are no statistics."""

PUBLIC = frozenset({"venue"})
"""In everybody's sight; their policies bind who writes."""

HEALTH = frozenset({"care_case", "care_step", "care_shift", "mutual_aid_claim"})
"""In sight of the handling union itself, also for who sees everything else."""

UNIONS = """id IN (TABLE u) OR id IN (TABLE s) OR division_id IN (TABLE r) OR division_id IN (TABLE i)
        OR id IN (SELECT organization_id FROM dispute_party WHERE case_id IN (TABLE c))
        OR id IN (SELECT organization_id FROM dispute_case WHERE id IN (TABLE c))
        OR id IN (SELECT organization_id FROM membership WHERE member_id IN (TABLE me))
        OR id IN (SELECT organization_id FROM engagement WHERE member_id IN (TABLE me))"""
REFERENCE: Mapping[str, str] = {
    "organization": UNIONS,
    "organization_link": "child_id IN (TABLE u) OR child_id IN (TABLE s)",
    "organization_succession": "predecessor_id IN (TABLE u) OR successor_id IN (TABLE u)",
    "committee_term": IN_UNIONS,
    "import_job": IN_UNIONS,
    "employer": f"""{IN_UNIONS} OR id IN (SELECT employer_id FROM exhibitor WHERE {IN_UNIONS})
        OR division_id IN (TABLE r) OR division_id IN (TABLE i)
        OR id IN (SELECT employer_id FROM dispute_party WHERE case_id IN (TABLE c))
        OR id IN (SELECT employer_id FROM dispute_case WHERE id IN (TABLE c))
        OR id IN (SELECT employer_id FROM engagement WHERE member_id IN (TABLE me))
        OR id IN (SELECT participant_id FROM insurance_enrolment WHERE member_id IN (TABLE me))""",
    "employer_coverage": IN_UNIONS,
    "member": """id IN (TABLE me) OR id IN (SELECT member_id FROM dispute_party WHERE case_id IN (TABLE c))
        OR id IN (SELECT member_id FROM membership m, day WHERE organization_id IN (TABLE u)
            AND coalesce(valid_to, 'infinity') > today)
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
    "dispute_party": f"""{OF_CASE} OR case_id IN (TABLE mine)
        AND ({OWN} OR employer_id IS NOT NULL OR organization_id IS NOT NULL)""",
    "dispute_claim": f"{OF_CASE} OR case_id IN (TABLE mine)",
    "dispute_step": f"{OF_CASE} OR case_id IN (TABLE mine)",
    "recovery": f"{OF_CASE} OR {OWN}",
    **dict.fromkeys(PUBLIC, "true"),
    **dict.fromkeys(
        (
            "census_round",
            "census_record",
            "designation",
            "population_estimate",
            "programme",
            "construction_project",
            "target",
            "exhibitor",
            "job_offer",
            "material_distribution",
            "aid_project",
            "mediator",
            "donation",
        ),
        IN_UNIONS,
    ),
    **dict.fromkeys(
        (
            "household",
            "mutual_aid_enrolment",
            "service_transaction",
            "roster_entry",
        ),
        f"{IN_UNIONS} OR {OWN}",
    ),
    "legal_service": f"{IN_UNIONS} OR {OWN} OR case_id IN (TABLE c)",
    "aid_grant": f"{IN_UNIONS} OR {OWN} OR {OWN_HOUSEHOLD}",
    "attendance": f"{IN_UNIONS} OR {OWN} OR {OWN_HOUSEHOLD}",
    "activity": f"{IN_UNIONS} OR id IN (SELECT activity_id FROM attendance WHERE {OWN} OR {OWN_HOUSEHOLD})",
    "dependant": f"{IN_UNIONS} OR {OWN_HOUSEHOLD}",
    "wish": f"{IN_UNIONS} OR claimant_id IN (TABLE u) OR {OWN}",
    "roster": f"{IN_UNIONS} OR id IN (SELECT roster_id FROM roster_entry WHERE {IN_UNIONS} OR {OWN})",
    "care_case": HANDLED,
    "mutual_aid_claim": HANDLED,
    "care_step": f"case_id IN (SELECT id FROM care_case WHERE {HANDLED})",
    "care_shift": f"{OWN} OR case_id IN (SELECT id FROM care_case WHERE {HANDLED})",
    "certification": CERTIFIED,
    "certification_round": f"{IN_UNIONS} OR id IN (SELECT round_id FROM certification WHERE {IN_UNIONS})",
    "certification_score": f"certification_id IN (SELECT id FROM certification WHERE {CERTIFIED})",
    "cooperation_agreement": PARTNERS,
    "cooperation_line": f"agreement_id IN (SELECT id FROM cooperation_agreement WHERE {PARTNERS})",
    "mediation_body": f"{BODY} OR id IN (SELECT body_id FROM legal_service WHERE case_id IN (TABLE c))",
    "mediation_seat": f"body_id IN (SELECT id FROM mediation_body WHERE {BODY})",
}


_KNOWN: dict[tuple[asyncpg.Pool, Caller, date], list[object]] = {}


async def arguments(db: asyncpg.Pool, caller: Caller, day: date) -> list[object]:
    """The values of ``SETS`` for a caller, found once: a test that moves a union has a pool of its own."""
    if (db, caller, day) not in _KNOWN:
        _KNOWN[db, caller, day] = await found(db, caller, day)
    return _KNOWN[db, caller, day]


async def found(db: asyncpg.Pool, caller: Caller, day: date) -> list[object]:
    """Subtrees through the links and through the divisions' parents."""
    unions: set[int] = set()
    superiors: set[int] = set()
    for lens in (Lens.TERRITORIAL, Lens.INDUSTRIAL):
        for key in caller.lenses.get(lens, ()):
            unions |= await sql_reference.below(db, key, lens.name, day) | await sql_reference.ever_below(
                db, key, lens.name
            )
            superiors |= set(await sql_reference.above(db, key, lens.name, day))
    places: dict[Lens, set[int]] = {}
    for lens in (Lens.HR_BUREAU, Lens.EMPLOYERS_BODY, Lens.SOCIAL_SECURITY):
        places[lens] = set()
        for key in caller.lenses.get(lens, ()):
            places[lens] |= await sql_reference.divisions_below(db, key)
    reviewed = places[Lens.HR_BUREAU] | places[Lens.EMPLOYERS_BODY]
    own = (caller.lenses.get(lens, ()) for lens in (Lens.CASES, Lens.SELF))
    handling = {
        key for lens in (Lens.TERRITORIAL, Lens.INDUSTRIAL, Lens.EVERYTHING) for key in caller.lenses.get(lens, ())
    }
    return [*map(list, (unions, superiors, reviewed, places[Lens.SOCIAL_SECURITY], *own)), day, list(handling)]


async def reference(db: asyncpg.Pool, table: str, caller: Caller, day: date) -> set[int]:
    """Keys of the rows of a table that a caller may see."""
    if Lens.EVERYTHING in caller.lenses and table not in HEALTH:
        return {row["id"] for row in await db.fetch(f"SELECT id FROM {table}")}
    sql = f"{SETS} SELECT id FROM {table} WHERE {REFERENCE[table]}"
    return {row["id"] for row in await db.fetch(sql, *await arguments(db, caller, day))}


async def visible_keys(pool: asyncpg.Pool, caller: Caller, table: str) -> set[int]:
    """The rows of a table that the second wall alone shows to a caller."""
    async with snapshot(pool, caller, single=True) as connection:
        return {row["id"] for row in await connection.fetch(f"SELECT id FROM {table}")}
