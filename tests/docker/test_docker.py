"""The image and the compose file, as far as they can be checked without a container engine."""

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from hub.settings import Settings

ROOT = Path(__file__).parent.parent.parent
DOCKER = ROOT / "docker"


class Step(NamedTuple):
    """An instruction of the Dockerfile."""

    word: str
    rest: str


def stages() -> dict[str, list[Step]]:
    """The instructions of each stage, the last stage under the name ``final``."""
    text = re.sub(r"\\\n", " ", (DOCKER / "Dockerfile").read_text())
    found: dict[str, list[Step]] = {}
    current: list[Step] = []
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        word, _, rest = line.partition(" ")
        if word == "FROM":
            name = re.search(r" AS (\w+)", line)
            current = found.setdefault(name[1] if name else "final", [])
        current.append(Step(word, " ".join(rest.split())))
    return found


def instructions(stage: str, word: str) -> list[str]:
    return [step.rest for step in stages()[stage] if step.word == word]


def copied(stage: str) -> list[tuple[list[str], str]]:
    """Sources (of the checkout) and destination of each COPY."""
    rows = [shlex.split(rest) for rest in instructions(stage, "COPY")]
    return [(row[:-1], row[-1]) for row in rows if not row[0].startswith("--from=")]


def environment() -> dict[str, str]:
    pairs = [shlex.split(rest) for rest in instructions("final", "ENV")]
    return dict(pair.split("=", 1) for row in pairs for pair in row)


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded = yaml.safe_load((DOCKER / "compose.yaml").read_text())
    assert isinstance(loaded, dict)
    return loaded


def tracked() -> set[str]:
    """Every file and folder that is in git, or would be with the next commit."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    files = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    return {str(path) for file in files if file for path in (Path(file), *Path(file).parents)}


@pytest.mark.parametrize("stage", ["explorer", "dependencies", "final"])
def test_everything_that_is_copied_is_in_git(stage: str) -> None:
    sources = [source for row, _ in copied(stage) for source in row]
    assert sources
    assert [source for source in sources if source.rstrip("/") not in tracked()] == []


def test_nothing_that_is_copied_is_ignored_by_the_build() -> None:
    lines = (DOCKER / "Dockerfile.dockerignore").read_text().splitlines()
    patterns = [line for line in lines if line and not line.startswith("#")]
    assert patterns[0] == "*"
    allowed = {pattern[1:] for pattern in patterns if pattern.startswith("!")}
    for stage in stages():
        for row, _ in copied(stage):
            assert {source.rstrip("/").split("/")[0] for source in row} <= allowed
    assert allowed <= tracked()


def test_stages_copy_only_from_stages_that_stand_before_them() -> None:
    before: list[str] = []
    for name, steps in stages().items():
        for step in steps:
            if step.word == "COPY" and step.rest.startswith("--from="):
                assert step.rest.split()[0].removeprefix("--from=") in before
        before.append(name)


def test_the_explorer_is_built_with_scripts_that_it_has_and_taken_from_where_vite_puts_it() -> None:
    scripts = json.loads((ROOT / "explorer" / "package.json").read_text())["scripts"]
    for script in re.findall(r"npm run (\S+)", " ".join(instructions("explorer", "RUN"))):
        assert script in scripts
    out = re.search(r'outDir: "(.+)"', (ROOT / "explorer" / "vite.config.ts").read_text())
    [folder] = [Path(folder) for folder in instructions("explorer", "WORKDIR")]
    assert out is not None
    taken = [shlex.split(rest)[1:] for rest in instructions("final", "COPY") if "--from=explorer" in rest]
    assert taken == [[os.path.normpath(folder / out[1]), "hub/static/explorer"]]


def test_packages_are_installed_by_hash() -> None:
    [run] = instructions("dependencies", "RUN")
    assert "pip install --no-cache-dir --require-hashes -r requirements.lock" in run


def test_the_pythons_of_both_stages_are_one() -> None:
    froms = [step.rest.split()[0] for steps in stages().values() for step in steps if step.word == "FROM"]
    pythons = [image for image in froms if image.startswith("python:")]
    assert len(pythons) == 2
    assert len(set(pythons)) == 1


def test_the_image_runs_as_nobody_in_particular_on_the_port_of_the_settings() -> None:
    [user] = instructions("final", "USER")
    assert user.split(":")[0].isdigit()
    assert int(user.split(":")[0]) > 0
    port = str(Settings.model_fields["port"].default)
    assert instructions("final", "EXPOSE") == [port]
    assert f"127.0.0.1:{port}/readyz" in instructions("final", "HEALTHCHECK")[0]
    known = {f"UNIONHUB_{name.upper()}" for name in Settings.model_fields}
    assert {name for name in environment() if name.startswith("UNIONHUB_")} <= known


def test_every_service_is_shut_in(compose: dict[str, Any]) -> None:
    assert set(compose["services"]) == {"database", "migrate", "hub"}
    for name, service in compose["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert "/tmp" in service["tmpfs"], name
        assert not service.get("privileged"), name
        assert service.get("user") != "root", name


def test_ports_are_published_on_loopback_only_and_agree_with_the_image(compose: dict[str, Any]) -> None:
    published = {name: service["ports"] for name, service in compose["services"].items() if "ports" in service}
    [port] = instructions("final", "EXPOSE")
    assert published == {"hub": [f"127.0.0.1:${{PORT:-{port}}}:{port}"]}


def test_migrations_run_once_between_the_database_and_the_hub(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert services["migrate"]["depends_on"] == {"database": {"condition": "service_healthy"}}
    assert services["migrate"]["restart"] == "no"
    assert services["hub"]["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}
    assert services["database"]["healthcheck"]["test"][:2] == ["CMD", "pg_isready"]


def test_the_hub_and_its_database_agree_on_user_password_and_name(compose: dict[str, Any]) -> None:
    database = compose["services"]["database"]["environment"]
    for name in ("hub", "migrate"):
        url = compose["services"][name]["environment"]["UNIONHUB_DATABASE_URL"]
        user, password, base = database["POSTGRES_USER"], database["POSTGRES_PASSWORD"], database["POSTGRES_DB"]
        assert url == f"postgresql://{user}:{password}@database:5432/{base}"
        assert ":?" in password, "a password of its own, never one by default"


def test_volumes_that_are_used_are_declared(compose: dict[str, Any]) -> None:
    used = {volume.split(":")[0] for service in compose["services"].values() for volume in service.get("volumes", [])}
    assert used == set(compose["volumes"])


def test_the_database_is_of_a_version_that_suits(compose: dict[str, Any]) -> None:
    image, version = compose["services"]["database"]["image"].split(":")
    assert image == "postgres"
    assert 16 <= int(version) <= 18


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """A folder with just the files of the final stage, but for the explorer, and closed to writing."""
    folder = tmp_path / "app"
    folder.mkdir()
    for sources, destination in copied("final"):
        for source in sources:
            if (ROOT / source).is_dir():
                skip = shutil.ignore_patterns("__pycache__", "static")
                shutil.copytree(ROOT / source, folder / destination, ignore=skip)
            else:
                shutil.copy(ROOT / source, folder / destination)
    for path in (folder, *folder.rglob("*")):
        path.chmod(path.stat().st_mode & ~0o222)
    return folder


def test_the_copied_files_alone_migrate_serve_and_pass_the_health_check(
    image: Path, compose: dict[str, Any], empty_database_url: str, tmp_path: Path
) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = str(listener.getsockname()[1])
    own = {name: value for name, value in environment().items() if name not in {"PATH", "PYTHONPATH"}}
    inside = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(image),
        **own,
        "UNIONHUB_DATA_DIR": str(tmp_path / "data"),
        "UNIONHUB_DATABASE_URL": empty_database_url,
        "UNIONHUB_HOST": "127.0.0.1",
        "UNIONHUB_PORT": port,
    }
    entry = json.loads(instructions("final", "ENTRYPOINT")[0])
    assert entry[0] == "python"
    start = [sys.executable, "-P", *entry[1:]]
    health = json.loads(re.findall(r"CMD (\[.*\])", instructions("final", "HEALTHCHECK")[0])[0])
    check = [sys.executable, *(part.replace(":8000/", f":{port}/") for part in health[1:])]

    def is_healthy() -> bool:
        return subprocess.run(check, env=inside, capture_output=True).returncode == 0

    keys = [*start, "access", "new-key-file", str(tmp_path / "data" / "keys.json")]
    assert subprocess.run(keys, cwd=image, env=inside, capture_output=True).returncode == 0
    with (tmp_path / "log").open("w") as log:
        command = json.loads(instructions("final", "CMD")[0])
        hub = subprocess.Popen([*start, *command], cwd=image, env=inside, stdout=log, stderr=subprocess.STDOUT)
    try:
        time.sleep(1.5)
        assert not is_healthy(), "it is not ready before the migrations"
        migrate = [*start, *compose["services"]["migrate"]["command"]]
        done = subprocess.run(migrate, cwd=image, env=inside, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        end = time.monotonic() + 20
        while not is_healthy():
            assert hub.poll() is None, (tmp_path / "log").read_text()
            assert time.monotonic() < end, (tmp_path / "log").read_text()
            time.sleep(0.2)
        hub.send_signal(signal.SIGTERM)
        assert hub.wait(20) in {0, 128 + signal.SIGTERM}
    finally:
        hub.kill()
        hub.wait()
    assert not list(image.rglob("__pycache__"))
