"""Unions are moved, merged and split: who succeeded whom, and what whoever writes may change for it.

A merged union is dissolved, and what it recorded stands below its successor: its last link stays open, and the closures follow it.
"""

import sqlalchemy as sa
from alembic import op

from db.migrations.wall import among, protect

revision: str = "0052"
down_revision: str | None = "0051"
branch_labels = None
depends_on = None

WRITER, TOP_WRITER = "unionhub_writer", "unionhub_everything_writer"
KINDS = ("MERGER", "SPLIT")
ENDS = ("predecessor_id", "successor_id")
SEEN = {"federation": " OR ".join(among("unions", column) for column in ENDS)}
BOTH = " AND ".join(among("unions", column) for column in ENDS)
CHILD = among("unions", "child_id")
NEW = "predecessor_id, successor_id, kind, succeeded_on, reason"
MOVED = "valid_to"

ENDS_WITH = "coalesce(o.dissolved_on, 'infinity'::date)"
ENDS_UNLESS_MERGED = """CASE WHEN EXISTS (SELECT FROM organization_succession s WHERE s.predecessor_id = o.id AND s.kind = 'MERGER')
                            THEN 'infinity'::date ELSE coalesce(o.dissolved_on, 'infinity'::date) END"""
RECOMPUTE = "wall.recompute_closures(bigint[], text)"


def _replace(before: str, after: str) -> None:
    """Change one expression of the function that computes closures."""
    source = op.get_bind().scalar(sa.text(f"SELECT pg_get_functiondef('{RECOMPUTE}'::regprocedure)"))
    if source is None or source.count(before) != 1:
        raise RuntimeError(f"{RECOMPUTE} is not as this migration expects it")
    op.get_bind().exec_driver_sql(source.replace(before, after))


def upgrade() -> None:
    op.create_table(
        "organization_succession",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ENDS),
        sa.Column("kind", sa.Enum(*KINDS, name="successionkind", native_enum=False, create_constraint=True, length=40), nullable=False),
        sa.Column("succeeded_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_organization_succession"),
        sa.UniqueConstraint(*ENDS, "succeeded_on", name="uq_organization_succession_day"),
        sa.CheckConstraint("predecessor_id <> successor_id", name="ck_organization_succession_other"),
        *(
            sa.ForeignKeyConstraint([name], ["organization.id"], name=f"fk_organization_succession_{name}")
            for name in ENDS
        ),
    )  # fmt: skip
    for name in ENDS:
        op.create_index(f"ix_organization_succession_{name}", "organization_succession", [name])
    protect("organization_succession", SEEN)
    for role, lens, condition in ((WRITER, "writer", BOTH), (TOP_WRITER, "everything", "true")):
        op.execute(f"GRANT INSERT ({NEW}) ON organization_succession TO {role}")
        op.execute(f"CREATE POLICY insert_{lens} ON organization_succession FOR INSERT TO {role} WITH CHECK ({condition})")
    for role, lens, condition in ((WRITER, "writer", CHILD), (TOP_WRITER, "everything", "true")):
        op.execute(f"GRANT UPDATE ({MOVED}) ON organization_link TO {role}")
        op.execute(
            f"CREATE POLICY update_{lens} ON organization_link FOR UPDATE TO {role} USING ({condition}) WITH CHECK ({condition})"
        )
        op.execute(f"GRANT UPDATE (organization_id) ON employer TO {role}")
    _replace(ENDS_WITH, ENDS_UNLESS_MERGED)


def downgrade() -> None:
    _replace(ENDS_UNLESS_MERGED, ENDS_WITH)
    for role, lens in ((WRITER, "writer"), (TOP_WRITER, "everything")):
        op.execute(f"REVOKE UPDATE (organization_id) ON employer FROM {role}")
        op.execute(f"DROP POLICY update_{lens} ON organization_link")
        op.execute(f"REVOKE UPDATE ({MOVED}) ON organization_link FROM {role}")
    op.drop_table("organization_succession")
