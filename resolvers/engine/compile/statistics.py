"""From a ``statistics`` field to its step: which measures are selected, and how rows become the whole and its groups."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

from graphql import FieldNode, GraphQLObjectType, get_named_type

from resolvers.engine.compile.context import Compilation, errors_at
from resolvers.engine.declare.sources import StatisticsField
from resolvers.engine.declare.statistics import Rate
from resolvers.engine.plan.steps import Child, Key, StatisticsStep, Step, Table, Values
from resolvers.engine.request.arguments import snake
from resolvers.engine.statistics import from_arguments
from resolvers.engine.statistics.frames import Frame
from resolvers.engine.statistics.groups import table
from resolvers.engine.statistics.key_values import label_of, value_of
from resolvers.engine.statistics.question import Question
from resolvers.engine.statistics.row_layout import DECIMAL, KEYS, Row
from resolvers.engine.statistics.statement import statement

Value = Callable[[Row, Sequence[Values]], Any]
"""Finds the value of a field in a row, given the values of the steps below."""

PER_DIMENSION = 100
"""A statistic weighs as so many objects for the whole, and for each dimension that it is grouped by."""


class GroupCompiler:
    """Compiles the selections of one ``statistics`` field on its whole and on its groups."""

    def __init__(self, compilation: Compilation, question: Question, path: str) -> None:
        self.compilation = compilation
        self.question = question
        self.path = path
        self.children: list[Child] = []

    def group(self, type_: GraphQLObjectType, nodes: Sequence[FieldNode], *, whole: bool) -> Value:
        """Finds the values of a group."""
        fields: dict[str, Value] = {}
        rates, layout = self.question.population.statistic.rates, self.question.layout
        for key, found in self.compilation.collector.below(type_, nodes).items():
            name = found[0].name.value
            if name == "__typename":
                fields[key] = _constant(type_.name)
            elif name == "keys":
                below = get_named_type(type_.fields[name].type)
                assert isinstance(below, GraphQLObjectType)
                fields[key] = _constant([]) if whole else self._keys(below, found)
            elif (rate := rates.get(snake(name))) is not None:
                fields[key] = _rate(rate, layout.measure(rate.part), layout.measure(rate.whole))
            else:
                fields[key] = _at(layout.measure(snake(name)), name in DECIMAL)
        return lambda row, below: {key: compute(row, below) for key, compute in fields.items()}

    def _keys(self, type_: GraphQLObjectType, nodes: Sequence[FieldNode]) -> Value:
        """Finds the keys of a group."""
        keys = [self._key(type_, nodes, place) for place in range(len(self.question.dimensions))]
        return lambda row, below: [{key: compute(row, below) for key, compute in fields.items()} for fields in keys]

    def _key(self, type_: GraphQLObjectType, nodes: Sequence[FieldNode], place: int) -> Mapping[str, Value]:
        fields: dict[str, Value] = {}
        item = self.question.dimensions[place]
        for key, found in self.compilation.collector.below(type_, nodes).items():
            match found[0].name.value:
                case "__typename":
                    fields[key] = _constant(type_.name)
                case "dimension":
                    fields[key] = _constant(item.name)
                case "value":
                    fields[key] = _of_row(value_of(self.question, place))
                case "label":
                    fields[key] = _of_row(label_of(self.question, place))
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
    field: StatisticsField,
    nodes: Sequence[FieldNode],
    path: str,
    *,
    root: bool,
) -> Step:
    """The step of a ``statistics`` field below parents, or at the root."""
    type_ = get_named_type(parent.fields[nodes[0].name.value].type)
    assert isinstance(type_, GraphQLObjectType)
    with errors_at(nodes[0]):
        arguments = compilation.arguments(parent, nodes[0])
        measures = _selected_measures(compilation, type_, nodes)
        question = from_arguments.question(
            compilation.registry, field, arguments, compilation.lenses, measures, root=root
        )
        step = _step(compilation, type_, question, nodes, path)
        arguments.require_effect(nodes[0])
        return step


def _selected_measures(compilation: Compilation, type_: GraphQLObjectType, nodes: Sequence[FieldNode]) -> Iterator[str]:
    """The measures and rates that are selected on the whole or on groups, in their order, by their Python names."""
    for found in compilation.collector.below(type_, nodes).values():
        name = found[0].name.value
        group = None if name == "__typename" else get_named_type(type_.fields[name].type)
        if isinstance(group, GraphQLObjectType):
            fields = compilation.collector.below(group, found).values()
            yield from (
                snake(each[0].name.value) for each in fields if each[0].name.value not in ("__typename", "keys")
            )


def _step(
    compilation: Compilation, type_: GraphQLObjectType, question: Question, nodes: Sequence[FieldNode], path: str
) -> Step:
    part = GroupCompiler(compilation, question, path)
    kind = question.population.kind
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
            heads[key] = _head(type_.name if name == "__typename" else kind, name)

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
        statement=statement(question, rollups=compilation.rollups),
        build=build,
        children=tuple(part.children),
        columns=(kind, *question.measures),
        weight=PER_DIMENSION * (1 + len(question.dimensions)),
        frame=question.frame.find,
        table=partial(table, question),
    )


def _constant(value: Any) -> Value:
    return lambda _row, _below: value


def _of_row(find: Callable[[Row], Any]) -> Value:
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
