"""The codes in docs/errors.md are those that the code knows."""

import re

import pytest
from graphql import GraphQLError

from hub.errors import body_of, body_of_problems, cut, problems
from hub.settings import ROOT
from resolvers.engine.declare.sources import Lookup
from resolvers.engine.request.arguments import camel
from resolvers.writing.kinds import KINDS
from schema import registry, schema
from schema.writing import command_name
from tests.hub.error_codes_in_source import error_codes

PAGE = (ROOT / "docs" / "errors.md").read_text()
LISTED = re.findall(r"^\| `([A-Z_]+)` \| (\d{3}) \| ([^|]+) \| ([^|]+) \|$", PAGE.replace("\\|", "/"), re.MULTILINE)
ROWS = {code: status for code, status, _, _ in LISTED}
WHERE = re.findall(r"^\| (.+) \| (.+) \|$", PAGE.partition("## Where each code comes up")[2], re.MULTILINE)[1:]
COMMANDS = "resolvers/commands/"


def test_every_code_that_an_answer_can_carry_is_explained_once_and_no_other_is() -> None:
    assert len(LISTED) == len(ROWS)
    assert error_codes().keys() == ROWS.keys()


def test_every_code_has_what_it_means_and_what_to_do() -> None:
    for code, _, meaning, action in LISTED:
        assert len(meaning) > 10, code
        assert len(action) > 5, code


def test_every_code_is_told_where_it_comes_up() -> None:
    told = {code for _, codes in WHERE for code in re.findall(r"`([A-Z]+(?:_[A-Z]+)*)`", codes)}
    assert told == ROWS.keys()


def test_the_places_where_codes_come_up_are_those_of_the_schema() -> None:
    """Each command has its place, each field of one record is named, and no name is one that the schema does not have."""
    query, mutation = schema._schema.query_type, schema._schema.mutation_type
    assert query is not None
    assert mutation is not None
    named = {name for place, _ in WHERE for name in re.findall(r"`(\w+)`", place)}
    words = {
        "connection_init",
        "__schema",
        "__type",
        "within",
        "where",
        "filter",
        "orderBy",
        "industry",
        "idempotencyKey",
    }
    assert named - words <= query.fields.keys() | mutation.fields.keys()
    writing = {camel(command_name(kind)) for kind in KINDS.values()}
    assert named >= mutation.fields.keys() - writing
    assert named & writing, "the commands that write records have one place"
    assert named >= {camel(name) for name, answer in registry.roots.items() if isinstance(answer, Lookup)}


def test_codes_of_commands_are_told_with_their_commands() -> None:
    told = {code for place, codes in WHERE if "payload" in place for code in re.findall(r"`([A-Z_]+)`", codes)}
    given = {code for code, names in error_codes().items() if any(name.startswith(COMMANDS) for name in names)}
    assert given - told == {"INTERNAL_ERROR"}


def test_a_field_that_finds_nothing_is_explained() -> None:
    """Case 19: `division(code: "999999")` answers NOT_FOUND in a field, with status 200 and the rest of the data."""
    (meaning,) = (meaning for code, _, meaning, _ in LISTED if code == "NOT_FOUND")
    assert "with status 200" in meaning
    places = [place for place, codes in WHERE if "`NOT_FOUND`" in codes]
    assert any(place.startswith("in a field") and "`division`" in place for place in places)


@pytest.mark.parametrize("code", ["BAD_ID", "TOO_DEEP", "UNAUTHENTICATED", "DATABASE_UNAVAILABLE"])
def test_codes_have_a_status(code: str) -> None:
    assert ROWS[code] == {"UNAUTHENTICATED": "401", "DATABASE_UNAVAILABLE": "503"}.get(code, "400")


def test_messages_are_cut() -> None:
    assert cut("x" * 300) == "x" * 300
    assert cut("x" * 301) == "x" * 299 + "…"
    assert len(body_of("BAD_ID", "工" * 1_000).decode()) < 400


def test_at_most_20_errors_are_told() -> None:
    assert body_of_problems(problems([("BAD_ID", GraphQLError("x"))] * 50)).count(b"BAD_ID") == 20
