"""Paths of the matrix by filters and orders: every filter with the true value of rows in and out of scope, and every order."""

from collections.abc import Mapping
from typing import Any

from graphql import GraphQLInputObjectType, get_named_type

from resolvers.access.callers import Caller as Persona
from tests.access.comparison import Comparison, key_of
from tests.access.coverage_plan import camel
from tests.access.hierarchy_visibility import is_by_hierarchy
from tests.access.matrix import Matrix
from tests.access.query_writer import MANY, ListField, filter_for_order

Row = Mapping[str, Any]


async def filters(matrix: Matrix, comparison: Comparison, persona: Persona) -> None:
    """Every filter with the true value of rows in and out of scope: what is out of scope is neither found nor counted."""
    for listed in matrix.writer.reached:
        assert listed.filter is not None
        masked = [name for name in listed.filter.fields if name != "id" and refused(comparison, listed.target, name)]
        for row in await matrix.rows(listed.target):
            await filters_by_row(matrix, comparison, persona, listed, row, masked)
        for name in masked:
            await filters_by_masked(matrix, comparison, persona, listed, name)


async def filters_by_row(
    matrix: Matrix, comparison: Comparison, persona: Persona, listed: ListField, row: Row, masked: list[str]
) -> None:
    """A list filtered by each value of a row that is not masked."""
    assert listed.filter is not None
    parent = None if listed.root else await matrix.parent(listed, row["id"])
    if parent is None and not listed.root:
        return
    operands = {
        name: operand for name, operand in conditions(listed.filter, row, comparison).items() if name not in masked
    }
    this = {"id": {"eq": row["id"]}} if listed.by_id else {}
    given = {f"f{order}": {**this, name: operand} for order, (name, operand) in enumerate(operands.items())}
    rows = "" if listed.by_id else " nodes { __typename id }"
    fields = " ".join(
        f"a{order}: {listed.field}(first: {MANY}, filter: $f{order}{listed.ever}) {{ totalCount{rows} }}"
        for order in range(len(operands))
    )
    declared = ", ".join(f"${name}: {listed.filter}" for name in given)
    national, own = await matrix.below(listed, parent, fields, declared, given, persona)
    if national is None or own is None:
        if own is not None or comparison.sees({"__typename": listed.parent, "id": parent}):
            comparison.fails("filter", f"{listed.parent}.{listed.field}: {parent} was answered wrongly")
        comparison.cells.update((listed.target, name, "out", filter_path(listed)) for name in operands)
        return
    for order, (name, operand) in enumerate(operands.items()):
        compare_filtered(matrix, comparison, listed, row, name, operand, national[f"a{order}"], own[f"a{order}"])


def compare_filtered(
    matrix: Matrix,
    comparison: Comparison,
    listed: ListField,
    row: Row,
    name: str,
    operand: Row,
    national: Row,
    own: Row,
) -> None:
    """Compare a list filtered by one value of a row."""
    path, is_found = filter_path(listed), is_found_by(matrix, comparison, listed, row, name, operand)
    # what it leads to may be out of scope: then the row is not found by it, in scope or not
    scope = "in" if comparison.sees(row) and (is_found or "some" in operand) else "out"
    if listed.by_id:
        only_one = national["totalCount"] == 1 or "some" in operand
        if not only_one or own["totalCount"] != int(comparison.sees(row) and is_found):
            comparison.fails(path, f"{row['id']} by its {name}: {own['totalCount']}, though {scope} of scope")
    elif is_found:
        comparison.page(national, own, path, root=listed.root)
    elif own["nodes"] or own["totalCount"]:
        comparison.fails(path, f"{row['id']} was found by its {name}, which is out of scope")
    comparison.cells.add((listed.target, name, scope, path))


def is_found_by(matrix: Matrix, comparison: Comparison, listed: ListField, row: Row, name: str, operand: Row) -> bool:
    """Whether a filter by a relation leads to a row that the persona sees; a filter by a value does not depend on other rows."""
    if "some" in operand:
        below = row[name]
        if is_by_hierarchy(matrix.writer, listed.target, name):
            below = comparison.below((listed.target, name), key_of(row["id"]), below, filter_path(listed))
        return any(map(comparison.sees, below["nodes"]))
    target = matrix.writer.policy.types.get(type_name(matrix, listed.target, name))
    return target is None or comparison.sees({"__typename": target.name, "id": operand["id"]["eq"]})


async def filters_by_masked(
    matrix: Matrix, comparison: Comparison, persona: Persona, listed: ListField, name: str
) -> None:
    """A filter by a field that is masked for the persona is refused, however it stands."""
    text = f"query($filter: {listed.filter}) {{ {listed.field}(filter: $filter) {{ totalCount }} }}"
    if not listed.root:
        text = (
            f'query($filter: {listed.filter}) {{ node(id: "{matrix.ids(listed.parent)[0]}") {{ ... on {listed.parent}'
            f" {{ {listed.field}(filter: $filter) {{ totalCount }} }} }} }}"
        )
    operand = get_named_type(get_named_type(listed.filter.fields[name].type).fields["eq"].type).name
    value = "2026-01-01T00:00:00Z" if operand == "DateTime" else "阶甲2"
    for condition in ({name: {"eq": value}}, {"not": {name: {"eq": value}}}, {"or": [{name: {"isNull": True}}]}):
        code = await matrix.code(text, {"filter": condition}, persona)
        if code != "MASKED_COLUMN":
            comparison.fails(listed.field, f"a filter by {name}, which is masked, was answered with {code}")
    comparison.cells.update((listed.target, name, scope, filter_path(listed)) for scope in ("in", "out"))


async def orders(matrix: Matrix, comparison: Comparison, persona: Persona) -> None:
    """Every order: only rows in scope stand in it."""
    for listed in matrix.writer.reached:
        masked = [column for column in listed.columns if refused(comparison, listed.target, camel(column))]
        parents: list[str | None] = [None]
        if not listed.root:
            rows = await matrix.rows(listed.target)
            parents = list(dict.fromkeys([await matrix.parent(listed, row["id"]) for row in rows]))
        for parent in parents:
            if parent is None and not listed.root:
                continue
            for column in masked:
                await order_by_masked(matrix, comparison, persona, listed, parent, column)
            columns = [column for column in listed.columns if column not in masked]
            await orders_by_columns(matrix, comparison, persona, listed, parent, columns)


async def order_by_masked(
    matrix: Matrix, comparison: Comparison, persona: Persona, listed: ListField, parent: str | None, column: str
) -> None:
    """An order by a column that is masked for the persona is refused."""
    text = f"{{ {listed.field}(orderBy: [{{field: {column}}}]) {{ totalCount }} }}"
    if parent is not None:
        text = f'{{ node(id: "{parent}") {{ ... on {listed.parent} {text} }} }}'
    code = await matrix.code(text, {}, persona)
    if code != "MASKED_COLUMN":
        comparison.fails(listed.field, f"an order by {column}, which is masked, was answered with {code}")
    comparison.cells.update((listed.target, camel(column), scope, order_path(listed)) for scope in ("in", "out"))


async def orders_by_columns(
    matrix: Matrix, comparison: Comparison, persona: Persona, listed: ListField, parent: str | None, columns: list[str]
) -> None:
    """A list in the order of each of some columns."""
    given = {"filter": {"id": {"in": matrix.ids(listed.target)}}} if listed.by_id else {}
    passed = ", filter: $filter" if listed.by_id else ""
    fields = " ".join(
        f"{column}: {listed.field}(first: {MANY}{listed.ever}{filter_for_order(listed.target, column, listed.by_id) or passed},"
        f" orderBy: [{{field: {column}, direction: DESC}}]) {{ pageInfo {{ hasNextPage }} nodes {{ __typename id }} }}"
        for column in columns
    )
    declared = f"$filter: {listed.filter}!" if listed.by_id else ""
    national, own = await matrix.below(listed, parent, fields, declared, given, persona)
    path = order_path(listed)
    if national is None or own is None:
        comparison.cells.update((listed.target, camel(column), "out", path) for column in columns)
        return
    for column in columns:
        comparison.page(national[column], own[column], path, root=listed.root)
        for row in national[column]["nodes"]:
            comparison.cells.add((listed.target, camel(column), "in" if comparison.sees(row) else "out", path))


def filter_path(listed: ListField) -> str:
    """The path of a filter's cells."""
    return f"filter of {listed.parent}.{listed.field}"


def order_path(listed: ListField) -> str:
    """The path of an order's cells."""
    return f"order of {listed.parent}.{listed.field}"


def refused(comparison: Comparison, typename: str, name: str) -> bool:
    """Whether a persona may not filter or order by a field: it is not clear to all groups that the persona is in."""
    entry = comparison.policy.types[typename]
    return name in entry.masked and any(entry.level(name, group) != "clear" for group in comparison.sight.groups)


def conditions(type_: GraphQLInputObjectType, row: Row, comparison: Comparison) -> dict[str, Any]:
    """For each field of a filter the condition that a row fulfils."""
    found = {}
    for name, field in type_.fields.items():
        operand = get_named_type(field.type)
        assert isinstance(operand, GraphQLInputObjectType)
        if name in row and name not in ("and", "or", "not", "id"):
            condition = condition_of(operand, name, row, comparison)
            if condition is not None:
                found[name] = condition
    return found


def condition_of(operand: GraphQLInputObjectType, name: str, row: Row, comparison: Comparison) -> dict[str, Any] | None:
    """The condition on one field that a row fulfils, if the field can have one."""
    value = row[name]
    if name in comparison.policy.types[row["__typename"]].masked:
        clear = comparison.truth.clear(row["__typename"], key_of(row["id"]), name)
        value = value if clear is ... else clear
    if "some" in operand.fields:
        validity = {"validity": "ANY"} if "validity" in operand.fields else {}
        return {"some": {}, **validity} if len(value["nodes"]) < MANY else None
    if "and" in operand.fields:
        return {"id": {"eq": value["id"]}} if value is not None and "id" in operand.fields else None
    if value is None:
        return {"isNull": True} if "isNull" in operand.fields else None
    return {"eq": value}


def type_name(matrix: Matrix, typename: str, name: str) -> str:
    """The name of a field's type."""
    return get_named_type(matrix.writer.type(typename).fields[name].type).name


PATHS = (filters, orders)
"""All of these: each asks and has the answers compared."""
