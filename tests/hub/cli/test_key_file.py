"""The commands on the keys of encrypted columns, and a hub that does not start without them."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from db.encryption.keys import read_key_file, to_json, write_key_file
from hub.cli.commands import main
from tests.conftest import KEY_FILE, MEMBERS


@pytest.fixture
def key_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "keys.json"
    write_key_file(path, read_key_file(KEY_FILE))
    monkeypatch.setenv("UNIONHUB_KEY_FILE", str(path))
    return path


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, arguments)
    return done.exit_code, done.output


def test_a_new_key_file_is_of_the_kind_that_the_settings_name(tmp_path, monkeypatch):
    monkeypatch.setenv("UNIONHUB_CIPHER", "SM4-GCM")
    monkeypatch.setenv("UNIONHUB_INDEX_DIGEST", "SM3")
    path = tmp_path / "new.json"
    status, said = run("access", "new-key-file", str(path))
    assert status == 0
    assert "version 1 (SM4-GCM, blind indexes by HMAC-SM3)" in said
    status, said = run("access", "new-key-file", str(path))
    assert status == 1
    assert "stays as it is" in said
    assert read_key_file(path).newest.cipher.value == "SM4-GCM"


def test_the_hub_does_not_start_without_keys_and_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("UNIONHUB_KEY_FILE", str(tmp_path / "none.json"))
    monkeypatch.setenv("UNIONHUB_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    monkeypatch.setenv("UNIONHUB_PORT", "0")
    status, said = run("serve")
    assert status == 1
    assert "unionhub access new-key-file" in said
    assert "Traceback" not in said


def test_keys_are_prepared_rotated_and_dropped_by_command(fresh_database_url, key_file, monkeypatch):
    monkeypatch.setenv("UNIONHUB_DATABASE_URL", fresh_database_url)
    assert "Version 2 is in" in run("access", "rotate-keys", "--prepare")[1]
    status, said = run("access", "rotate-keys")
    assert status == 0
    assert f"{MEMBERS:,} rows re-encrypted; all have key version 2." in said
    assert "Versions dropped: 1." in run("access", "rotate-keys", "--drop-old")[1]
    assert set(read_key_file(key_file).versions) == {2}


def test_keys_of_a_setting_are_not_written_to(fresh_database_url, key_file, monkeypatch):
    monkeypatch.setenv("UNIONHUB_DATABASE_URL", fresh_database_url)
    monkeypatch.setenv("UNIONHUB_KEYS", to_json(read_key_file(key_file)))
    status, said = run("access", "rotate-keys", "--drop-old")
    assert status == 2
    assert "UNIONHUB_KEYS" in said
    assert "0 rows re-encrypted; all have key version 1." in run("access", "rotate-keys")[1]
