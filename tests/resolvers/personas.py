"""Callers for every lens on the template federation, by name."""

from collections.abc import Mapping

import asyncpg

from db.access import Role
from db.organizations import Hierarchy
from resolvers.access.callers import PUBLIC, Caller, Grant

SCOPES = {
    "province": "SELECT id FROM organization WHERE name = '浙江省总工会'",
    "city": """SELECT c.ancestor_id FROM territorial_closure c
        JOIN organization o ON o.id = c.ancestor_id AND o.level = 'CITY'
        JOIN dispute_case d ON d.organization_id = c.descendant_id GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1""",
    "union": "SELECT organization_id FROM membership GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1",
    "industry": """SELECT c.ancestor_id FROM industrial_closure c JOIN membership m ON m.organization_id = c.descendant_id
        WHERE c.depth > 0 GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1""",
    "division": """SELECT c.ancestor_id FROM division_closure c JOIN collective_agreement a ON a.division_id = c.descendant_id
        WHERE c.depth > 0 AND a.submitted_on IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1""",
    "agency": """SELECT c.ancestor_id FROM division_closure c JOIN employer e ON e.division_id = c.descendant_id
        JOIN insurance_enrolment i ON i.participant_id = e.id
        WHERE c.depth > 0 GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1""",
    "member": "SELECT member_id FROM dispute_party WHERE member_id IS NOT NULL ORDER BY id LIMIT 1",
}
"""The key of each scope: of those that have rows, the one with the most."""


def federation(key: int, role: Role = Role.FEDERATION) -> Grant:
    """A grant over a union and all below it."""
    hierarchy = Hierarchy.INDUSTRIAL if role is Role.INDUSTRY_UNION else Hierarchy.TERRITORIAL
    return Grant(role, organization_id=key, hierarchy=hierarchy)


async def callers_of(connection: asyncpg.Pool) -> Mapping[str, Caller]:
    """A caller for each lens, with something in sight, and some with several."""
    keys = {name: await connection.fetchval(sql) for name, sql in SCOPES.items()}
    assert None not in keys.values(), keys
    province, city, union, industry, division, agency, member = keys.values()
    cases = tuple(row["id"] for row in await connection.fetch("SELECT id FROM dispute_case ORDER BY id LIMIT 5"))
    hr, agency_grant = (
        Grant(Role.HR_BUREAU, division_id=division),
        Grant(Role.SOCIAL_SECURITY_AGENCY, division_id=agency),
    )
    return {
        "national": Caller("national", everything=True),
        "province": Caller("province", grants=(federation(province),)),
        "city": Caller("city", grants=(federation(city),)),
        "grassroots": Caller("grassroots", grants=(federation(union, Role.GRASSROOTS_UNION),)),
        "industry": Caller("industry", grants=(federation(industry, Role.INDUSTRY_UNION),)),
        "hr": Caller("hr", grants=(hr,)),
        "social_security": Caller("social_security", grants=(agency_grant,)),
        "employers_body": Caller("employers_body", grants=(Grant(Role.EMPLOYERS_BODY, division_id=division),)),
        "mediator": Caller("mediator", grants=(Grant(Role.CASE_WORKER),), cases=cases),
        "member": Caller("member", grants=(Grant(Role.WORKER),), member_id=member),
        "several": Caller("several", grants=(federation(city), hr, Grant(Role.WORKER)), member_id=member),
        "analyst": PUBLIC,
        "nobody": Caller("nobody"),
    }
