"""The registry that every slice adds its sources and root fields to."""

from resolvers.engine.declare.sources import Registry

registry = Registry()
