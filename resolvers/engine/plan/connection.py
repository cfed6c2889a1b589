"""What a step, or the function of a computed field, runs statements with."""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from resolvers.engine.plan.parameters import Inputs

Read = Callable[[int], Awaitable[list[Any]]]
"""Reads the next rows of a statement, at most so many; none when all were read."""


class Fetch(Protocol):
    """Runs one statement inside the operation's snapshot."""

    async def fetch(self, sql: str, *args: Any) -> list[Any]:
        """Rows of the statement."""

    async def fetch_in(self, role: str, sql: str, *args: Any, kept: bool = False) -> list[Any]:
        """Rows of a statement under SET ROLE of another role of the second wall, by a plan that may be ``kept``, in a transaction."""

    async def reading(self, sql: str, *args: Any) -> Read:
        """Reads rows of the statement, at most so many each time; the snapshot must be a transaction."""


class Asks(Fetch, Protocol):
    """Runs statements, and whole queries of the same caller, inside the operation's snapshot."""

    inputs: Inputs

    async def ask(self, text: str) -> Any:
        """The data of a query without variables, as JSON; null when it is not valid, too large, or not all there for the caller."""
