"""What the running operation has used, for who charges its caller; what runs outside of an operation has no meter."""

from contextvars import ContextVar
from dataclasses import dataclass
from time import perf_counter


@dataclass(slots=True)
class Meter:
    """What an operation has used up to now.

    ``objects`` are those that its pages may hold, ``statements`` those sent to PostgreSQL, ``commands`` the fields of a mutation that were
    begun, and ``waited`` the seconds for which it waited for a connection.
    """

    objects: int = 0
    statements: int = 0
    commands: int = 0
    waited: float = 0.0


METER: ContextVar[Meter | None] = ContextVar("meter", default=None)
"""The running operation's."""


def waited(began: float) -> None:
    """Note that the running operation waited for a connection since then (``perf_counter``), and does no longer."""
    meter = METER.get()
    if meter is not None:
        meter.waited += perf_counter() - began
