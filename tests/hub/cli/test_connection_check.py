"""At its start the hub says at once, in one line, that its database cannot be used, and ends."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from db.server import embedded
from hub.cli.connection_check import location, reason, require_database, unreachable
from hub.settings import ROOT
from tests.conftest import KEY_FILE
from tests.slow import slow

PASSWORD = "geheim%40"


@pytest.fixture
def closed() -> int:
    """A port on which nothing listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture
def silent() -> Iterator[int]:
    """A port on which somebody listens who never answers."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        found.listen()
        yield found.getsockname()[1]


def serve(url: str, tmp_path: Path, **more: str) -> tuple[int, str, float]:
    """Exit status, what is said and the seconds of ``unionhub serve``."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("UNIONHUB_", "LC_"))}
    environment |= {
        "UNIONHUB_DATABASE_URL": url,
        "UNIONHUB_DATA_DIR": str(tmp_path),
        "UNIONHUB_PORT": "0",
        "UNIONHUB_KEY_FILE": str(KEY_FILE),
        "LC_ALL": "C.UTF-8",
        **more,
    }
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "hub.cli", "serve"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.returncode, done.stdout + done.stderr, time.monotonic() - began


def test_serve_says_in_one_line_that_the_database_is_away_and_ends(closed: int, tmp_path: Path) -> None:
    status, said, _ = serve(f"postgresql://hub:{PASSWORD}@127.0.0.1:{closed}/union", tmp_path)
    assert status == 1
    assert said == (
        f"Error: The database union at 127.0.0.1:{closed} cannot be used: nothing listens there. "
        "Is PostgreSQL running, and are host and port in UNIONHUB_DATABASE_URL right?\n"
    )


@slow
def test_serve_says_it_in_chinese_too(closed: int, tmp_path: Path) -> None:
    _, said, _ = serve(f"postgresql://hub@127.0.0.1:{closed}/union", tmp_path, LC_ALL="zh_CN.UTF-8")
    assert said.startswith(f"错误：数据库 union at 127.0.0.1:{closed} 无法使用：该处没有服务监听。")


async def test_a_server_that_does_not_answer_is_not_waited_for(silent: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.cli.connection_check.SECONDS", 0.3)
    began = time.monotonic()
    with pytest.raises(Exception, match=r"no answer within 0\.3 s"):
        await require_database(f"postgresql://hub:{PASSWORD}@127.0.0.1:{silent}/union?sslmode=disable")
    assert time.monotonic() - began < 2


async def test_a_database_that_is_not_there_is_named(server_url: str) -> None:
    with pytest.raises(Exception, match=r"The database nowhere at .* there is no database of this name"):
        await require_database(embedded.with_database(server_url, "nowhere"))


async def test_one_that_suits_is_let_pass(server_url: str) -> None:
    await require_database(server_url)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (socket.gaierror(-2, "Name or service not known"), "no host of this name"),
        (ConnectionRefusedError(111, "Connect call failed"), "nothing listens there"),
        (OSError("Multiple exceptions: [Errno 111] Connect call failed ('::1', 5, 0, 0)"), "nothing listens there"),
        (asyncpg.InvalidPasswordError("password authentication failed for user hub"), "the password of hub is refused"),
        (asyncpg.InvalidAuthorizationSpecificationError("no pg_hba.conf entry"), "does not let hub in"),
        (asyncpg.CannotConnectNowError("the database system is starting up"), "starting or stopping"),
        (asyncpg.TooManyConnectionsError("too many clients"), "connections are in use"),
        (OSError(113, "No route to host"), "No route to host. Are host and port"),
        (ValueError("invalid DSN: postgresql://hub:geheim@x/y\nmore"), "invalid DSN: … more"),
        (asyncpg.InterfaceError(""), "Is UNIONHUB_DATABASE_URL right?"),
    ],
)
def test_every_reason_is_one_line_with_what_to_check_and_no_password(error: Exception, said: str) -> None:
    url = f"postgresql://hub:{PASSWORD}@db.example:6543/union?sslmode=require&password={PASSWORD}"
    text = unreachable(url, error)
    assert text.startswith("The database union at db.example:6543 cannot be used: ")
    assert said in reason(url, error)
    assert "\n" not in text
    assert "geheim" not in text
    assert text.endswith(("?", ".", "”."))


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://h/d", "d at h:5432"),
        ("postgresql://u:p@[::1]:7/d%20e", "d e at [::1]:7"),
        ("postgresql:///d?host=/run/pg&port=8", "d at /run/pg:8"),
        ("postgresql:///d", "d at a local socket:5432"),
        ("postgresql://a:1,b:2/d", "d at a:?"),
    ],
)
def test_the_place_of_a_database(url: str, shown: str) -> None:
    assert location(url).startswith(shown[:-1] if shown.endswith("?") else shown)
