"""Whether a person is probably recorded twice is found without reading all members of their union.

Two persons with resident numbers are two: of a person who has one, only those without are compared. These are few, and have an index.
"""

from alembic import op

revision: str = "0056"
down_revision: str | None = "0055"
branch_labels = None
depends_on = None

INDEX = "ix_member_organization_id_name_unnumbered"
SAME_PHONE = "SELECT FROM member o WHERE o.phone_index = m.phone_index AND o.id <> m.id AND o.name = m.name"
SAME_UNION = """SELECT FROM member o WHERE o.organization_id = m.organization_id AND o.id <> m.id AND o.name = m.name
            AND o.birth_year_from = m.birth_year_from"""
BEFORE = f"""SELECT m.id FROM member m WHERE m.name <> '已删除' AND (EXISTS ({SAME_PHONE})
    OR EXISTS ({SAME_UNION} AND num_nulls(o.resident_number_index, m.resident_number_index) > 0))"""
AFTER = f"""SELECT m.id FROM member m WHERE m.name <> '已删除' AND (EXISTS ({SAME_PHONE})
    OR EXISTS ({SAME_UNION} AND o.resident_number_index IS NULL)
    OR m.resident_number_index IS NULL AND EXISTS ({SAME_UNION}))"""


def upgrade() -> None:
    op.create_index(INDEX, "member", ["organization_id", "name"], postgresql_where="resident_number_index IS NULL")
    op.execute(f"CREATE OR REPLACE VIEW wall.probable_duplicates AS {AFTER}")


def downgrade() -> None:
    op.execute(f"CREATE OR REPLACE VIEW wall.probable_duplicates AS {BEFORE}")
    op.drop_index(INDEX, "member")
