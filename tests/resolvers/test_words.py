"""Messages speak the schema's names and JSON's words, whatever is wrong with whichever argument or input field, in both languages."""

import ast
import json
from collections.abc import Iterator
from functools import cache
from itertools import islice
from typing import Any

import asyncpg
import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    OperationDefinitionNode,
    get_named_type,
    get_variable_values,
    parse,
    validate,
)

from hub.documents import RULES
from hub.messages import CHINESE, in_chinese, set_language
from hub.settings import ROOT
from resolvers.engine.request import wrong_values
from resolvers.engine.request.variables import variable_types
from resolvers.engine.request.wrong_values import WrongLiterals
from resolvers.errors import HubError
from resolvers.suggestions import suggestions_allowed
from tests.hub.error_codes_in_source import FOLDERS, MAKERS
from tests.resolvers.engine_client import EngineClient
from tests.resolvers.filter_fields import places
from tests.resolvers.message_rules import SCHEMA, faults_of

WRONG: tuple[Any, ...] = (
    None,
    True,
    False,
    5,
    -1.5,
    2**40,
    "",
    "it's",
    "None",
    [],
    [None],
    [[True]],
    {},
    {"as_of": None},
    {"x": {"y": 1}},
)
"""A value of each kind of JSON; for each type some are wrong."""

LITERALS = ("null", "true", "5", "-1.5", '"it\'s"', "NO_SUCH_CODE", "[null]", "{x: null}", "[[true]]", "1e400")


def arguments() -> Iterator[tuple[str, str, GraphQLInputType]]:
    """Every argument of every field of the two roots: the document's head, the name, and the type."""
    for root, word in ((SCHEMA.query_type, "query"), (SCHEMA.mutation_type, "mutation")):
        assert root is not None
        for name, field in root.fields.items():
            for argument, declared in field.args.items():
                yield f"{word} {name}", argument, declared.type


ARGUMENTS = list(arguments())


def inputs() -> dict[str, GraphQLInputObjectType]:
    """Every input type of the schema."""
    return {name: type_ for name, type_ in SCHEMA.type_map.items() if isinstance(type_, GraphQLInputObjectType)}


@cache
def declared(type_: str) -> tuple[OperationDefinitionNode, tuple[tuple[str, GraphQLInputType], ...]]:
    """An operation with a variable of this type, and what its variables are."""
    (node,) = parse(f"query ($x: {type_}) {{ __typename }}").definitions
    assert isinstance(node, OperationDefinitionNode)
    return node, variable_types(SCHEMA, node)


def messages(type_: str, value: Any) -> list[str]:
    """What is said of a variable of this type with this value."""
    node, types = declared(type_)
    found = get_variable_values(SCHEMA, node.variable_definitions or (), {"x": value}, hide_suggestions=True)
    errors = wrong_values.of_variables(node, types, {"x": value})
    assert bool(errors) == isinstance(found, list), (type_, value, found, errors)
    return [error.message for error in errors]


def check(message: str, code: str = "BAD_VARIABLES") -> None:
    """The words of a message, and of its Chinese form."""
    assert not faults_of(message), (message, faults_of(message))
    assert in_chinese(code, message).startswith(CHINESE[code])
    assert not faults_of(in_chinese(code, message))


@pytest.mark.parametrize("is_open", [False, True])
def test_every_argument_says_what_is_wrong_with_a_variable(is_open: bool) -> None:
    looked, before = 0, suggestions_allowed.set(is_open)
    try:
        for type_ in {str(type_) for _, _, type_ in ARGUMENTS}:
            for value in WRONG:
                for message in messages(type_, value):
                    check(message)
                    assert message.startswith("Variable `$x`")
                    assert is_open or "Did you mean" not in message
                    looked += 1
    finally:
        suggestions_allowed.reset(before)
    assert looked > 500


def test_every_field_of_every_input_says_what_is_wrong_with_it() -> None:
    looked = 0
    for name, type_ in inputs().items():
        for field in type_.fields:
            for value in WRONG:
                for message in messages(name, {field: value}):
                    check(message)
                    if f"`{field}" in message:
                        looked += 1
    assert looked > 3_000


def test_deep_in_a_filter_the_place_is_named_as_the_schema_does() -> None:
    looked = 0
    for place in places():
        if isinstance(get_named_type(place.type), GraphQLInputObjectType):
            continue
        for message in messages(place.filter, place.variable({"is": [5]})):
            names = [name for name, _ in place.steps]
            assert all(name in message for name in names), (message, names)
            looked += 1
    assert looked > 250


@pytest.mark.parametrize("is_open", [False, True])
def test_every_argument_says_what_is_wrong_with_a_literal(is_open: bool) -> None:
    """By the rule that documents are validated with."""
    assert WrongLiterals in RULES
    looked, before = 0, suggestions_allowed.set(is_open)
    try:
        for head, argument, type_ in ARGUMENTS:
            word, field = head.split()
            for literal in LITERALS:
                ast_ = parse(f"{word} {{ {field}({argument}: {literal}) {{ __typename }} }}")
                for error in validate(SCHEMA, ast_, [WrongLiterals], hide_suggestions=not is_open):
                    assert isinstance(error, HubError)
                    check(error.message, error.code)
                    assert is_open or "Did you mean" not in error.message, type_
                    looked += 1
    finally:
        suggestions_allowed.reset(before)
    assert looked > 1_000


ODD = {
    "Date": ("1899-12-31", "9999-12-31", "0001-01-01"),
    "ID": ("", "x", "mem_1", "org_7fffffffffffffff", "None"),
    "Int": (-1, 201, 2**31 - 1),
    "String": ("", "None", "\0", "\ud800", "x" * 200, "it's"),
    "Decimal": ("-1",),
    "Boolean": (True,),
}
"""Values of the right types that are wrong in many places."""


def odd(type_: GraphQLInputType, depth: int = 3) -> Iterator[Any]:
    """Values of a type, as JSON has them."""
    if isinstance(type_, GraphQLNonNull):
        yield from odd(type_.of_type, depth)
    elif isinstance(type_, GraphQLList):
        for item in odd(type_.of_type, depth):
            yield [item]
            yield [item, item]
    elif isinstance(type_, GraphQLEnumType):
        yield from list(type_.values)[:: max(1, len(type_.values) // 3)]
    elif isinstance(type_, GraphQLInputObjectType):
        required = {name: field for name, field in type_.fields.items() if isinstance(field.type, GraphQLNonNull)}
        if required:
            first = {name: next(odd(field.type, depth - 1)) for name, field in required.items()}
            yield first
            yield from (
                {**first, name: value} for name, field in required.items() for value in odd(field.type, depth - 1)
            )
        for name, field in list(type_.fields.items())[: 12 if depth == 3 else 2] if depth and not required else ():
            yield from ({name: value} for value in list(odd(field.type, depth - 1))[:2])
    else:
        yield from ODD[type_.name]


async def test_every_argument_of_every_root_field_says_what_is_wrong_with_its_value(caller: EngineClient) -> None:
    """Asked of the engine in Chinese, whose messages have the English ones in them."""
    looked = set()
    set_language(chinese=True)
    try:
        for head, argument, type_ in ARGUMENTS:
            word, field = head.split()
            if word == "mutation":
                continue
            needed = "kind: MEMBERSHIPS, " if field == "statistics" and argument != "kind" else ""
            text = f"query ($x: {type_}) {{ {field}({needed}{argument}: $x) {{ __typename }} }}"
            for value in islice(odd(type_), 8):
                for error in (await caller.response(text, {"x": value})).get("errors", ()):
                    code, message = error["extensions"]["code"], error["message"]
                    assert message.startswith(f"{CHINESE[code]}（"), (text, value, error)
                    assert not faults_of(message), (text, value, error)
                    looked.add(message)
    finally:
        set_language(chinese=False)
    assert len(looked) > 25


async def test_a_day_that_is_out_of_range_is_named_as_the_schema_names_it(caller: EngineClient) -> None:
    """Case 11."""
    response = await caller.response(
        'query Names { statistics(kind: MEMBERSHIPS, asOf: "1899-12-31") { total { persons } } }'
    )
    (error,) = response["errors"]
    assert error["message"] == "`asOf` is 1899-12-31. Ask about a day from 1900 to 2199."


async def test_a_command_whose_input_is_null_is_no_fault_of_the_hub(pool: asyncpg.Pool) -> None:
    caller = EngineClient(pool, commands=lambda *_: None)
    text = 'mutation ($x: RevokeAccessInput = {id: "x"}) { revokeAccess(input: $x) { errors { code } } }'
    (error,) = (await caller.response(text, {"x": None}))["errors"]
    assert error["extensions"]["code"] == "BAD_VARIABLES"
    assert not faults_of(error["message"])


def written_texts(tree: ast.AST) -> Iterator[str]:
    """The written parts of every message that a module makes."""
    for node in ast.walk(tree):
        called = getattr(node, "func", None)
        name = getattr(called, "attr", getattr(called, "id", ""))
        if isinstance(node, ast.Call) and name in MAKERS:
            parts = (part for argument in node.args[:3] for part in ast.walk(argument))
            texts = (part.value for part in parts if isinstance(part, ast.Constant))
            yield from (text for text in texts if isinstance(text, str) and " " in text)


def test_words_that_stand_in_the_source_are_the_callers() -> None:
    """The written parts of every message that the source makes."""
    paths = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
    found = [(path.name, text) for path in paths for text in written_texts(ast.parse(path.read_text()))]
    assert len(found) > 150
    assert [(name, text, faults_of(text)) for name, text in found if faults_of(text)] == []


def test_values_are_written_as_json() -> None:
    for value in WRONG:
        assert wrong_values.as_json(value) == json.dumps(value, ensure_ascii=False)
