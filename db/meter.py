"""Measures what the running operation uses, so that its caller can be charged. Outside of an operation there is no meter."""

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from time import perf_counter, thread_time


@dataclass(slots=True)
class Meter:
    """What an operation has used so far.

    ``objects`` counts the objects that it brings, ``statements`` those sent to PostgreSQL, ``commands`` the commands of a mutation that
    were begun; a command on several records or values counts once for each. ``seconds`` is the time for which it held a connection,
    plus the processor time of work without one; waiting for a connection or for others on the event loop is not in it. ``waited`` is
    the time for which it waited for its turn among its caller's operations and for a connection.
    """

    objects: int = 0
    statements: int = 0
    commands: int = 0
    seconds: float = 0.0
    waited: float = 0.0


METER: ContextVar[Meter | None] = ContextVar("meter", default=None)
"""The meter of the running operation."""


def add_objects(count: int) -> None:
    """Count objects that the running operation brings."""
    meter = METER.get()
    if meter is not None:
        meter.objects += count


def add_commands(count: int) -> None:
    """Count commands that the running operation begins."""
    meter = METER.get()
    if meter is not None:
        meter.commands += count


class _Timed:
    """Adds the seconds that a block takes to the running operation's meter, however the block ends.

    A class, since every request enters three of them: ``@contextmanager`` costs two to three times as much.
    """

    __slots__ = ("began",)
    clock: Callable[[], float] = staticmethod(perf_counter)

    def __enter__(self) -> None:
        self.began = self.clock()

    def __exit__(self, *_: object) -> None:
        meter = METER.get()
        if meter is not None:
            self.add(meter, self.clock() - self.began)

    @staticmethod
    def add(meter: Meter, seconds: float) -> None:
        """Add the seconds where they count."""
        raise NotImplementedError


class waiting(_Timed):
    """While this block runs, the running operation waits for its turn or for a connection."""

    __slots__ = ()

    @staticmethod
    def add(meter: Meter, seconds: float) -> None:
        """Add to ``waited``."""
        meter.waited += seconds


class holding(_Timed):
    """While this block runs, the running operation holds a connection."""

    __slots__ = ()

    @staticmethod
    def add(meter: Meter, seconds: float) -> None:
        """Add to ``seconds``."""
        meter.seconds += seconds


class working(holding):
    """While this block runs, which awaits nothing, the running operation keeps the processor busy."""

    __slots__ = ()
    clock = staticmethod(thread_time)
