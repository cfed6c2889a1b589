"""The doctor says in plain words what is wrong with an installation, and what to do."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from db.encryption.keys import new_key_file
from db.server.embedded import restarts_of
from db.server.migrate import upgrade
from hub import database, settings
from hub.cli import doctor
from hub.cli.commands import main
from hub.cli.doctor import FAIL, OK, WARN, Finding, as_text, examine
from hub.setup import explorer_build


@pytest.fixture(autouse=True)
def data_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    for name in [name for name in settings.os.environ if name.startswith("UNIONHUB_") or name == "PORT"]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("UNIONHUB_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def only(check: str) -> Finding:
    [finding] = examine([check])
    return finding


def test_every_check_runs_on_a_folder_without_data() -> None:
    findings = examine()
    assert {finding.check for finding in findings} >= {
        "python",
        "dependencies",
        "settings",
        "folders",
        "database",
        "port",
    }
    assert not [finding for finding in findings if "could not be checked" in finding.seen]
    assert all(finding.advice for finding in findings if finding.state != OK)


def test_keys_are_well_missing_of_another_kind_or_open_to_others(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("UNIONHUB_KEYS", raising=False)
    monkeypatch.setenv("UNIONHUB_KEY_FILE", str(tmp_path / "keys.json"))
    assert only("encryption").state == WARN
    assert "new-key-file" in only("encryption").advice
    new_key_file(tmp_path / "keys.json")
    assert only("encryption").state == OK
    assert only("encryption").seen == "AES-256-GCM and HMAC-SHA-256, key version 1"
    monkeypatch.setenv("UNIONHUB_CIPHER", "SM4-GCM")
    assert only("encryption").state == WARN
    assert "rotate-keys" in only("encryption").advice
    (tmp_path / "keys.json").chmod(0o644)
    assert only("encryption").state == FAIL
    assert "chmod 600" in only("encryption").advice


def test_a_missing_package_fails_and_another_version_warns(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    lock = tmp_path / "requirements.lock"
    lock.write_text("click==0.1 \\\n    --hash=sha256:00\nwindows-only==1 ; sys_platform == 'win32'\n")
    monkeypatch.setattr(doctor, "ROOT", tmp_path)
    assert only("dependencies").state == WARN
    assert "(lock: 0.1)" in only("dependencies").seen
    lock.write_text("never-installed==1.0 \\\n    --hash=sha256:00\n")
    assert only("dependencies").state == FAIL
    assert "never-installed missing" in only("dependencies").seen


def test_a_bad_setting_fails_and_names_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNIONHUB_POOL_SIZE", "none")
    found = only("settings")
    assert found.state == FAIL
    assert found.seen.startswith("UNIONHUB_POOL_SIZE: ")


def test_a_misspelt_variable_warns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNIONHUB_POOLSIZE", "3")
    assert [finding.state for finding in examine(["settings"])] == [OK, WARN]


def test_settings_that_differ_are_shown_without_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNIONHUB_DATABASE_URL", "postgresql://hub:geheim@localhost:1/x")
    seen = only("settings").seen
    assert "UNIONHUB_DATABASE_URL=postgresql://hub:***@localhost:1/x" in seen
    assert "UNIONHUB_HOST" not in seen


def test_tokens_that_others_can_read_warn(monkeypatch: pytest.MonkeyPatch, data_folder: Path) -> None:
    monkeypatch.setattr("hub.cli.doctor.os.geteuid", lambda: 1000)
    assert CliRunner().invoke(main, ["token"]).exit_code == 0
    assert only("folders").state == OK
    (data_folder / "issuer.json").chmod(0o644)
    assert f"`chmod 600 {data_folder / 'issuer.json'}`" in {finding.advice for finding in examine(["folders"])}


def test_a_closed_folder_above_the_data_warns_root_only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    (closed / "data").mkdir(parents=True)
    closed.chmod(0o700)
    monkeypatch.setenv("UNIONHUB_DATA_DIR", str(closed / "data"))
    monkeypatch.setattr("hub.cli.doctor.os.geteuid", lambda: 0)
    finding = examine(["folders"])[0]
    assert finding.state == WARN
    assert str(closed) in finding.seen
    monkeypatch.setattr("hub.cli.doctor.os.geteuid", lambda: 1000)
    assert "closed to other users" not in examine(["folders"])[0].seen


def test_a_database_that_is_down_fails_without_a_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNIONHUB_DATABASE_URL", "postgresql://hub:geheim@127.0.0.1:1/x")
    found = only("database")
    assert found.state == FAIL
    assert "cannot be reached" in found.seen
    assert "geheim" not in found.seen


def test_restarts_of_the_embedded_server_are_told_for_a_week(tmp_path: Path) -> None:
    folder = tmp_path / "postgres"
    assert list(doctor._restarts(folder)) == []
    now = datetime.now(UTC)
    times = [now - timedelta(days=8), now - timedelta(days=2), now - timedelta(hours=1)]
    restarts_of(folder).write_text("".join(f"{time.isoformat()}\n" for time in times))
    (found,) = doctor._restarts(folder)
    assert (found.check, found.state) == ("database", WARN)
    assert "started again 2 times" in found.seen
    assert str(folder / "log") in found.advice


async def test_the_database_is_followed_from_empty_to_migrated(empty_database_url: str) -> None:
    def unionhub(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "hub.cli", *arguments],
            cwd=settings.ROOT,
            env={**settings.os.environ, "UNIONHUB_DATABASE_URL": empty_database_url},
            capture_output=True,
            text=True,
        )

    def said() -> dict[str, str]:
        done = unionhub("doctor", "--only", "database", "--json")
        return {finding["check"]: finding["state"] for finding in json.loads(done.stdout)}

    assert said() == {"database": OK, "migrations": FAIL}
    await upgrade(empty_database_url)
    # this server's login is a superuser, which is well for the embedded one only
    migrated = {"database": OK, "migrations": OK, "row security": WARN, "data": WARN, "derived": OK, "statistics": OK}
    assert said() == {**migrated, "roll-ups": WARN}
    assert unionhub("db", "upgrade").returncode == 0
    assert said() == {**migrated, "roll-ups": OK}, "the command builds them"


def test_a_database_with_a_federation_is_well(monkeypatch: pytest.MonkeyPatch, database_url: str) -> None:
    monkeypatch.setenv("UNIONHUB_DATABASE_URL", database_url)
    findings = {finding.check: finding for finding in examine(["database"])}
    assert {check for check, finding in findings.items() if finding.state != OK} == {"row security"}
    assert "as a superuser" in findings["row security"].seen
    assert "2,500 members" in findings["data"].seen


@pytest.mark.parametrize(
    ("major", "encoding", "said"),
    [(15, "UTF8", "PostgreSQL 15"), (19, "UTF8", "PostgreSQL 19"), (17, "SQL_ASCII", "SQL_ASCII")],
)
def test_servers_that_do_not_suit_are_refused(major: int, encoding: str, said: str) -> None:
    fault = database.unsuitable(major, encoding)
    assert fault is not None
    assert said in fault


def test_servers_that_suit_are_not() -> None:
    assert [database.unsuitable(major, "UTF8") for major in (16, 17, 18)] == [None] * 3


def test_a_port_of_another_program_fails_and_names_another(monkeypatch: pytest.MonkeyPatch, taken: int) -> None:
    monkeypatch.setenv("PORT", str(taken))
    found = only("port")
    assert found.state == FAIL
    assert f"PORT={taken + 1}" in found.advice


def test_without_any_node_it_says_which_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explorer_build, "node_of_machine", lambda: None)
    monkeypatch.setattr(explorer_build, "node_of_wheel", lambda: None)
    found = next(finding for finding in examine(["explorer"]) if finding.check == "node")
    assert found.state == WARN
    assert "20.19" in found.seen


@pytest.mark.parametrize(("last", "state"), [(-1, FAIL), (0, WARN), (1, OK)])
def test_the_calendar_must_reach_next_year(monkeypatch: pytest.MonkeyPatch, last: int, state: str) -> None:
    from chinese_calendar import constants

    from db.clock import today

    monkeypatch.setattr(constants, "holidays", {today().replace(year=today().year + last, month=1, day=1): "New Year"})
    assert next(finding for finding in examine(["time zone"]) if finding.check == "calendar").state == state


def test_without_chromium_it_says_that_tests_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert only("chromium").state == WARN
    assert "left out" in only("chromium").seen


def test_a_check_that_breaks_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> list[Finding]:
        raise RuntimeError("no idea")

    monkeypatch.setitem(doctor.CHECKS, "python", broken)
    assert only("python") == Finding("python", FAIL, "could not be checked: RuntimeError: no idea", doctor.REPORT)


def test_the_command_fails_only_when_something_does(monkeypatch: pytest.MonkeyPatch) -> None:
    assert CliRunner().invoke(main, ["doctor", "--only", "python"]).exit_code == 0
    assert CliRunner().invoke(main, ["doctor", "--only", "nothing"]).exit_code == 1
    monkeypatch.setenv("UNIONHUB_PORT", "x")
    assert CliRunner().invoke(main, ["doctor", "--only", "settings"]).exit_code == 1


def test_what_to_do_stands_under_what_is_wrong() -> None:
    text = as_text([Finding("port", FAIL, "taken", "Name another."), Finding("node", OK, "24")])
    assert text.splitlines() == [
        "fail  port          taken",
        "                    → Name another.",
        "ok    node          24",
        "",
        "1 failed, 0 to look at, 1 ok",
    ]
