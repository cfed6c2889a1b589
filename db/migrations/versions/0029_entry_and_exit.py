"""Of each membership how it began (first, returned, transferred in) and ended (left, transferred out), kept by triggers; roll-ups made anew
with both.

They stand empty and out of use until ``unionhub db rebuild-rollups``; statistics are counted from the records until then.
"""

import sqlalchemy as sa
from alembic import op

from db.migrations.rollup import create, drop
from db.migrations.rollup_wall import guard, make_anew
from db.rollups.layout import FACTS

revision: str = "0029"
down_revision: str | None = "0028"
branch_labels = None
depends_on = None

CODES = {"entry": ("FIRST", "RETURNED", "TRANSFERRED_IN"), "exit": ("LEFT", "TRANSFERRED_OUT")}

TRACED = """
CREATE FUNCTION membership_traced(people bigint[])
RETURNS TABLE (id bigint, entry text, exit text) LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT id,
        CASE WHEN before_id IS NULL THEN 'FIRST'
             WHEN before_status = 'TRANSFERRED_OUT' OR before_to IS NULL OR before_to >= valid_from THEN 'TRANSFERRED_IN'
             ELSE 'RETURNED' END,
        CASE WHEN valid_to IS NULL THEN NULL
             WHEN status = 'TRANSFERRED_OUT' OR next_from <= valid_to THEN 'TRANSFERRED_OUT'
             ELSE 'LEFT' END
    FROM (
        SELECT id, status, valid_from, valid_to, lag(id) OVER path AS before_id, lag(status) OVER path AS before_status,
               lag(valid_to) OVER path AS before_to, lead(valid_from) OVER path AS next_from
        FROM membership WHERE valid_from IS NOT NULL AND member_id = ANY (people)
        WINDOW path AS (PARTITION BY member_id ORDER BY valid_from, id)
    ) found
    UNION ALL SELECT id, NULL, NULL FROM membership WHERE valid_from IS NULL AND member_id = ANY (people)
$$
"""
"""Of some persons' memberships how each began and ended: by the one before it and after it."""

TRACE = """
CREATE FUNCTION membership_trace(people bigint[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE wrong bigint[];
BEGIN
    SELECT array_agg(s.id) INTO wrong FROM membership_traced(people) t JOIN membership s ON s.id = t.id
    WHERE (s.entry, s.exit) IS DISTINCT FROM (t.entry, t.exit);
    -- an update of no row would call the trigger again, without end
    IF wrong IS NOT NULL THEN
        UPDATE membership s SET entry = t.entry, exit = t.exit FROM membership_traced(people) t WHERE s.id = t.id AND s.id = ANY (wrong);
    END IF;
END $$
"""
KEEP = """
CREATE FUNCTION membership_keeps_path() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE people bigint[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg(DISTINCT member_id) INTO people FROM added;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(DISTINCT member_id) INTO people FROM removed;
    ELSE
        SELECT array_agg(DISTINCT member_id) INTO people
        FROM (SELECT member_id FROM removed UNION ALL SELECT member_id FROM added) both_;
    END IF;
    IF people IS NOT NULL THEN
        -- who writes another membership of theirs at the same time waits, and sees this one
        PERFORM FROM member WHERE id = ANY (people) ORDER BY id FOR NO KEY UPDATE;
        PERFORM membership_trace(people);
    END IF;
    RETURN NULL;
END $$
"""
TRIGGERS = {
    "INSERT": "NEW TABLE AS added",
    "UPDATE": "OLD TABLE AS removed NEW TABLE AS added",
    "DELETE": "OLD TABLE AS removed",
}
FILL = "SELECT membership_trace(ARRAY(SELECT DISTINCT member_id FROM membership))"


def upgrade() -> None:
    op.execute("SET LOCAL row_security = off")
    op.add_column("membership", sa.Column("entry", sa.String(40), server_default="FIRST"))
    op.add_column("membership", sa.Column("exit", sa.String(40)))
    for name, codes in CODES.items():
        among = ", ".join(f"'{code}'" for code in codes)
        op.execute(f"ALTER TABLE membership ADD CONSTRAINT ck_membership_membership{name} CHECK ({name} IN ({among}))")
    op.execute(TRACED)
    op.execute(TRACE)
    op.execute(KEEP)
    for function in ("membership_traced(bigint[])", "membership_trace(bigint[])", "membership_keeps_path()"):
        op.execute(f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC")
    op.execute("UPDATE rollup.state SET ready = false")
    op.execute("SET LOCAL unionhub.rollups = off")
    op.execute(FILL)
    for event, tables in TRIGGERS.items():
        op.execute(
            f"CREATE TRIGGER membership_path_{event.lower()} AFTER {event} ON membership REFERENCING {tables}"
            " FOR EACH STATEMENT EXECUTE FUNCTION membership_keeps_path()"
        )
    make_anew(FACTS.values())


def downgrade() -> None:
    for event in TRIGGERS:
        op.execute(f"DROP TRIGGER membership_path_{event.lower()} ON membership")
    for function in ("membership_keeps_path()", "membership_trace(bigint[])", "membership_traced(bigint[])"):
        op.execute(f"DROP FUNCTION {function}")
    drop(FACTS.values())
    op.drop_column("membership", "exit")
    op.drop_column("membership", "entry")
    create(FACTS.values())
    guard(FACTS.values())
