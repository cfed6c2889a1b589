"""Of the entries of the audit log that are old enough to be cut, the last stays: its date shows that those before it were old."""

from alembic import op

revision: str = "0024"
down_revision: str | None = "0023"
branch_labels = None
depends_on = None

PRUNE = """
CREATE OR REPLACE FUNCTION access_log_prune(before timestamptz, OUT through bigint, OUT cut bigint, OUT digest bytea)
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF before > now() - interval '6 months' THEN
        RAISE EXCEPTION 'the access log is kept for six months at the least';
    END IF;
    PERFORM access_log_lock();
    SELECT coalesce((SELECT min(entry.id) - 1 FROM access_log entry WHERE entry.at >= before), (SELECT id FROM access_log_head)){kept}
        INTO through;
    SELECT entry.digest INTO digest FROM access_log entry WHERE entry.id = through;
    PERFORM set_config('unionhub.pruning', 'on', true);
    DELETE FROM access_log entry WHERE entry.id <= through;
    GET DIAGNOSTICS cut = ROW_COUNT;
    PERFORM set_config('unionhub.pruning', 'off', true);
END $$
"""


def upgrade() -> None:
    op.execute(PRUNE.format(kept=" - 1"))


def downgrade() -> None:
    op.execute(PRUNE.format(kept=""))
