"""The imports of one process: each runs in a thread of its own to its end, whether or not somebody waits for it.

The request that sent the file waits for some time, and is then told where the job is found. The marked workbook is kept for an hour for
whoever sent the file; it has their values in clear.
"""

import asyncio
import contextvars
import errno
import shutil
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg

from db.clock import today
from db.imports import ImportStage
from db.meter import METER, add_commands
from hub.encryption_keys import digest_of, vault_of
from hub.errors import Refusal
from hub.imports.bad_file import BadFile
from hub.imports.mapping import FileMapping
from hub.imports.marked_workbook import write_marked
from hub.imports.progress import Cancelled, Stop
from hub.imports.report import ImportOptions, ImportReport
from hub.imports.run import Import, run_alone
from hub.operations import Outcome, refused
from hub.settings import Settings
from hub.web.http import GraphQLEndpoint
from resolvers.access.callers import Caller
from resolvers.commands.context import CommandContext, CommandOptions, Refused
from resolvers.writing.declare import WritableKind

MOST, MOST_SENT = 2, 8
"""Imports that read and write at the same time in one process, and files that arrive, wait for their turn or are imported."""

KEPT, KEPT_SECONDS = 20, 3_600.0
"""How many marked workbooks are kept, and for how long."""

STOP_SECONDS = 5.0
"""How long a hub that stops waits for its imports."""

STATUSES = {"IMPORT_RUNNING": 409}
"""The status of a refusal by its code; of others 403."""


class Stopped(Stop):
    """The hub is stopping: what an import has written is taken back."""


@dataclass(frozen=True)
class Sent:
    """A request to import: the caller, the kind, the file's name, and how it is read and written."""

    caller: Caller
    source: str
    kind: WritableKind
    name: str
    options: ImportOptions
    mapping: FileMapping
    chinese: bool
    workbook: bool
    """Whether the marked workbook is wanted, if there are faults."""

    asynchronous: bool
    """Whether the answer is wanted at once, and the report later."""


@dataclass
class Run:
    """An import that runs, or has run: then there is its report, or the ``refusal`` that says why not. ``left`` are the headers that say
    what is left of the caller's budget."""

    sent: Sent
    begun: asyncio.Future[int]
    """The key of the job, once it is written."""

    task: asyncio.Task[None] | None = None
    report: ImportReport | None = None
    refusal: Outcome | None = None
    workbook: Path | None = None
    until: float = 0.0
    left: dict[str, str] = field(default_factory=dict)


class RunningImports:
    """The imports of one process, and the marked workbooks of the last hour.

    Args:
        settings: with the URL of the database and the keys.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.sent = 0
        self.turns = threading.Semaphore(MOST)
        self.stopping = threading.Event()
        self.threads = ThreadPoolExecutor(MOST_SENT, thread_name_prefix="import")
        self.kept: dict[int, Run] = {}
        self.tasks: set[asyncio.Task[None]] = set()
        self._folder: TemporaryDirectory[str] | None = None

    async def stop(self) -> None:
        """Have all imports stop, and wait for that some seconds; what they have written is taken back."""
        self.stopping.set()
        if self.tasks:
            await asyncio.wait(self.tasks, timeout=STOP_SECONDS)
        self.threads.shutdown(wait=False)
        if self._folder is not None:
            self._folder.cleanup()

    def context(self, pool: asyncpg.Pool, caller: Caller, source: str, operation: str) -> CommandContext:
        """The context of what a caller does with imports."""
        settings = self.settings
        logged = CommandOptions(digest=digest_of(settings))
        request = {"source": source, "operation": operation}
        return CommandContext(pool, caller, today(), vault_of(settings), request, logged)

    def take_place(self) -> None:
        """Take a place among the files that arrive or are imported. Raises Refusal: 429 TOO_MANY_RUNNING."""
        if self.sent >= MOST_SENT:
            raise Refusal(
                429,
                "TOO_MANY_RUNNING",
                "Too many files are being imported. Try again when one is done.",
                [(b"retry-after", b"30")],
            )
        self.sent += 1

    def leave_place(self) -> None:
        """Leave it."""
        self.sent -= 1

    def start(self, sent: Sent, folder: Path, serving: GraphQLEndpoint) -> Run:
        """Import the file ``sent`` in a folder, which is removed at the end, as the place of the file is left then."""
        run = Run(sent, asyncio.get_running_loop().create_future())
        run.task = asyncio.create_task(self._run(run, folder, serving))
        self.tasks.add(run.task)
        run.task.add_done_callback(self.tasks.discard)
        return run

    async def _run(self, run: Run, folder: Path, serving: GraphQLEndpoint) -> None:
        loop = asyncio.get_running_loop()
        try:
            with charged(serving, run.sent.caller, run.sent.source) as run.left:
                add_commands(1)
                context = contextvars.copy_context()
                await loop.run_in_executor(self.threads, context.run, self._import, run, folder, loop)
        except Refusal as refusal:
            run.refusal = refused(refusal, None)
        except Exception as error:
            run.refusal = serving.operations.failed(error, None)
        finally:
            self.leave_place()
            shutil.rmtree(folder, ignore_errors=True)

    def _import(self, run: Run, folder: Path, loop: asyncio.AbstractEventLoop) -> None:
        """Import a file, in a thread.

        Raises:
            Refusal: why nothing was written, or the marked workbook was not.
        """
        sent, settings = run.sent, self.settings

        async def context(pool: asyncpg.Pool) -> CommandContext:
            return self.context(pool, sent.caller, sent.source, f"import {sent.kind.name}")

        def shown(stage: ImportStage, done: int, total: int | None) -> None:
            if self.stopping.is_set():
                raise Stopped
            if job.report.job is not None and not run.begun.done():
                loop.call_soon_threadsafe(self._begun, run, job.report.job)

        job = Import(sent.kind, folder / "sent", sent.options, sent.mapping, sent.name)
        with refusing():
            try:
                assert settings.database_url is not None
                run_alone(settings.database_url, job, context, shown, self.turns)
            except BadFile:
                pass  # the report has it
            run.report = job.report
        if (sent.workbook or sent.asynchronous) and job.table is not None and job.report.faults:
            self._mark(run, job)

    def _begun(self, run: Run, key: int) -> None:
        if not run.begun.done():
            run.begun.set_result(key)
            self._keep(key, run)

    def _keep(self, key: int, run: Run) -> None:
        """Keep a run for its workbook, and forget those that are too old."""
        now = time.monotonic()
        run.until = now + KEPT_SECONDS
        self.kept[key] = run
        old = [each for each, other in self.kept.items() if other.until < now and is_done(other)]
        ended = [each for each, other in self.kept.items() if is_done(other) and each not in old]
        for each in (*old, *ended[: max(0, len(ended) - KEPT)]):
            workbook = self.kept.pop(each).workbook
            if workbook is not None:
                workbook.unlink(missing_ok=True)

    def _mark(self, run: Run, job: Import) -> None:
        """Write the marked workbook. Raises Refusal: 507 NO_SPACE."""
        if self._folder is None:
            self._folder = TemporaryDirectory(prefix="unionhub-")
        path = Path(self._folder.name) / f"{job.report.job}.xlsx"
        assert job.table is not None
        try:
            write_marked(job.table, job.report, path, chinese=run.sent.chinese, bad_rows_only=job.report.written)
        except OSError as error:
            path.unlink(missing_ok=True)
            if not is_full(error):
                raise
            done = "The rows were written" if job.report.written else "No row was written"
            raise Refusal(
                507,
                "NO_SPACE",
                f"The hub has no room for the marked workbook. {done}: see job {job.report.job}. Tell the operator.",
            ) from None
        run.workbook = path

    async def workbook_of(self, key: int, caller: Caller) -> Path | None:
        """The marked workbook of a job, once it is written; None if there is none for this caller."""
        run = self.kept.get(key)
        if run is None or run.task is None or run.sent.caller.name != caller.name:
            return None
        await asyncio.wait([run.task])
        return run.workbook


def is_done(run: Run) -> bool:
    """Whether a run has ended."""
    return run.task is not None and run.task.done()


def is_full(error: OSError) -> bool:
    """Whether an error says that a disk is full."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


@contextmanager
def refusing() -> Iterator[None]:
    """Turn what ends an import into the refusal that the caller gets.

    Raises:
        Refusal: 403 FORBIDDEN; 409 IMPORT_RUNNING, IMPORT_CANCELLED; 503 DATABASE_UNAVAILABLE: the hub is stopping; 507 NO_SPACE.
    """
    try:
        yield
    except Cancelled as by:
        raise Refusal(409, "IMPORT_CANCELLED", f"{by} has cancelled the import; nothing was written.") from None
    except Stop:
        raise Refusal(
            503, "DATABASE_UNAVAILABLE", "The hub is stopping; nothing was written. Send the file again."
        ) from None
    except Refused as error:
        code = error.errors[0].code
        raise Refusal(STATUSES.get(code, 403), code, error.errors[0].message) from None
    except OSError as error:
        if not is_full(error):
            raise
        raise no_space() from None


def no_space() -> Refusal:
    """The refusal of a file for which the disk has no room."""
    return Refusal(507, "NO_SPACE", "The hub has no room for this file, and nothing was written. Tell the operator.")


@contextmanager
def charged(serving: GraphQLEndpoint, caller: Caller, source: str) -> Iterator[dict[str, str]]:
    """Charge the caller for what the block uses, also where it fails. At its end the dictionary has the headers that say what is left."""
    account = serving.operations.account(caller, source)
    before, left = METER.set(account.meter), dict[str, str]()
    try:
        yield left
    finally:
        METER.reset(before)
        left |= headers_of(account.settle())


def headers_of(pairs: tuple[tuple[bytes, bytes], ...]) -> dict[str, str]:
    """Headers as Starlette takes them."""
    return {name.decode(): value.decode() for name, value in pairs}
