"""The marks by which the rows of a statistic's statement differ."""

GROUP, WHOLE, REFUSED = 0, -1, -2
"""A group, the whole, and that a caller with aggregates only may not count in this place; n + 1 is a row that only names a child of
dimension n."""

PARTIAL, NEIGHBOURS = -100, -1000
"""Groups by all keys but some, and the first neighbour, are marked by this number less the bits of the keys that are left out."""


def without(place: int, keys: int) -> int:
    """The bit of one of so many keys, as GROUPING has it."""
    return 1 << (keys - 1 - place)


def without_all(keys: int) -> int:
    """The bits of so many keys."""
    return (1 << keys) - 1
