"""Closed divisions inherit what stands in their successors; headings and repetitions of the code list are kinds of their own."""

import sqlalchemy as sa
from alembic import op

revision: str = "0027"
down_revision: str | None = "0026"
branch_labels = None
depends_on = None

KINDS = ("STATUTORY", "STATISTICAL_ZONE", "FUNCTIONAL_ZONE")
FRESH = ("HEADING", "REPETITION")

INHERIT = """
WITH RECURSIVE heir (old, new) AS (
    SELECT p.id, d.id FROM division d JOIN division p ON p.id = d.predecessor_id AND p.valid_to IS NOT NULL
    UNION SELECT h.old, d.id FROM heir h JOIN division p ON p.id = h.new AND p.valid_to IS NOT NULL
    JOIN division d ON d.predecessor_id = p.id
)
INSERT INTO division_closure (ancestor_id, descendant_id, depth, inherited)
SELECT h.old, c.descendant_id, min(c.depth), true FROM heir h JOIN division_closure c ON c.ancestor_id = h.new AND NOT c.inherited
GROUP BY 1, 2 ON CONFLICT DO NOTHING
"""
HEADINGS = """
UPDATE division SET kind = 'HEADING'
WHERE level = 'CITY' AND name IN ('市辖区', '县', '省直辖县级行政区划', '自治区直辖县级行政区划')
"""
REPETITIONS = """
UPDATE division d SET kind = 'REPETITION' FROM division p
WHERE p.id = d.parent_id AND d.name = p.name AND (length(d.code) = 6 OR d.code LIKE '%000')
"""


def kinds(names: tuple[str, ...]) -> None:
    """Let a division be of these kinds."""
    op.execute("ALTER TABLE division DROP CONSTRAINT IF EXISTS ck_division_divisionkind")
    codes = ", ".join(f"'{name}'" for name in names)
    op.execute(f"ALTER TABLE division ADD CONSTRAINT ck_division_divisionkind CHECK (kind IN ({codes}))")


def upgrade() -> None:
    op.add_column("division_closure", sa.Column("inherited", sa.Boolean(), server_default=sa.false(), nullable=False))
    kinds((*KINDS, *FRESH))
    for statement in (HEADINGS, REPETITIONS, INHERIT):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DELETE FROM division_closure WHERE inherited")
    op.drop_column("division_closure", "inherited")
    op.execute("UPDATE division SET kind = 'STATUTORY' WHERE kind IN ('HEADING', 'REPETITION')")
    kinds(KINDS)
