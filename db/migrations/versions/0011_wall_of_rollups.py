"""The second wall around the roll-ups: cells of the unions in sight, and changes and repeated records of those unions alone."""

from alembic import op

from db.migrations.wall import AGGREGATES, READER, UNIONS, among, protect, unprotect

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels = None
depends_on = None

FACTS = ("membership", "insurance_enrolment")
OPEN = ("state", "anchor", "place", *(f"{fact}_class" for fact in FACTS))
"""Keys of unions and divisions, and combinations of dimensions that occur: nothing of anybody."""

HOLDS = "c.valid_from <= (SELECT wall.today()) AND (c.valid_to IS NULL OR c.valid_to > (SELECT wall.today()))"
SAME = """(cardinality((SELECT wall.keys('{other}'))) = 0 OR EXISTS (
    SELECT FROM {lens}_closure c WHERE c.descendant_id = a.key AND c.ancestor_id = ANY ((SELECT wall.keys('{lens}'))::bigint[]) AND {holds}))"""
"""Below a union of the caller's in the very hierarchy that is counted by: beyond doubt for who has a lens of that one alone."""

ANCHORS = " UNION ALL ".join(
    f"SELECT a.id FROM rollup.anchor a WHERE a.kind IN ('{lens.upper()}', 'OWN') AND {among('unions', 'a.key')}"
    f" AND cardinality((SELECT wall.keys('{lens}'))) > 0 AND {SAME.format(lens=lens, other=other, holds=HOLDS)}"
    for lens, other in (("territorial", "industrial"), ("industrial", "territorial"))
)
IN_SIGHT = {"federation": "anchor IN (SELECT id FROM wall.counted)"}


def upgrade() -> None:
    op.execute(f"CREATE VIEW wall.counted AS {ANCHORS}")
    op.execute(f"GRANT SELECT ON wall.counted TO {READER}")
    op.execute(f"GRANT USAGE ON SCHEMA rollup TO {READER}, {AGGREGATES}")
    for table in OPEN:
        op.execute(f"GRANT SELECT ON rollup.{table} TO {READER}, {AGGREGATES}")
    for fact in FACTS:
        protect(f"rollup.{fact}_cell", IN_SIGHT)
        protect(f"rollup.{fact}_change", UNIONS)
        protect(f"rollup.{fact}_repeat", UNIONS)


def downgrade() -> None:
    op.execute("DROP VIEW wall.counted CASCADE")
    unprotect(*(f"rollup.{fact}_{part}" for fact in FACTS for part in ("cell", "change", "repeat")))
    for table in OPEN:
        op.execute(f"REVOKE ALL ON rollup.{table} FROM {READER}, {AGGREGATES}")
    op.execute(f"REVOKE USAGE ON SCHEMA rollup FROM {READER}, {AGGREGATES}")
