"""Where a caller may write: the unions of their grants and all below them. The first of two walls; the second is in migration 0038."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from db.security.row_security import EVERYTHING, TOP_WRITER, WRITER
from resolvers.access.callers import Caller, Lens

NO_UNION = ("FORBIDDEN", "Records are written by a union: sign in with a role of one.")
"""Code and message for whoever has no role of a union, and writes no records."""

_HELD = (
    "EXISTS (SELECT FROM {closure} c WHERE c.descendant_id = {column} AND c.ancestor_id = ANY ({keys}::bigint[])"
    " AND c.valid_from <= $4::date AND (c.valid_to IS NULL OR c.valid_to > $4::date"
    " OR c.valid_to = (SELECT d.dissolved_on FROM wall.dissolved d WHERE d.id = c.descendant_id)))"
)


@dataclass(frozen=True, slots=True)
class WriteScope:
    """The unions from which a caller's subtree is counted, along each hierarchy, or everything."""

    territorial: tuple[int, ...] = ()
    industrial: tuple[int, ...] = ()
    everything: bool = False

    @classmethod
    def of(cls, caller: Caller) -> "WriteScope":
        """The scope of a caller: that of their roles of unions. Other roles write no records."""
        lenses = caller.lenses
        return cls(lenses.get(Lens.TERRITORIAL, ()), lenses.get(Lens.INDUSTRIAL, ()), Lens.EVERYTHING in lenses)

    def values(self, day: date) -> tuple[bool, Sequence[int], Sequence[int], date]:
        """The values of ``below``, $1 to $4."""
        return self.everything, self.territorial, self.industrial, day

    @property
    def is_empty(self) -> bool:
        """Whether nothing can be written."""
        return not (self.everything or self.territorial or self.industrial)


def below(column: str) -> str:
    """SQL: the union in the column is in the scope whose values are $1 to $4 (``WriteScope`` and the day), also if it was dissolved."""
    sides = (("territorial_closure", "$2"), ("industrial_closure", "$3"))
    held = " OR ".join(_HELD.format(closure=closure, column=column, keys=keys) for closure, keys in sides)
    return f"($1::boolean OR {held})"


def role_of(caller: Caller) -> str:
    """The database role under which a batch of this caller is written."""
    return TOP_WRITER if caller.scope.role == EVERYTHING else WRITER
