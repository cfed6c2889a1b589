"""All slices: importing this module fills the registry."""

from resolvers import agreements, deadlines, disputes, divisions, employers, insurance, members, organizations
from resolvers.masks import is_masked, masked
from resolvers.policy import visible
from resolvers.registry import registry

registry.sight = visible
registry.mask = masked
registry.is_masked = is_masked

__all__ = [
    "agreements",
    "deadlines",
    "disputes",
    "divisions",
    "employers",
    "insurance",
    "members",
    "organizations",
    "registry",
]
