"""The coverage plan of the matrix: which cells a run must have compared, by the schema and the policy table."""

from collections.abc import Iterable, Set

from graphql import GraphQLInputObjectType, get_named_type

from tests.access.comparison import Cell, Comparison
from tests.access.policy_table import NATIONAL


def planned(comparison: Comparison, staged: Set[str]) -> set[Cell]:
    """The cells that a persona's run must have compared, of the types that have rows in all places (``staged``)."""
    cells: set[Cell] = set()
    writer = comparison.writer
    seen = {name for name, entry in comparison.policy.types.items() if any(map(entry.sees, comparison.sight.groups))}

    def add(typename: str, fields: Iterable[str], path: str, scopes: tuple[str, ...] = ("in", "out")) -> None:
        foreign = not comparison.policy.types[typename].open and comparison.sight.groups != [NATIONAL]
        real = {"in": typename in seen, "out": foreign}
        if typename in staged and (
            path.partition(".")[0] not in comparison.policy.types or path.partition(".")[0] in staged
        ):
            cells.update((typename, name, scope, path) for name in fields for scope in scopes if real[scope])

    for name, entry in comparison.policy.types.items():
        for path in ("nodes", "node"):
            add(name, entry.shown, path)
        for lead in writer.leads(name):
            for target in writer.targets(name, lead):
                if name in seen:
                    add(target, comparison.policy.types[target].shown, f"{name}.{lead}", ("in",))
    for field, argument, name in writer.lookups():
        add(name, comparison.policy.types[name].shown, f"{field}({argument}:)")
    for each in writer.lists:
        if each.root:
            add(each.target, (*comparison.policy.types[each.target].shown, "totalCount"), each.field)
            add(each.target, comparison.policy.types[each.target].shown, f"{each.field} edges")
            if "hierarchy" in writer.type("Query").fields[each.field].args:
                scopes = ("in", "out") if comparison.related.is_reached_at_all("Query", each.field) else ("out",)
                add(each.target, comparison.policy.types[each.target].shown, f"{each.field}(within:)", scopes)
    for each in writer.reached:
        assert each.filter is not None
        by = [
            name
            for name, operand in operands(each.filter)
            if name != "id" and ("and" not in operand or "id" in operand)
        ]
        add(
            each.target,
            [name for name in by if name in writer.type(each.target).fields],
            f"filter of {each.parent}.{each.field}",
        )
        add(each.target, map(camel, each.columns), f"order of {each.parent}.{each.field}")
    return cells


def operands(type_: GraphQLInputObjectType) -> Iterable[tuple[str, Iterable[str]]]:
    """The fields of a filter with the names of their operators."""
    for name, field in type_.fields.items():
        if name in ("and", "or", "not"):
            continue
        operand = get_named_type(field.type)
        assert isinstance(operand, GraphQLInputObjectType)
        yield name, operand.fields


def camel(column: str) -> str:
    """The field of a column that a list is ordered by."""
    first, *rest = column.lower().split("_")
    return first + "".join(part.capitalize() for part in rest)
