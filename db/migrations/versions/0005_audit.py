"""The audit log is appended to and never changed; receipts of commands."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels = None
depends_on = None

LOCK = """
CREATE FUNCTION access_log_lock(OUT id bigint, OUT digest bytea, OUT at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    SELECT head.id, head.digest INTO STRICT id, digest FROM access_log_head head FOR UPDATE;
    at := clock_timestamp();
END $$
"""
CONTINUE = """
CREATE FUNCTION access_log_continue() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    head access_log_head;
BEGIN
    IF NOT EXISTS (SELECT FROM added) THEN
        RETURN NULL;
    END IF;
    SELECT * INTO STRICT head FROM access_log_head FOR UPDATE;
    IF EXISTS (
        SELECT FROM (
            SELECT id, at, previous, head.id + row_number() OVER chain AS place,
                coalesce(lag(digest) OVER chain, head.digest) AS before
            FROM added WINDOW chain AS (ORDER BY id)
        ) entry
        WHERE id <> place OR previous <> before OR abs(extract(epoch FROM at - clock_timestamp())) > 300
    ) THEN
        RAISE EXCEPTION 'the access log takes only the next entries of its chain, as of now'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    UPDATE access_log_head SET (id, digest) = (SELECT id, digest FROM added ORDER BY id DESC LIMIT 1);
    RETURN NULL;
END $$
"""
REFUSE = """
CREATE FUNCTION access_log_refuse() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('unionhub.pruning', true) = 'on' AND OLD.at < now() - interval '6 months' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'the access log is never changed: % is refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END $$
"""
PRUNE = """
CREATE FUNCTION access_log_prune(before timestamptz, OUT through bigint, OUT cut bigint, OUT digest bytea)
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF before > now() - interval '6 months' THEN
        RAISE EXCEPTION 'the access log is kept for six months at the least';
    END IF;
    PERFORM access_log_lock();
    SELECT coalesce((SELECT min(entry.id) - 1 FROM access_log entry WHERE entry.at >= before), (SELECT id FROM access_log_head))
        INTO through;
    SELECT entry.digest INTO digest FROM access_log entry WHERE entry.id = through;
    PERFORM set_config('unionhub.pruning', 'on', true);
    DELETE FROM access_log entry WHERE entry.id <= through;
    GET DIAGNOSTICS cut = ROW_COUNT;
    PERFORM set_config('unionhub.pruning', 'off', true);
END $$
"""
TRIGGERS = (
    """CREATE TRIGGER access_log_continued AFTER INSERT ON access_log REFERENCING NEW TABLE AS added
       FOR EACH STATEMENT EXECUTE FUNCTION access_log_continue()""",
    "CREATE TRIGGER access_log_no_delete BEFORE DELETE ON access_log FOR EACH ROW EXECUTE FUNCTION access_log_refuse()",
    """CREATE TRIGGER access_log_no_change BEFORE UPDATE OR TRUNCATE ON access_log
       FOR EACH STATEMENT EXECUTE FUNCTION access_log_refuse()""",
)
FUNCTIONS = (
    "access_log_lock()",
    "access_log_continue()",
    "access_log_refuse()",
    "access_log_prune(timestamptz)",
)
SERVICE = "unionhub_reader"
GRANTS = (
    "REVOKE ALL ON access_log, access_log_head FROM {role}",
    "GRANT SELECT, INSERT ON access_log TO {role}",
    "GRANT SELECT ON access_log_head TO {role}",
    "GRANT EXECUTE ON FUNCTION access_log_lock() TO {role}",
    "GRANT SELECT, INSERT, UPDATE (payload) ON command_receipt TO {role}",
    "GRANT SELECT, INSERT, UPDATE (detail, closed_on, outcome) ON subject_request TO {role}",
    "GRANT UPDATE (name) ON dispute_party TO {role}",
    """GRANT UPDATE (name, birth_year, birth_date, resident_number, resident_number_index, resident_number_region,
       resident_number_tail, phone, phone_index, phone_head, phone_tail, bank_card, bank_card_tail) ON member TO {role}""",
)
"""What the service's role may do with what commands write; policies of rows are added to that."""


def upgrade() -> None:
    op.create_table('access_log_head',
    sa.Column('single', sa.Boolean(), nullable=False),
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('digest', sa.LargeBinary(), nullable=False),
    sa.CheckConstraint('single', name=op.f('ck_access_log_head_one_row')),
    sa.PrimaryKeyConstraint('single', name=op.f('pk_access_log_head'))
    )
    op.create_table('command_receipt',
    sa.Column('principal', sa.Text(), nullable=False),
    sa.Column('command', sa.Text(), nullable=False),
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('input_digest', sa.LargeBinary(), nullable=False),
    sa.Column('payload', postgresql.JSONB(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.PrimaryKeyConstraint('principal', 'command', 'key', name=op.f('pk_command_receipt'))
    )
    op.create_index('ix_command_receipt_at', 'command_receipt', ['at'], unique=False)
    op.execute("INSERT INTO access_log_head VALUES (true, 0, decode(repeat('00', 32), 'hex'))")
    for statement in (LOCK, CONTINUE, REFUSE, PRUNE, *TRIGGERS):
        op.execute(statement)
    for function in FUNCTIONS:
        op.execute(f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC")
    if op.get_bind().scalar(sa.text("SELECT true FROM pg_roles WHERE rolname = :role"), {"role": SERVICE}):
        for grant in GRANTS:
            op.execute(grant.format(role=SERVICE))


def downgrade() -> None:
    for trigger in ("continued", "no_delete", "no_change"):
        op.execute(f"DROP TRIGGER access_log_{trigger} ON access_log")
    for function in reversed(FUNCTIONS):
        op.execute(f"DROP FUNCTION {function}")
    op.drop_table('command_receipt')
    op.drop_table('access_log_head')
