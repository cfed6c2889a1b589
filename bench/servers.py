"""The servers of the benchmark, each one process, started one at a time and ended by its process id."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from bench import postgraphile as graphile
from bench.database import FOLDER, Database, settings_of
from bench.personas import let_personas_in
from db.server.connect import POOL_SIZE
from hub.authentication.demonstration_tokens import token_of
from hub.encryption_keys import demonstration_keys
from hub.settings import ROOT

START_SECONDS = 60.0
OPERATIONS = Path(__file__).parent / "operations"
STOP_SECONDS = 20.0


class ServerError(RuntimeError):
    """A server did not start, or did not answer as it should."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server that is running."""

    name: str
    port: int
    pid: int
    headers: dict[str, str] = field(default_factory=dict)
    documents: Path = OPERATIONS
    """The folder of the operations as this server's schema has them."""

    def ask(self, body: str) -> tuple[int, bytes]:
        """Send one GraphQL request; the status and the body of the answer."""
        headers = {"Content-Type": "application/json", "Accept": "application/json", **self.headers}
        asked = urllib.request.Request(f"http://127.0.0.1:{self.port}/graphql", body.encode(), headers)
        try:
            with urllib.request.urlopen(asked, timeout=60) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def data(self, body: str) -> Any:
        """The ``data`` of the answer to a request.

        Raises:
            ServerError: it is not a whole answer.
        """
        status, content = self.ask(body)
        answer = json.loads(content) if content.startswith(b"{") else {}
        if status != 200 or answer.get("errors") or answer.get("data") is None:
            raise ServerError(f"{self.name} answered {status}: {content[:500]!r}")
        return answer["data"]


@contextmanager
def hub(
    database: Database,
    folder: Path = FOLDER,
    *,
    persona: str = "national",
    walls: int = 2,
    more: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Server]:
    """The hub as its users run it: ``unionhub serve`` with settings as they come, but for limits of the one caller who measures, and a
    persona's token; or without its second wall, or with ``more`` settings."""
    settings = settings_of(database, folder)
    demonstration_keys(settings)
    asyncio.run(let_personas_in(database.url))
    token = token_of(settings, persona)
    port = free_port()
    unset = {name: value for name, value in os.environ.items() if not name.startswith("UNIONHUB_") and name != "PORT"}
    variables = unset | {
        "UNIONHUB_DATABASE_URL": database.url,
        "UNIONHUB_DATA_DIR": str(settings.data_dir),
        "UNIONHUB_KEY_FILE": str(settings.key_file),
        "UNIONHUB_PORT": str(port),
        "UNIONHUB_BUDGET_POINTS": "0",
        "UNIONHUB_CALLER_CONNECTIONS": "0",
        **more,
    }
    name, command = ("hub", ["hub.cli", "serve"]) if walls == 2 else ("hub without the second wall", ["bench.one_wall"])
    with running(name, [sys.executable, "-m", *command], port, variables, folder) as pid:
        yield Server(name, port, pid, {"Authorization": f"Bearer {token}"})


@contextmanager
def module(name: str, database: Database, folder: Path = FOLDER) -> Iterator[Server]:
    """A server of this package: ``python -m bench.NAME URL PORT``."""
    port = free_port()
    command = [sys.executable, "-m", f"bench.{name}", database.url, str(port)]
    with running(name, command, port, dict(os.environ), folder) as pid:
        yield Server(name, port, pid)


@contextmanager
def postgraphile(database: Database, folder: Path = FOLDER) -> Iterator[Server]:
    """PostGraphile in production mode, with as many connections as the hub's pool."""
    node = graphile.node()
    graphile.install(node)
    graphile.add_schema(database)
    port = free_port()
    command = [str(node.path), "server.mjs", database.url, str(port), str(POOL_SIZE)]
    variables = {**os.environ, "NODE_ENV": "production", "GRAPHILE_ENV": "production"}
    with running("postgraphile", command, port, variables, folder, cwd=graphile.FOLDER) as pid:
        yield Server("postgraphile", port, pid, documents=OPERATIONS / "postgraphile")


strawberry = partial(module, "peer")
by_hand = partial(module, "by_hand")
floor = partial(module, "floor")


@contextmanager
def running(
    name: str, command: list[str], port: int, variables: dict[str, str], folder: Path, *, cwd: Path = ROOT
) -> Iterator[int]:
    """A process that listens on ``port``; its output goes to a file in ``folder``.

    Raises:
        ServerError: it does not listen within a minute.
    """
    folder.mkdir(parents=True, exist_ok=True)
    output = folder / f"{name}.log"
    with output.open("wb") as log:
        process = subprocess.Popen(command, cwd=cwd, env=variables, stdout=log, stderr=subprocess.STDOUT)
        try:
            wait(lambda: listens(port) or process.poll() is not None, START_SECONDS)
            if process.poll() is not None or not listens(port):
                raise ServerError(f"{name} did not start:\n{output.read_text(errors='replace')[-2000:]}")
            yield process.pid
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait(until: Callable[[], bool], seconds: float) -> None:
    """Wait for something, not longer than so many seconds."""
    last = time.monotonic() + seconds
    while not until() and time.monotonic() < last:
        time.sleep(0.05)


def listens(port: int) -> bool:
    """Whether something listens on a port of this machine."""
    with socket.socket() as trial:
        return trial.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    """A port of this machine that is free."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])
