"""Key files: what the hub refuses to start with, and what it says."""

import json
import multiprocessing
import os
from pathlib import Path

import pytest

from db.encryption.keys import (
    CipherKind,
    DigestKind,
    KeyFile,
    KeyRing,
    KeyRingError,
    ensure_key_file,
    from_environment,
    new_key_file,
    new_ring,
    parse_ring,
    read_key_file,
    to_json,
    write_key_file,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys.json"


def changed(ring: KeyRing, **members) -> str:
    found = json.loads(to_json(ring))
    for name, value in members.items():
        if name in found:
            found[name] = value
        else:
            found["versions"]["1"][name] = value
    return json.dumps(found)


@pytest.mark.parametrize("cipher", CipherKind)
@pytest.mark.parametrize("digest", DigestKind)
def test_a_new_key_file_is_read_back_and_closed_to_others(path, cipher, digest):
    ring = new_key_file(path, cipher, digest)
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_key_file(path) == ring
    assert (ring.newest.cipher, ring.newest.digest) == (cipher, digest)
    assert len(ring.newest.key) == cipher.key_bytes
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_a_key_file_that_is_there_is_never_written_over(path):
    new_key_file(path)
    before = path.read_bytes()
    with pytest.raises(KeyRingError, match="stays as it is"):
        new_key_file(path)
    assert path.read_bytes() == before


def test_a_missing_key_file_says_how_to_make_one_and_to_restore_it_first(path):
    with pytest.raises(KeyRingError, match="unionhub access new-key-file") as error:
        KeyFile(path)
    assert "restore the file" in str(error.value)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660, 0o622])
def test_a_key_file_that_others_may_read_or_change_is_refused(path, mode):
    new_key_file(path)
    path.chmod(mode)
    with pytest.raises(KeyRingError, match=f"mode {mode:o}.*chmod 600"):
        KeyFile(path)


def test_a_folder_is_no_key_file(path):
    path.mkdir()
    with pytest.raises(KeyRingError, match=str(path)):
        KeyFile(path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is not JSON"),
        ("[]", "not built like a key ring"),
        ("{}", "it has no versions"),
        ('{"versions": {"1": 5}, "current": 1}', "not built like a key ring"),
        ('{"versions": [], "current": 1}', "not built like a key ring"),
        (changed(new_ring(), current=2), "its current version, 2, is not among its versions"),
        (changed(new_ring(), current=True), "its current version, True"),
        (changed(new_ring(), current="1"), "its current version, '1'"),
        (
            changed(new_ring(), cipher="AES-128-CBC"),
            "the cipher of version 1 is 'AES-128-CBC', and must be AES-256-GCM or",
        ),
        (changed(new_ring(), digest="MD5"), "the digest of version 1 is 'MD5'"),
        (changed(new_ring(), key="c2hvcnQ="), "the key of version 1 has 5 bytes, and must have 32"),
        (changed(new_ring(CipherKind.SM4_GCM), cipher="AES-256-GCM"), "has 16 bytes, and must have 32"),
        (changed(new_ring(), indexKey="c2hvcnQ="), "the index key of version 1 has 5 bytes, and must have 32"),
        (changed(new_ring(), key="not base64!"), "the key of version 1 is not base64"),
        (changed(new_ring(), key=None), "the key of version 1 is not base64"),
        (changed(new_ring(), key="AAAA" * 10 + "AAA=", indexKey="AAAA" * 10 + "AAA="), "one key for both ends"),
        (to_json(new_ring()).replace('"1": {', '"65536": {'), "a version is a number from 1 to 65535, not '65536'"),
        (to_json(new_ring()).replace('"1": {', '"one": {'), "not 'one'"),
    ],
)
def test_what_is_not_a_key_ring_is_refused_with_its_fault(text, words):
    with pytest.raises(KeyRingError, match=r"The key file x") as error:
        parse_ring(text, "The key file x")
    assert words in str(error.value)


def test_the_message_about_a_bad_ring_holds_no_key(path):
    ring = new_ring()
    text = changed(ring, current=9)
    with pytest.raises(KeyRingError) as error:
        parse_ring(text, "UNIONHUB_KEYS")
    told = str(error.value) + repr(error.value.__cause__) + repr(error.value.__context__)
    assert json.loads(text)["versions"]["1"]["key"] not in told


def test_a_running_service_sees_a_new_version_and_survives_a_file_that_is_spoilt_meanwhile(path):
    first = new_key_file(path)
    keys = KeyFile(path)
    assert keys.ring() == first
    second = first.with_new(CipherKind.SM4_GCM, DigestKind.SM3)
    write_key_file(path, second)
    assert keys.ring() == second
    path.write_text("{")
    assert keys.ring() == second
    path.unlink()
    assert keys.ring() == second


def test_a_ring_has_at_most_65535_versions():
    version = new_ring().newest
    with pytest.raises(KeyRingError, match="65,535"):
        KeyRing(65_535, {65_535: version}).with_new(CipherKind.AES_256_GCM, DigestKind.SHA_256)


def _ensure(path: str) -> bytes:
    return ensure_key_file(Path(path)).newest.key


def test_processes_that_ensure_a_key_file_at_once_get_the_same_keys(path):
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        assert len(set(pool.map(_ensure, [str(path)] * 8))) == 1


def test_the_environment_names_the_ring_by_text_by_file_or_by_the_data_folder(tmp_path):
    rings = [new_ring(), new_key_file(tmp_path / "a.json"), new_key_file(tmp_path / "keys.json")]
    text, file, folder = to_json(rings[0]), str(tmp_path / "a.json"), str(tmp_path)
    every = {"UNIONHUB_KEYS": text, "UNIONHUB_KEY_FILE": file, "UNIONHUB_DATA_DIR": folder}
    assert from_environment(every).ring() == rings[0]
    assert from_environment({**every, "UNIONHUB_KEYS": ""}).ring() == rings[1]
    assert from_environment({"UNIONHUB_DATA_DIR": folder}).ring() == rings[2]
    with pytest.raises(KeyRingError, match="UNIONHUB_KEYS is not JSON"):
        from_environment({**every, "UNIONHUB_KEYS": "{"})


def test_a_key_file_that_cannot_be_written_says_so(tmp_path):
    if os.geteuid() == 0:
        target = tmp_path / "file"
        target.write_text("")
        path = target / "keys.json"
    else:
        tmp_path.chmod(0o500)
        path = tmp_path / "keys.json"
    with pytest.raises(KeyRingError, match="cannot be written"):
        write_key_file(path, new_ring())
    tmp_path.chmod(0o700)
