"""The peer's loaders: a DataLoader for each relation and each page, made anew for every request, and pages of rows."""

import base64
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

import asyncpg
import strawberry
from asyncpg import Record as Row
from strawberry.dataloader import DataLoader

ROWS = 200
"""The largest page."""

T = TypeVar("T")


class Context:
    """One request: the pool, and a loader for each relation with each set of arguments that the request uses."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool = pool
        self.loaders: dict[tuple[Any, ...], DataLoader[int, Any]] = {}

    def one(self, statement: str, make: Callable[[Row], T]) -> DataLoader[int, T | None]:
        """Loads rows by key."""
        loader = self.loaders.get((statement,))
        if loader is None:

            async def load(keys: Sequence[int]) -> list[T | None]:
                found = {row["id"]: make(row) for row in await self.pool.fetch(statement, keys)}
                return [found.get(key) for key in keys]

            loader = self.loaders[(statement,)] = DataLoader(load_fn=load)
        return loader

    def page(
        self, statement: str, make: Callable[[Row], T], first: int, *arguments: Any
    ) -> "DataLoader[int, Connection[T]]":
        """Loads the first rows of a list for each parent."""
        loader = self.loaders.get((statement, first, arguments))
        if loader is None:

            async def load(keys: Sequence[int]) -> list[Connection[T]]:
                groups: dict[int, list[Row]] = {key: [] for key in keys}
                for row in await self.pool.fetch(statement, keys, sized(first) + 1, *arguments):
                    groups[row["parent"]].append(row)
                return [connection(groups[key], make, first) for key in keys]

            loader = self.loaders[(statement, first, arguments)] = DataLoader(load_fn=load)
        return loader


Info = strawberry.Info[Context, None]


@strawberry.type
class PageInfo:
    """Where a page ends."""

    has_next_page: bool
    end_cursor: str | None


@strawberry.type
class Connection(Generic[T]):
    """A page of a list."""

    nodes: list[T]
    page_info: PageInfo


def sized(first: int) -> int:
    """A page size within bounds."""
    if not 0 <= first <= ROWS:
        raise ValueError(f"first must be 0 to {ROWS}")
    return first


def connection(rows: list[Row], make: Callable[[Row], T], first: int) -> Connection[T]:
    """A page of these rows, of which there is one too many when more follow."""
    page = rows[:first]
    end = base64.b64encode(str(page[-1]["id"]).encode()).decode() if page else None
    return Connection(
        nodes=[make(row) for row in page], page_info=PageInfo(has_next_page=len(rows) > first, end_cursor=end)
    )


def key_of(text: str, prefix: str) -> int:
    """The key in a global ID."""
    head, _, tail = text.partition("_")
    if head != prefix:
        raise ValueError(f"{text} is not the ID of this type")
    return int(tail, 16)
