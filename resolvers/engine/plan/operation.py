"""A compiled operation: its root fields in order, and their steps."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import FieldNode

from resolvers.access.callers import Caller
from resolvers.engine.plan.steps import ComputedStep, Step
from resolvers.engine.request.arguments import Leaf
from resolvers.engine.request.collect_fields import Selection
from resolvers.errors import HubError

WHOLE = frozenset({"TOO_COMPLEX", "TOO_COMPLEX_FOR_ROLE", "STATEMENT_TIMEOUT", "DATABASE_BUSY", "DATABASE_UNAVAILABLE"})
"""Codes that are about an operation, not about one field of it."""

Picked = dict[str, tuple[str, Any]]
"""Names of fields by response key, each with what is selected below it (or None): of values that need no rows."""


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Root:
    """A root field. ``steps`` are by ID prefix for ``node`` and ``nodes``; else there is one, under an empty name.

    ``indexes`` are those of all its steps. ``by_key`` says whether its own statement finds rows by their ID, or one row by a code or
    number; ``nullable`` whether it may fail alone: where not, the schema wants the whole answer to be null.
    """

    key: str
    node: FieldNode
    steps: Mapping[str, Step]
    ids: Leaf | None = None
    many: bool = False
    by_key: bool = False
    indexes: range = range(0)
    nullable: bool = True


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Operation:
    """What is compiled of one operation for one shape of variables and one caller's lenses.

    ``failed`` has why root fields cannot be planned, while others can. ``statements`` is how many a run has at most, whatever the number
    of rows; ``switches_role`` says whether any of them runs under SET ROLE, ``by_key`` whether those of the root fields find rows by key.
    """

    roots: tuple[Root, ...]
    steps: tuple[Step, ...]
    constants: Mapping[str, Any]
    viewers: Mapping[str, Picked]
    viewer: Callable[[Caller], Mapping[str, Any]]
    introspection: Selection
    keys: tuple[str, ...]
    failed: Mapping[str, HubError]
    statements: int
    switches_role: bool
    by_key: bool

    def asks(self) -> bool:
        """Whether a field of it has queries of its own answered."""
        below = (part for root in self.roots for step in root.steps.values() for part in step.walk())
        return any(isinstance(part, ComputedStep) and part.asks for part in below)

    def require_any(self, failed: Mapping[str, HubError]) -> None:
        """Raises why the root fields fail, where none of them stands."""
        if failed and not self.viewers and not self.introspection and all(root.key in failed for root in self.roots):
            raise failed[next(key for key in self.keys if key in failed)]


def alone(error: HubError, key: str, node: FieldNode, *, nullable: bool) -> HubError:
    """The error of a root field that fails while others stand. Raises it where the field cannot be null, or the whole is too much."""
    if not nullable or error.code in WHOLE:
        raise error
    return HubError(error.code, error.message, nodes=error.nodes or node, path=[key])
