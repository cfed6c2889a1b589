"""The registry, to which every slice adds its sources and root fields when it is imported."""

from resolvers.access.federation import FederationAccess
from resolvers.engine.declare.registry import Registry

registry = Registry(FederationAccess())
