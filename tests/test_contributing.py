"""The worked example of CONTRIBUTING.md works: applied to a copy of the repository, its field, filter and statistic answer."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.slow import slow

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "CONTRIBUTING.md").read_text()
EXAMPLE = PAGE[PAGE.index("## A worked example") : PAGE.index("## Where things go")]
BLOCKS = re.findall(r"^```(diff|python|sh) (\S+)\n(.*?)^```", EXAMPLE, re.DOTALL | re.MULTILINE)
COPIED = ("db", "docs", "hub", "resolvers", "schema", "tests", "pyproject.toml", "schema.graphql")
LEFT = shutil.ignore_patterns("__pycache__", "static", "plans")

CONFTEST = '''
"""A database that has been upgraded, instead of a template for the changed sources."""

import os
from collections.abc import AsyncIterator

import asyncpg
import pytest

from db.server.connect import create_pool


@pytest.fixture(scope="session")
async def pool() -> AsyncIterator[asyncpg.Pool]:
    made = await create_pool(os.environ["UNIONHUB_DATABASE_URL"])
    yield made
    await made.close()
'''


def numbered(text: str) -> str:
    """The text with the numbers of the newest migration and of the one after it."""
    newest = max(path.name[:4] for path in (ROOT / "db" / "migrations" / "versions").glob("[0-9]*.py"))
    return text.replace("NEWEST", newest).replace("NEXT", f"{int(newest) + 1:04}")


def applied(text: str, diff: str) -> str:
    """A file with a diff applied, whose lines without a sign or with ``-`` must stand in it once, one after the other."""
    lines = diff.splitlines()
    before = "".join(f"{line[1:]}\n" for line in lines if line[:1] != "+")
    after = "".join(f"{line[1:]}\n" for line in lines if line[:1] != "-")
    assert all(line[:1] in {" ", "+", "-"} for line in lines), diff
    assert text.count(before) == 1, f"CONTRIBUTING.md is stale; no longer there, or more than once:\n{before}"
    return text.replace(before, after)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the repository with the example's blocks applied."""
    for name in COPIED:
        path = ROOT / name
        if path.is_dir():
            shutil.copytree(path, tmp_path / name, ignore=LEFT)
        else:
            shutil.copy(path, tmp_path)
    for language, name, text in BLOCKS:
        path = tmp_path / numbered(name)
        if language == "diff":
            path.write_text(applied(path.read_text(), text))
        elif language == "python":
            assert not path.exists(), name
            path.write_text(numbered(text))
    (tmp_path / "tests" / "conftest.py").write_text(CONFTEST)
    return tmp_path


@slow
def test_the_worked_example_adds_a_field_a_filter_and_a_statistic(copy: Path, fresh_database_url: str) -> None:
    (commands,) = [text for language, _, text in BLOCKS if language == "sh"]
    binaries = Path(sys.executable).parent
    files = " ".join(sorted({numbered(name) for _, name, _ in BLOCKS if name.endswith(".py")}))
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", f"ruff check -q {files}\nruff format -q --check {files}\n{commands}"],
        cwd=copy,
        env={
            **os.environ,
            "PATH": f"{binaries}:{os.environ['PATH']}",
            "PYTHONPATH": str(copy),
            "PYTEST_ADDOPTS": "-n 0 -p no:cacheprovider",
            "UNIONHUB_DATABASE_URL": fresh_database_url,
        },
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
    assert "  capacity: Int\n" in (copy / "schema.graphql").read_text()
    assert "capacity" in (copy / "docs" / "who-sees-what.md").read_text()
    assert re.search(r"`VENUES`.*`capacity`", (copy / "docs" / "statistics.md").read_text())


def test_a_stale_example_is_found() -> None:
    diff = " kept\n-old\n+new\n"
    assert applied("kept\nold\nmore\n", diff) == "kept\nnew\nmore\n"
    with pytest.raises(AssertionError, match="stale"):
        applied("kept\nother\nmore\n", diff)
    with pytest.raises(AssertionError, match="more than once"):
        applied("kept\nold\nkept\nold\n", diff)
