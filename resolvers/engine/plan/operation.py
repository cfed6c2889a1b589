"""A compiled operation: its root fields in order, and their steps."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import FieldNode

from resolvers.access.callers import Caller
from resolvers.database_faults import RETRY_CODES
from resolvers.engine.plan.steps import ComputedStep, JsonStep, Step
from resolvers.engine.request.arguments import Leaf
from resolvers.engine.request.collect_fields import Selection
from resolvers.errors import HubError

OPERATION_CODES = RETRY_CODES | {"TOO_COMPLEX", "TOO_COMPLEX_FOR_ROLE", "STATEMENT_TIMEOUT"}
"""Codes of errors that are about an operation, not about one field of it."""

SubSelection = Mapping[str, tuple[str, Any]]
"""The fields selected on a value that needs no rows: by response key their names, each with its own SubSelection or None."""


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Root:
    """A root field. For ``node`` and ``nodes`` it has a step for each ID prefix, else one step under an empty name.

    ``indexes`` are those of all its steps. ``nullable`` says whether the field can be null alone: if not, the schema requires the whole
    data to be null.
    """

    key: str
    node: FieldNode
    steps: Mapping[str, Step]
    ids: Leaf | None = None
    many: bool = False
    indexes: range = range(0)
    nullable: bool = True


@dataclass(frozen=True, eq=False, slots=True)
class Together:
    """Root fields of which PostgreSQL writes the JSON in one statement: their steps, the statement, and its path for explaining."""

    steps: tuple[JsonStep, ...]
    sql: str
    path: str


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Operation:
    """The plan of one operation, for one shape of variables and one caller's lenses.

    ``keys`` are the response keys of the root fields, in order; ``failed`` the errors of those that cannot be planned. ``statements`` is
    how many a run has at most, whatever the number of rows; ``switches_role`` says whether any of them runs under SET ROLE, ``keeps_plans``
    whether PostgreSQL keeps the plans of all of them. ``together`` has those root fields that are answered by one statement, if there are
    several.
    """

    roots: tuple[Root, ...]
    steps: tuple[Step, ...]
    constants: Mapping[str, Any]
    viewers: Mapping[str, SubSelection]
    viewer: Callable[[Caller], Mapping[str, Any]]
    introspection: Selection
    keys: tuple[str, ...]
    failed: Mapping[str, HubError]
    statements: int
    switches_role: bool
    keeps_plans: bool
    together: Together | None = None

    def runs_queries(self) -> bool:
        """Whether any of its fields runs GraphQL queries."""
        steps = (each for root in self.roots for step in root.steps.values() for each in step.walk())
        return any(isinstance(step, ComputedStep) and step.runs_queries for step in steps)

    def has_trees(self) -> bool:
        """Whether PostgreSQL writes the JSON of more than pages of rows."""
        return any(isinstance(step, JsonStep) and (step.below or step.size is None) for step in self.steps)

    def require_any(self, failed: Mapping[str, HubError]) -> None:
        """Raises the first error of the root fields where all of them have failed."""
        if failed and not self.viewers and not self.introspection and all(root.key in failed for root in self.roots):
            raise failed[next(key for key in self.keys if key in failed)]


def root_field_error(error: HubError, key: str, node: FieldNode, *, nullable: bool) -> HubError:
    """The error of a root field that is null while others have data. Raises it where the field cannot be null, or where the error is
    about the whole operation."""
    if not nullable or error.code in OPERATION_CODES:
        raise error
    return HubError(error.code, error.message, nodes=error.nodes or node, path=[key])
