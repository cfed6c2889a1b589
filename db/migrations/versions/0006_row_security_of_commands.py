"""The second wall around what commands keep: receipts are their principal's own; the log is appended to through its functions."""

from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels = None
depends_on = None

OWN = "principal = (SELECT current_setting('unionhub.principal', true))"


def upgrade() -> None:
    op.execute("ALTER TABLE command_receipt ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own ON command_receipt TO unionhub_reader USING ({OWN}) WITH CHECK ({OWN})")
    op.execute("GRANT SELECT, INSERT, UPDATE (payload) ON command_receipt TO unionhub_reader")
    op.execute("GRANT EXECUTE ON FUNCTION access_log_lock() TO unionhub_reader")
    for table in ("member", "dispute_party"):  # the clerk's, whom a command makes itself inside its transaction
        op.execute(f"REVOKE UPDATE ON {table} FROM unionhub_reader")
    op.execute("GRANT SELECT (birth_year) ON member TO unionhub_aggregates")


def downgrade() -> None:
    op.execute("REVOKE EXECUTE ON FUNCTION access_log_lock() FROM unionhub_reader")
    op.execute("REVOKE ALL ON command_receipt FROM unionhub_reader")
    op.execute("DROP POLICY own ON command_receipt")
    op.execute("ALTER TABLE command_receipt DISABLE ROW LEVEL SECURITY")
