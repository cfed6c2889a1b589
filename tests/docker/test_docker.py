"""The image and the compose file, as far as they can be checked without a container engine."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from hub.serve import SHUTDOWN_SECONDS
from hub.settings import Settings
from tests.operator_server import PASSWORD, OperatorServer, free_port

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


SERVICES = {"database", "migrate", "hub", "proxy", "backup"}
KEYS = {
    "build", "cap_add", "cap_drop", "command", "depends_on", "entrypoint", "environment", "healthcheck", "image", "logging", "mem_limit",
    "networks", "pids_limit", "ports", "read_only", "restart", "security_opt", "shm_size", "stop_grace_period", "tmpfs", "user", "volumes",
}  # fmt: skip
"""Keys of a service in the Compose specification, of those that are used."""


def test_services_have_only_keys_that_compose_knows(compose: dict[str, Any]) -> None:
    assert set(compose["services"]) == SERVICES
    for name, service in compose["services"].items():
        assert set(service) <= KEYS, name
        assert ("image" in service) or ("build" in service), name
        for other, condition in service.get("depends_on", {}).items():
            wanted = condition["condition"]
            ends = compose["services"][other]["restart"] == "no"
            assert wanted == ("service_completed_successfully" if ends else "service_healthy"), (name, other)
    assert {key for key in compose if not key.startswith("x-")} == {"name", "services", "networks", "volumes"}


def test_every_service_is_shut_in(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert "/tmp" in service["tmpfs"], name
        assert service.get("user") != "root", name
        assert re.fullmatch(r"\d+[mg]", service["mem_limit"]), name
        assert service["pids_limit"] > 0, name
        assert service["logging"]["options"]["max-size"], name
    assert {name for name, service in compose["services"].items() if "cap_add" in service} == {"proxy"}


def test_what_ends_is_started_again_and_looked_at(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        once = name == "migrate"
        assert service["restart"] == ("no" if once else "unless-stopped"), name
        assert ("healthcheck" in service) is not once, name
    said = json.loads(re.findall(r"CMD (\[.*\])", instructions("final", "HEALTHCHECK")[0])[0])
    assert compose["services"]["hub"]["healthcheck"]["test"] == ["CMD", *said]


def test_the_proxy_alone_is_reached_from_outside_and_the_hub_believes_it_alone(compose: dict[str, Any]) -> None:
    services, networks = compose["services"], compose["networks"]
    published = {name: service["ports"] for name, service in services.items() if "ports" in service}
    assert published == {"proxy": ["${HTTP_PORT:-80}:80", "${HTTPS_PORT:-443}:443"]}
    assert {name for name, service in services.items() if "front" in service["networks"]} == {"hub", "proxy"}
    assert {name for name, service in services.items() if "back" in service["networks"]} == SERVICES - {"proxy"}
    assert networks["back"] == {"internal": True}
    [pool] = networks["front"]["ipam"]["config"]
    address = services["proxy"]["networks"]["front"]["ipv4_address"]
    trusted = services["hub"]["environment"]["UNIONHUB_TRUSTED_PROXIES"]
    assert Settings(trusted_proxies=trusted).trusted_proxies == (ip_network(address),)
    assert ip_address(address) in ip_network(pool["subnet"])
    assert ip_address(address) not in ip_network(pool["ip_range"]), "no other container is given that address"
    [port] = instructions("final", "EXPOSE")
    assert services["proxy"]["environment"]["HUB_ADDRESS"] == f"hub:{port}"


def test_migrations_run_once_between_the_database_and_the_hub(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert list(services["migrate"]["depends_on"]) == ["database"]
    assert list(services["hub"]["depends_on"]) == ["migrate"]
    assert services["database"]["healthcheck"]["test"][:2] == ["CMD", "pg_isready"]
    assert "--host=127.0.0.1" in services["database"]["healthcheck"]["test"], (
        "not while it is being made, on the socket alone"
    )


LOGINS = {
    "migrate": ("UNIONHUB_DATABASE_URL", "hub_owner", "OWNER_PASSWORD"),
    "backup": ("BACKUP_DATABASE_URL", "hub_owner", "OWNER_PASSWORD"),
    "hub": ("UNIONHUB_DATABASE_URL", "hub", "HUB_PASSWORD"),
}


def test_the_hub_logs_in_as_who_owns_nothing_and_passwords_have_no_default(compose: dict[str, Any]) -> None:
    database = compose["services"]["database"]["environment"]
    for name, (variable, login, password) in LOGINS.items():
        url = compose["services"][name]["environment"][variable]
        assert url == f"postgresql://{login}:{database[password]}@database:5432/unionhub"
        assert database[password] == f"${{{password}:?set {password}}}"
    roles = (DOCKER / "roles.sh").read_text()
    assert "CREATE ROLE hub_owner LOGIN CREATEROLE PASSWORD :'owner_password'" in roles
    assert "CREATE ROLE hub LOGIN PASSWORD :'hub_password'" in roles


def test_variables_are_settings_or_are_used_by_what_gets_them(compose: dict[str, Any]) -> None:
    known = {f"UNIONHUB_{name.upper()}" for name in Settings.model_fields}
    used = {
        "proxy": (DOCKER / "Caddyfile").read_text(),
        "backup": (DOCKER / "backup.sh").read_text(),
        "database": (DOCKER / "roles.sh").read_text() + "POSTGRES_PASSWORD POSTGRES_INITDB_ARGS",
    }
    for name, service in compose["services"].items():
        for variable in service["environment"]:
            assert variable in known or (name in used and variable in used[name]), (name, variable)
    files = [(DOCKER / name).read_text() for name in ("unionhub.env", "backup.env")]
    units = {line.partition("=")[0] for text in files for line in text.splitlines() if line and line[0] != "#"}
    assert {each for each in units if each not in known} == set(re.findall(r"BACKUP_[A-Z_]+", used["backup"]))


def test_volumes_and_files_that_are_used_are_declared_and_there(compose: dict[str, Any]) -> None:
    mounted = [
        volume.split(":")[0] for service in compose["services"].values() for volume in service.get("volumes", [])
    ]
    assert {name for name in mounted if not name.startswith(".")} == set(compose["volumes"])
    for name in mounted:
        if name.startswith("."):
            assert str((DOCKER / name).relative_to(ROOT)) in tracked(), name
    for path in ("roles.sh", "backup.sh"):
        assert os.access(DOCKER / path, os.X_OK), path


@pytest.mark.skipif(shutil.which("caddy") is None, reason="Caddy is not installed")
def test_caddy_takes_the_configuration() -> None:
    for command in (["validate", "--adapter", "caddyfile", "--config"], ["fmt"]):
        made = subprocess.run(["caddy", *command, DOCKER / "Caddyfile"], capture_output=True, text=True)
        assert made.returncode == 0, made.stderr


UNITS = (
    "unionhub.service",
    "unionhub-backup.service",
    "unionhub-backup.timer",
    "unionhub-check.service",
    "unionhub-check.timer",
)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    for name in UNITS:
        text = (DOCKER / name).read_text().replace("/opt/unionhub", str(ROOT))
        (tmp_path / name).write_text(text)
    made = subprocess.run(
        ["systemd-analyze", "verify", *(tmp_path / name for name in UNITS)], capture_output=True, text=True
    )
    said = [line for line in (made.stdout + made.stderr).splitlines() if str(tmp_path) in line or "unionhub" in line]
    assert (made.returncode, said) == (0, [])


def test_the_unit_gives_the_hub_the_time_to_end_that_it_takes() -> None:
    text = (DOCKER / "unionhub.service").read_text()
    seconds = int(re.findall(r"TimeoutStopSec=(\d+)s", text)[0])
    assert seconds > SHUTDOWN_SECONDS
    assert re.findall(r"ExecStart=(.*)", text) == ["/opt/unionhub/.venv/bin/unionhub serve"]


def test_the_database_is_of_a_version_that_suits(compose: dict[str, Any]) -> None:
    image, version = compose["services"]["database"]["image"].split(":")
    assert compose["services"]["backup"]["image"] == f"{image}:{version}", "pg_dump is of the server's version"
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


SECRETS = {"OWNER_PASSWORD": "of-the-owner", "HUB_PASSWORD": "of-the-hub", "POSTGRES_PASSWORD": PASSWORD}


def given(compose: dict[str, Any], name: str, server: OperatorServer) -> dict[str, str]:
    """The variables of a service, with the secrets and the server of a test."""

    def filled(value: str) -> str:
        value = re.sub(r"\$\{(\w+):[?][^}]*\}", lambda found: SECRETS[found[1]], value)
        value = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value)
        return value.replace("@database:5432", f"@127.0.0.1:{server.port}")

    return {key: filled(value) for key, value in compose["services"][name]["environment"].items()}


def test_the_copied_files_alone_migrate_serve_back_up_and_pass_the_health_check(
    image: Path, compose: dict[str, Any], new_operator_server: Callable[[Path | None], OperatorServer], tmp_path: Path
) -> None:
    server = new_operator_server(None)
    made = subprocess.run(
        [DOCKER / "roles.sh"],
        env={**server.environment(), **given(compose, "database", server)},
        capture_output=True,
        text=True,
    )
    assert (made.returncode, made.stderr) == (0, "")
    port = str(free_port())
    own = {name: value for name, value in environment().items() if name not in {"PATH", "PYTHONPATH"}}
    inside = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(image),
        **own,
        "UNIONHUB_DATA_DIR": str(tmp_path / "data"),
        "UNIONHUB_HOST": "127.0.0.1",
        "UNIONHUB_PORT": port,
    }
    entry = json.loads(instructions("final", "ENTRYPOINT")[0])
    assert entry[0] == "python"
    start = [sys.executable, "-P", *entry[1:]]
    health = compose["services"]["hub"]["healthcheck"]["test"]
    check = [sys.executable, *(part.replace(":8000/", f":{port}/") for part in health[2:])]

    def is_healthy() -> bool:
        return subprocess.run(check, env=inside, capture_output=True).returncode == 0

    keys = [*start, "access", "new-key-file", str(tmp_path / "data" / "keys.json")]
    assert subprocess.run(keys, cwd=image, env=inside, capture_output=True).returncode == 0
    with (tmp_path / "log").open("w") as log:
        command = json.loads(instructions("final", "CMD")[0])
        served = {**inside, **given(compose, "hub", server)}
        hub = subprocess.Popen([*start, *command], cwd=image, env=served, stdout=log, stderr=subprocess.STDOUT)
    try:
        time.sleep(1.5)
        assert not is_healthy(), "it is not ready before the migrations"
        migrate = [*start, *compose["services"]["migrate"]["command"]]
        owner = {**inside, **given(compose, "migrate", server)}
        done = subprocess.run(migrate, cwd=image, env=owner, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        end = time.monotonic() + 30
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
    backup = {**server.environment(), **given(compose, "backup", server), "BACKUP_FOLDER": str(tmp_path)}
    done = subprocess.run([DOCKER / "backup.sh"], env=backup, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()).stat().st_size > 10_000
