"""The connections that steps and the functions of computed fields run statements on."""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from resolvers.engine.plan.parameters import Inputs

Read = Callable[[int], Awaitable[list[Any]]]
"""Reads the next rows of a statement, at most as many as its argument; no rows when all were read."""


class Fetch(Protocol):
    """Runs statements inside the operation's snapshot."""

    async def fetch(self, sql: str, *args: Any) -> list[Any]:
        """Rows of the statement."""

    async def fetch_in(self, role: str, sql: str, *args: Any, kept: bool = False) -> list[Any]:
        """Rows of a statement under SET ROLE, in a transaction; ``kept`` as in ``Statement``."""

    async def reading(self, sql: str, *args: Any) -> Read:
        """A function that reads the statement's rows piece by piece; the snapshot must be a transaction."""


class QueryConnection(Fetch, Protocol):
    """Runs statements, and GraphQL queries of the same caller, inside the operation's snapshot."""

    inputs: Inputs

    async def query(self, text: str) -> Any:
        """The data of a query without variables, as JSON; None when it is invalid, too large, or refused in part for the caller."""
