"""Typed filters to SQL: ``{name: {contains: "…"}, not: {…}, employer: {kind: {eq: PLATFORM}}, venues: {none: {kind: {eq: STATION}}}}``."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Text,
    and_,
    any_,
    cast,
    exists,
    false,
    func,
    not_,
    or_,
    true,
    type_coerce,
)

from db.columns.text_search import contains, folded
from db.model import CodeList
from resolvers.access.callers import Lens
from resolvers.engine.declare.columns import Element, alias, expression, moved
from resolvers.engine.declare.registry import Registry
from resolvers.engine.declare.sources import Computed, Many, One, Source
from resolvers.engine.declare.validity import Validity, validity_conditions
from resolvers.engine.declare.visibility import ColumnsAsTable, StatementAccess
from resolvers.engine.plan.parameters import Binder, storable
from resolvers.engine.plan.statement import parents
from resolvers.engine.request.arguments import Arguments, Leaf, Value, camel
from resolvers.engine.request.limits import Budget
from resolvers.errors import HubError
from resolvers.unknown_codes import list_of_text, unknown_code


class Filter:
    """Writes the conditions of one statement's filters. The caller's ``lenses`` decide which rows of related types count, and which columns
    may be compared."""

    def __init__(
        self,
        registry: Registry,
        binder: Binder,
        lenses: tuple[Lens, ...],
        budget: Budget,
    ) -> None:
        self.registry = registry
        self.binder = binder
        self.lenses = lenses
        self.budget = budget

    def condition(
        self, source: Source, given: Mapping[str, Value], table: FromClause | None = None, depth: int = 0
    ) -> ColumnElement[bool]:
        """The condition that a filter sets on the rows of a source, or of ``table``, an alias of its table. Raises TOO_COMPLEX."""
        parts = [self._part(source, name, item, table, depth + 1) for name, item in given.items()]
        return and_(true(), *parts)

    def _part(
        self, source: Source, name: str, value: Value, table: FromClause | None, depth: int
    ) -> ColumnElement[bool]:
        self.budget.condition(depth)
        if name == "and":
            return and_(true(), *(self.condition(source, part, table, depth) for part in value))
        if name == "or":
            return or_(false(), *(self.condition(source, part, table, depth) for part in value))
        if name == "not":
            return not_(func.coalesce(self.condition(source, value, table, depth), false()))
        match source.fields.get(name):
            case One() as one:
                return self._one(source, one, value, table, depth)
            case Many() as many:
                return self._list(source, many, value, table, depth)
        if name in source.filter_lists:
            return self._some(source, source.filter_lists[name], value, table, depth, {"validity": Validity.ANY})
        return self._column(source, name, value, table)

    def _one(
        self, source: Source, one: One, given: Mapping[str, Value], table: FromClause | None, depth: int
    ) -> ColumnElement[bool]:
        """The row that a key names fulfils a filter, and the caller sees it."""
        target = self.registry.sources[one.target]
        self.registry.require_rows(target, self.lenses)
        other = alias(target.table)
        key = _under(expression(one.key), source, table)
        access = self._visible(target, other)
        return exists(other.c.id).where(other.c.id == key, self.condition(target, given, other, depth), *access)

    def _column(
        self, source: Source, name: str, operators: Mapping[str, Value], table: FromClause | None
    ) -> ColumnElement[bool]:
        """The operators hold for a column, or for the SQL of a computed field. Raises BAD_ARGUMENT and MASKED_COLUMN."""
        field = source.fields.get(name)
        as_sql = field.as_sql if isinstance(field, Computed) else None
        column = source.column(name) if as_sql is None else as_sql(self.binder)
        if column is None:
            raise HubError("BAD_ARGUMENT", f"{source.typename} cannot be filtered by {camel(name)}.")
        if self.registry.access.is_masked(source.typename, name, self.lenses):
            raise HubError(
                "MASKED_COLUMN", f"{camel(name)} is masked for you: {source.typename} cannot be filtered by it."
            )
        prefix = _prefix(column, source)
        column = _under(column, source, table)
        normalize, codes = source.normalizers.get(name), list_of_text(column.type)
        fold = _unfolded if normalize is not None or codes is not None else folded
        searchable = name in source.searchable
        return and_(
            true(),
            *(
                self._operator(
                    column, operator, _operand(operator, operand, normalize, codes), prefix, searchable, fold
                )
                for operator, operand in operators.items()
            ),
        )

    def of_value(
        self, source: Source, name: str, operators: Mapping[str, Value], value: ColumnElement[Any]
    ) -> ColumnElement[bool]:
        """The operators hold for a value in place of the column."""
        column = source.column(name)
        assert column is not None
        return self._column(source, name, operators, ColumnsAsTable({str(column.key): type_coerce(value, column.type)}))  # type: ignore[arg-type]

    def _visible(self, target: Source, table: FromClause) -> list[ColumnElement[bool]]:
        """The condition that the caller sees a row of another source, if there is any."""
        condition = self.registry.access.visible(target, self.lenses, self.binder, table)
        return [] if condition is None else [condition]

    def _list(
        self, source: Source, many: Many, value: Value, table: FromClause | None, depth: int
    ) -> ColumnElement[bool]:
        """What ``some`` and ``none`` require of the rows of a list that the caller sees."""
        parts = []
        quantified = {name: given for name, given in value.items() if name != "validity"}
        if value and not quantified:
            raise HubError(
                "NO_EFFECT",
                "`validity` would change nothing here: it goes with `some` or `none`. Leave it out, or give one.",
            )
        for quantifier, given in quantified.items():
            found = self._some(source, many, given, table, depth, {"validity": value.get("validity")})
            parts.append(found if quantifier == "some" else not_(found))
        return and_(true(), *parts)

    def _some(
        self,
        source: Source,
        many: Many,
        given: Mapping[str, Value],
        table: FromClause | None,
        depth: int,
        arguments: Arguments,
    ) -> ColumnElement[bool]:
        """A row of the list fulfils a filter: the list with these arguments, its table under an alias."""
        target = self.registry.sources[many.target]
        self.registry.require_rows(target, self.lenses)
        parent, other = parents(), alias(target.table)
        statement_access = StatementAccess(self.registry, self.lenses, self.binder, starts=False)
        rows = many.relation.rows(target, parent.c.key, {}, self.binder, statement_access)
        where = [*rows.where, *validity_conditions(many.period(target), arguments, self.binder)]
        from_ = rows.from_ if rows.key_column is None else rows.from_.join(target.table, target.key == rows.key_column)
        start = _under(source.key if many.on is None else expression(many.on), source, table)

        def on_alias(part: Element) -> Element:
            return moved(part, target.table, other, (parent.c.key, start))

        access = self._visible(target, other)
        return (
            exists(other.c.id)
            .select_from(on_alias(from_))
            .where(
                *map(on_alias, where),
                *map(on_alias, rows.access),
                self.condition(target, given, other, depth),
                *access,
            )
        )

    def _operator(
        self,
        column: ColumnElement[Any],
        operator: str,
        operand: Value,
        prefix: str | None,
        searchable: bool,
        fold: Callable[[ColumnElement[Any]], ColumnElement[Any]],
    ) -> Any:
        if operator == "is_null":
            return column.is_(None) if operand else column.is_not(None)
        if operator in ("in", "not_in"):
            among = self._among(column, operand, prefix)
            return among if operator == "in" else not_(func.coalesce(among, false()))
        value = self._value(column, operand, prefix)
        match operator:
            case "eq" if searchable:
                return and_(contains(column, value), column == value)
            case "eq":
                return column == value
            case "ne":
                return column.is_distinct_from(value)
            case "gt":
                return column > value
            case "gte":
                return column >= value
            case "lt":
                return column < value
            case "lte":
                return column <= value
            case "starts_with" if searchable:
                return and_(contains(column, value), func.starts_with(fold(column), fold(value)))
            case "starts_with":
                return func.starts_with(fold(column), fold(value))
            case "ends_with" if searchable:
                return and_(contains(column, value), _ends_with(fold(column), fold(value)))
            case "ends_with":
                return _ends_with(fold(column), fold(value))
            case "contains" if searchable:
                return contains(column, value)
            case "contains":
                return func.strpos(fold(column), fold(value)) > 0
        raise HubError("BAD_ARGUMENT", f"There is no operator {operator}.")

    def _value(self, column: ColumnElement[Any], operand: Value, prefix: str | None) -> Any:
        if not isinstance(operand, Leaf):
            return operand
        if prefix is not None:
            return self.binder.key(operand, prefix)
        self.binder.skewed()
        return self.binder.leaf(operand, column.type)

    def _among(self, column: ColumnElement[Any], operand: Leaf, prefix: str | None) -> ColumnElement[bool]:
        binder = self.binder
        if prefix is None:
            binder.skewed()
        values = binder.keys(operand, prefix) if prefix is not None else binder.leaves(operand, column.type)
        if getattr(column.type, "enum_class", None) is not None:
            return cast(column, Text) == any_(values)
        return column == any_(values)


WHOLE_VALUE_OPERATORS = frozenset({"eq", "ne", "in", "not_in"})
"""Operators that compare with whole values."""


def _operand(operator: str, operand: Value, normalize: Callable[[Any], Any] | None, codes: CodeList | None) -> Value:
    """An operand in the form that its column has, where it is a whole value or a list of such.

    For a column with codes, a run raises UNKNOWN_CODE for one that the list does not have, and for a beginning that no code has.
    """
    if not isinstance(operand, Leaf):
        return operand
    if codes is not None and (operator in WHOLE_VALUE_OPERATORS or operator == "starts_with"):
        return operand.map(partial(_code, codes, is_prefix=operator == "starts_with"))
    return operand.map(normalize) if normalize is not None and operator in WHOLE_VALUE_OPERATORS else operand


def _unfolded(text: ColumnElement[Any]) -> ColumnElement[Any]:
    """A code, of which width and case count, and which an index finds by its beginning."""
    return text


def _code(codes: CodeList, text: str, *, is_prefix: bool) -> str:
    """A code of a list, or the beginning of one."""
    text = str(storable(text))
    if not (any(code.startswith(text) for code in codes.labels) if is_prefix else text in codes.labels):
        raise unknown_code(text, codes)
    return text


def _ends_with(column: ColumnElement[Any], value: ColumnElement[Any]) -> ColumnElement[bool]:
    """The column ends with a text, which is no pattern."""
    return func.right(column, func.length(value)) == value


def _under(column: ColumnElement[Any], source: Source, table: FromClause | None) -> ColumnElement[Any]:
    """The column of an alias of its table, if there is one."""
    return column if table is None else moved(column, source.table, table)


def _prefix(column: ColumnElement[Any], source: Source) -> str | None:
    """The ID prefix of the source, for its key column; None for any other."""
    return source.prefix if column is source.key else None
