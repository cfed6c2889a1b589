"""What one operation may cost: conditions in filters, their depth and statements, checked while it is compiled; rows of a page."""

from typing import NamedTuple

from resolvers.errors import HubError

MAX_CONDITIONS = 500
MAX_FILTER_DEPTH = 12
MAX_STATEMENTS = 200
DEFAULT_PAGE = 20
MAX_PAGE = 200
"""Rows of a page: unless said otherwise, and at most."""


class Allowance(NamedTuple):
    """What a caller's roles may ask for at once: objects by page sizes, and rows of a page."""

    objects: int
    page: int


class Budget:
    """The conditions and statements that compiling one operation may still spend."""

    def __init__(self) -> None:
        self.conditions = MAX_CONDITIONS
        self.statements = MAX_STATEMENTS

    def condition(self, depth: int) -> None:
        """Spend one condition of a filter at this depth. Raises TOO_COMPLEX."""
        self.spend(1)
        if depth > MAX_FILTER_DEPTH:
            raise HubError(
                "TOO_COMPLEX", f"A filter is nested more than {MAX_FILTER_DEPTH} levels deep. Ask in fewer levels."
            )

    def spend(self, conditions: int) -> None:
        """Spend the conditions of one more statement that repeats them: PostgreSQL plans them there too. Raises TOO_COMPLEX."""
        self.conditions -= conditions
        if self.conditions < 0:
            raise HubError(
                "TOO_COMPLEX",
                f"The filters of this operation have more than {MAX_CONDITIONS} conditions. Use `in` with a list instead of `or`.",
            )

    def statement(self) -> None:
        """Spend one statement. Raises TOO_COMPLEX."""
        self.statements -= 1
        if self.statements < 0:
            raise HubError(
                "TOO_COMPLEX",
                f"This operation needs more than {MAX_STATEMENTS} statements. Ask for fewer relations at a time.",
            )
