"""A newcomer's path: every line of the READMEs and of the docs that a shell can run is run, in order, as it stands.

Blocks marked ``sh`` are run; ``sh MARK`` says why a block cannot be run here, and the mark is checked in another way. Two shells read
them: one has the demonstration, one begins with nothing but a server. Nothing is put in a line's place but what ``REPLACED`` names.
"""

import os
import re
import signal
import subprocess
import tomllib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from hub.settings import Settings
from tests.operator_server import OWNER, PASSWORD, UNCHANGED, OperatorServer, free_port
from tests.slow import slow
from tests.test_contributing import BLOCKS

ROOT = Path(__file__).parent.parent
PAGES = [
    *(ROOT / name for name in ("README.md", "README.zh-CN.md", "CONTRIBUTING.md", "docker/README.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
LANGUAGES = {"sh", "text", "graphql", "json", "js", "yaml", "nginx", "ini", "sql", "diff", "python", "toml"}

BARE = [("README.md", "A PostgreSQL of your own"), ("docs/operations.md", "")]
"""What the shell reads that begins with nothing: pages, or one section of a page, in order."""

START = "docs/start.md"
"""The page that a third shell reads, which begins with nothing too."""

TRANSLATED = "README.zh-CN.md"
"""Its commands are those of README.md."""


class Block(NamedTuple):
    """A fenced block: the page, the heading above it, what it is, its mark, and its text."""

    page: str
    heading: str
    language: str
    mark: str
    text: str


def blocks(path: Path) -> Iterator[Block]:
    """The fenced blocks of a page."""
    heading, opened, lines = "", None, []
    for line in path.read_text().splitlines():
        fence = re.match(r"\s*```(.*)$", line)
        if fence and opened is None:
            opened, lines = fence[1].strip(), []
        elif fence and opened is not None:
            language, _, mark = opened.partition(" ")
            yield Block(str(path.relative_to(ROOT)), heading, language, mark, "\n".join(lines))
            opened = None
        elif opened is not None:
            lines.append(line)
        elif line.startswith("#"):
            heading = line.lstrip("# ")
    assert opened is None, f"a block of {path} has no end"


ALL = [block for page in PAGES for block in blocks(page)]
SHELL = [block for block in ALL if block.language == "sh"]


def is_bare(block: Block) -> bool:
    return any(block.page == page and heading in {"", block.heading} for page, heading in BARE)


def commands(text: str) -> list[str]:
    """The lines of a block without comments and layout."""
    lines = (re.sub(r"\s+#\s.*$", "", line).strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def test_every_block_says_what_it_is() -> None:
    assert {block.language for block in ALL} <= LANGUAGES, [block for block in ALL if block.language not in LANGUAGES]
    assert len(SHELL) > 15


@pytest.mark.parametrize("block", [block for block in ALL if block.language == "toml"], ids=lambda block: block.heading)
def test_blocks_of_toml_can_be_read(block: Block) -> None:
    assert tomllib.loads(block.text)


def test_both_readmes_have_the_same_commands() -> None:
    first, second = (
        [commands(block.text) for block in SHELL if block.page == page] for page in ("README.md", TRANSLATED)
    )
    assert first == second


# --- Blocks that cannot be run here, by their mark: why, and how they are checked.


def checked_docker(block: Block) -> None:
    """Needs a container engine. Services, commands and files are those of compose.yaml and of the hub."""
    from click.testing import CliRunner

    from hub.cli.commands import main

    services = yaml.safe_load((ROOT / "docker/compose.yaml").read_text())["services"]
    for line in commands(block.text):
        if line.startswith("alias"):
            assert "-f docker/compose.yaml --env-file docker/secrets.env" in line
            continue
        words = line.split()
        assert words[0] == "hub-compose", line
        if words[1] in {"run", "exec"}:
            rest = [word for word in words[2:] if not word.startswith("--")]
            assert rest[0] in services, line
            command = rest[1:] if words[1] == "run" else rest[4:]
            assert words[1] == "run" or rest[1:4] == ["python", "-m", "hub.cli"], line
            assert (
                CliRunner()
                .invoke(main, [*command[:-1], "--help"] if command[0] == "db" else [*command[:1], "--help"])
                .exit_code
                == 0
            ), line
        elif words[1] == "cp":
            assert words[2].partition(":")[0] in services, line
        else:
            assert words[1] in {"up", "ps"}, line


def checked_systemd(block: Block) -> None:
    """Needs root and systemd. The files that are copied are there; tests/docker verifies the units."""
    for line in commands(block.text):
        assert line.split()[0] in {"useradd", "make", "install", "cp", "systemctl", "journalctl"}, line
        for path in re.findall(r"/opt/unionhub/(docker/\S+)", line):
            assert (ROOT / path).is_file(), line


def checked_release(block: Block) -> None:
    """Needs a release to go to, and systemd. The other commands are run in the shell that begins with nothing."""
    known = [line for block in SHELL if is_bare(block) and not block.mark for line in commands(block.text)]
    for line in commands(block.text):
        program = re.sub(r"^make environment.*", "make environment", line.removesuffix(' --database-url "$OWNER_URL"'))
        assert line.startswith(("git ", "systemctl ")) or any(program in each for each in known), line


def checked_example(block: Block) -> None:
    """Needs the files of the worked example. tests/test_contributing.py runs it in a copy of the repository that has them."""
    assert ("sh", block.mark, f"{block.text}\n") in BLOCKS


MARKS: dict[str, Callable[[Block], None]] = {
    "example": checked_example,
    "docker": checked_docker,
    "systemd": checked_systemd,
    "release": checked_release,
}


@pytest.mark.parametrize(
    "block", [block for block in SHELL if block.mark], ids=lambda block: f"{block.page}-{block.mark}"
)
def test_blocks_that_cannot_be_run_are_checked(block: Block) -> None:
    MARKS[block.mark](block)
    assert subprocess.run(["bash", "-n"], input=block.text, text=True, capture_output=True).returncode == 0


@pytest.mark.parametrize("block", [block for block in ALL if block.language == "ini"], ids=lambda block: block.page)
def test_settings_that_a_page_names_are_settings(block: Block) -> None:
    known = {f"UNIONHUB_{name.upper()}" for name in Settings.model_fields}
    assert {line.partition("=")[0] for line in commands(block.text)} <= known


# --- The two shells.

PRELUDE = r"""
set -euo pipefail
hub=
stop() { if [ -n "$hub" ]; then kill "$hub" || true; wait "$hub" || true; hub=; fi; }
trap stop EXIT
start() {
    stop
    "$@" > serving.log 2>&1 &
    hub=$!
    for _ in $(seq 600); do
        if curl -sf "http://127.0.0.1:$PORT/readyz" > ready.json; then return; fi
        kill -0 "$hub" || { cat serving.log; exit 1; }
        sleep 0.1
    done
    cat ready.json serving.log; exit 1
}
"""

REPLACED: dict[str, str] = {
    "make demo": "start .venv/bin/unionhub serve",  # tests/test_setup.py runs it; here its data are smaller, and there already
    "make test": ":",  # this is it
    ".venv/bin/unionhub serve": "start .venv/bin/unionhub serve",  # goes on beside the lines that follow
    "http://127.0.0.1:8000": "http://127.0.0.1:$PORT",
    "127.0.0.1:5432": "127.0.0.1:$PGPORT",
    "/mnt/elsewhere/": "elsewhere/",
    '"$PREFIX"': '"$(unionhub access list weihai-hr | grep -o "uh_[0-9a-f]*" | cut -c 4- | head -n 1)"',  # out of the line before
}
"""All that is put in the place of what stands in a page."""


SAID = re.compile(
    "|".join(rf"{re.escape(said)}(?![\w.])" if said[-1].isalpha() else re.escape(said) for said in REPLACED)
)


def runnable(found: list[Block]) -> str:
    """One script of all blocks; which one is run is said before it."""
    parts = [PRELUDE]
    for block in found:
        replaced = SAID.sub(lambda each: REPLACED[each[0]], block.text)
        parts += [f"echo '== {block.page}: {block.heading}'", replaced]
    return "\n".join(parts)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder as a newcomer has it, with what is in the repository, and the environment that stands already."""
    for path in ROOT.iterdir():
        if path.name not in {".data", ".git", "build", "docker"}:
            (tmp_path / path.name).symlink_to(path)
    (tmp_path / "docker").mkdir()
    for path in (ROOT / "docker").iterdir():
        if path.name != "secrets.env":
            (tmp_path / "docker" / path.name).symlink_to(path)
    (tmp_path / "elsewhere").mkdir()
    query = next(block.text for block in ALL if block.page == "README.md" and block.language == "graphql")
    (tmp_path / "query.graphql").write_text(query)
    return tmp_path


SECONDS = 800
"""What a shell may take on a machine that has much else to do; alone it takes some fifteen."""


def run(script: str, folder: Path, server: OperatorServer, **more: str) -> str:
    """What a shell prints that runs a script in a folder, beside a server."""
    inherited = {name: value for name, value in server.environment().items() if not name.startswith("UNIONHUB_")}
    own = {
        **inherited,
        "PATH": f"{folder}/.venv/bin:{inherited['PATH']}",
        "PORT": str(free_port()),
        "UNIONHUB_DATA_DIR": str(folder / ".data"),
        **more,
    }
    said = folder / "said"
    with said.open("w") as file:
        shell = subprocess.Popen(
            ["bash", "-c", script], cwd=folder, env=own, stdout=file, stderr=file, start_new_session=True
        )
    try:
        status = shell.wait(SECONDS)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(shell.pid, signal.SIGTERM)  # with all that it started
        shell.wait()
    assert status == 0, said.read_text()[-4000:]
    return said.read_text()


@pytest.mark.timeout(SECONDS + 100)
def test_with_the_demonstration_every_line_does_what_is_said(checkout: Path, operated_server: OperatorServer) -> None:
    server = operated_server
    server.sql("DROP DATABASE IF EXISTS demonstration WITH (FORCE)")
    server.sql(f"CREATE DATABASE demonstration OWNER {OWNER} TEMPLATE {UNCHANGED}")
    found = [block for block in SHELL if not (block.mark or is_bare(block) or block.page in {TRANSLATED, START})]
    said = run(
        runnable(found),
        checkout,
        server,
        UNIONHUB_DATABASE_URL=server.url("demonstration", OWNER, OWNER),
        UNIONHUB_KEY_FILE=os.environ["UNIONHUB_KEY_FILE"],
    )
    assert '{"data":{"organizations":{"nodes":[{"name":"浙江省总工会"' in said
    assert '{"data":{"viewer":{"persona":' in said
    assert '"errors"' not in said
    assert "The key is revoked." in said
    assert "The audit log is whole" in said
    assert (checkout / "elsewhere" / "anchors.txt").read_text()
    secrets = (checkout / "docker" / "secrets.env").read_text()
    assert re.fullmatch(r"(\w+_PASSWORD=[0-9a-f]{48}\n){3}HUB_NAME=localhost\n", secrets)


@slow
@pytest.mark.timeout(SECONDS + 100)
def test_a_bare_server_becomes_a_hub_line_by_line(
    checkout: Path, new_operator_server: Callable[[Path | None], OperatorServer]
) -> None:
    found = [block for page, _ in BARE for block in SHELL if block.page == page and is_bare(block) and not block.mark]
    said = run(runnable(found), checkout, new_operator_server(None))
    assert "Divisions: 44,706 loaded." in said
    assert said.count("nothing is wrong.") == 2
    assert said.count("\n0 failed, ") == 2
    assert said.count("The audit log is whole") == 2
    assert "fail  " not in said
    assert (checkout / "apart" / "keys.json").stat().st_mode & 0o777 == 0o600
    assert PASSWORD not in said


@slow
@pytest.mark.timeout(SECONDS + 100)
def test_the_start_page_leads_from_an_empty_server_to_the_answers_that_it_shows(
    checkout: Path, new_operator_server: Callable[[Path | None], OperatorServer]
) -> None:
    """A shorter form of it, within one process, is tests/hub/imports/test_samples.py."""
    page = [block for block in ALL if block.page == START]
    said = run(runnable([block for block in page if block.language == "sh"]), checkout, new_operator_server(None))
    shown = [line for block in page if block.language in {"text", "json"} for line in block.text.splitlines()]
    assert len(shown) > 10
    for line in shown:
        assert line in said, (line, said)
    assert "\n0 failed, " in said
    assert (checkout / "administrator.key").stat().st_mode & 0o777 == 0o600
    assert (checkout / "unions-marked.xlsx").is_file()
    assert (checkout / "administrator.key").read_text().strip() not in said
