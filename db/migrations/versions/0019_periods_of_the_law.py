"""Provincial periods in databases that were loaded before: articles, first days, and Shandong's as those of wage agreements.

``unionhub db load-divisions`` adds rules that are missing; it changes none that is there.
"""

from datetime import date

from alembic import op
from sqlalchemy import text

revision: str = "0019"
down_revision: str | None = "0018"
branch_labels = None
depends_on = None

SHANDONG = "Shandong Regulations on Enterprises' Collective Wage Bargaining art. "
SHANGHAI = "Shanghai Regulations on Collective Contracts art. "
CHONGQING = "Chongqing Regulations on Collective Contracts art. "
RULES = (
    ("37", "reply_wage", "reply_wage", SHANDONG + "21", date(2017, 1, 1)),
    ("37", "publish", "publish_wage", SHANDONG + "31", date(2017, 1, 1)),
    ("50", "submit", "submit", CHONGQING + "28", date(2017, 1, 1)),
    ("50", "publish", "publish", CHONGQING + "29", date(2017, 1, 1)),
    ("33", "publish", "publish", "Zhejiang Regulations on Collective Contracts art. 35", date(2011, 1, 1)),
    ("31", "reply", "reply", SHANGHAI + "15 (until 2015-09-30 art. 13)", date(2008, 1, 1)),
    ("31", "submit", "submit", SHANGHAI + "23 (until 2015-09-30 art. 21)", date(2008, 1, 1)),
)
"""Division, step before and after, article, and the day on which the text that sets it came into force."""


def upgrade() -> None:
    for code, before, after, article, since in RULES:
        op.get_bind().execute(
            text(
                "UPDATE deadline_rule r SET step = :after, article = :article, valid_from = :since FROM division d"
                " WHERE d.id = r.division_id AND d.code = :code AND d.valid_to IS NULL"
                " AND r.procedure = 'agreement' AND r.step = :before"
            ),
            {"code": code, "before": before, "after": after, "article": article, "since": since},
        )


def downgrade() -> None:
    """Nothing: what is right now was right before."""
