"""What doctor and access propose between backticks can be pasted: each command that they can be brought to print is tried."""

import asyncio
import copy
import os
import shlex
import shutil
import socket
import stat
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from db.encryption.keys import new_key_file
from db.security.row_security import faults
from db.server.migrate import connect
from hub.cli import command_hints, doctor
from hub.cli.command_hints import commands_in, pasted
from hub.cli.commands import main
from hub.cli.doctor import examine
from hub.settings import ROOT

SQL = ("GRANT ", "ALTER ", "CREATE ", "ANALYZE")


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A data folder whose name must be quoted."""
    for name in [name for name in os.environ if name.startswith(("UNIONHUB_", "LC_")) or name == "PORT"]:
        if name != "UNIONHUB_TEST_DATABASE_URL":
            monkeypatch.delenv(name)
    folder = tmp_path / "the data's folder"
    folder.mkdir()
    monkeypatch.setenv("UNIONHUB_DATA_DIR", str(folder))
    return folder


def advised(*names: str) -> list[str]:
    """The commands that doctor advises."""
    return [command for finding in examine(names) for command in commands_in(finding.advice)]


def shell(command: str, **environment: str) -> None:
    """Run a command as a shell would; one of ours in this process, which is quicker."""
    if command.startswith("unionhub "):
        ours = CliRunner().invoke(main, shlex.split(command)[1:])
        assert ours.exit_code == 0, (command, ours.output)
        return
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", "-ec", command],
        env={**os.environ, "PATH": path, **environment},
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert done.returncode == 0, (command, done.stderr)


def parsed(command: str) -> None:
    """Have the command line read a command of ours, without running it."""
    words = shlex.split(command)
    assert words.pop(0) == "unionhub"
    found: click.Command = main
    context = click.Context(main)
    while isinstance(found, click.Group):
        inner = found.get_command(context, words.pop(0))
        assert inner is not None, command
        found = inner
    found = copy.copy(found)
    found.params = [copy.copy(parameter) for parameter in found.params]
    for parameter in found.params:
        parameter.callback = None  # which would connect
    if "--help" not in words:
        found.make_context(found.name, words)


def tried(command: str) -> None:
    """Try a command that changes too much, or takes too long, to be run: that it is well-formed."""
    if command.startswith("unionhub "):
        parsed(command)
    elif command.startswith("make "):
        shell(f"make -n {command.removeprefix('make ')}")
    else:
        shell(
            f"{{ {command}; }} >/dev/null"
            if command.startswith(("export ", "unset ", "chmod "))
            else f"sh -nc '{command}'"
        )


def test_every_command_in_the_source_of_doctor_and_access_is_one() -> None:
    """Those without a value in them, also of findings that no test can bring about."""
    import re

    found = set()
    for path in ("doctor", "database_checks", "access", "audit_log", "key_file", "demo", "explain"):
        text = (ROOT / "hub" / "cli" / f"{path}.py").read_text()
        found |= {command for command in re.findall(r"(?<!`)`((?:unionhub|make) [^`{]+)`(?!`)", text)}
    assert len(found) > 8
    for command in found:
        if "…" not in command and "PERSONA" not in command:
            tried(command)


def test_keys_and_tokens(home: Path) -> None:
    (command,) = advised("encryption")
    assert command == f"unionhub access new-key-file {command_hints.quoted(home / 'keys.json')}"
    shell(command)
    assert not advised("encryption")
    (home / "keys.json").chmod(0o644)
    mode, rotate = advised("encryption")
    shell(mode)
    parsed(rotate)
    assert not advised("encryption")
    (token,) = advised("tokens")
    shell(token)
    assert not advised("tokens")
    (home / "issuer.json").chmod(0o644)
    (mode,) = [command for command in advised("folders") if command.startswith("chmod")]
    shell(mode)
    assert stat.S_IMODE((home / "issuer.json").stat().st_mode) == 0o600


def test_an_other_cipher_and_an_issuer_in_production(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    new_key_file(home / "keys.json")
    monkeypatch.setenv("UNIONHUB_CIPHER", "SM4-GCM")
    (rotate,) = advised("encryption")
    parsed(rotate)
    for name, value in {"ISSUER": "https://id.example.org", "AUDIENCE": "hub"}.items():
        monkeypatch.setenv(f"UNIONHUB_OIDC_{name}", value)
    monkeypatch.setenv("UNIONHUB_LOCAL_ISSUER", "1")
    (unset,) = [command for command in advised("tokens") if command.startswith("unset")]
    shell(f'{unset}; test -z "${{UNIONHUB_LOCAL_ISSUER+x}}"')


def test_a_port_that_is_taken_names_one_that_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_is_hub", lambda _: False)
    with socket.socket() as first, socket.socket() as second:
        first.bind(("127.0.0.1", 0))
        port = first.getsockname()[1]
        first.listen()
        try:
            second.bind(("127.0.0.1", port + 1))
            second.listen()
        except OSError:
            pass
        monkeypatch.setenv("PORT", str(port))
        (command,) = advised("port")
        name, _, value = command.removeprefix("export ").partition("=")
        assert int(value) not in (port, port + 1)
        monkeypatch.setenv(name, value)
        assert [finding.state for finding in examine(["port"])] == ["ok"]


def test_the_highest_port_does_not_lead_beyond_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_is_hub", lambda _: False)
    with socket.socket() as taken:
        try:
            taken.bind(("127.0.0.1", 65_535))
        except OSError:
            pytest.skip("the highest port is taken")
        taken.listen()
        monkeypatch.setenv("PORT", "65535")
        (command,) = advised("port")
        assert 1_024 <= int(command.rpartition("=")[2]) < 65_535


def test_packages_explorer_and_embedded_server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "requirements.lock").write_text("never-installed==1.0\n")
    monkeypatch.setattr(doctor, "ROOT", tmp_path)
    commands = advised("dependencies") + advised("explorer") + advised("database")
    assert len(commands) >= 3
    assert {"make explorer", "make demo"} <= set(commands)
    for command in commands:
        tried(command)


@pytest.fixture
async def odd_login(server_url: str) -> object:
    """A login whose name must be quoted, and who may do nothing."""
    connection = await connect(server_url)
    try:
        await connection.execute('DROP ROLE IF EXISTS "hub ""1"""; CREATE ROLE "hub ""1""" LOGIN')
    finally:
        await connection.close()
    yield 'hub "1"'
    connection = await connect(server_url)
    try:
        await connection.execute('DROP OWNED BY "hub ""1"""; DROP ROLE "hub ""1"""')
    finally:
        await connection.close()


async def test_sql_for_the_second_wall(bare_database_url: str, odd_login: str) -> None:
    owner = await connect(bare_database_url)
    try:
        await owner.execute('SET SESSION AUTHORIZATION "hub ""1"""')
        found = await faults(owner)
        await owner.execute("RESET SESSION AUTHORIZATION")
        commands = {command for fault in found for command in commands_in(fault.advice)}
        assert [command[:5] for command in commands] == ["GRANT"]
        for command in commands:
            await owner.execute(command)
        await owner.execute('SET SESSION AUTHORIZATION "hub ""1"""')
        assert await faults(owner) == []
        await owner.execute("RESET SESSION AUTHORIZATION")
        async with owner.transaction():
            await owner.execute("ALTER ROLE unionhub_reader LOGIN")
            found = await faults(owner)
            commands = {command for fault in found for command in commands_in(fault.advice)}
            assert {command.split()[0] for command in commands} == {"ALTER", "CREATE"}
            for command in commands:
                await owner.execute(
                    command.replace("ROLE hub ", "ROLE hub_of_hints ").replace("TO hub ", "TO hub_of_hints ")
                )
            strong = [fault for fault in await faults(owner) if "rights of its own" in fault.seen]
            await owner.execute("DROP ROLE hub_of_hints")
        assert strong == []
    finally:
        await owner.close()


def test_a_database_from_empty_to_filled(
    empty_database_url: str, bare_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNIONHUB_DATABASE_URL", empty_database_url)
    assert advised("migrations") == ["unionhub db upgrade"]
    monkeypatch.setenv("UNIONHUB_DATABASE_URL", bare_database_url)
    for command in advised("data"):
        tried(command)
    assert advised("data")[0] == "unionhub db load-divisions"


def value(url: str, sql: str) -> object:
    """The one value of a statement."""

    async def fetch() -> object:
        connection = await connect(url)
        try:
            return await connection.fetchval(sql)
        finally:
            await connection.close()

    return asyncio.run(fetch())


def test_access_proposes_what_can_be_pasted(bare_database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNIONHUB_DATABASE_URL", bare_database_url)
    monkeypatch.setattr(command_hints, "program", lambda: "unionhub")
    name = '人社局\'s "key"'

    def said(*arguments: str) -> list[str]:
        done = CliRunner().invoke(main, ["access", *arguments])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.output
        return commands_in(done.output)

    help_, new_key = said("principal", "add", name, "--kind", "AGENCY")
    shell(help_)
    shell(new_key)
    assert value(bare_database_url, "SELECT count(*) FROM api_key") == 1
    (revoke,) = said("grant", name, "ANALYST")
    shell(revoke)
    assert value(bare_database_url, "SELECT count(*) FROM access_grant WHERE revoked_at IS NOT NULL") == 1
    (listing,) = said("grant", "nobody", "ANALYST")
    shell(listing)
    assert said("principal", "disable", name) == []
    (enable,) = said("key", "new", name)
    shell(enable)
    assert value(bare_database_url, "SELECT disabled_at FROM principal") is None


def test_the_program_is_named_as_the_shell_finds_it(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "`unionhub doctor`, or `PORT=1 unionhub serve`; not unionhub, nor `make demo`"
    command_hints.program.cache_clear()
    monkeypatch.setattr(shutil, "which", lambda _: None)
    shown = commands_in(pasted(text))
    command_hints.program.cache_clear()
    own = Path(sys.executable).parent / "unionhub"
    assert [
        command.replace(os.path.relpath(own), "unionhub").replace(str(own), "unionhub") for command in shown
    ] == commands_in(text)
    assert shown[0] != "unionhub doctor"


def test_only_takes_the_names_that_are_printed(monkeypatch: pytest.MonkeyPatch, bare_database_url: str) -> None:
    monkeypatch.setenv("UNIONHUB_DATABASE_URL", bare_database_url)
    printed = {finding.check for finding in examine()}
    assert printed <= set(doctor.known_names())
    for name in doctor.known_names():
        found = examine([name])
        assert found, name
        assert not any(finding.seen == "there is no such check" for finding in found)
        if name in printed - doctor.CHECKS.keys():
            assert {finding.check for finding in found} == {name}
    assert examine(["row-security"]) == examine(["row security"])
    (unknown,) = examine(["rows"])
    assert all(name in unknown.advice for name in doctor.known_names())


def test_only_shows_why_nothing_could_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNIONHUB_DATABASE_URL", "postgresql://hub@127.0.0.1:1/x")
    assert [finding.check for finding in examine(["statistics"])] == ["database"]
