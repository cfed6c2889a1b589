"""Aliases of tables, whose columns are made when they are wanted."""

import pytest
from sqlalchemy import and_, exists, select

from db.members import Member
from db.models import Model
from resolvers.engine.declare.columns import alias, moved


def test_an_alias_has_the_columns_of_its_table_and_each_once() -> None:
    for table in Model.metadata.tables.values():
        made, whole = alias(table), table.alias()
        for column in whole.c:
            found = made.c[column.name]
            assert (found.name, found.type, found.table) == (column.name, column.type, made)
            assert found is made.c[column.name] is getattr(made.c, column.name)
            assert column.name in made.c
        assert [column.name for column in made.c] == [column.name for column in whole.c]


def test_a_column_that_is_not_there_is_an_error() -> None:
    made = alias(Member)
    assert "nothing" not in made.c
    with pytest.raises(AttributeError):
        _ = made.c.nothing
    with pytest.raises(KeyError):
        made.c["nothing"]


def test_a_condition_is_written_as_with_an_alias_that_has_all_its_columns() -> None:
    table = Member.__table__
    written = [
        str(select(table.c.id).where(exists(other.c.id).where(and_(table.c.id == other.c.id, other.c.name == "x"))))
        for other in (alias(Member), table.alias())
    ]
    assert written[0] == written[1]


def test_a_condition_moves_to_an_alias_and_leaves_other_aliases_where_they_are() -> None:
    table, other, third = Member.__table__, alias(Member), alias(Member)
    found = moved(and_(table.c.id == third.c.id, table.c.name == "x"), table, other)  # type: ignore[arg-type]
    assert str(found) == str(and_(other.c.id == third.c.id, other.c.name == "x"))
