"""What the running operation has used, for who charges its caller; what runs outside of an operation has no meter."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from time import perf_counter, thread_time


@dataclass(slots=True)
class Meter:
    """What an operation has used up to now.

    ``objects`` are those that its pages may hold, ``statements`` those sent to PostgreSQL, ``commands`` the commands of a mutation that
    were begun, where one on several records or values counts as so many. ``seconds`` are those for which it held a connection, and the
    processor's for what is done without one; no time of waiting is in it, neither for a connection nor for others on the event loop.
    ``waited`` are the seconds for which it waited for its turn among its caller's operations and for a connection.
    """

    objects: int = 0
    statements: int = 0
    commands: int = 0
    seconds: float = 0.0
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
    """While this block runs, the running operation waits for its turn or for a connection."""
    began = perf_counter()
    try:
        yield
    finally:
        meter = METER.get()
        if meter is not None:
            meter.waited += perf_counter() - began


@contextmanager
def holding() -> Iterator[None]:
    """While this block runs, the running operation holds a connection, however it ends."""
    began = perf_counter()
    try:
        yield
    finally:
        meter = METER.get()
        if meter is not None:
            meter.seconds += perf_counter() - began


@contextmanager
def working() -> Iterator[None]:
    """While this block runs, which waits for nothing, the running operation keeps the processor busy."""
    began = thread_time()
    try:
        yield
    finally:
        meter = METER.get()
        if meter is not None:
            meter.seconds += thread_time() - began
