"""What the rules of data quality look up beside the record: views of keys alone, the same for whoever sees the record, and the check of codes."""

from collections.abc import Mapping

from alembic import op

from db.migrations.wall import READER

revision: str = "0051"
down_revision: str | None = "0050"
branch_labels = None
depends_on = None

VIEWS: Mapping[str, str] = {
    "overlapping_memberships": """
        SELECT s.id FROM membership s WHERE EXISTS (
            SELECT FROM membership o WHERE o.member_id = s.member_id AND o.id <> s.id AND o.organization_id <> s.organization_id
            AND s.valid_from < coalesce(o.valid_to, 'infinity') AND o.valid_from < coalesce(s.valid_to, 'infinity'))""",
    "outlasting_memberships": """
        SELECT s.id FROM membership s WHERE s.valid_from IS NOT NULL AND s.valid_to IS NULL AND EXISTS (
            SELECT FROM organization o WHERE o.id = s.organization_id AND o.dissolved_on <= wall.today())""",
    "probable_duplicates": """
        SELECT m.id FROM member m WHERE m.name <> '已删除' AND (EXISTS (
            SELECT FROM member o WHERE o.phone_index = m.phone_index AND o.id <> m.id AND o.name = m.name
        ) OR EXISTS (
            SELECT FROM member o WHERE o.organization_id = m.organization_id AND o.id <> m.id AND o.name = m.name
            AND o.birth_year_from = m.birth_year_from AND num_nulls(o.resident_number_index, m.resident_number_index) > 0
        ))""",
    "former_members": """
        SELECT m.id FROM member m WHERE m.organization_id IS NULL AND EXISTS (
            SELECT FROM membership s WHERE s.member_id = m.id AND s.valid_to IS NOT NULL)""",
    "overdue_terms": """
        SELECT t.organization_id AS id FROM committee_term t
        WHERE coalesce(t.valid_to, (t.elected_on + interval '5 years')::date) <= wall.today() AND NOT EXISTS (
            SELECT FROM committee_term n WHERE n.organization_id = t.organization_id AND n.committee = t.committee
            AND n.valid_from > t.valid_from)""",
}
"""Keys of memberships, persons and unions. A term without an end is over after five years (Trade Union Law art. 16)."""

CODE_FAILS = """
CREATE FUNCTION wall.credit_code_fails(code text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN code !~ '^[0-9A-HJ-NPQRTUWXY]{18}$' THEN true ELSE (
        SELECT sum((strpos('0123456789ABCDEFGHJKLMNPQRTUWXY', substr(code, place::int, 1)) - 1) * weight) % 31 <> 0
        FROM unnest(ARRAY[1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28, 1]) WITH ORDINALITY AS w(weight, place)
    ) END
$$
"""
"""GB 32100: the sum of the places' values, each by its weight, the check digit by one, is a multiple of 31."""


def upgrade() -> None:
    for name, rows in VIEWS.items():
        op.execute(f"CREATE VIEW wall.{name} AS {rows}")
        op.execute(f"GRANT SELECT ON wall.{name} TO {READER}")
    op.execute(CODE_FAILS)
    op.execute("REVOKE EXECUTE ON FUNCTION wall.credit_code_fails(text) FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION wall.credit_code_fails(text) TO {READER}")


def downgrade() -> None:
    op.execute("DROP FUNCTION wall.credit_code_fails(text)")
    for name in VIEWS:
        op.execute(f"DROP VIEW wall.{name}")
