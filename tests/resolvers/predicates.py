"""Filters as plain Python predicates over rows: what the engine's SQL must agree with."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from graphql import GraphQLInputObjectType, get_named_type

from resolvers.engine.arguments import snake
from schema import schema

Row = Mapping[str, Any]
Tables = Mapping[str, Mapping[int, Row]]

TABLES = {
    "DivisionFilter": ("division", "div"),
    "OrganizationFilter": ("organization", "org"),
    "EmployerFilter": ("employer", "emp"),
    "MemberFilter": ("member", "mem"),
    "MembershipFilter": ("membership", "mship"),
    "EngagementFilter": ("engagement", "eng"),
    "AgreementFilter": ("collective_agreement", "agr"),
    "AgreementCoverageFilter": ("agreement_coverage", "acover"),
    "CoverageFilter": ("employer_coverage", "cover"),
    "EnrolmentFilter": ("insurance_enrolment", "ins"),
    "DisputeFilter": ("dispute_case", "case"),
    "DisputePartyFilter": ("dispute_party", "dparty"),
    "RecoveryFilter": ("recovery", "recov"),
}
"""The table that each filter is on, and the prefix of its rows' IDs."""


def filter_type(name: str) -> GraphQLInputObjectType:
    type_ = schema._schema.type_map[name]
    assert isinstance(type_, GraphQLInputObjectType)
    return type_


def holds(name: str, given: Mapping[str, Any], row: Row, tables: Tables) -> bool:
    """Whether a filter of the type ``name``, written as variables are, holds for a row."""
    return all(_part(name, field, value, row, tables) for field, value in given.items() if value is not None)


def _part(name: str, field: str, value: Any, row: Row, tables: Tables) -> bool:
    if field == "and":
        return all(holds(name, part, row, tables) for part in value)
    if field == "or":
        return any(holds(name, part, row, tables) for part in value)
    if field == "not":
        return not holds(name, value, row, tables)
    inner = get_named_type(filter_type(name).fields[field].type).name
    if inner in TABLES:
        key = row[f"{snake(field)}_id"]
        return key is not None and holds(inner, value, tables[TABLES[inner][0]][key], tables)
    column = f"{TABLES[name][1]}_{row['id']:x}" if field == "id" else row[snake(field)]
    return all(_operator(column, operator, operand) for operator, operand in value.items() if operand is not None)


def _operator(column: Any, operator: str, operand: Any) -> bool:
    if operator == "isNull":
        return (column is None) == operand
    if column is None:
        return False
    if operator == "in":
        return column in operand
    if isinstance(column, date):
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
            return operand in column
        case "startsWith":
            return bool(column.startswith(operand))
    raise AssertionError(f"an operator without a predicate: {operator}")
