"""``unionhub init``: an empty hub becomes ready, again changes nothing, and what cannot be done is said before anything is written."""

from pathlib import Path

import asyncpg
import pytest
from click.testing import CliRunner, Result

from db.security.principals import digest_of
from hub.cli.commands import main
from tests.conftest import run

STATE = """SELECT (SELECT count(*) FROM division), (SELECT array_agg(name) FROM organization), (SELECT array_agg(name) FROM principal),
(SELECT array_agg(digest) FROM api_key), (SELECT count(*) FROM access_log), (SELECT count(*) FROM access_grant)"""


class Empty:
    """A database and a data folder with nothing in them."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.folder = url, folder

    def init(self, *options: str) -> Result:
        return CliRunner().invoke(main, ["init", *options])

    def fetch(self, query: str) -> asyncpg.Record:
        async def work() -> asyncpg.Record:
            connection = await asyncpg.connect(self.url)
            try:
                return await connection.fetchrow(query)
            finally:
                await connection.close()

        return run(work())


@pytest.fixture
def empty(empty_database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Empty:
    monkeypatch.setenv("UNIONHUB_DATABASE_URL", empty_database_url)
    monkeypatch.setenv("UNIONHUB_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("UNIONHUB_KEY_FILE", raising=False)
    return Empty(empty_database_url, tmp_path / "data")


def said(result: Result) -> str:
    assert result.exit_code == 1, result.output
    assert "Traceback" not in result.output
    return result.output


def test_an_empty_hub_becomes_a_provinces_and_again_changes_nothing(empty: Empty) -> None:
    for options, words in (
        (("--division", "339999"), "no division in force with the code 339999"),
        (("--top", "浙江省总工会"), "--division 330000"),
        (("--division", "330106"), "--top 西湖区总工会"),
        (("--top", "中华全国总工会", "--division", "33"), "leave --division out"),
        (("--top", "甲\n乙", "--division", "33"), "printable"),
        (("--subject", "nobody"), "issuer"),
        (("--administrator", " "), "printable"),
    ):
        assert words in said(empty.init(*options))
    assert not (empty.folder / "keys.json").exists()
    assert empty.fetch("SELECT to_regclass('alembic_version')")[0] is None, "nothing is written by half"

    made = empty.init("--division", "330000")
    assert made.exit_code == 0, made.output
    key = made.stdout.strip()
    assert key.startswith("uh_")
    assert key not in made.stderr
    assert (empty.folder / "keys.json").stat().st_mode & 0o777 == 0o600
    before = empty.fetch(STATE)
    assert tuple(before)[:4] == (44_706, ["浙江省总工会"], ["administrator"], [digest_of(key)])
    top = empty.fetch(
        "SELECT o.level, o.kind, d.code, g.role, p.organization_id = o.id AS belongs, (SELECT count(*) FROM territorial_closure) AS pairs,"
        " (SELECT ready FROM rollup.state) AS ready"
        " FROM organization o JOIN division d ON d.id = o.division_id, access_grant g JOIN principal p ON p.id = g.principal_id"
    )
    assert tuple(top) == ("PROVINCIAL", "LOCAL_FEDERATION", "33", "FEDERATION", True, 1, True)

    for options in ((), ("--top", "浙江省总工会", "--division", "330000", "--administrator", "administrator")):
        again = empty.init(*options)
        assert (again.exit_code, again.stdout) == (0, "")
        assert again.stderr.count("there already") == 4
        assert empty.fetch(STATE) == before
    for options, words in (
        (("--top", "中华全国总工会"), "another top already: 浙江省总工会"),
        (("--division", "32"), "another top already: 浙江省总工会"),
        (("--administrator", "somebody"), "has an administrator already: administrator"),
        (("--subject", "https://id.example.org|1"), "has an administrator already: administrator"),
    ):
        assert words in said(empty.init(*options))
        assert empty.fetch(STATE) == before
    (empty.folder / "keys.json").rename(empty.folder / "elsewhere.json")
    empty.fetch("INSERT INTO member (name, sex, worker_type, is_migrant_worker, is_model_worker, birth_date)"
                " VALUES ('x', 'MALE', 'COURIER', false, false, '\\x00') RETURNING id")  # fmt: skip
    assert "keys are not there" in said(empty.init())
    assert not (empty.folder / "keys.json").exists()
