"""Imports show how far they are, can be cancelled, and are broken off when their process has died; reports are removed after some days."""

import sqlalchemy as sa
from alembic import op

revision: str = "0050"
down_revision: str | None = "0049"
branch_labels = None
depends_on = None

READER, WRITER, TOP_WRITER = "unionhub_reader", "unionhub_writer", "unionhub_everything_writer"
STATES = ("RUNNING", "WRITTEN", "REHEARSED", "REFUSED", "UNREADABLE")
MORE_STATES = (*STATES, "CANCELLED", "BROKEN_OFF")
STAGES = ("WAITING", "READING", "WRITING", "ENDING")
CHANGED = "stage, done_rows, total_rows, warnings, cancelled_by"
LOCKS = 0x1447

MARK = f"""CREATE FUNCTION mark_broken_imports() RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH broken AS (
        UPDATE import_job j SET state = 'BROKEN_OFF', ended_at = clock_timestamp()
        WHERE state = 'RUNNING' AND NOT EXISTS (
            SELECT FROM pg_locks l WHERE l.locktype = 'advisory' AND l.classid = {LOCKS} AND l.objsubid = 2
                AND l.objid = (j.id % 2147483648)::oid
                AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
        ) RETURNING 1
    ) SELECT count(*) FROM broken
$$"""  # noqa: S608 — constants
REMOVE = """CREATE FUNCTION remove_import_reports(days integer) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH old AS (
        UPDATE import_job SET report = NULL
        WHERE report IS NOT NULL AND started_at < now() - make_interval(days => greatest(days, 1)) RETURNING 1
    ) SELECT count(*) FROM old
$$"""
FUNCTIONS = {"mark_broken_imports()": MARK, "remove_import_reports(integer)": REMOVE}


def upgrade() -> None:
    op.add_column("import_job", sa.Column("stage", sa.Enum(*STAGES, name="importstage", native_enum=False, length=40)))
    op.create_check_constraint("importstage", "import_job", f"stage IN {STAGES}")
    op.add_column("import_job", sa.Column("done_rows", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("import_job", sa.Column("total_rows", sa.BigInteger()))
    op.add_column("import_job", sa.Column("warnings", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("import_job", sa.Column("cancelled_by", sa.Text()))
    replace_states(MORE_STATES)
    op.create_index("ix_import_job_running", "import_job", ["digest"], postgresql_where="state = 'RUNNING'")
    op.create_index("ix_import_job_reported", "import_job", ["started_at"], postgresql_where="report IS NOT NULL")
    for role in (WRITER, TOP_WRITER):
        op.execute(f"GRANT INSERT (stage), UPDATE ({CHANGED}) ON import_job TO {role}")
    for name, text in FUNCTIONS.items():
        op.execute(text)
        op.execute(f"REVOKE EXECUTE ON FUNCTION {name} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {name} TO {READER}")


def replace_states(states: tuple[str, ...]) -> None:
    """Let a job be in these states."""
    op.execute(
        "DO $$ DECLARE name text; BEGIN FOR name IN SELECT conname FROM pg_constraint WHERE conrelid = 'import_job'::regclass"
        " AND contype = 'c' AND pg_get_constraintdef(oid) LIKE '%UNREADABLE%'"
        " LOOP EXECUTE format('ALTER TABLE import_job DROP CONSTRAINT %I', name); END LOOP; END $$"
    )
    op.create_check_constraint("importstate", "import_job", f"state IN {states}")


def downgrade() -> None:
    for name in FUNCTIONS:
        op.execute(f"DROP FUNCTION {name}")
    op.drop_index("ix_import_job_running", "import_job")
    op.drop_index("ix_import_job_reported", "import_job")
    op.execute("UPDATE import_job SET state = 'RUNNING' WHERE state IN ('CANCELLED', 'BROKEN_OFF')")
    replace_states(STATES)
    for column in ("stage", "done_rows", "total_rows", "warnings", "cancelled_by"):
        op.drop_column("import_job", column)
