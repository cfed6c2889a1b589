"""The registry that every slice adds its sources and root fields to."""

from resolvers.access.federation import FederationAccess
from resolvers.engine.declare.registry import Registry

registry = Registry(FederationAccess())
