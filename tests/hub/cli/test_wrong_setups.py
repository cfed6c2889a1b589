"""No command of ``unionhub`` prints a traceback, whatever is wrong around it: every command, in every wrong setup."""

import json
import re
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from db.encryption.keys import new_key_file
from hub import settings
from hub.cli.commands import main
from tests.operator_server import DATABASE, OWNER, SERVANT, STRANGER, OperatorServer

QUERY = "{ divisions(first: 1) { nodes { name } } members { totalCount } }"
ARGUMENTS: dict[str, list[str]] = {
    "access assign": ["national", "1号"],
    "access grant": ["national", "ANALYST"],
    "access key new": ["national"],
    "access key revoke": ["00000000"],
    "access list": [],
    "access new-key-file": ["{folder}/new.json"],
    "access personas": [],
    "access principal add": ["somebody"],
    "access principal disable": ["weihai"],
    "access principal enable": ["weihai"],
    "access principal move": ["weihai"],
    "access prune-log": ["--yes"],
    "access revoke": ["1"],
    "access rotate-keys": [],
    "access unassign": ["national", "1号"],
    "access verify-log": [],
    "db demo": [],
    "db fold-rollups": [],
    "db generate": ["--members", "10"],
    "db load-divisions": [],
    "db rebuild-rollups": [],
    "db repair": ["--dry-run"],
    "db upgrade": [],
    "demo": [],
    "doctor": ["--only", "database"],
    "explain": ["{folder}/query.graphql"],
    "init": [],
    "export": ["{folder}/query.graphql", "-o", "{folder}/query.csv"],
    "import": ["employers", "{folder}/employers.csv", "--as", "zhejiang", "--dry-run"],
    "schema": [],
    "serve": [],
    "template": ["employers", "-o", "{folder}/employers.xlsx"],
    "token": [],
}
"""What each command is tried with."""

EMPLOYERS = "名称,统一社会信用代码,单位类型,行政区划,所属工会,职工人数\n示例有限公司,91330106MC0000012E,民营企业,3301,浙江省总工会,12\n"

ALONE = {"access new-key-file", "doctor", "schema", "template", "token"}
"""Commands that need no database, or say themselves what is wrong with it."""

WAITS = "serve"
"""It starts while its database is down, and says so."""


def commands(group: click.Group, path: str = "") -> Iterator[str]:
    """The names of all commands."""
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        if isinstance(found, click.Group):
            yield from commands(found, f"{path}{name} ")
        else:
            yield f"{path}{name}"


def test_every_command_is_tried() -> None:
    assert sorted(commands(main)) == sorted(ARGUMENTS)


class Setup:
    """What surrounds a command: its variables, and its files."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path, server: OperatorServer) -> None:
        self.monkeypatch, self.folder, self.server = monkeypatch, folder, server
        self.set("UNIONHUB_DATA_DIR", folder / "data")
        self.set("PORT", 0)
        (folder / "query.graphql").write_text(QUERY)
        (folder / "employers.csv").write_text(EMPLOYERS)

    def set(self, name: str, value: object) -> None:
        self.monkeypatch.setenv(name, str(value))

    def database(self, database: str = DATABASE, user: str = OWNER, password: str | None = None) -> None:
        self.set("UNIONHUB_DATABASE_URL", self.server.url(database, user, password or user))

    def run(self, command: str, *more: str) -> Result:
        """What a command does, in a thread of its own, for it has a loop of its own."""
        arguments = [part.format(folder=self.folder) for part in ARGUMENTS[command]]
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(CliRunner().invoke, main, [*command.split(), *(more or arguments)]).result()

    def said(self, command: str, *more: str) -> str:
        """What a command says that cannot do its work: a line or two, which name what is wrong."""
        result = self.run(command, *more)
        self.well(command, result)
        assert result.exit_code == 1, (command, result.output)
        return result.output.partition("Error: ")[2].strip()

    def well(self, command: str, result: Result) -> None:
        """That a command ended as commands do."""
        assert result.exception is None or isinstance(result.exception, SystemExit), (command, repr(result.exception))
        assert "Traceback" not in result.output, command

    def everywhere(self, *without: str) -> dict[str, str]:
        """What each command says that needs the database."""
        return {command: self.said(command) for command in ARGUMENTS if command not in {*ALONE, WAITS, *without}}


@pytest.fixture
def setup(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, operated_server: OperatorServer) -> Setup:
    for name in [name for name in settings.os.environ if name.startswith("UNIONHUB_") and name != "UNIONHUB_KEY_FILE"]:
        monkeypatch.delenv(name)

    async def serve_all(*_: Any) -> None:
        """Do not serve."""

    monkeypatch.setattr("hub.serve.serve_all", serve_all)
    monkeypatch.setattr("hub.cli.demo.explorer_building", nullcontext)
    monkeypatch.setattr("hub.cli.commands.stop_like_ctrl_c", lambda: None)
    return Setup(monkeypatch, tmp_path, operated_server)


def shut(setup: Setup) -> None:
    setup.set("UNIONHUB_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")


def nameless(setup: Setup) -> None:
    setup.set("UNIONHUB_DATABASE_URL", "postgresql://nobody@nowhere.invalid/nothing")


def wrong_password(setup: Setup) -> None:
    setup.database(password="wrong")


def no_such_database(setup: Setup) -> None:
    setup.database("nothing")


def no_url(setup: Setup) -> None:
    setup.database(user=STRANGER)
    setup.set("UNIONHUB_DATABASE_URL", "")
    (setup.folder / "data").write_text("no folder")  # in which the embedded server cannot be


def no_connection_left(setup: Setup) -> None:
    setup.server.sql(
        "DO $$ BEGIN CREATE ROLE late LOGIN PASSWORD 'late' CONNECTION LIMIT 0; EXCEPTION WHEN duplicate_object THEN NULL; END $$"
    )
    setup.database(user="late")


def newer(setup: Setup) -> None:
    another(setup, "newer", "CREATE TABLE alembic_version AS SELECT '9999'::varchar AS version_num")


def another(setup: Setup, name: str, *statements: str) -> None:
    """A database of the owner's, in which these are run."""
    setup.server.sql(f"DROP DATABASE IF EXISTS {name}")
    setup.server.sql(f"CREATE DATABASE {name} OWNER {OWNER} TEMPLATE template0")
    setup.database(name)
    for statement in statements:
        setup.server.sql(f"SET ROLE {OWNER}; {statement}", name)


def stranger(setup: Setup) -> None:
    setup.database(user=STRANGER)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (shut, "cannot be reached"),
        (nameless, "cannot be reached"),
        (wrong_password, "password"),
        (no_such_database, "createdb"),
        (no_url, "did not start"),
        (no_connection_left, "too many connections"),
        (newer, "9999"),
    ],
)
def test_a_database_that_cannot_be_used_is_told_in_a_line(
    setup: Setup, wrong: Callable[[Setup], None], words: str
) -> None:
    wrong(setup)
    for command, text in setup.everywhere().items():
        assert words in text or (wrong, command) == (newer, "explain"), (command, text)
        assert len(text.splitlines()) <= 2, (command, text)
    for command in (*ALONE, WAITS):
        setup.well(command, setup.run(command))


def test_a_database_without_tables_is_told_which_command_makes_them(setup: Setup) -> None:
    another(setup, "untouched")
    for command, text in setup.everywhere("explain", "demo", "db demo", "db upgrade", "init").items():
        assert text == "The database has not been migrated. Run: unionhub db upgrade", command
    for command in (*ALONE, WAITS, "explain"):
        setup.well(command, setup.run(command))


def test_a_login_without_rights_is_told_which_one_is_missing_and_what_gives_it(setup: Setup) -> None:
    stranger(setup)
    gives = f"As {OWNER}: GRANT unionhub_service TO {STRANGER} WITH INHERIT FALSE, SET TRUE"
    for command, text in setup.everywhere("explain", "demo", "db demo").items():
        assert text == f"{STRANGER} may not read the hub's tables. {gives}", command
    for command in (*ALONE, WAITS, "explain", "demo", "db demo"):
        setup.well(command, setup.run(command))
    assert gives in setup.run("doctor", "--only", "database").output


NOT_OWNED = {
    "access prune-log",
    "access rotate-keys",
    "db demo",
    "db generate",
    "db load-divisions",
    "db rebuild-rollups",
    "db repair",
    "db upgrade",
    "demo",
    "init",
}
"""Commands that change tables, which their owner alone may."""


def test_with_the_login_that_owns_nothing_what_an_operator_does_daily_works(setup: Setup) -> None:
    setup.database(user=SERVANT)
    for command in ARGUMENTS.keys() - NOT_OWNED - {"access assign", "access unassign", "access key revoke"}:
        result = setup.run(command)
        assert result.exit_code == 0, (command, result.output, result.exception)
    assert "NO_CASE" in setup.said("access assign")
    assert "NO_KEY" in setup.said("access key revoke")
    prefix = setup.run("access key new").output.split("_")[1]
    assert setup.run("access key new", "national", "--replacing", prefix).exit_code == 0
    assert setup.run("access key revoke", prefix).exit_code == 0
    case = setup.server.sql("SELECT number FROM dispute_case LIMIT 1", DATABASE)
    assert setup.run("access assign", "somebody", case).exit_code == 0
    assert setup.run("access unassign", "somebody", case).exit_code == 0
    assert "somebody" in setup.run("access list").output
    assert "is whole" in setup.run("access verify-log").output
    found = setup.run("doctor", "--only", "database")
    assert "0 failed, 0 to look at" in found.output, found.output
    assert "places equal a recount" in found.output


def test_with_the_login_that_owns_nothing_the_others_name_the_owner(setup: Setup) -> None:
    setup.database(user=SERVANT)
    for command in NOT_OWNED - {"db upgrade", "demo", "db demo"}:
        assert setup.said(command) == (
            f"{SERVANT} does not own the hub's tables, and this command changes them. Give it the login of {OWNER}: --database-url"
        ), command
    for command in NOT_OWNED:
        setup.well(command, setup.run(command))


def test_upgrade_names_the_missing_right_and_what_gives_it(
    setup: Setup, new_operator_server: Callable[[Path | None], OperatorServer]
) -> None:
    """One right after the other is given as it was said, until the upgrade goes through."""
    setup.server = new_operator_server(None)
    setup.server.sql("CREATE ROLE plain LOGIN PASSWORD 'plain'")
    setup.server.sql("CREATE DATABASE mine TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'")
    setup.database("mine", "plain")
    said = []
    while (result := setup.run("db upgrade")).exit_code:
        setup.well("db upgrade", result)
        said.append(result.output.partition("Error: ")[2].strip())
        setup.server.sql(said[-1].rpartition(": ")[2])
        assert len(said) < 5, said
    assert said == [
        "plain may not make anything in mine. As a superuser: ALTER DATABASE mine OWNER TO plain",
        "plain may not make the role unionhub_reader. As a superuser: ALTER ROLE plain CREATEROLE",
    ]
    setup.server.sql("ALTER ROLE plain NOCREATEROLE")
    assert setup.run("db upgrade").exit_code == 0, "there is nothing to do"
    setup.server.sql("CREATE ROLE second LOGIN PASSWORD 'second'")
    setup.server.sql("CREATE DATABASE theirs OWNER second TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'")
    setup.database("theirs", "second")
    text = setup.said("db upgrade")
    assert text.startswith("second may not take on the role unionhub_service. As a superuser: GRANT")
    setup.server.sql(text.rpartition(": ")[2])
    assert setup.run("db upgrade").exit_code == 0


def test_a_database_that_takes_no_writes_is_told(setup: Setup) -> None:
    setup.server.sql("ALTER ROLE servant SET default_transaction_read_only = on")
    try:
        setup.database(user=SERVANT)
        assert "read-only" in setup.said("access principal add", "nobody")
        setup.well("access list", setup.run("access list"))
    finally:
        setup.server.sql("ALTER ROLE servant RESET default_transaction_read_only")


def unreadable(path: Path) -> None:
    path.mkdir()


def other_content(path: Path) -> None:
    path.write_text("[]")
    path.chmod(0o600)


def open_to_all(path: Path) -> None:
    new_key_file(path)
    path.chmod(0o644)


@pytest.mark.parametrize("make", [None, unreadable, other_content, open_to_all])
def test_keys_that_are_missing_or_none_are_told(setup: Setup, make: Callable[[Path], None] | None) -> None:
    keys = setup.folder / "keys.json"
    setup.database()
    setup.set("UNIONHUB_KEY_FILE", keys)
    if make is not None:
        make(keys)
    for command in ("serve", "access rotate-keys"):
        assert str(keys) in setup.said(command), command
    for command in ("explain", "doctor", "access list", "access verify-log", "db upgrade", "db generate"):
        setup.well(command, setup.run(command))


def test_keys_that_do_not_fit_are_told(setup: Setup) -> None:
    setup.database(user=SERVANT)
    setup.set("UNIONHUB_KEY_FILE", setup.folder / "keys.json")
    new_key_file(setup.folder / "keys.json")
    found = setup.run("doctor", "--only", "database")
    assert found.exit_code == 1
    assert "fail  keys          the keys do not open the personal data" in found.output
    setup.database()
    assert "cannot be opened" in setup.said("access rotate-keys")


def test_a_port_that_is_taken_is_told(setup: Setup) -> None:
    setup.database()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        setup.set("PORT", port)
        for command in ("serve", "demo"):
            assert f"PORT={port + 1}" in setup.said(command)


FILES = {
    "explain": ["{}"],
    "db load-divisions": ["--villages-file", "{}"],
    "access verify-log": ["--anchors", "{}"],
    "access new-key-file": ["{}"],
}


@pytest.mark.parametrize("kind", ["nothing", "folder", "bytes", "below a file"])
def test_files_that_cannot_be_read_are_told(setup: Setup, kind: str) -> None:
    path = setup.folder / "given"
    if kind == "folder":
        path.mkdir()
    elif kind != "nothing":
        path.write_bytes(b"\xff\xfe\0\xff")
    path = path / "deeper" if kind == "below a file" else path
    setup.database(user=SERVANT)
    for command, arguments in FILES.items():
        result = setup.run(command, *(part.format(path) for part in arguments))
        setup.well(command, result)
        told = result.exit_code in {1, 2} and str(path) in result.output
        owner_alone = command == "db load-divisions" and OWNER in result.output
        new = command in {"access new-key-file", "access verify-log"} and kind == "nothing"
        assert told or owner_alone or new or "UTF-8" in result.output, (command, result.output)


@pytest.mark.parametrize("name", ["UNIONHUB_POOL_SIZE", "UNIONHUB_DATABASE_URL", "UNIONHUB_TRUSTED_PROXIES"])
def test_a_setting_that_cannot_be_used_is_told(setup: Setup, name: str) -> None:
    setup.database(user=SERVANT)
    setup.set(name, "nonsense://x")
    for command in ARGUMENTS:
        result = setup.run(command)
        setup.well(command, result)
        assert result.exit_code in {0, 1}, command
    assert name in setup.said("serve")


THROWS_AWAY = re.compile(r"make demo|\b(drop|delete|truncate|rm|initdb|downgrade)\b", re.IGNORECASE)


def untouched(setup: Setup) -> None:
    another(setup, "untouched")


def without_rows(setup: Setup) -> None:
    another(setup, "without_rows")
    assert setup.run("db upgrade").exit_code == 0


def behind(setup: Setup) -> None:
    another(setup, "behind", "CREATE TABLE alembic_version AS SELECT '0001'::varchar AS version_num")


def other_keys(setup: Setup) -> None:
    setup.database(user=SERVANT)
    setup.set("UNIONHUB_KEY_FILE", setup.folder / "other.json")
    new_key_file(setup.folder / "other.json")


@pytest.mark.parametrize(
    "wrong",
    [shut, wrong_password, no_such_database, newer, behind, untouched, without_rows, stranger, other_keys],
    ids=lambda wrong: wrong.__name__,
)
def test_the_doctor_never_advises_to_throw_anything_away(setup: Setup, wrong: Callable[[Setup], None]) -> None:
    wrong(setup)
    found = setup.run("doctor", "--json", "--only", "settings", "--only", "encryption", "--only", "database")
    setup.well("doctor", found)
    findings = json.loads(found.output)
    assert any(finding["state"] != "ok" for finding in findings)
    for finding in findings:
        assert finding["state"] == "ok" or finding["advice"], finding
        assert not THROWS_AWAY.search(finding["advice"]), finding
        assert "could not be checked" not in finding["seen"], finding
