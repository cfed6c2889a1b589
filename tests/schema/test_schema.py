"""The schema as callers find it: checked in, described in both languages, and answered to the last field."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    build_schema,
    is_introspection_type,
    is_specified_scalar_type,
    lexicographic_sort_schema,
    print_schema,
    validate_schema,
)

from db.disputes import DisputeCase
from db.members import Membership
from db.model import Term
from resolvers.engine.declare.check import check
from resolvers.engine.declare.registry import Registry
from resolvers.engine.declare.sources import AnyOf, Many, One
from resolvers.engine.declare.validity import Period
from resolvers.engine.request.arguments import snake
from resolvers.members import MEMBERS_WITHIN, MEMBERSHIPS_WITHIN
from resolvers.organizations import Below
from resolvers.relations import Within
from schema import registry, schema, sdl

CORE = schema._schema
TYPES = [type_ for type_ in CORE.type_map.values() if not is_introspection_type(type_)]
OTHER_DAYS = Period(DisputeCase.received_on, DisputeCase.closed_on)
SDL = Path(__file__).parent.parent.parent / "schema.graphql"

CHINESE = re.compile(r"[(（][^()（）]*[\u4e00-\u9fff][^()（）]*[)）]")
ENGLISH = re.compile(r"[A-Z`]")


def descriptions() -> Iterator[tuple[str, str | None]]:
    """Every element of the schema that can have a description, with its description."""
    for type_ in TYPES:
        if not is_specified_scalar_type(type_):
            yield type_.name, type_.description
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            for name, field in type_.fields.items():
                yield f"{type_.name}.{name}", field.description
                for argument, declared in field.args.items():
                    yield f"{type_.name}.{name}({argument}:)", declared.description
        elif isinstance(type_, GraphQLInputObjectType):
            for name, given in type_.fields.items():
                yield f"{type_.name}.{name}", given.description
        elif isinstance(type_, GraphQLEnumType):
            for name, value in type_.values.items():
                yield f"{type_.name}.{name}", value.description


def test_the_checked_in_schema_is_the_one_that_is_served() -> None:
    assert SDL.read_text() == sdl(), "The schema has changed. Run: unionhub schema > schema.graphql"


def test_everything_is_described_in_english_and_then_in_chinese() -> None:
    found = dict(descriptions())
    assert len(found) > 1_000
    wanting = {
        where: text
        for where, text in found.items()
        if not text or not ENGLISH.match(text) or not CHINESE.search(text) or text != text.strip()
    }
    assert wanting == {}


def test_no_two_codes_of_a_list_are_described_alike() -> None:
    for type_ in TYPES:
        if isinstance(type_, GraphQLEnumType):
            texts = [value.description for value in type_.values.values()]
            assert len(set(texts)) == len(texts), type_.name


def test_tools_can_build_the_schema_from_its_text() -> None:
    built = build_schema(SDL.read_text())
    assert validate_schema(built) == []
    assert print_schema(lexicographic_sort_schema(built)) == print_schema(lexicographic_sort_schema(CORE))


def test_enums_are_the_code_lists_of_the_database() -> None:
    lists = {kind.__name__: kind for kind in every(Term)}
    for type_ in TYPES:
        if isinstance(type_, GraphQLEnumType):
            assert list(type_.values) == [code.name for code in lists[type_.name]]


def every(kind: type) -> Iterator[type]:
    """All classes below a class."""
    for below in kind.__subclasses__():
        yield below
        yield from every(below)


def test_types_and_fields_have_the_names_of_tables_and_columns_unless_declared_otherwise() -> None:
    for name, source in registry.sources.items():
        assert name in (source.name, source.model.__name__)
        for shown in CORE.type_map[name].fields:  # type: ignore[attr-defined]
            field = snake(shown)
            declared = field in source.columns or field in source.fields
            assert declared or field in source.table.c, f"{name}.{shown}"
            leads = source.fields.get(field)
            if isinstance(leads, One):
                assert leads.key.key in (field, f"{field}_id"), f"{name}.{shown}"


def test_a_relation_that_can_be_missed_can_be_null() -> None:
    for name, source in registry.sources.items():
        for field, leads in source.fields.items():
            shown = next(shown for shown in CORE.type_map[name].fields if snake(shown) == field)  # type: ignore[attr-defined]
            required = str(CORE.type_map[name].fields[shown].type).endswith("!")  # type: ignore[attr-defined]
            assert required == isinstance(leads, Many), f"{name}.{shown}"
            if isinstance(leads, AnyOf):
                assert len(leads.choices) > 1


def changed(**sources: object) -> Registry:
    """The registry with some sources replaced, or left out for None."""
    made = Registry()
    for name, source in {**registry.sources, **sources}.items():
        if source is not None:
            made.add(source)  # type: ignore[arg-type]
            assert made.sources[name] is source
    made.roots.update(registry.roots)
    made.statistics.update(registry.statistics)
    return made


def test_schema_and_registry_agree() -> None:
    check(CORE, registry)


def test_a_field_without_an_answer_is_refused_by_its_name() -> None:
    source = registry.sources["Member"]
    with pytest.raises(ValueError, match=r"Member\.birthYearFrom: it has no answer"):
        check(CORE, changed(Member=replace(source, hide=(*source.hide, "birth_year_from"))))


def test_a_relation_without_an_answer_is_refused_by_its_name() -> None:
    source = registry.sources["Membership"]
    fields = {name: leads for name, leads in source.fields.items() if name != "organization"}
    with pytest.raises(ValueError, match=r"Membership\.organization: it has no answer"):
        check(CORE, changed(Membership=replace(source, fields=fields)))


def test_a_type_without_a_source_is_refused_by_its_name() -> None:
    with pytest.raises(ValueError, match="DisputeClaim: it has no source"):
        check(CORE, changed(DisputeClaim=None))


def test_a_root_field_without_an_answer_and_an_answer_without_a_field_are_refused_by_name() -> None:
    made = changed()
    made.roots["people"] = made.roots.pop("members")
    with pytest.raises(ValueError, match=r"(?s)Query\.people: it is registered.*Query\.members: it has no answer"):
        check(CORE, made)


def test_a_list_of_another_type_than_its_field_is_refused_by_its_name() -> None:
    source = registry.sources["Organization"]
    fields = {**source.fields, "members": Many("Organization", Below())}
    with pytest.raises(ValueError, match=r"Organization\.members: it leads to Organization, but its type is Member"):
        check(CORE, changed(Organization=replace(source, fields=fields)))


def test_a_registered_field_that_the_schema_has_not_is_refused_by_its_name() -> None:
    source = registry.sources["Organization"]
    with pytest.raises(ValueError, match=r"Organization\.people: it is registered, but no field"):
        check(CORE, changed(Organization=replace(source, fields={**source.fields, "people": MEMBERS_WITHIN})))


@pytest.mark.parametrize(
    ("many", "fault"),
    [
        (replace(MEMBERSHIPS_WITHIN, counted_by="DISPUTE_CASES"), "statistics of DISPUTE_CASES have no roll-ups"),
        (
            replace(MEMBERSHIPS_WITHIN, counted_by="INSURANCE_ENROLMENTS"),
            "its rows are not those that statistics of INS",
        ),
        (replace(MEMBERSHIPS_WITHIN, relation=Within(Membership.organization_id, period=OTHER_DAYS)), "by other days"),
    ],
)
def test_a_list_counted_by_a_statistic_of_other_records_is_refused(many: Many, fault: str) -> None:
    source = registry.sources["Organization"]
    with pytest.raises(ValueError, match=rf"Organization\.memberships: .*{fault}"):
        check(CORE, changed(Organization=replace(source, fields={**source.fields, "memberships": many})))


def test_a_filter_and_an_order_on_a_hidden_column_are_refused_by_their_names() -> None:
    source = registry.sources["Recovery"]
    with pytest.raises(ValueError, match=r"(?s)RecoveryFilter\.amount.*RecoveryField\.AMOUNT"):
        check(CORE, changed(Recovery=replace(source, hide=(*source.hide, "amount"))))
