"""All slices: importing this module fills the registry."""

from resolvers import agreements, deadlines, disputes, divisions, employers, insurance, members, organizations
from resolvers.policy import visible
from resolvers.registry import registry

registry.sight = visible

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
