"""From a ``statistics`` field to its step: which measures are selected, and how rows become the whole and its groups."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

from graphql import FieldNode, GraphQLObjectType, get_named_type

from resolvers.engine.compile.context import Compilation
from resolvers.engine.declare.sources import StatisticsField
from resolvers.engine.declare.statistics import Rate
from resolvers.engine.plan.steps import Child, Key, StatisticsStep, Step, Table, Values
from resolvers.engine.request.arguments import snake
from resolvers.engine.statistics.from_records import Counting
from resolvers.engine.statistics.groups import table
from resolvers.engine.statistics.question import Frame
from resolvers.engine.statistics.row_layout import DECIMAL, KEYS, Layout, Row
from resolvers.errors import HubError

Value = Callable[[Row, Sequence[Values]], Any]
"""Finds the value of a field in a row, given the values of the steps below."""

PER_DIMENSION = 100
"""A statistic weighs as so many objects for the whole, and for each dimension that it is grouped by."""


class Statistics:
    """The parts of one ``statistics`` field while it is compiled."""

    def __init__(self, compilation: Compilation, counting: Counting, path: str) -> None:
        self.compilation = compilation
        self.counting = counting
        self.path = path
        self.children: list[Child] = []
        self.layout = Layout.of(counting)

    def group(self, type_: GraphQLObjectType, nodes: Sequence[FieldNode], *, whole: bool) -> Value:
        """Finds the values of a group."""
        fields: dict[str, Value] = {}
        for key, found in self.compilation.collector.below(type_, nodes).items():
            name = found[0].name.value
            if name == "__typename":
                fields[key] = _constant(type_.name)
            elif name == "keys":
                below = get_named_type(type_.fields[name].type)
                assert isinstance(below, GraphQLObjectType)
                fields[key] = _constant([]) if whole else self._keys(below, found)
            elif (rate := self.counting.statistic.rates.get(snake(name))) is not None:
                fields[key] = _rate(rate, self.counting.index(rate.part), self.counting.index(rate.whole))
            else:
                fields[key] = _at(self.counting.index(snake(name)), name in DECIMAL)
        return lambda row, below: {key: compute(row, below) for key, compute in fields.items()}

    def _keys(self, type_: GraphQLObjectType, nodes: Sequence[FieldNode]) -> Value:
        """Finds the keys of a group."""
        keys = [self._key(type_, nodes, place) for place in range(len(self.layout.dimensions))]
        return lambda row, below: [{key: compute(row, below) for key, compute in fields.items()} for fields in keys]

    def _key(self, type_: GraphQLObjectType, nodes: Sequence[FieldNode], place: int) -> Mapping[str, Value]:
        fields: dict[str, Value] = {}
        item, layout = self.layout.dimensions[place], self.layout
        for key, found in self.compilation.collector.below(type_, nodes).items():
            match found[0].name.value:
                case "__typename":
                    fields[key] = _constant(type_.name)
                case "dimension":
                    fields[key] = _constant(item.name)
                case "value" | "label" as name:
                    fields[key] = _found((layout.value if name == "value" else layout.label)(place))
                case name:
                    named = get_named_type(type_.fields[name].type).name
                    fields[key] = _constant(None) if item.target != named else self._row(named, found, place)
        return fields

    def _row(self, target: str, nodes: Sequence[FieldNode], place: int) -> Value:
        """The row that a key names."""
        source = self.compilation.registry.sources[target]
        step = self.compilation.by_key(source, nodes, f"{self.path}.{nodes[0].name.value}")
        self.children.append(Child(step, KEYS + place))
        child, at = len(self.children) - 1, KEYS + place
        return lambda row, below: below[child].get(row[at])


def statistics_step(
    compilation: Compilation,
    parent: GraphQLObjectType,
    tally: StatisticsField,
    nodes: Sequence[FieldNode],
    path: str,
    *,
    root: bool,
) -> Step:
    """The step of a ``statistics`` field below parents, or at the root."""
    try:
        arguments = compilation.arguments(parent, nodes[0])
        counting = Counting(compilation.registry, tally, arguments, compilation.lenses, root=root)
        step = _step(compilation, parent, counting, nodes, path)
        arguments.require_effect(nodes[0])
        return step
    except HubError as error:
        raise HubError(error.code, error.message, nodes=error.nodes or nodes[0]) from None


def _step(
    compilation: Compilation, parent: GraphQLObjectType, counting: Counting, nodes: Sequence[FieldNode], path: str
) -> Step:
    type_ = get_named_type(parent.fields[nodes[0].name.value].type)
    assert isinstance(type_, GraphQLObjectType)
    part = Statistics(compilation, counting, path)
    heads: dict[str, Callable[[Frame], Any]] = {}
    wholes: dict[str, Value] = {}
    groups: dict[str, Value] = {}
    order = list(compilation.collector.below(type_, nodes).items())
    for key, found in order:
        name = found[0].name.value
        below = None if name == "__typename" else get_named_type(type_.fields[name].type)
        if isinstance(below, GraphQLObjectType):
            fields = part.group(below, found, whole=name == "total")
            (wholes if name == "total" else groups)[key] = fields
        else:
            heads[key] = _head(type_.name if name == "__typename" else counting.kind, name)
    counting.index("records")
    layout = Layout.of(counting)

    def build(
        tables: Mapping[Key, Table], keys: Sequence[Key], children: Sequence[Values], frame: Any, _: Any
    ) -> Values:
        built: Values = {}
        for key in keys:
            if key not in tables:
                continue
            whole, cells = tables[key]
            value = {name: head(frame) for name, head in heads.items()}
            value |= {name: fields(whole, children) for name, fields in wholes.items()}
            value |= {name: [fields(row, children) for row in cells] for name, fields in groups.items()}
            built[key] = {name: value[name] for name, _ in order}
        return built

    return compilation.add(
        StatisticsStep,
        path,
        nodes[0],
        statement=counting.statement(),
        build=build,
        children=tuple(part.children),
        columns=(counting.kind, *counting.measures),
        weight=PER_DIMENSION * (1 + len(counting.dimensions)),
        frame=counting.frame(),
        table=partial(table, layout),
    )


def _constant(value: Any) -> Value:
    return lambda _row, _below: value


def _found(find: Callable[[Row], Any]) -> Value:
    return lambda row, _below: find(row)


def _at(index: int, amount: bool) -> Value:
    if amount:
        return lambda row, _below: None if row[index] is None else str(row[index])
    return lambda row, _below: _number(row[index])


def _rate(rate: Rate, part: int, whole: int) -> Value:
    def value(row: Row, _: Sequence[Values]) -> str | None:
        found = rate.of(row[part], row[whole])
        return None if found is None else str(found)

    return value


def _number(value: Any) -> Any:
    """A value as JSON has it: PostgreSQL's sum of whole numbers is a numeric."""
    if not isinstance(value, Decimal):
        return value
    return int(value) if value == value.to_integral_value() else float(value)


def _head(constant: str, name: str) -> Callable[[Frame], Any]:
    match name:
        case "asOf":
            return lambda frame: frame.as_of
        case "from":
            return lambda frame: frame.since
        case "until":
            return lambda frame: frame.until
    return lambda _: constant
