"""What a policy asks of another table is looked up for each row, and applications are found by their union (docs/adr/0045).

PostgreSQL may turn ``EXISTS`` and ``IN`` of a policy into a set, for which it reads the whole other table: for a list of a grassroots union all
memberships of the federation. ``OFFSET 0`` keeps it from that; the first wall has brought the rows down to the caller's by then.
"""

import sqlalchemy as sa
from alembic import op

from db.migrations.wall import among

revision: str = "0033"
down_revision: str | None = "0032"
branch_labels = None
depends_on = None

BELOW, OF_CERTIFICATION, OF_ENTRY = (among("unions", f"{alias}organization_id") for alias in ("", "c.", "e."))
CERTIFIED = f"EXISTS (SELECT FROM certification c WHERE c.round_id = certification_round.id AND {OF_CERTIFICATION} OFFSET 0)"
LISTED = f"EXISTS (SELECT FROM roster_entry e WHERE e.roster_id = roster.id AND {OF_ENTRY} OFFSET 0)"
HELD = "EXISTS (SELECT FROM wall.members_of_unions h WHERE h.member_id = %s OFFSET 0)"

POLICIES = (
    ("certification_round", "federation", f"{BELOW} OR {CERTIFIED}"),
    ("roster", "federation_3686b851", LISTED),
    ("member", "federation", f"{BELOW} OR {HELD % 'member.id'}"),
    ("subject_request", "federation", HELD % "subject_request.member_id"),
    ("member", "social_security", "EXISTS (SELECT FROM wall.members_insured_in_divisions i WHERE i.member_id = member.id OFFSET 0)"),
    ("insurance_enrolment", "social_security", "EXISTS (SELECT FROM wall.employers_in_divisions e WHERE e.id = participant_id OFFSET 0)"),
    ("certification", "federation_722516ad", "EXISTS (SELECT FROM wall.rounds_of_unions r WHERE r.round_id = certification.round_id OFFSET 0)"),
    ("employer", "federation_5c3a1808", "EXISTS (SELECT FROM wall.exhibiting_employers x WHERE x.employer_id = employer.id OFFSET 0)"),
)  # fmt: skip
"""Tables, their policies and what these say; before, they said it without OFFSET."""

INDEX = "ix_membership_organization_id_member_id_applied"


def alter(*, offset: bool) -> None:
    """Give the policies their conditions."""
    for table, policy, condition in POLICIES:
        op.execute(f"ALTER POLICY {policy} ON {table} USING ({condition if offset else condition.replace(' OFFSET 0', '')})")


def upgrade() -> None:
    alter(offset=True)
    op.create_index(
        INDEX,
        "membership",
        ["organization_id", "member_id"],
        postgresql_where=sa.text("valid_from IS NULL AND valid_to IS NULL"),
    )


def downgrade() -> None:
    op.drop_index(INDEX, table_name="membership")
    alter(offset=False)
