"""``unionhub export``: a query's list as a file, as one who sees all or as a principal; no file when it fails."""

import asyncio
import csv
import io
import json
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

UNIONS = "query Some($first: Int = 2) { organizations(first: $first) { totalCount nodes { id name level } } }"

Export = Callable[..., Result]


@pytest.fixture(scope="module")
async def url(unions_url: str) -> str:  # noqa: F811
    connection = await connect(unions_url)
    try:
        await let_in(connection, "city 9", Role.FEDERATION, organization_id=9, hierarchy=Hierarchy.TERRITORIAL)
    finally:
        await connection.close()
    return unions_url


@pytest.fixture
def export(url: str, tmp_path: Path, english: None, monkeypatch: pytest.MonkeyPatch) -> Export:
    monkeypatch.setenv("UNIONHUB_DATABASE_URL", url)
    monkeypatch.setenv("UNIONHUB_DATA_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)

    def run(text: str, *more: str) -> Result:
        return CliRunner().invoke(main, ["export", "-", *more], input=text)

    return run


async def test_all_rows_are_in_the_file_and_the_export_in_the_log(export: Export, url: str, tmp_path: Path) -> None:
    done = await asyncio.to_thread(export, UNIONS, "-o", "unions.csv", "--headings", "paths")
    assert done.exit_code == 0, done.output
    assert "301 rows are in unions.csv" in done.output
    head, *rows = csv.reader(io.StringIO((tmp_path / "unions.csv").read_text("utf-8-sig")))
    assert (head, len(rows)) == (["id", "name", "level"], 301)
    own = await asyncio.to_thread(export, UNIONS, "-o", "own.NDJSON", "--as", "city 9")
    assert own.exit_code == 0, own.output
    lines = [json.loads(line) for line in (tmp_path / "own.NDJSON").read_text().splitlines()]
    assert {line["name"] for line in lines} == {"Union 9", "Union 1"}
    connection = await connect(url)
    entries = await connection.fetch("SELECT * FROM access_log WHERE action = 'EXPORT_LIST' ORDER BY id DESC LIMIT 2")
    await connection.close()
    assert [(entry["principal"], entry["source"]) for entry in entries] == [
        ("city 9", "terminal"),
        ("operator", "terminal"),
    ]


@pytest.mark.parametrize(
    ("text", "more", "said"),
    [
        (UNIONS, ("-o", "unions.pdf"), ".csv, .ndjson or .xlsx"),
        ("{", ("-o", "a.csv"), "SYNTAX_ERROR: "),
        ("{ viewer { __typename } }", ("-o", "a.csv"), "NOT_EXPORTABLE: "),
        (UNIONS, ("-o", "a.csv", "--as", "nobody at all"), "NO_PRINCIPAL: "),
        ("{ members { nodes { id } } }", ("-o", "a.csv", "--as", "public"), "AGGREGATES_ONLY: "),
        (UNIONS, ("-o", "nowhere/a.csv"), "No such file or directory"),
    ],
)
def test_what_fails_leaves_no_file(export: Export, tmp_path: Path, text: str, more: tuple[str, ...], said: str) -> None:
    done = export(text, *more)
    assert done.exit_code != 0
    assert said in done.output
    assert not [*tmp_path.glob("**/*.csv"), *tmp_path.glob("**/*.part"), *tmp_path.glob("**/*.pdf")]
