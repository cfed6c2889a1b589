"""What a bare checkout needs: locks, the environment, the explorer's build, tokens, the demonstration."""

import asyncio
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import tomllib
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from hub.authentication import demonstration_tokens
from hub.cli import demo
from hub.settings import Settings
from hub.setup import bootstrap, explorer_build
from hub.setup.bootstrap import SetupError
from tests.slow import slow

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def locked(name: str) -> dict[str, Requirement]:
    lines = [line.rstrip(" \\") for line in (ROOT / name).read_text().splitlines() if re.match(r"\w", line)]
    return {canonicalize_name(found.name): found for found in map(Requirement, lines)}


def unmet(wanted: list[str], lock: dict[str, Requirement]) -> list[str]:
    """The requirements that the lock does not satisfy."""
    missing = []
    for requirement in map(Requirement, wanted):
        found = lock.get(canonicalize_name(requirement.name))
        if found is None or not requirement.specifier.contains(str(found.specifier).removeprefix("==")):
            missing.append(str(requirement))
    return missing


def test_the_locks_hold_what_the_project_asks_for() -> None:
    groups = PROJECT["dependency-groups"]
    developers = [each for each in groups["dev"] if isinstance(each, str)] + groups["node"]
    assert unmet(PROJECT["project"]["dependencies"], locked("requirements.lock")) == []
    assert unmet(PROJECT["project"]["dependencies"] + developers, locked("requirements-dev.lock")) == []
    assert unmet(groups["node"], locked("requirements-node.lock")) == []


def test_the_development_lock_has_the_same_versions_as_the_others() -> None:
    everything = locked("requirements-dev.lock")
    for name in ("requirements.lock", "requirements-node.lock"):
        assert locked(name).items() <= everything.items()


@pytest.mark.parametrize("name", sorted(bootstrap.LOCKS.values()))
def test_a_lock_has_hashes_and_no_addresses(name: str) -> None:
    text = (ROOT / name).read_text()
    assert "://" not in text
    assert "--index-url" not in text
    for entry in re.split(r"\n(?=\w)", text.strip()):
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry.splitlines()[0]


def test_make_help_names_every_target() -> None:
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    targets = re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[0].split()
    assert set(re.findall(r"^make (\S+)", shown, re.MULTILINE)) == set(targets)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with empty locks, so that an environment can be made without a network."""
    for name in bootstrap.LOCKS.values():
        (tmp_path / name).write_text("")
    (tmp_path / "pyproject.toml").write_text("")
    return tmp_path


def test_the_environment_is_made_once_again_when_its_lock_changes_and_not_when_a_package_fails(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bootstrap.install("node", checkout)
    assert "Making the virtual environment" in capsys.readouterr().err
    assert subprocess.run([checkout / ".venv" / "bin" / "python", "-c", ""]).returncode == 0
    assert bootstrap.is_fresh("node", checkout)
    assert not bootstrap.is_fresh("run", checkout)

    bootstrap.install("node", checkout)
    assert capsys.readouterr().err == ""

    (checkout / "requirements-node.lock").write_text("# changed\n")
    assert not bootstrap.is_fresh("node", checkout)
    bootstrap.install("node", checkout)
    assert capsys.readouterr().err == "· Installing what requirements-node.lock names\n"

    # A package that cannot be installed is told, and leaves no stamp.
    (checkout / "requirements-node.lock").write_text(
        f"nothing @ file:///nowhere/nothing.whl --hash=sha256:{'0' * 64}\n"
    )
    with pytest.raises(SetupError, match="pip failed"):
        bootstrap.install("node", checkout)
    assert not bootstrap.is_fresh("node", checkout)


def test_an_environment_that_is_a_link_is_left_alone(checkout: Path, tmp_path: Path) -> None:
    """Making it anew would empty the environment of another checkout."""
    other = tmp_path / "other"
    other.mkdir()
    (other / "pyvenv.cfg").write_text("of another checkout")
    (checkout / ".venv").symlink_to(other)
    with pytest.raises(SetupError, match=r"is a link to .*other.*remove the link"):
        bootstrap.install("node", checkout)
    assert [path.name for path in other.iterdir()] == ["pyvenv.cfg"]


@slow
def test_the_environment_is_made_anew_where_a_checkout_was_moved_to(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bootstrap.install("node", checkout)
    moved = checkout / "moved"
    moved.mkdir()
    for name in (".venv", "pyproject.toml", *bootstrap.LOCKS.values()):
        shutil.move(checkout / name, moved)
    capsys.readouterr()
    bootstrap.install("node", moved)
    assert "Making the virtual environment" in capsys.readouterr().err


def test_an_old_python_is_told_which_is_needed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bootstrap, "OLDEST", (99, 1))
    assert bootstrap.main([]) == 1
    assert "needs Python 99.1 or newer" in capsys.readouterr().err


def put_node(folder: Path, version: str, build: str) -> Path:
    """A ``node`` that says its version and an ``npm`` whose ``run build`` does as told."""
    folder.mkdir(exist_ok=True)
    scripts = {"node": f"echo v{version}", "npm": f'case "$1" in ci) mkdir -p node_modules;; run) {build};; esac'}
    for name, script in scripts.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    return folder


WORKS = 'mkdir -p ../hub/static/explorer; echo "$PWD" > ../hub/static/explorer/index.html; echo x >> ../builds'


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    (tmp_path / "explorer" / "src").mkdir(parents=True)
    (tmp_path / "explorer" / "package-lock.json").write_text("{}")
    (tmp_path / "explorer" / "src" / "main.tsx").write_text("1")
    return tmp_path


@pytest.mark.parametrize(
    ("version", "suits"),
    [
        ("18.20.1", False),
        ("20.18.9", False),
        ("20.19.0", True),
        ("21.7.0", False),
        ("22.11.0", False),
        ("22.12.0", True),
        ("26.0.1", True),
    ],
)
def test_the_machines_node_is_used_only_when_it_is_new_enough(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: str, suits: bool
) -> None:
    folder = put_node(tmp_path / "bin", version, "true")
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    found = explorer_build.node_of_machine()
    assert found is not None
    assert found.suits is suits
    wheel = explorer_build.node_of_wheel()
    assert wheel is not None
    assert next(explorer_build.candidates()) == (found if suits else wheel)


def test_the_wheels_npm_runs() -> None:
    wheel = explorer_build.node_of_wheel()
    assert wheel is not None
    done = subprocess.run([*wheel.npm, "--version"], capture_output=True, text=True)
    assert re.match(r"\d+\.\d+", done.stdout), done.stderr


def test_the_explorer_is_built_again_only_when_its_sources_change(
    monkeypatch: pytest.MonkeyPatch, sources: Path, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", f"{put_node(tmp_path / 'bin', '24.0.0', WORKS)}:/usr/bin:/bin")
    for _ in range(2):
        explorer_build.build_explorer(sources)
        assert explorer_build.is_built(sources)
    assert (sources / "builds").read_text() == "x\n"
    (sources / "explorer" / "src" / "main.tsx").write_text("2")
    assert not explorer_build.is_built(sources)
    explorer_build.build_explorer(sources)
    assert (sources / "builds").read_text() == "x\nx\n"


def test_a_build_that_fails_is_tried_with_the_wheel_and_then_told_with_npms_words(
    monkeypatch: pytest.MonkeyPatch, sources: Path, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", f"{put_node(tmp_path / 'bin', '24.0.0', 'echo no room; exit 7')}:/usr/bin:/bin")
    machine = explorer_build.node_of_machine()
    assert machine is not None
    second = explorer_build.Node(machine.path, (25, 0, 0), machine.npm, "of the wheel")
    monkeypatch.setattr(explorer_build, "node_of_wheel", lambda: second)
    with pytest.raises(SetupError, match=r"(?s)Node 25.0.0 \(of the wheel\) failed:.*no room"):
        explorer_build.build_explorer(sources)
    assert not explorer_build.is_built(sources)


def test_a_port_that_is_taken_is_told_with_another_one() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        with pytest.raises(SetupError, match=f"Port {port} .* is taken .* PORT={port + 1}"):
            demo.require_free(Settings(port=port))
        with pytest.raises(SetupError, match=f"Port {port} .* is taken .* UNIONHUB_METRICS_PORT={port + 1}"):
            demo.require_free(Settings(port=0, metrics_port=port))
    demo.require_free(Settings(port=port, metrics_port=0))


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def running(environment: dict[str, str], port: int, seconds: float) -> Iterator[Path]:
    """``unionhub demo``, from when it is ready until SIGINT has ended it; gives the file of what it printed."""
    printed = Path(environment["UNIONHUB_DATA_DIR"]) / "printed"
    printed.parent.mkdir(exist_ok=True)
    with printed.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "hub.cli", "demo"], cwd=ROOT, env=environment, stdout=file, stderr=subprocess.STDOUT
        )
    try:
        end = time.monotonic() + seconds
        while True:
            assert process.poll() is None, printed.read_text()
            assert time.monotonic() < end, printed.read_text()
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2).close()
                break
            except OSError:
                time.sleep(0.1)
        yield printed
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0, printed.read_text()
    finally:
        process.kill()
        process.wait()


def ask(port: int, token: str, query: str) -> Any:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/graphql",
        json.dumps({"query": query}).encode(),
        {"Content-Type": "application/json", "Authorization": f"Bearer {token}"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)["data"]


def demonstrated(database_url: str, folder: Path, seconds: float) -> Any:
    """What a start of the demonstration on a database answers to the first persona; it prints a token for each."""
    port = free_port()
    own = {"PORT": str(port), "UNIONHUB_DATABASE_URL": database_url, "UNIONHUB_DATA_DIR": str(folder)}
    with running({**os.environ, **own}, port, seconds) as printed:
        text = printed.read_text()
        token = re.findall(rf"http://127\.0\.0\.1:{port}/graphql#token=(\S+)", text)[0]
        assert text.count("#token=") == len(demonstration_tokens.PERSONAS)
        return ask(port, token, "{ members { totalCount } divisions { totalCount } members { nodes { id } } }")


@slow
def test_the_demonstration_serves_a_federation_and_keeps_it_for_the_second_start(
    empty_database_url: str, tmp_path: Path
) -> None:
    first = demonstrated(empty_database_url, tmp_path / "d", 240)
    assert first["members"]["totalCount"] > 100_000
    assert first["divisions"]["totalCount"] > 44_000
    assert demonstrated(empty_database_url, tmp_path / "d", 30) == first


async def test_the_demonstration_serves_the_federation_that_is_there(fresh_page_url: str, tmp_path: Path) -> None:
    count = "SELECT count(*) FROM member"
    connection = await asyncpg.connect(fresh_page_url)
    there = await connection.fetchval(count)
    found = await asyncio.to_thread(demonstrated, fresh_page_url, tmp_path / "d", 240)
    assert 1_000 < found["members"]["totalCount"] <= there
    assert found["divisions"]["totalCount"] > 44_000
    assert await connection.fetchval(count) == there
    await connection.close()
