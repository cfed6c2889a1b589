"""Limits the distinct cells of statistics that a caller with aggregates only gets in a day: each discloses a little about its records."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from db.clock import SHANGHAI
from hub.errors import Refusal
from hub.limits.budget import spender
from resolvers.access.callers import Caller

MAX_CELLS = 1_000_000
"""Cells kept in one process. Beyond that, the cells of the caller with the most are dropped but for their number; repeated cells then count
again."""

MAX_SPENDERS = 20_000
"""Callers kept in one process; the least recently seen is dropped first."""


@dataclass(slots=True)
class Spent:
    """The distinct cells that a caller has got today: how many, and which."""

    count: int = 0
    cells: set[int] = field(default_factory=set)


class CellBudget:
    """Counts the distinct cells of each caller with aggregates only, by principal or source, from midnight to midnight in Shanghai.

    Args:
        public: most cells a day for the anonymous callers of one source; 0 for no limit.
        analyst: most cells a day for an analyst with a name; 0 for no limit.
    """

    def __init__(
        self, public: int, analyst: int, *, clock: Callable[[], datetime] = lambda: datetime.now(SHANGHAI)
    ) -> None:
        self.public = public
        self.analyst = analyst
        self.clock = clock
        self.day = clock().date()
        self.given: OrderedDict[Hashable, Spent] = OrderedDict()
        self.remembered = 0

    def limit(self, caller: Caller) -> int:
        """The cells that a caller may get in a day; 0 for no limit."""
        return self.public if caller.principal_id is None else self.analyst

    def add(self, caller: Caller, source: str, cells: frozenset[int]) -> None:
        """Count the cells of a response before it is sent.

        Raises:
            Refusal: 429 TOO_MANY_CELLS with ``Retry-After`` if fewer are left; then none of them counts.
        """
        limit = self.limit(caller)
        if not limit or not cells:
            return
        now = self.clock()
        if now.date() != self.day:
            self.day, self.given, self.remembered = now.date(), OrderedDict(), 0
        key = spender(caller, source)
        found = self.given.setdefault(key, Spent())
        self.given.move_to_end(key)
        fresh = cells - found.cells
        if found.count + len(fresh) > limit:
            raise self._refusal(now, limit, limit - found.count)
        found.count += len(fresh)
        found.cells |= fresh
        self.remembered += len(fresh)
        self._forget()

    def _forget(self) -> None:
        while self.remembered > MAX_CELLS:
            largest = max(self.given.values(), key=lambda given: len(given.cells))
            self.remembered -= len(largest.cells)
            largest.cells = set()
        if len(self.given) > MAX_SPENDERS:
            _, dropped = self.given.popitem(last=False)
            self.remembered -= len(dropped.cells)

    @staticmethod
    def _refusal(now: datetime, limit: int, left: int) -> Refusal:
        midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        wait = max(1, round((midnight - now).total_seconds()))
        return Refusal(
            429,
            "TOO_MANY_CELLS",
            f"You may get {limit:,} distinct cells of statistics a day; {left:,} are left, and this answer has more. Ask for fewer, or try"
            f" again in {wait} s.",
            [(b"retry-after", str(wait).encode())],
        )
