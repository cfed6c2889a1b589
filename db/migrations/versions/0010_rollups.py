"""Roll-ups of memberships and insurance enrolments: counts kept ready for every province and city."""

from db.migrations.rollup import Fact, create, drop

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels = None
depends_on = None

PERSON = {"worker_type": "text", "sex": "text"}
FACTS = (
    Fact(
        "membership",
        own={"channel": "text", "status": "text"},
        member={**PERSON, "is_migrant_worker": "boolean", "is_model_worker": "boolean"},
        organization={"level": "text", "form": "text", "industry": "text"},
    ),
    Fact(
        "insurance_enrolment",
        own={"scheme": "text", "cohort": "bigint"},
        member=PERSON,
        organization={"industry": "text"},
    ),
)


def upgrade() -> None:
    create(FACTS)


def downgrade() -> None:
    drop(FACTS)
