"""Imports of files are rows, which are seen by the union in whose name they were made and those above it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from db.migrations.wall import UNIONS, among, protect

revision: str = "0040"
down_revision: str | None = "0039"
branch_labels = None
depends_on = None

WRITER, TOP_WRITER = "unionhub_writer", "unionhub_everything_writer"
BELOW = among("unions", "organization_id")
STATES = ("RUNNING", "WRITTEN", "REHEARSED", "REFUSED", "UNREADABLE")
COUNTS = ("new_rows", "changed_rows", "same_rows", "refused_rows")
NEW = "organization_id, principal, kind, file_name, digest, is_dry_run, good_rows_only, refuses_changes, state"
ENDED = f"state, ended_at, {', '.join(COUNTS)}, report"


def upgrade() -> None:
    op.create_table(
        "import_job",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("organization_id", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("principal", "kind", "file_name", "digest")),
        *(sa.Column(name, sa.Boolean(), nullable=False) for name in ("is_dry_run", "good_rows_only", "refuses_changes")),
        sa.Column("state", sa.Enum(*STATES, name="importstate", native_enum=False, create_constraint=True, length=40), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        *(sa.Column(name, sa.BigInteger(), server_default="0", nullable=False) for name in COUNTS),
        sa.Column("report", JSONB(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_import_job"),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"], name="fk_import_job_organization_id"),
    )
    op.create_index("ix_import_job_organization_id", "import_job", ["organization_id", "id"])
    protect("import_job", UNIONS, counted=None)
    for role, lens, condition in ((WRITER, "writer", BELOW), (TOP_WRITER, "everything", "true")):
        op.execute(f"GRANT INSERT ({NEW}), UPDATE ({ENDED}) ON import_job TO {role}")
        op.execute(f"CREATE POLICY insert_{lens} ON import_job FOR INSERT TO {role} WITH CHECK ({condition})")
        op.execute(
            f"CREATE POLICY update_{lens} ON import_job FOR UPDATE TO {role} USING ({condition}) WITH CHECK ({condition})"
        )


def downgrade() -> None:
    op.drop_table("import_job")
