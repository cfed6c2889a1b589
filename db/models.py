"""All tables: importing this module fills ``Model.metadata``."""

from db import access, agreements, deadlines, disputes, divisions, employers, insurance, members, organizations
from db.model import Model

__all__ = [
    "Model",
    "access",
    "agreements",
    "deadlines",
    "disputes",
    "divisions",
    "employers",
    "insurance",
    "members",
    "organizations",
]
