"""The hub's caches: values by key, bounded by the memory that they take."""

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from moka_py import Moka

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Cache(Generic[Key, Value]):
    """Values of ``max_bytes`` at most, as ``weigh`` estimates them.

    Once the cache is full, a new value takes the place of others only if its key has been looked up more often than theirs (TinyLFU): what
    is sent once pushes nothing out that clients send again and again. The bound may be exceeded for a moment by a few dozen values.
    """

    def __init__(self, max_bytes: int, weigh: Callable[[Key, Value], int]) -> None:
        self.max_bytes = max_bytes
        self._values: Moka[Key, Value] = Moka(max_bytes, weigher=weigh)
        self.hits = self.misses = 0

    def get(self, key: Key) -> Value | None:
        """The value of a key, or None."""
        value = self._values.get(key)
        if value is None:
            self.misses += 1
        else:
            self.hits += 1
        return value

    def put(self, key: Key, value: Value) -> None:
        """Offer a new value, which is kept or not."""
        self._values.set(key, value)

    def statistics(self) -> dict[str, int]:
        """Values ``kept`` and their ``bytes``; ``hits`` and ``misses`` since the start."""
        self._values.run_pending_tasks()
        return {
            "kept": self._values.count(),
            "bytes": self._values.weighted_size(),
            "hits": self.hits,
            "misses": self.misses,
        }
