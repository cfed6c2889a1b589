"""What is kept of a running operation for who logs it if it turns out to be slow: its plan, and its statements without their values."""

from contextvars import ContextVar
from dataclasses import dataclass, field

from resolvers.engine.execute.run import Trace
from resolvers.engine.plan.operation import Operation


@dataclass(slots=True)
class Watched:
    """A running operation: what was compiled of it, and what its statements did up to now."""

    operation: Operation | None = None
    traces: list[Trace] = field(default_factory=list)


WATCHED: ContextVar[Watched | None] = ContextVar("watched", default=None)
"""The running operation, where somebody wants to know."""
