"""The objects that a run brings: counted as they come; the run ends where they are more than the caller may have.

The most that an operation can bring, by its page sizes, says little of what it brings: a list of 70 rows has 70, also with `first: 200`.
So a run counts. What is known before a statement is sent (a page for each parent, counts, statistics) is counted before, its rows when they
have come; and a statement that may bring more than is left is read piece by piece, of which none may hold more than that.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import FieldNode

from db.meter import add_objects
from resolvers.errors import HubError

MAY_BRING = 400
"""An operation is refused before it runs where its pages may hold more than so many times the objects that it may bring: three full pages,
one below the other, are accepted, four are not."""

Occurrences = Mapping[Any, int] | None
"""How often each parent's key stands in the response; None at the root, which stands there once."""


def too_complex(limit: int, *, for_role: bool, node: FieldNode | None, may_bring: int | None = None) -> HubError:
    """The error of an operation that brings more than ``limit`` objects, or may bring so many more that it is not begun."""
    code = "TOO_COMPLEX_FOR_ROLE" if for_role else "TOO_COMPLEX"
    limited = "your role may ask for" if for_role else "the limit is"
    objects = "brings more objects than it may" if may_bring is None else f"may bring {may_bring} objects"
    return HubError(
        code, f"This operation {objects}; {limited} {limit}. Ask for smaller pages, fewer levels or counts.", nodes=node
    )


@dataclass(slots=True)
class ObjectBudget:
    """Counts the objects that one run brings. The caller is charged for them as they come, unless it is not ``metered``."""

    limit: int
    for_role: bool = False
    metered: bool = True
    taken: int = 0

    @property
    def left(self) -> int:
        """Objects that may still be brought."""
        return self.limit - self.taken

    def take(self, count: int, node: FieldNode) -> None:
        """Count objects that the run has brought or is about to. Raises TOO_COMPLEX; TOO_COMPLEX_FOR_ROLE where the limit is a role's."""
        self.taken += count
        if self.metered:
            add_objects(count)
        if self.taken > self.limit:
            raise too_complex(self.limit, for_role=self.for_role, node=node)


def occurrences(groups: Mapping[Any, tuple[Sequence[Any], bool]], column: int, above: Occurrences) -> Mapping[Any, int]:
    """How often each key in a column of rows stands in the response, given how often their parents do."""
    times: dict[Any, int]
    if above is None or sum(above.values()) == len(above):
        times = Counter([row[column] for rows, _ in groups.values() for row in rows])
    else:
        times = {}
        for parent, (rows, _) in groups.items():
            of_parent = above[parent]
            for row in rows:
                times[row[column]] = times.get(row[column], 0) + of_parent
    times.pop(None, None)
    return times
