"""What goes from one union to another on a day, one statement a table: dated rows end on the day and go on in the other union from it.

What stays is what a union has recorded: agreements, cases, enrolments, activities. The day before, questions have the answer that they had.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import asyncpg

from resolvers.commands.context import refused

LINKS = """SELECT id, child_id, parent_id, hierarchy, valid_from FROM organization_link
WHERE valid_to IS NULL AND {condition} ORDER BY id FOR NO KEY UPDATE"""
MOVE_LINKS = """WITH ended AS (
    UPDATE organization_link l SET valid_to = $4 FROM unnest($1::bigint[], $2::bigint[]) AS u(id, parent) WHERE l.id = u.id
    RETURNING l.child_id, u.parent, l.hierarchy, l.is_lead
)
INSERT INTO organization_link (child_id, parent_id, hierarchy, is_lead, reason, valid_from)
SELECT child_id, parent, hierarchy, is_lead, $3, $4 FROM ended"""
"""One statement: the closures follow at its end (migration 0043), and a union between two links would be out of the writer's reach."""

MEMBERSHIPS = """SELECT m.id, m.organization_id, m.status, m.valid_from FROM membership m
WHERE m.organization_id = ANY ($1::bigint[]) AND m.valid_to IS NULL AND ({condition}) ORDER BY m.id FOR NO KEY UPDATE"""
END_MEMBERSHIPS = """UPDATE membership SET valid_to = $2, end_reason = $3,
    status = CASE WHEN valid_from IS NULL THEN status ELSE 'TRANSFERRED_OUT' END WHERE id = ANY ($1::bigint[])"""
GO_ON_MEMBERSHIPS = """INSERT INTO membership (member_id, organization_id, status, channel, applied_on, valid_from)
SELECT m.member_id, u.union_id, u.status, m.channel, m.applied_on, CASE WHEN m.valid_from IS NOT NULL THEN $4::date END
FROM unnest($1::bigint[], $2::bigint[], $3::text[]) AS u(id, union_id, status) JOIN membership m ON m.id = u.id ORDER BY m.id"""

DATED = """SELECT t.id, t.organization_id, t.employer_id, t.valid_from FROM {table} t
WHERE t.organization_id = ANY ($1::bigint[]) AND t.valid_to IS NULL AND ({condition}) ORDER BY t.id FOR NO KEY UPDATE"""
END_DATED = "UPDATE {table} SET valid_to = $2 WHERE id = ANY ($1::bigint[])"
GO_ON = {
    "engagement": """INSERT INTO engagement (member_id, employer_id, organization_id, kind, job_title, valid_from)
        SELECT t.member_id, t.employer_id, u.union_id, t.kind, t.job_title, $3
        FROM unnest($1::bigint[], $2::bigint[]) AS u(id, union_id) JOIN engagement t ON t.id = u.id ORDER BY t.id""",
    "employer_coverage": """INSERT INTO employer_coverage (organization_id, employer_id, valid_from)
        SELECT DISTINCT u.union_id, t.employer_id, $3::date
        FROM unnest($1::bigint[], $2::bigint[]) AS u(id, union_id) JOIN employer_coverage t ON t.id = u.id
        WHERE NOT EXISTS (SELECT FROM employer_coverage c
            WHERE c.employer_id = t.employer_id AND c.organization_id = u.union_id AND c.valid_to IS NULL)""",
}
EMPLOYERS = """SELECT t.id, t.organization_id, NULL::date AS valid_from FROM employer t
WHERE t.organization_id = ANY ($1::bigint[]) AND ({condition}) ORDER BY t.id FOR NO KEY UPDATE"""
MOVE_EMPLOYERS = """UPDATE employer t SET organization_id = u.union_id
FROM unnest($1::bigint[], $2::bigint[]) AS u(id, union_id) WHERE t.id = u.id"""
END_TERMS = """UPDATE committee_term SET valid_to = $2 WHERE organization_id = ANY ($1::bigint[])
AND (valid_to IS NULL OR valid_to > $2) AND valid_from < $2"""

EVERYTHING = "true"
WORDS = {
    "organization_link": "links of unions",
    "membership": "memberships",
    "engagement": "engagements",
    "employer_coverage": "coverages of employers",
}
PATIENCE = """SELECT set_config(name, CASE current_setting(name) WHEN '0' THEN '0' ELSE
    greatest(extract(epoch FROM current_setting(name)::interval) * 1000, 600000)::bigint::text END, true)
FROM unnest(ARRAY['statement_timeout', 'lock_timeout']) AS name"""
"""A county's members go to another union in statements that take longer than a query."""


@dataclass
class Counts:
    """How many rows of each kind a reorganization moves or ends."""

    unions: int = 0
    memberships: int = 0
    engagements: int = 0
    coverages: int = 0
    employers: int = 0
    committee_terms: int = 0
    dissolved: int = 0

    def stored(self) -> Mapping[str, int]:
        """The form in a receipt and in the audit log."""
        return dict(vars(self))


@dataclass(frozen=True)
class Transfer:
    """To which union each row goes: by the union that it is in, or by its employer or member within that union."""

    day: date
    reason: str
    counts: Counts = field(default_factory=Counts)

    async def links(
        self, connection: asyncpg.Connection, rows: Sequence[asyncpg.Record], parents: Mapping[int, int]
    ) -> None:
        """Links end, and go on to the parent that ``parents`` has for each."""
        self._refuse_later("organization_link", rows)
        await connection.execute(MOVE_LINKS, list(parents), list(parents.values()), self.reason, self.day)
        self.counts.unions += len({row["child_id"] for row in rows})

    async def memberships(
        self,
        connection: asyncpg.Connection,
        sources: Sequence[int],
        to: Mapping[int, int] | int,
        condition: str,
        *values: object,
    ) -> None:
        """Open memberships and applications go on in another union: ``to`` it, or to that of each source."""
        rows = await connection.fetch(MEMBERSHIPS.format(condition=condition), sources, *values)
        self._refuse_later("membership", rows)
        ids, unions = _destinations(rows, to)
        await connection.execute(END_MEMBERSHIPS, ids, self.day, self.reason)
        await connection.execute(GO_ON_MEMBERSHIPS, ids, unions, [row["status"] for row in rows], self.day)
        self.counts.memberships += len(rows)

    async def dated(
        self,
        connection: asyncpg.Connection,
        table: str,
        sources: Sequence[int],
        to: Mapping[int, int] | int,
        condition: str,
        *values: object,
    ) -> int:
        """Open engagements or coverages go on in another union; returns how many."""
        rows = await connection.fetch(DATED.format(table=table, condition=condition), sources, *values)
        self._refuse_later(table, rows)
        ids, unions = _destinations(rows, to)
        await connection.execute(END_DATED.format(table=table), ids, self.day)
        await connection.execute(GO_ON[table], ids, unions, self.day)
        return len(rows)

    async def of_employers(
        self,
        connection: asyncpg.Connection,
        sources: Sequence[int],
        to: Mapping[int, int] | int,
        employers: Sequence[int] | None = None,
    ) -> None:
        """Employers with their engagements and coverages: all of the unions, or some."""
        own, other = (EVERYTHING, EVERYTHING) if employers is None else ("t.id = ANY ($2)", "t.employer_id = ANY ($2)")
        values = [] if employers is None else [employers]
        self.counts.engagements += await self.dated(connection, "engagement", sources, to, other, *values)
        self.counts.coverages += await self.dated(connection, "employer_coverage", sources, to, other, *values)
        rows = await connection.fetch(EMPLOYERS.format(condition=own), sources, *values)
        await connection.execute(MOVE_EMPLOYERS, *_destinations(rows, to))
        self.counts.employers += len(rows)

    def _refuse_later(self, table: str, rows: Sequence[asyncpg.Record]) -> None:
        later = sum(row["valid_from"] is not None and row["valid_from"] >= self.day for row in rows)
        if later:
            raise refused(
                "LATER_RECORDS",
                f"{later:,} {WORDS[table]} begin on this day or after it. Give a later day, or mend them first.",
                "on",
            )


def _destinations(rows: Sequence[asyncpg.Record], to: Mapping[int, int] | int) -> tuple[list[int], list[int]]:
    """The keys of rows, and the union that each goes to."""
    unions = [to if isinstance(to, int) else to[row["organization_id"]] for row in rows]
    return [row["id"] for row in rows], unions
