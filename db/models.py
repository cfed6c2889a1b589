"""All tables: importing this module fills ``Model.metadata``."""

from db import (
    access,
    agreements,
    audit,
    deadlines,
    disputes,
    divisions,
    employers,
    insurance,
    members,
    organizations,
    receipts,
)
from db.model import Model

__all__ = [
    "Model",
    "access",
    "agreements",
    "audit",
    "deadlines",
    "disputes",
    "divisions",
    "employers",
    "insurance",
    "members",
    "organizations",
    "receipts",
]
