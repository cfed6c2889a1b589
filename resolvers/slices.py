"""All slices: importing this module fills the registry."""

from resolvers import agreements, deadlines, disputes, divisions, employers, insurance, members, organizations
from resolvers.registry import registry

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
