"""What who pays is told of the account that is paid to."""

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Date, column, select, table


def card_changed_on(view: str, key: Any) -> ColumnElement[Any]:
    """When the bank card that a grant or a claim is paid to was changed, for thirty days, by its key: from a view of the wall's, which
    warns who pays also when the person is out of sight by now."""
    changed = table(view, column("id", BigInteger), column("changed_on", Date), schema="wall")
    return select(changed.c.changed_on).where(changed.c.id == key).scalar_subquery()
