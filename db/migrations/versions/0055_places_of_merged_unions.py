"""A merged union has one place, that of its successor: a closure row that ended on its day of dissolution, because the successor was moved that
day, was taken for its last place too, so that its records counted twice, and the old county went on seeing them.

An engagement goes on in another union also where the worker is a member elsewhere, as couriers often are: who reorganizes unions sees the
engagement, and not the membership that the policy on new engagements asked for.
"""

from alembic import op

revision: str = "0055"
down_revision: str | None = "0054"
branch_labels = None
depends_on = None

WRITER = "unionhub_writer"
NAME = "wall.continues_engagement(bigint, bigint, date)"
CONTINUES = """
CREATE FUNCTION wall.continues_engagement(member bigint, employer bigint, day date) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (SELECT FROM public.engagement e WHERE e.member_id = member AND e.employer_id = employer AND e.valid_to = day)
$$
"""
"""Whether an engagement of these two has ended on the day: a policy may not ask its own table."""

DISSOLVED = "SELECT o.id, o.dissolved_on FROM organization o WHERE o.dissolved_on IS NOT NULL"
UNLESS_MERGED = f"""{DISSOLVED} AND NOT EXISTS (
    SELECT FROM organization_succession s WHERE s.predecessor_id = o.id AND s.kind = 'MERGER')"""
LAST = "c.valid_to = o.dissolved_on"
LAST_UNLESS_MERGED = "c.valid_to = (SELECT d.dissolved_on FROM wall.dissolved d WHERE d.id = o.id)"
WANTED = """
CREATE OR REPLACE VIEW rollup.wanted AS
SELECT a.id AS anchor, o.id AS organization_id FROM rollup.anchor a CROSS JOIN organization o WHERE a.kind = 'EVERYTHING'
UNION ALL SELECT a.id, o.id FROM rollup.anchor a JOIN organization o ON o.id = a.key WHERE a.kind = 'OWN'
UNION ALL SELECT a.id, o.id FROM rollup.anchor a JOIN organization o ON coalesce(o.division_id, 0) = a.key WHERE a.kind = 'OWN_DIVISION'
UNION ALL SELECT a.id, o.id FROM rollup.anchor a JOIN division_closure c ON c.ancestor_id = a.key
    JOIN organization o ON o.division_id = c.descendant_id WHERE a.kind = 'DIVISION'
UNION ALL SELECT a.id, o.id FROM rollup.anchor a JOIN territorial_closure c ON c.ancestor_id = a.key
    JOIN organization o ON o.id = c.descendant_id WHERE a.kind = 'TERRITORIAL' AND c.valid_from <= rollup.today()
    AND (c.valid_to IS NULL OR c.valid_to > rollup.today() OR {last})
UNION ALL SELECT a.id, o.id FROM rollup.anchor a JOIN industrial_closure c ON c.ancestor_id = a.key
    JOIN organization o ON o.id = c.descendant_id WHERE a.kind = 'INDUSTRIAL' AND c.valid_from <= rollup.today()
    AND (c.valid_to IS NULL OR c.valid_to > rollup.today() OR {last})
"""
REPLACE = """
SELECT rollup.replace(ids) FROM (
    SELECT array_agg(DISTINCT predecessor_id) AS ids FROM organization_succession WHERE kind = 'MERGER') merged WHERE ids IS NOT NULL
"""
"""Places of unions that were merged before."""

JOINED = "EXISTS (SELECT FROM membership s WHERE s.member_id = engagement.member_id OFFSET 0)"
BELOW = "(width_bucket(organization_id, (SELECT wall.seen('unions'))) & 1) <> 0"


def upgrade() -> None:
    op.execute(f"CREATE OR REPLACE VIEW wall.dissolved AS {UNLESS_MERGED}")
    op.execute("GRANT SELECT ON wall.dissolved TO unionhub_aggregates")
    op.execute(WANTED.format(last=LAST_UNLESS_MERGED))
    op.execute(REPLACE)
    op.execute(CONTINUES)
    op.execute(f"REVOKE EXECUTE ON FUNCTION {NAME} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {NAME} TO {WRITER}")
    op.execute(
        f"ALTER POLICY insert_writer ON engagement WITH CHECK ({BELOW} AND ({JOINED}"
        " OR wall.continues_engagement(member_id, employer_id, valid_from)))"
    )


def downgrade() -> None:
    op.execute(f"ALTER POLICY insert_writer ON engagement WITH CHECK ({BELOW} AND {JOINED})")
    op.execute(f"DROP FUNCTION {NAME}")
    op.execute(WANTED.format(last=LAST))
    op.execute("REVOKE SELECT ON wall.dissolved FROM unionhub_aggregates")
    op.execute(f"CREATE OR REPLACE VIEW wall.dissolved AS {DISSOLVED}")
