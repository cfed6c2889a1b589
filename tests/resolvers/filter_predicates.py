"""The reference for filters: plain Python predicates over rows, which the engine's SQL must agree with."""

import json
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from graphql import GraphQLInputObjectType, GraphQLObjectType, get_named_type

from db.clock import today
from resolvers.engine.declare.columns import expression
from resolvers.engine.declare.sources import Many, Source
from resolvers.engine.request.arguments import snake
from resolvers.relations import By, Within, WithinDivision
from schema import registry, schema

Row = Mapping[str, Any]
Tables = Mapping[str, Mapping[int, Row]]
Predicate = Callable[[Row], bool]


def filters_of_lists() -> dict[str, str]:
    """The type of the rows that each filter of a list is on."""
    found = {}
    for type_ in schema._schema.type_map.values():
        for field in type_.fields.values() if isinstance(type_, GraphQLObjectType) else ():
            if "filter" in field.args:
                nodes = get_named_type(field.type).fields["nodes"]
                found[get_named_type(field.args["filter"].type).name] = get_named_type(nodes.type).name
    return found


ROW_TYPES = filters_of_lists()


def source_of(name: str) -> Source:
    """The source of the rows that a filter is on."""
    return registry.sources[ROW_TYPES[name]]


TABLES = {name: (source_of(name).table.name, source_of(name).prefix) for name in sorted(ROW_TYPES)}
"""The table that each filter is on, and the prefix of its rows' IDs."""


def listed_filter(type_: object) -> str | None:
    """The filter on a list's rows, when an input is a condition on a list."""
    if isinstance(type_, GraphQLInputObjectType) and {"some", "none"} <= type_.fields.keys():
        return get_named_type(type_.fields["some"].type).name
    return None


def filter_type(name: str) -> GraphQLInputObjectType:
    type_ = schema._schema.type_map[name]
    assert isinstance(type_, GraphQLInputObjectType)
    return type_


def predicate(name: str, given: Mapping[str, Any], tables: Tables) -> Predicate:
    """Whether a filter of the type ``name``, written as variables are, holds for a row."""
    parts = [_part(name, field, value, tables) for field, value in given.items() if value is not None]
    return parts[0] if len(parts) == 1 else lambda row: all(part(row) for part in parts)


def _part(name: str, field: str, value: Any, tables: Tables) -> Predicate:
    if field in ("and", "or"):
        parts = [predicate(name, part, tables) for part in value]
        return lambda row: (all if field == "and" else any)(part(row) for part in parts)
    if field == "not":
        inverted = predicate(name, value, tables)
        return lambda row: not inverted(row)
    kind = get_named_type(filter_type(name).fields[field].type)
    fulfilled = listed_filter(kind)
    if fulfilled is not None:
        validity = value.get("validity", "HOLDING") if "validity" in filter_type(kind.name).fields else "ANY"
        asked = [(quantifier == "some", given) for quantifier, given in value.items() if quantifier != "validity"]
        found = [(wanted, parents_of(name, field, fulfilled, given, validity, tables)) for wanted, given in asked]
        return lambda row: all((row["id"] in parents) == wanted for wanted, parents in found)
    if snake(field) in source_of(name).filter_lists:
        assert field == "within"
        beyond = predicate(kind.name, value, tables)
        found = {key for key, row in tables["division"].items() if beyond(row)}
        above = ABOVE.setdefault("division", ancestors_of(tables["division_closure"].values(), deeper=False))
        return lambda row: not found.isdisjoint(above.get(row["id"], ()))
    if kind.name in TABLES:
        key, rows, beyond = f"{snake(field)}_id", tables[TABLES[kind.name][0]], predicate(kind.name, value, tables)
        return lambda row: row[key] is not None and beyond(rows[row[key]])
    prefix, column = TABLES[name][1], snake(field)
    compared = [(operator, operand) for operator, operand in value.items() if operand is not None]
    if field == "id":
        return lambda row: all(_operator(f"{prefix}_{row['id']:x}", *pair) for pair in compared)
    return lambda row: all(_operator(row[column], *pair) for pair in compared)


ABOVE: dict[str, dict[int, set[int]]] = {}
FOUND: dict[str, set[int]] = {}


def parents_of(name: str, field: str, inner: str, given: Mapping[str, Any], validity: str, tables: Tables) -> set[int]:
    """Keys of the rows whose list has a row of this validity that fulfils a filter."""
    key = f"{name} {field} {validity} {json.dumps(given, sort_keys=True)}"
    if key not in FOUND:
        leads = source_of(name).fields[snake(field)]
        assert isinstance(leads, Many)
        parents, source = list_parents(leads, tables), registry.sources[leads.target]
        rows = tables[TABLES[inner][0]].values()
        holds = predicate(inner, given, tables)
        FOUND[key] = {
            parent for row in rows if holds(row) and is_valid(source, row, validity) for parent in parents(row)
        }
    return FOUND[key]


def is_valid(source: Source, row: Row, validity: str) -> bool:
    """Whether a row is in a state today: of what holds in a period, all else is always."""
    period = source.validity
    if validity == "ANY" or period is None:
        return True
    begins, ends = (row[str(expression(column).key)] for column in (period.begins, period.ends))
    if ends is not None and ends <= today():
        return validity == "ENDED"
    begun = begins <= today() if begins is not None else not period.known
    return validity == ("HOLDING" if begun else "NOT_BEGUN")


def list_parents(leads: Many, tables: Tables) -> Callable[[Row], Iterable[int]]:
    """From a row to the keys of those that have it in their list, whether they hold or not."""
    relation = leads.relation
    match relation:
        case By(via=None):
            return lambda row: [row[str(relation.column.key)]]
        case WithinDivision():
            above = ancestors_of(tables["division_closure"].values(), deeper=relation.deeper)
            return lambda row: above.get(row[str(relation.column.key)], ())
        case Within(via=None):
            above = ancestors_of(lasting(tables), deeper=False)
            return lambda row: above.get(row[str(relation.column.key)], ())
    raise AssertionError(f"a list without a predicate: {leads}")


def ancestors_of(pairs: Iterable[Row], *, deeper: bool) -> dict[int, set[int]]:
    """Keys above each key, itself too unless ``deeper``."""
    found: dict[int, set[int]] = {}
    for pair in pairs:
        if not deeper or pair["depth"] > 0:
            found.setdefault(pair["descendant_id"], set()).add(pair["ancestor_id"])
    return found


def lasting(tables: Tables) -> Iterable[Row]:
    """The pairs of the territorial closure that hold today, or held when the union was dissolved."""
    day, unions = today(), tables["organization"]
    for pair in tables["territorial_closure"].values():
        ended = pair["valid_to"]
        dissolved = unions[pair["descendant_id"]]["dissolved_on"]
        if (pair["valid_from"] <= day and (ended is None or ended > day)) or (
            ended and ended <= day and ended == dissolved
        ):
            yield pair


def folded(text: str) -> str:
    """A text as it is searched: NFKC, and small ASCII letters."""
    return "".join(letter.lower() if letter.isascii() else letter for letter in unicodedata.normalize("NFKC", text))


def _operator(column: Any, operator: str, operand: Any) -> bool:
    if operator == "isNull":
        return (column is None) == operand
    if operator == "ne":
        return not _operator(column, "eq", operand)
    if operator == "notIn":
        return not _operator(column, "in", operand)
    if column is None:
        return False
    if operator == "in":
        return any(_operator(column, "eq", each) for each in operand)
    if isinstance(column, datetime):
        operand = datetime.fromisoformat(operand)
    elif isinstance(column, date):
        operand = date.fromisoformat(operand)
    if isinstance(column, Decimal):
        operand = Decimal(operand)
    match operator:
        case "eq":
            return bool(column == operand)
        case "gt":
            return bool(column > operand)
        case "gte":
            return bool(column >= operand)
        case "lt":
            return bool(column < operand)
        case "lte":
            return bool(column <= operand)
        case "contains":
            return folded(operand) in folded(column)
        case "startsWith":
            return folded(column).startswith(folded(operand))
        case "endsWith":
            return folded(column).endswith(folded(operand))
    raise AssertionError(f"an operator without a predicate: {operator}")
