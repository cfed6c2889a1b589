"""What goes from one union to another on a day, one statement a table: dated rows end on the day and go on in the other union from it.

What stays is what a union has recorded: agreements, cases, enrolments, activities. The day before, questions have the answer that they had.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import asyncpg

from db.hierarchies import MOVE_LINKS
from resolvers.commands.context import refused

LINKS = """SELECT id, child_id, parent_id, is_lead, valid_from FROM organization_link
WHERE valid_to IS NULL AND {condition} ORDER BY id FOR NO KEY UPDATE"""

MEMBERSHIPS = """SELECT m.id, m.status, m.valid_from, m.valid_to, m.end_reason FROM membership m
WHERE m.organization_id = ANY ($1::bigint[]) AND (m.valid_to IS NULL OR m.valid_from IS NOT NULL AND m.valid_to > $2)
    AND ({condition}) ORDER BY m.id FOR NO KEY UPDATE"""
"""Also memberships that end after the day: a dissolved union has no members."""

END_MEMBERSHIPS = """UPDATE membership SET valid_to = $2, end_reason = $3,
    status = CASE WHEN valid_from IS NULL THEN status ELSE 'TRANSFERRED_OUT' END WHERE id = ANY ($1::bigint[])"""
GO_ON_MEMBERSHIPS = """INSERT INTO membership (member_id, organization_id, status, channel, applied_on, valid_from, valid_to, end_reason)
SELECT m.member_id, $2::bigint, u.status, m.channel, m.applied_on, CASE WHEN m.valid_from IS NOT NULL THEN $6::date END, u.ends, u.reason
FROM unnest($1::bigint[], $3::text[], $4::date[], $5::text[]) AS u(id, status, ends, reason) JOIN membership m ON m.id = u.id
WHERE m.valid_from IS NOT NULL OR NOT EXISTS (
    SELECT FROM membership s WHERE s.member_id = m.member_id AND s.organization_id = $2 AND s.valid_to IS NULL
) AND NOT EXISTS (
    SELECT FROM unnest($1::bigint[], $4::date[]) AS v(id, ends) JOIN membership o ON o.id = v.id
    WHERE o.member_id = m.member_id AND v.ends IS NULL AND (o.valid_from IS NOT NULL OR o.id < m.id)
) ORDER BY m.id"""
"""An application does not go on to a union of which the person is, or becomes by this, a member or an applicant."""

DATED = """SELECT t.id, t.valid_from, t.valid_to FROM {table} t
WHERE t.organization_id = ANY ($1::bigint[]) AND (t.valid_to IS NULL OR t.valid_to > $2) AND ({condition})
ORDER BY t.id FOR NO KEY UPDATE"""
END_DATED = "UPDATE {table} SET valid_to = $2 WHERE id = ANY ($1::bigint[])"
GO_ON = {
    "engagement": """INSERT INTO engagement (member_id, employer_id, organization_id, kind, job_title, valid_from, valid_to)
        SELECT t.member_id, t.employer_id, $2::bigint, t.kind, t.job_title, $4::date, u.ends
        FROM unnest($1::bigint[], $3::date[]) AS u(id, ends) JOIN engagement t ON t.id = u.id ORDER BY t.id""",
    "employer_coverage": """INSERT INTO employer_coverage (organization_id, employer_id, valid_from, valid_to)
        SELECT $2::bigint, n.employer_id, coalesce(max(c.valid_to), $4::date), nullif(n.ends, 'infinity')
        FROM (
            SELECT t.employer_id, max(coalesce(u.ends, 'infinity')) AS ends
            FROM unnest($1::bigint[], $3::date[]) AS u(id, ends) JOIN employer_coverage t ON t.id = u.id GROUP BY t.employer_id
        ) n LEFT JOIN employer_coverage c
            ON c.employer_id = n.employer_id AND c.organization_id = $2 AND coalesce(c.valid_to, 'infinity') > $4
        GROUP BY n.employer_id, n.ends
        HAVING count(c.id) = 0 OR bool_and(coalesce(c.valid_to, 'infinity') < n.ends)""",
}
"""What ends after the day goes on to its end. A union that covers an employer already covers it from the end of that on, if at all."""

EMPLOYERS = """SELECT t.id FROM employer t WHERE t.organization_id = ANY ($1::bigint[]) AND ({condition})
ORDER BY t.id FOR NO KEY UPDATE"""
MOVE_EMPLOYERS = "UPDATE employer SET organization_id = $2 WHERE id = ANY ($1::bigint[])"
END_TERMS = """UPDATE committee_term SET valid_to = $2 WHERE organization_id = ANY ($1::bigint[])
AND (valid_to IS NULL OR valid_to > $2) AND valid_from < $2"""

EVERYTHING = "true"
WORDS = {
    "organization_link": "links of unions",
    "membership": "memberships",
    "engagement": "engagements",
    "employer_coverage": "coverages of employers",
}


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
    """What goes to another union on a day, and how much it is."""

    day: date
    reason: str
    counts: Counts = field(default_factory=Counts)

    async def links(self, connection: asyncpg.Connection, rows: Sequence[asyncpg.Record], parent: int) -> None:
        """Links end, and go on to another parent."""
        self._refuse_later("organization_link", rows)
        moved = [row["id"] for row in rows], [parent] * len(rows), [row["is_lead"] for row in rows]
        await connection.execute(MOVE_LINKS, *moved, self.reason, self.day)
        self.counts.unions += len({row["child_id"] for row in rows})

    async def memberships(
        self, connection: asyncpg.Connection, sources: Sequence[int], to: int, condition: str, *values: object
    ) -> None:
        """Memberships and applications that have not ended by the day go on in another union."""
        rows = await connection.fetch(MEMBERSHIPS.format(condition=condition), sources, self.day, *values)
        self._refuse_later("membership", rows)
        ids = [row["id"] for row in rows]
        await connection.execute(END_MEMBERSHIPS, ids, self.day, self.reason)
        recorded = ([row[name] for row in rows] for name in ("status", "valid_to", "end_reason"))
        await connection.execute(GO_ON_MEMBERSHIPS, ids, to, *recorded, self.day)
        self.counts.memberships += len(rows)

    async def dated(
        self,
        connection: asyncpg.Connection,
        table: str,
        sources: Sequence[int],
        to: int,
        condition: str,
        *values: object,
    ) -> int:
        """Engagements or coverages that have not ended by the day go on in another union; returns how many."""
        rows = await connection.fetch(DATED.format(table=table, condition=condition), sources, self.day, *values)
        self._refuse_later(table, rows)
        ids = [row["id"] for row in rows]
        await connection.execute(END_DATED.format(table=table), ids, self.day)
        await connection.execute(GO_ON[table], ids, to, [row["valid_to"] for row in rows], self.day)
        return len(rows)

    async def of_employers(
        self, connection: asyncpg.Connection, sources: Sequence[int], to: int, employers: Sequence[int] | None = None
    ) -> None:
        """Employers with their engagements and coverages: all of the unions, or some."""
        own, other = (EVERYTHING, EVERYTHING) if employers is None else ("t.id = ANY ($2)", "t.employer_id = ANY ($3)")
        values = [] if employers is None else [employers]
        self.counts.engagements += await self.dated(connection, "engagement", sources, to, other, *values)
        self.counts.coverages += await self.dated(connection, "employer_coverage", sources, to, other, *values)
        rows = await connection.fetch(EMPLOYERS.format(condition=own), sources, *values)
        await connection.execute(MOVE_EMPLOYERS, [row["id"] for row in rows], to)
        self.counts.employers += len(rows)

    def _refuse_later(self, table: str, rows: Sequence[asyncpg.Record]) -> None:
        later = sum(row["valid_from"] is not None and row["valid_from"] >= self.day for row in rows)
        if later:
            raise refused(
                "LATER_RECORDS",
                f"{later:,} {WORDS[table]} begin on this day or after it. Give a later day, or mend them first.",
                "on",
            )
