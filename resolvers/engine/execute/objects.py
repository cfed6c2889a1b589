"""What a run of an operation brings, in objects: counted as it brings it, and ended where that is more than the caller may have.

What an operation may bring at the most, by its page sizes, says little of what it brings: a list of 70 rows has 70, also where 200 are
asked for. So a run counts. What is known before a statement is sent (a page for each parent, counts, statistics) is taken before, its rows
when they are there; and a statement that may bring more than is left is read piece by piece, no piece of which may hold more than that.
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
one below the other, may be asked for, and four may not."""

Occurrences = Mapping[Any, int] | None
"""How often each parent's key stands in the answer; None at the root, which stands there once."""


def too_complex(limit: int, *, for_role: bool, node: FieldNode | None, may_bring: int | None = None) -> HubError:
    """The error of an operation that brings more than ``limit`` objects, or may bring so many more that it is not begun."""
    code = "TOO_COMPLEX_FOR_ROLE" if for_role else "TOO_COMPLEX"
    whose = "your role may ask for" if for_role else "the limit is"
    what = "brings more objects than it may" if may_bring is None else f"may bring {may_bring} objects"
    return HubError(
        code, f"This operation {what}; {whose} {limit}. Ask for smaller pages, fewer levels or counts.", nodes=node
    )


@dataclass(slots=True)
class ObjectBudget:
    """The objects that one run may bring and has brought. Where it is ``metered``, its caller is charged for them as they are brought."""

    limit: int
    for_role: bool = False
    metered: bool = True
    taken: int = 0

    @property
    def left(self) -> int:
        """Objects that may still be brought."""
        return self.limit - self.taken

    def take(self, count: int, node: FieldNode) -> None:
        """Count objects that the run brings, or is about to. Raises TOO_COMPLEX, and for less than anybody may TOO_COMPLEX_FOR_ROLE."""
        self.taken += count
        if self.metered:
            add_objects(count)
        if self.taken > self.limit:
            raise too_complex(self.limit, for_role=self.for_role, node=node)


def occurrences(groups: Mapping[Any, tuple[Sequence[Any], bool]], column: int, above: Occurrences) -> Mapping[Any, int]:
    """How often each key in a column of rows stands in the answer, by the parents that the rows are grouped by."""
    found: dict[Any, int]
    if above is None or sum(above.values()) == len(above):
        found = Counter([row[column] for rows, _ in groups.values() for row in rows])
    else:
        found = {}
        for parent, (rows, _) in groups.items():
            here = above[parent]
            for row in rows:
                found[row[column]] = found.get(row[column], 0) + here
    found.pop(None, None)
    return found
