"""Rows of one table of which a row of the batch writes any number, e.g. the dated steps of an agreement."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

import asyncpg

from db.model import Model
from resolvers.writing.outcomes import Outcome
from resolvers.writing.parts import Part


class Several(Part):
    """The rows of ``model``'s table that rows of the batch write: ``rows[n]`` is the batch's row that writes item ``n``, whose record on
    file is ``existing[n]``. ``given`` and ``fixed`` are as those of ``Part``, one value an item."""

    def __init__(
        self,
        model: type[Model],
        size: int,
        rows: Sequence[int],
        existing: Sequence[Mapping[str, Any] | None],
        given: Mapping[str, Sequence[Any]],
        *,
        fixed: Mapping[str, Sequence[Any]] | None = None,
    ) -> None:
        super().__init__(model, [None] * size, {})
        self.items = Part(model, existing, given, fixed=fixed)
        self.items_of: Mapping[int, list[int]] = defaultdict(list)
        for item, row in enumerate(rows):
            self.items_of[row].append(item)

    @cached_property
    def outcomes(self) -> Sequence[Outcome | None]:
        """What becomes of each row's items together: CHANGED if any is new or changed."""
        return [self._together(self.items_of.get(row, ())) for row in range(len(self.existing))]

    def _together(self, items: Iterable[int]) -> Outcome | None:
        found = {self.items.outcomes[item] for item in items}
        if not found:
            return None
        return Outcome.SAME if found == {Outcome.SAME} else Outcome.CHANGED

    async def insert(self, connection: asyncpg.Connection, rows: Sequence[int]) -> None:
        """See ``Part``."""
        await self.items.insert(connection, self._items(rows))

    async def update(self, connection: asyncpg.Connection, rows: Sequence[int]) -> None:
        """See ``Part``."""
        await self.items.update(connection, self._items(rows))

    def _items(self, rows: Sequence[int]) -> list[int]:
        return [item for row in rows for item in self.items_of.get(row, ())]
