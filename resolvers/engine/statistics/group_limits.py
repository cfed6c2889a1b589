"""How many dimensions and groups a statistic may have."""

from resolvers.errors import HubError

MAX_DIMENSIONS = 3
"""Most dimensions in ``groupBy``."""

MAX_GROUPS = 2_000
"""Most groups of an answer."""

MAX_ROWS = 20_000
"""Most groups that are counted for a caller with aggregates only, who is given those of them that are large enough."""


def too_many_groups() -> HubError:
    """The error of a statistic with more groups than an answer may have."""
    return HubError(
        "TOO_MANY_GROUPS",
        f"This statistic has more than {MAX_GROUPS} groups. Ask for a shorter period, longer buckets of time, fewer dimensions, or some"
        " values of a dimension by `where`.",
    )
