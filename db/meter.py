"""What the running operation has used, for who charges its caller; what runs outside of an operation has no meter."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from time import perf_counter


@dataclass(slots=True)
class Meter:
    """What an operation has used up to now.

    ``objects`` are those that its pages may hold, ``statements`` those sent to PostgreSQL, ``commands`` the commands of a mutation that
    were begun, where one on several records or values counts as so many, and ``waited`` the seconds for which it waited for a connection.
    """

    objects: int = 0
    statements: int = 0
    commands: int = 0
    waited: float = 0.0


METER: ContextVar[Meter | None] = ContextVar("meter", default=None)
"""The running operation's."""


def add_objects(count: int) -> None:
    """Note how many objects the running operation asks for."""
    meter = METER.get()
    if meter is not None:
        meter.objects += count


def add_commands(count: int) -> None:
    """Note that the running operation begins so many commands."""
    meter = METER.get()
    if meter is not None:
        meter.commands += count


@contextmanager
def waiting() -> Iterator[None]:
    """While this block runs, the running operation waits for a connection, however it ends."""
    began = perf_counter()
    try:
        yield
    finally:
        meter = METER.get()
        if meter is not None:
            meter.waited += perf_counter() - began
