"""The codes in docs/errors.md are those that the code knows."""

import re

import pytest
from graphql import GraphQLError

from hub.errors import body_of, body_of_problems, cut, problems
from hub.settings import ROOT

PAGE = (ROOT / "docs" / "errors.md").read_text()
ROWS = dict(re.findall(r"^\| `([A-Z_]+)` \| (\d{3}) \|", PAGE, re.MULTILINE))
GIVEN = re.compile(
    r"""(?:Refusal\(\s*(?:\d{3},\s*)?|HubError\(\s*|body_of\(\s*|return\s+|json_error\(\s*request,\s*\d{3},\s*|code,\ status\ =\s*)
    "([A-Z]+(?:_[A-Z]+)+|UNAUTHENTICATED)" """,
    re.VERBOSE,
)
REFUSED = re.compile(r'unauthenticated\(\s*f?"[^"]*"(?:\s*"[^"]*")*,\s*"([A-Z_]+)",?\s*\)|AccessError\(\s*"([A-Z_]+)"')


def codes_in_the_code() -> set[str]:
    texts = [path.read_text() for folder in ("hub", "resolvers", "schema") for path in (ROOT / folder).rglob("*.py")]
    commands = [path.read_text() for path in (ROOT / "db").glob("*.py")]
    refused = {code for text in texts + commands for pair in REFUSED.findall(text) for code in pair if code}
    return refused | {code for text in texts for code in GIVEN.findall(text)}


def test_every_code_is_explained() -> None:
    found = codes_in_the_code()
    assert len(found) > 20
    assert found <= set(ROWS)


def test_every_explained_code_can_occur() -> None:
    assert set(ROWS) - codes_in_the_code() <= {
        "VALIDATION_FAILED",
        "BAD_VARIABLES",
        "INTERNAL_ERROR",
        "UNAUTHENTICATED",
    }


@pytest.mark.parametrize("code", ["BAD_ID", "TOO_DEEP", "UNAUTHENTICATED", "DATABASE_UNAVAILABLE"])
def test_codes_have_a_status(code: str) -> None:
    assert ROWS[code] == {"UNAUTHENTICATED": "401", "DATABASE_UNAVAILABLE": "503"}.get(code, "400")


def test_messages_are_cut() -> None:
    assert cut("x" * 300) == "x" * 300
    assert cut("x" * 301) == "x" * 299 + "…"
    assert len(body_of("BAD_ID", "工" * 1_000).decode()) < 400


def test_at_most_20_errors_are_told() -> None:
    assert body_of_problems(problems([("BAD_ID", GraphQLError("x"))] * 50)).count(b"BAD_ID") == 20
