"""All tables: importing this module fills ``Model.metadata``.

The model files import one another in one direction. Relations that lead back are declared by name, in ``ForeignKey("table.column")``.
"""

from db import (
    access,
    activities,
    agreements,
    assistance,
    care,
    certifications,
    coverage,
    deadlines,
    disputes,
    divisions,
    employers,
    fairs,
    figures,
    imports,
    insurance,
    mediation,
    members,
    organizations,
    policies,
    receipts,
    relief,
    services,
    venues,
)
from db.model import Model
from db.security import audit_log

__all__ = [
    "Model",
    "access",
    "activities",
    "agreements",
    "assistance",
    "audit_log",
    "care",
    "certifications",
    "coverage",
    "deadlines",
    "disputes",
    "divisions",
    "employers",
    "fairs",
    "figures",
    "imports",
    "insurance",
    "mediation",
    "members",
    "organizations",
    "policies",
    "receipts",
    "relief",
    "services",
    "venues",
]
