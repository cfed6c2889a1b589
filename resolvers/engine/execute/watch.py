"""What a running operation records for the log of slow operations: its plan, and its statements without their values."""

from contextvars import ContextVar
from dataclasses import dataclass, field

from resolvers.engine.execute.run import Trace
from resolvers.engine.plan.operation import Operation


@dataclass(slots=True)
class Watched:
    """Gets the plan of a running operation, and a trace of each statement that has ended."""

    operation: Operation | None = None
    traces: list[Trace] = field(default_factory=list)


WATCHED: ContextVar[Watched | None] = ContextVar("watched", default=None)
"""The record of the running operation; None where none is wanted."""
