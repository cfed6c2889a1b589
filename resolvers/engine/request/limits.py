"""What compiling one operation may cost: conditions in filters, their depth, statements. Checked while building."""

from typing import NamedTuple

from resolvers.errors import HubError

MAX_CONDITIONS = 500
MAX_FILTER_DEPTH = 12
MAX_STATEMENTS = 200


class Allowance(NamedTuple):
    """What a caller's roles may ask for at once: objects by page sizes, and rows of a page."""

    objects: int
    page: int


class Budget:
    """What is left to one operation."""

    def __init__(self) -> None:
        self.conditions = MAX_CONDITIONS
        self.statements = MAX_STATEMENTS

    def condition(self, depth: int) -> None:
        """Spend one condition of a filter at this depth. Raises TOO_COMPLEX."""
        self.again(1)
        if depth > MAX_FILTER_DEPTH:
            raise HubError(
                "TOO_COMPLEX", f"A filter is nested more than {MAX_FILTER_DEPTH} levels deep. Ask in fewer levels."
            )

    def again(self, conditions: int) -> None:
        """Spend as many conditions, which stand in one more statement: PostgreSQL plans them there too. Raises TOO_COMPLEX."""
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
