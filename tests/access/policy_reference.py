"""The reference implementation of the policy table: its words as plain SQL on links and records, without closures and without the walls."""

from collections.abc import Mapping, Sequence
from datetime import date

import asyncpg

from resolvers.access.callers import Caller, Lens
from tests.access.policy_table import NATIONAL, PUBLIC, PolicyTable
from tests.resolvers import sql_reference

SETS = """WITH unions(id) AS (SELECT unnest($1::bigint[])), above(id) AS (SELECT unnest($2::bigint[])),
own(id) AS (SELECT unnest($3::bigint[])), divisions(id) AS (SELECT unnest($4::bigint[])),
assigned(id) AS (SELECT unnest($5::bigint[])), worker(id) AS (SELECT unnest($6::bigint[])), today(day) AS (SELECT $7::date),
cases(id) AS (SELECT case_id FROM dispute_party WHERE member_id IN (TABLE worker)), me(id) AS (SELECT $8::bigint),
administered(id, hierarchy) AS (SELECT unnest($9::bigint[]), 'TERRITORIAL' UNION SELECT unnest($10::bigint[]), 'INDUSTRIAL')
"""
"""What a caller starts from: unions with all below them today, those above, the granted ones themselves; divisions with all below; the
cases assigned; the worker, and the cases to which the worker is a party; the caller; unions over which the caller administers access."""

EMPLOYERS = "SELECT id FROM employer WHERE division_id IN (TABLE divisions)"

WORDS: Mapping[str, str] = {
    # unions
    "its unions and those above it": "id IN (TABLE unions) OR id IN (TABLE above)",
    "links of its unions": "child_id IN (TABLE unions)",
    "successions of its unions": "predecessor_id IN (TABLE unions) OR successor_id IN (TABLE unions)",
    "of its unions": "organization_id IN (TABLE unions)",
    "members of its unions today": """id IN (SELECT member_id FROM membership, today WHERE organization_id IN (TABLE unions)
        AND coalesce(valid_from, '-infinity') <= day AND coalesce(valid_to, 'infinity') > day)""",
    "of members of its unions": "member_id IN ({Member})",
    # agencies
    "in its divisions": "division_id IN (TABLE divisions)",
    "submitted in its divisions": "submitted_on IS NOT NULL AND division_id IN (TABLE divisions)",
    "by employers in its divisions": f"participant_id IN ({EMPLOYERS})",
    "enrolled by employers in its divisions": f"""id IN
        (SELECT member_id FROM insurance_enrolment WHERE participant_id IN ({EMPLOYERS}))""",
    # cases
    "the assigned cases": "id IN (TABLE assigned)",
    "parties to the assigned cases": "id IN (SELECT member_id FROM dispute_party WHERE case_id IN (TABLE assigned))",
    "named in the assigned cases": """id IN (SELECT {table}_id FROM dispute_party WHERE case_id IN (TABLE assigned))
        OR id IN (SELECT {table}_id FROM dispute_case WHERE id IN (TABLE assigned))""",
    # the worker
    "the worker": "id IN (TABLE worker)",
    "of the worker": "member_id IN (TABLE worker)",
    "cases of the worker": "id IN (TABLE cases)",
    "bodies in the worker's cases, and the worker": """case_id IN (TABLE cases)
        AND (member_id IN (TABLE worker) OR employer_id IS NOT NULL OR organization_id IS NOT NULL)""",
    "unions of the worker": """id IN (SELECT organization_id FROM membership WHERE member_id IN (TABLE worker))
        OR id IN (SELECT organization_id FROM engagement WHERE member_id IN (TABLE worker))""",
    "employers of the worker": """id IN (SELECT employer_id FROM engagement WHERE member_id IN (TABLE worker))
        OR id IN (SELECT participant_id FROM insurance_enrolment WHERE member_id IN (TABLE worker))""",
    "entries of what was done that name the worker": "records ?| ARRAY(SELECT 'mem_' || to_hex(id) FROM worker)"
    " AND action NOT LIKE '%REFUSED'",
    # access
    "over unions that it administers, or granted by it": """(organization_id, hierarchy) IN (TABLE administered)
        OR granted_by IN (TABLE me) AND EXISTS (TABLE administered)""",
    "who holds such a grant, or belongs to a union that it administers": """
        id IN (SELECT principal_id FROM access_grant WHERE id IN ({AdministeredGrant}))
        OR organization_id IN (SELECT id FROM administered)""",
    "its own": "principal_id IN (TABLE me)",
    "its own, and of who belongs to a union that it administers and has no role elsewhere": """principal_id IN (TABLE me)
        OR principal_id IN (SELECT p.id FROM principal p JOIN administered a ON a.id = p.organization_id WHERE NOT EXISTS
            (SELECT FROM access_grant g, today WHERE g.principal_id = p.id AND g.role <> 'ANALYST' AND g.revoked_at IS NULL
                AND coalesce(g.valid_to, 'infinity') > day AND (g.organization_id IS NULL
                    OR (g.organization_id, g.hierarchy) NOT IN
                        (SELECT id, hierarchy FROM administered b WHERE b.hierarchy = a.hierarchy))))""",
    # what is seen with what it belongs to
    "with the agreement": "agreement_id IN ({CollectiveAgreement})",
    "with the certification": "certification_id IN ({Certification})",
    "of its unions, or in which one of them applied": """organization_id IN (TABLE unions)
        OR id IN (SELECT round_id FROM certification WHERE organization_id IN (TABLE unions))""",
    "of its unions, or awarded by them": """organization_id IN (TABLE unions)
        OR round_id IN (SELECT id FROM certification_round WHERE organization_id IN (TABLE unions))""",
    "with the body": "body_id IN ({MediationBody})",
    "of the assigned cases": "case_id IN (TABLE assigned)",
    "serving the assigned cases": "id IN (SELECT body_id FROM legal_service WHERE case_id IN (TABLE assigned))",
    "of the worker or the household": "member_id IN (TABLE worker) OR household_id IN ({Household})",
    "attended by the worker or the household": "id IN (SELECT activity_id FROM attendance WHERE id IN ({Attendance}))",
    "with the case": "case_id IN ({DisputeCase})",
    # relief, paired assistance, care
    "with the household": "household_id IN ({Household})",
    "to the worker or the household": "member_id IN (TABLE worker) OR household_id IN ({Household})",
    "helping or helped by its unions": "organization_id IN (TABLE unions) OR partner_id IN (TABLE unions)",
    "with the cooperation agreement": "agreement_id IN ({CooperationAgreement})",
    "verified or taken on by its unions": "organization_id IN (TABLE unions) OR claimant_id IN (TABLE unions)",
    "of its unions, or that lists persons of theirs": """organization_id IN (TABLE unions)
        OR id IN (SELECT roster_id FROM roster_entry WHERE organization_id IN (TABLE unions))""",
    "rosters that name the worker": "id IN (SELECT roster_id FROM roster_entry WHERE member_id IN (TABLE worker))",
    "handled by the union itself": "organization_id IN (TABLE own)",
    "with the care case": "case_id IN ({CareCase})",
    "with the care case, and the worker's own": "case_id IN ({CareCase}) OR member_id IN (TABLE worker)",
}
"""Each word's condition on a row. ``{table}`` is the row's table, ``{Member}`` and so on the rows of that type that the same group
sees."""

HANDLED: Mapping[str, str] = {
    "DisputeStep": "case_id IN (SELECT id FROM dispute_case WHERE organization_id IN (TABLE own))",
    "PublishedFigure": "organization_id IN (TABLE unions)",
}
"""By type, the rows of cases that a granted union handles itself, and the figures whose union's records it has in sight."""

LENSES: Mapping[str, tuple[Lens, ...]] = {
    "national": (Lens.EVERYTHING,),
    "union": (Lens.TERRITORIAL, Lens.INDUSTRIAL),
    "hr": (Lens.HR_BUREAU,),
    "social_security": (Lens.SOCIAL_SECURITY,),
    "employers_body": (Lens.EMPLOYERS_BODY,),
    "case": (Lens.CASES,),
    "worker": (Lens.SELF,),
    "public": (Lens.AGGREGATES,),
}
DIVISIONS = (Lens.HR_BUREAU, Lens.SOCIAL_SECURITY, Lens.EMPLOYERS_BODY)


def groups_of(caller: Caller) -> list[str]:
    """The groups of the policy table that a caller belongs to."""
    return [group for group, lenses in LENSES.items() if set(lenses) & set(caller.lenses)]


async def start(db: asyncpg.Pool, caller: Caller, group: str, day: date) -> list[object]:
    """The values of ``SETS`` for a caller as a member of one group, through the links and the divisions' parents."""
    keys = {lens: caller.lenses.get(lens, ()) for lens in LENSES[group]}
    unions: set[int] = set()
    above: set[int] = set()
    own: set[int] = set()
    administered: dict[str, set[int]] = {"TERRITORIAL": set(), "INDUSTRIAL": set()}
    for grant in caller.grants:
        if grant.role.name in ("FEDERATION", "INDUSTRY_UNION") and grant.organization_id and grant.hierarchy:
            name = grant.hierarchy.name
            administered[name] |= await sql_reference.below(db, grant.organization_id, name, day)
    for lens in (Lens.TERRITORIAL, Lens.INDUSTRIAL):
        for key in keys.get(lens, ()):
            unions |= await sql_reference.below(db, key, lens.name, day)
            above |= set(await sql_reference.above(db, key, lens.name, day))
            own.add(key)
    own |= set(keys.get(Lens.EVERYTHING, ()))
    divisions: set[int] = set()
    for lens in DIVISIONS:
        for key in keys.get(lens, ()):
            divisions |= await sql_reference.divisions_below(db, key)
    sets = (unions, above, own, divisions, keys.get(Lens.CASES, ()), keys.get(Lens.SELF, ()))
    return [*map(list, sets), day, caller.principal_id, *map(list, administered.values())]


class PolicyReference:
    """Which rows a caller may see of each type, and which of them a union handles itself."""

    def __init__(
        self, db: asyncpg.Pool, policy: PolicyTable, tables: Mapping[str, str], caller: Caller, day: date
    ) -> None:
        self.db = db
        self.policy = policy
        self.tables = tables
        self.caller = caller
        self.day = day
        self.groups = groups_of(caller)
        self._kept: dict[tuple[str, str], set[int]] = {}
        self._starts: dict[str, Sequence[object]] = {}

    async def rows(self, typename: str) -> set[int]:
        """Keys of the rows of a type that the caller may see as a member of any of the groups."""
        found = [await self.of_group(typename, group) for group in self.groups]
        if self.policy.types[typename].open:
            found.append(await self._keys("open", typename, "true"))
        return set().union(*found)

    async def of_group(self, typename: str, group: str) -> set[int]:
        """Keys of the rows of a type that the caller may see as a member of one group."""
        entry = self.policy.types[typename]
        if entry.open or (group == NATIONAL and not entry.withheld):
            return await self._keys("open", typename, "true")
        if group == PUBLIC or group not in entry.rows:
            return set()
        return await self._keys(group, typename, self._condition(typename, group))

    async def handled(self, typename: str) -> set[int]:
        """Keys of the rows of a type that belong to a case which one of the caller's unions handles itself."""
        if "union" not in self.groups:
            return set()
        return await self._keys("union", typename, HANDLED[typename], "handled")

    def _condition(self, typename: str, group: str) -> str:
        """The condition of a word, with the conditions of other types put in that it refers to."""
        word = self.policy.types[typename].rows[group]
        condition = WORDS[word]
        for other, table in self.tables.items():
            if "{" + other + "}" in condition:
                condition = condition.replace(
                    "{" + other + "}", f"SELECT id FROM {table} WHERE {self._condition(other, group)}"
                )
        return f"({condition.replace('{table}', self.tables[typename])})"

    async def _keys(self, group: str, typename: str, condition: str, what: str = "rows") -> set[int]:
        place = (f"{group} {what}", typename)
        if place not in self._kept:
            sql, values = f"SELECT id FROM {self.tables[typename]} WHERE {condition}", ()
            if condition != "true":
                if group not in self._starts:
                    self._starts[group] = await start(self.db, self.caller, group, self.day)
                sql, values = SETS + sql, self._starts[group]
            self._kept[place] = {row[0] for row in await self.db.fetch(sql, *values)}
        return self._kept[place]
