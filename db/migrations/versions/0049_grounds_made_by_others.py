"""A grant is no ground on which the principal who wrote it sees a bank card: each grant keeps who has written it in batches."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision: str = "0049"
down_revision: str | None = "0048"
branch_labels = None
depends_on = None

WRITERS = "'unionhub_writer', 'unionhub_everything_writer'"
NOTE_WRITER = """
CREATE FUNCTION wall.note_writer() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    NEW.written_by := CASE WHEN TG_OP = 'UPDATE' THEN OLD.written_by ELSE '{}' END;
    NEW.written_by := NEW.written_by || ARRAY(SELECT me FROM unnest(wall.keys('me')) AS me WHERE me <> ALL (NEW.written_by));
    RETURN NEW;
END $$
"""
GRANT = "g.amount IS NOT NULL"
OF_OTHERS = f"{GRANT} AND NOT g.written_by && wall.keys('me')"
REPLACE = """
DO $$
DECLARE
    before text := pg_get_functiondef('wall.grounded(text, text, jsonb)'::regprocedure);
    after text := replace(before, $text${old}$text$, $text${new}$text$);
BEGIN
    IF before = after THEN
        RAISE EXCEPTION 'wall.grounded has another text than this migration expects';
    END IF;
    EXECUTE after;
END $$
"""
"""The function is changed in one place, so that what other migrations have made of it stays."""


def upgrade() -> None:
    op.add_column("aid_grant", sa.Column("written_by", ARRAY(sa.BigInteger()), server_default="{}", nullable=False))
    op.execute(NOTE_WRITER)
    op.execute("REVOKE EXECUTE ON FUNCTION wall.note_writer() FROM PUBLIC")
    op.execute(
        "CREATE TRIGGER note_writer BEFORE INSERT OR UPDATE ON aid_grant FOR EACH ROW"
        f" WHEN (current_user IN ({WRITERS})) EXECUTE FUNCTION wall.note_writer()"
    )
    op.execute(REPLACE.format(old=GRANT, new=OF_OTHERS))


def downgrade() -> None:
    op.execute(REPLACE.format(old=OF_OTHERS, new=GRANT))
    op.execute("DROP TRIGGER note_writer ON aid_grant")
    op.execute("DROP FUNCTION wall.note_writer()")
    op.drop_column("aid_grant", "written_by")
