"""All slices: importing this module fills the registry."""

from resolvers import (
    access_log,
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
    grants,
    insurance,
    mediation,
    members,
    organizations,
    policies,
    relief,
    services,
    venues,
)
from resolvers.masks import is_masked, masked
from resolvers.policy import countable, covers, pairs, visible
from resolvers.registry import registry
from resolvers.viewer import viewer_fields

registry.sight = visible
registry.countable = countable
registry.covers = covers
registry.pairs = pairs
registry.mask = masked
registry.is_masked = is_masked
registry.viewer = viewer_fields

__all__ = [
    "access_log",
    "activities",
    "agreements",
    "assistance",
    "care",
    "certifications",
    "coverage",
    "deadlines",
    "disputes",
    "divisions",
    "employers",
    "fairs",
    "figures",
    "grants",
    "insurance",
    "mediation",
    "members",
    "organizations",
    "policies",
    "registry",
    "relief",
    "services",
    "venues",
]
