"""The registry that every slice adds its sources and root fields to."""

from resolvers.engine.source import Registry

registry = Registry()
