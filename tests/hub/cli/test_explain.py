"""``unionhub explain``: the plan of a query, as one who sees all or as a principal, and status 1 when it fails."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from db.access import Role
from db.organizations import Hierarchy
from db.server.migrate import connect
from hub.cli.commands import main
from tests.hub.test_end_to_end import unions_url  # noqa: F401
from tests.tokens import let_in

UNIONS = "query Some($first: Int = 2) { organizations(first: $first) { totalCount nodes { name } } }"
MEMBERS = "{ members(first: 1) { nodes { id } } }"

Explain = Callable[..., Result]


@pytest.fixture(scope="module")
async def url(unions_url: str) -> str:  # noqa: F811
    connection = await connect(unions_url)
    try:
        await let_in(connection, "city 7", Role.FEDERATION, organization_id=7, hierarchy=Hierarchy.TERRITORIAL)
        await connection.execute("INSERT INTO principal (name, kind) VALUES ('nothing', 'PERSON'), ('gone', 'PERSON')")
        await connection.execute("UPDATE principal SET disabled_at = now() WHERE name = 'gone'")
    finally:
        await connection.close()
    return unions_url


@pytest.fixture
def explain(url: str, tmp_path: Path, english: None, monkeypatch: pytest.MonkeyPatch) -> Explain:
    monkeypatch.setenv("UNIONHUB_DATABASE_URL", url)
    monkeypatch.setenv("UNIONHUB_DATA_DIR", str(tmp_path))

    def run(text: str, *more: str) -> Result:
        return CliRunner().invoke(main, ["explain", "-", *more], input=text)

    return run


def test_a_plan_and_its_statements(explain: Explain) -> None:
    done = explain(UNIONS, "--variables", '{"first": 3}')
    assert done.exit_code == 0, done.output
    assert done.output.startswith("organizations: page of")
    assert "organizations: 1 rows in" in done.output
    assert "FROM organization" in done.output


def test_as_a_principal_both_walls_stand(explain: Explain) -> None:
    everything = explain(UNIONS).output
    own = explain(UNIONS, "--as", "city 7")
    assert own.exit_code == 0, own.output
    assert "closure" in own.output
    assert "closure" not in everything


@pytest.mark.parametrize(
    ("text", "more", "said"),
    [
        ("{", (), "SYNTAX_ERROR: "),
        ("{ nothing }", (), "VALIDATION_FAILED: "),
        (UNIONS, ("--variables", '{"first": "x"}'), "BAD_VARIABLES: "),
        (UNIONS, ("--variables", '{"first": 300}'), "BAD_PAGE: "),
        ("query A { __typename } query B { __typename }", (), "BAD_OPERATION: "),
        (MEMBERS, ("--as", "public"), "AGGREGATES_ONLY: "),
        ("mutation { requestAccess { errors { code } } }", (), "VALIDATION_FAILED: "),
        (
            'mutation M { revokeAccess(input: {id: "x", idempotencyKey: "k"}) { __typename } }',
            (),
            "METHOD_NOT_ALLOWED: ",
        ),
        (UNIONS, ("--as", "nobody"), 'There is no principal "nobody". `'),
        (UNIONS, ("--as", "nothing"), "NO_GRANT: "),
        (UNIONS, ("--as", "gone"), "PRINCIPAL_DISABLED: "),
        (UNIONS, ("--variables", "x"), "not JSON"),
    ],
)
def test_status_1_and_the_reason_where_it_fails(explain: Explain, text: str, more: tuple[str, ...], said: str) -> None:
    done = explain(text, *more)
    assert done.exit_code == (2 if said == "not JSON" else 1), done.output
    assert said in done.output


def test_what_stands_is_shown_beside_what_fails(explain: Explain) -> None:
    done = explain('{ organizations(first: 1) { nodes { name } } division(code: "999999") { name } }')
    assert done.exit_code == 1
    assert "organizations: 1 rows in" in done.output
    assert "NOT_FOUND: " in done.output


def test_an_operation_of_several_is_chosen(explain: Explain) -> None:
    done = explain("query A { __typename } query B { organizations(first: 1) { totalCount } }", "--operation", "B")
    assert done.exit_code == 0
    assert "organizations" in done.output


def test_errors_are_worded_in_the_language_of_the_terminal(explain: Explain, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    done = explain("{ nothing }")
    assert done.exit_code == 1
    assert "查询与接口定义不符" in done.output
