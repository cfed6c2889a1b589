"""Warning for payments: the day on which the bank card that is paid to was changed."""

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Date, column, select, table


def card_changed_on(view: str, key: Any) -> ColumnElement[Any]:
    """The day on which the bank card of the payee of a grant or claim was changed, for thirty days; ``key`` is the column of its key. It is
    read from a view of the second wall, so that the payer sees it even if they no longer see the person."""
    changed = table(view, column("id", BigInteger), column("changed_on", Date), schema="wall")
    return select(changed.c.changed_on).where(changed.c.id == key).scalar_subquery()
