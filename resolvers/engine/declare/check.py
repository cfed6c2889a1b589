"""Whether schema and registry agree: checked when the hub starts, not when a field is first selected."""

from collections.abc import Collection, Iterator
from functools import lru_cache

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
)

from resolvers.access.callers import Lens
from resolvers.engine.declare.columns import expression
from resolvers.engine.declare.registry import Registry
from resolvers.engine.declare.sources import AnyOf, Computed, Field, Lookup, Many, One, Source, StatisticsField
from resolvers.engine.declare.visibility import StatementAccess
from resolvers.engine.plan.parameters import Binder
from resolvers.engine.request.arguments import Leaf, snake

BUILT_IN = frozenset({"viewer", "node", "nodes"})
"""Root fields that the engine answers itself."""

LOGIC = frozenset({"and", "or", "not"})


@lru_cache(maxsize=4)
def require_agreement(schema: GraphQLSchema, registry: Registry) -> None:
    """``check``, once for the same two objects: it takes some 70 ms of CPU time, and tests make hundreds of engines."""
    check(schema, registry)


def check(schema: GraphQLSchema, registry: Registry) -> None:
    """Compare every field, filter and order of the schema with what the registry answers.

    Raises:
        ValueError: they disagree; the message has the names.
    """
    every = (_roots(schema, registry), _types(schema, registry), _statistics(schema, registry), _counted(registry))
    faults = list(dict.fromkeys(fault for each in every for fault in each))
    if faults:
        raise ValueError("Schema and registry disagree:\n" + "\n".join(faults))


def _roots(schema: GraphQLSchema, registry: Registry) -> Iterator[str]:
    query = schema.query_type
    assert query is not None
    named = {snake(name): name for name in query.fields if name not in BUILT_IN}
    for name in registry.roots.keys() - named.keys():
        yield f"Query.{name}: it is registered, but no field of the schema"
    for name, schema_name in named.items():
        answer = registry.roots.get(name)
        if answer is None:
            yield f"Query.{schema_name}: it has no answer"
            continue
        yield from _relation(schema, registry, query, schema_name, answer)
        if isinstance(answer, Lookup) and {snake(argument) for argument in query.fields[schema_name].args} != set(
            answer.by
        ):
            yield f"Query.{schema_name}: it is looked up by {', '.join(answer.by)}, which are not its arguments"


def _types(schema: GraphQLSchema, registry: Registry) -> Iterator[str]:
    node = schema.get_type("Node")
    assert isinstance(node, GraphQLInterfaceType)
    types = {type_.name: type_ for type_ in schema.get_implementations(node).objects}
    for name in registry.sources.keys() - types.keys():
        yield f"{name}: it is registered, but no Node of the schema"
    for name, type_ in types.items():
        source = registry.sources.get(name)
        if source is None:
            yield f"{name}: it has no source"
            continue
        fields = {snake(schema_name): schema_name for schema_name in type_.fields}
        for field in source.fields.keys() - fields.keys():
            yield f"{name}.{field}: it is registered, but no field of the schema"
        for field, schema_name in fields.items():
            yield from _field(schema, registry, type_, source, field, schema_name)


def _statistics(schema: GraphQLSchema, registry: Registry) -> Iterator[str]:
    """What is wrong with the declared statistics."""
    kinds, known, events = (_names(schema, name) for name in ("RecordKind", "Dimension", "RecordEvent"))
    for kind in kinds - registry.statistics.keys():
        yield f"RecordKind.{kind}: nothing says how it is counted"
    group = schema.get_type("StatisticsGroup")
    measures = {snake(name) for name in group.fields} if isinstance(group, GraphQLObjectType) else set()
    for kind, statistic in registry.statistics.items():
        for names, all_, what in (
            ({kind}, kinds, "RecordKind"),
            (statistic.dimensions.keys(), known, "Dimension"),
            (statistic.events.keys(), events, "RecordEvent"),
            (statistic.measures.keys() | statistic.rates.keys(), measures, "StatisticsGroup"),
        ):
            for name in names - all_:
                yield f"statistics of {kind}: {what} has no {name}"
        for name, rate in statistic.rates.items():
            for part in (rate.part, rate.whole):
                if statistic.measure(part) is None:
                    yield f"statistics of {kind}: {name} is of {part}, which is no measure of the kind"
        if statistic.model.__name__ not in registry.sources:
            yield f"statistics of {kind}: {statistic.model.__name__} has no source"


def _counted(registry: Registry) -> Iterator[str]:
    """What is wrong with the lists whose count the roll-ups of a statistic may have: both must be of the same records, by their union, and
    of the same days."""
    fields: list[tuple[str, Field | Lookup]] = [(f"Query.{name}", answer) for name, answer in registry.roots.items()]
    fields += [
        (f"{source.typename}.{name}", answer)
        for source in registry.sources.values()
        for name, answer in source.fields.items()
    ]
    for where, answer in fields:
        if not isinstance(answer, Many) or answer.counted_by is None:
            continue
        statistic, source = registry.statistics.get(answer.counted_by), registry.sources[answer.target]
        if statistic is None or statistic.rollup is None or statistic.ends is None:
            yield f"{where}: statistics of {answer.counted_by} have no roll-ups of what holds on a day"
            continue
        access, someday = StatementAccess(registry, (Lens.EVERYTHING,), Binder()), Leaf(lambda _: None)
        place = answer.relation.rows(source, None, {"as_of": someday}, Binder(), access).rolled
        records, person = statistic.model.__table__, statistic.person
        if place is None or place.from_ is not records or place.column is not expression(statistic.organization):
            yield f"{where}: its rows are not those that statistics of {statistic.kind} count by their union"
        elif source.table is not records and (
            person is None or all(key.column.table is not source.table for key in expression(person).foreign_keys)
        ):
            yield f"{where}: statistics of {statistic.kind} count no {source.typename}"
        period = answer.period(source) or answer.relation.period
        days = None if period is None else (expression(period.begins), expression(period.ends))
        if days != (expression(statistic.begins), expression(statistic.ends)):
            yield f"{where}: statistics of {statistic.kind} count by other days"


def _names(schema: GraphQLSchema, name: str) -> set[str]:
    enum = schema.get_type(name)
    return set(enum.values) if isinstance(enum, GraphQLEnumType) else set()


def _field(
    schema: GraphQLSchema, registry: Registry, type_: GraphQLObjectType, source: Source, name: str, schema_name: str
) -> Iterator[str]:
    answer = source.fields.get(name)
    if answer is not None:
        yield from _relation(schema, registry, type_, schema_name, answer)
    elif name != "id" and source.column(name) is None:
        yield f"{type_.name}.{schema_name}: it has no answer"
    elif not is_leaf_type(get_named_type(type_.fields[schema_name].type)):
        yield f"{type_.name}.{schema_name}: a column answers it, but its type has fields"


def _relation(
    schema: GraphQLSchema, registry: Registry, type_: GraphQLObjectType, schema_name: str, answer: Field | Lookup
) -> Iterator[str]:
    """What is wrong with a field that leads to rows or is computed."""
    where, field = f"{type_.name}.{schema_name}", type_.fields[schema_name]
    returned = get_named_type(field.type)
    match answer:
        case StatisticsField():
            if returned.name != "Statistics":
                yield f"{where}: it counts, but its type is {returned.name}"
        case Computed():
            names = {snake(name) for name in returned.fields} if isinstance(returned, GraphQLObjectType) else set()
            if names != set(answer.fields):
                yield f"{where}: it is computed with the fields {sorted(answer.fields)}, but its type has {sorted(names)}"
        case AnyOf(choices):
            kinds = {kind.name for kind in returned.types} if isinstance(returned, GraphQLUnionType) else set()
            if kinds != {one.target for one in choices}:
                yield f"{where}: its type is not the union of {', '.join(one.target for one in choices)}"
        case One() | Lookup() | Many():
            if answer.target not in registry.sources:
                yield f"{where}: it leads to {answer.target}, which has no source"
            elif _row_type(returned) != answer.target:
                yield f"{where}: it leads to {answer.target}, but its type is {returned.name}"
            else:
                source = registry.sources[answer.target]
                if isinstance(answer, Many):
                    yield from _days(where, field.args.keys(), answer, source)
                for argument in field.args.values():
                    yield from _input(registry, source, get_named_type(argument.type), set())


def _days(where: str, given: Collection[str], many: Many, source: Source) -> Iterator[str]:
    """What is wrong with the arguments of a list that say on which day its rows are looked at."""
    held = many.period(source) is not None
    for name, wanted in (("asOf", held or (many.checks_days and "asOf" in given)), ("validity", held)):
        if wanted is not (name in given):
            yield f"{where}: the list must {'' if wanted else 'not '}have {name}; only kinds that hold on days do"


def _row_type(type_: GraphQLOutputType) -> str:
    named = get_named_type(type_)
    nodes = named.fields.get("nodes") if isinstance(named, GraphQLObjectType) else None
    return get_named_type(nodes.type).name if nodes is not None else named.name


def _input(registry: Registry, source: Source, type_: object, checked: set[str]) -> Iterator[str]:
    """What is wrong with a filter or an order of a source's rows."""
    if not isinstance(type_, GraphQLInputObjectType) or type_.name in checked:
        return
    checked.add(type_.name)
    column = type_.fields.get("field")
    kind = get_named_type(column.type) if column is not None else None
    if isinstance(kind, GraphQLEnumType):
        for value in kind.values:
            answer = source.fields.get(value.lower())
            known = value.lower() in source.match_orders or (isinstance(answer, Computed) and answer.as_sql)
            if source.column(value.lower()) is None and not known:
                yield f"{kind.name}.{value}: {source.typename} has no such column to be ordered by"
        return
    for schema_name, field in type_.fields.items():
        name = snake(schema_name)
        answer = source.fields.get(name)
        if name in LOGIC:
            continue
        if name in source.filter_lists:
            target = registry.sources[source.filter_lists[name].target]
            yield from _input(registry, target, get_named_type(field.type), checked)
        elif isinstance(answer, One):
            yield from _input(registry, registry.sources[answer.target], get_named_type(field.type), checked)
        elif isinstance(answer, Many):
            rows = get_named_type(field.type)
            assert isinstance(rows, GraphQLInputObjectType)
            if (answer.period(registry.sources[answer.target]) is not None) is not ("validity" in rows.fields):
                yield f"{type_.name}.{schema_name}: only lists of what holds on days have `validity`"
            for quantified in rows.fields.values():
                yield from _input(registry, registry.sources[answer.target], get_named_type(quantified.type), checked)
        elif source.column(name) is None and not (isinstance(answer, Computed) and answer.as_sql):
            yield f"{type_.name}.{schema_name}: {source.typename} cannot be filtered by it"
