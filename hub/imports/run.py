"""A whole import: the rows of a file in batches, in one transaction, and a report.

A rehearsal is the same, with the transaction taken back at the end: that is why its report is true. Batches refer to earlier ones, so every
batch writes its good rows, and what is kept is decided when the last one is done.
"""

import asyncio
import errno
import hashlib
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from threading import Semaphore

import asyncpg

from db.imports import ImportStage
from db.security.row_security import READER
from db.server.connect import PoolBusyError, create_pool
from hub.imports import jobs
from hub.imports.bad_file import BadFile
from hub.imports.mapping import FileMapping
from hub.imports.progress import Cancelled, Progress, Shown, Stop, nothing
from hub.imports.report import ImportOptions, ImportReport
from hub.imports.table import PLAIN, Table
from resolvers.commands.context import CommandContext, transaction
from resolvers.database_faults import fault_of
from resolvers.writing.declare import WritableKind
from resolvers.writing.outcomes import BatchOptions, BatchResult, OnConflict, OnError, Outcome, RawRow, RowResult
from resolvers.writing.values import BadValue
from resolvers.writing.write import log_batches, write_rows

BATCH = 5_000
"""Rows that are checked and written together."""

BATCH_TIMEOUT_MS = 600_000
"""PostgreSQL ends a statement of an import, or its waiting for a lock, after this long: it has thousands of rows."""

LIMITS = f"SET LOCAL lock_timeout = {BATCH_TIMEOUT_MS}; SET LOCAL idle_in_transaction_session_timeout = 0"
"""Another import may have the same records; while the file is read, and while others have their turn, nothing is sent to PostgreSQL."""

WATCH_CLIENT = """SELECT set_config('client_connection_check_interval', '1000', true) WHERE version() LIKE '%linux%'"""
"""PostgreSQL looks every second whether this process is still there, also while a statement runs or waits. It can on Linux."""

MAX_LATER = 50_000
"""Rows that are tried again because what they refer to may stand further down in the file."""

Write = Callable[[WritableKind, Sequence[RawRow]], Awaitable[BatchResult]]
"""Writes the good rows of a batch inside the import's transaction."""

SURVEYED = 1_000
"""Rows that are read between two looks at whether the import is to stop."""

WAIT_SECONDS = 0.1
"""The time between two looks for a free turn."""


class Import:
    """An import of one file. ``table`` is there when the file was read; if that cannot be, ``report`` has the problem."""

    def __init__(
        self,
        kind: WritableKind,
        path: Path,
        options: ImportOptions = ImportOptions(),  # noqa: B008 — frozen
        mapping: FileMapping = PLAIN,
        name: str | None = None,
    ) -> None:
        self.report = ImportReport(kind.name, name or path.name, options, digest_of(path))
        self.table: Table | None = None
        self._kind, self._path, self._mapping = kind, path, mapping
        self._repeated: dict[int, int] = {}

    def read(self, progress: Shown = nothing) -> None:
        """Read the file once from end to end: what cannot be read is known before anything is written."""
        try:
            progress(ImportStage.READING, 0, None)
            table = Table(self._path, self._kind, self._mapping)
            self.report.describe(table)
            self._repeated = self._survey(table, progress)
            self.report.empty, self.report.examples = table.empty, table.examples
            self.table = table
        except BadFile as problem:
            self.report.problem = problem

    def _survey(self, table: Table, progress: Shown) -> dict[int, int]:
        """Count the rows; for each row that has the natural key of another one the first row that has it. Keys are kept as hashes: two
        that are equal by chance only send their rows to the same batch."""
        keys = [[(name, table.kind.column(name).type) for name in key] for key in table.kind.natural_keys]
        first: dict[int, int] = {}
        repeated: dict[int, int] = {}
        for row in table.rows():
            self.report.rows += 1
            if self.report.rows % SURVEYED == 0:
                progress(ImportStage.READING, self.report.rows, None)
            for key in keys:
                try:
                    values = [type_.read(row.values[name]) for name, type_ in key]
                except (KeyError, BadValue):
                    continue
                other = first.setdefault(hash((key[0][0], *values)), row.number)
                if other != row.number:
                    repeated[row.number] = repeated[other] = repeated.get(other, other)
        return repeated

    async def write(self, write: Write, progress: Shown = nothing) -> None:
        """Write all batches, and note what became of their rows. Rows that refer to what is not there yet are tried again at the end, as
        long as that helps; rows with the same natural key are in one batch, the last, which refuses them.

        Raises:
            BadFile: the file has changed while it was read.
        """
        assert self.table is not None
        table, later, done = self.table, list[tuple[RawRow, RowResult]](), 0
        for rows in batches(row for row in table.rows() if row.number not in self._repeated):
            for row, result in zip(rows, (await write(table.kind, rows)).rows, strict=True):
                if len(later) < MAX_LATER and is_unresolved(result):
                    later.append((row, result))
                else:
                    self.report.add(table, result)
            done += len(rows)
            progress(ImportStage.WRITING, done - len(later), self.report.rows)
        while later:
            rows = [row for row, _ in later]
            results = [result for some in batches(iter(rows)) for result in (await write(table.kind, some)).rows]
            left = [(row, result) for row, result in zip(rows, results, strict=True) if is_unresolved(result)]
            for result in results:
                if not is_unresolved(result) or len(left) == len(later):
                    self.report.add(table, result)
            later = [] if len(left) == len(later) else left
        for rows in self._repeated_rows(table):
            for result in (await write(table.kind, rows)).rows:
                self.report.add(table, result)
        progress(ImportStage.ENDING, self.report.rows, self.report.rows)
        self.report.faults.sort(key=lambda fault: (fault.row, len(fault.letter or ""), fault.letter or ""))

    def _repeated_rows(self, table: Table) -> Iterator[list[RawRow]]:
        """The rows whose natural key another one has, in batches that have all rows of a key."""
        if not self._repeated:
            return
        groups: dict[int, list[RawRow]] = defaultdict(list)
        for row in table.rows():
            if row.number in self._repeated:
                groups[self._repeated[row.number]].append(row)
        batch: list[RawRow] = []
        for group in groups.values():
            if batch and len(batch) + len(group) > BATCH:
                yield batch
                batch = []
            batch += group
        yield batch


@dataclass(frozen=True)
class Logged:
    """What the audit log has of an import."""

    counts: Mapping[Outcome, int]
    digest: bytes


async def import_file(
    context: CommandContext, job: Import, shown: Shown = nothing, turns: Semaphore | None = None
) -> ImportReport:
    """Write a file in one transaction, with its job (``hub.imports.jobs``) and one entry in the audit log, also of a rehearsal.

    Args:
        context: with a pool of at least two connections: one for the rows, one for the progress.
        job: the import.
        shown: is called with the progress.
        turns: how many imports may run at the same time; this one waits for its turn.

    Raises:
        Refused: FORBIDDEN: the caller writes no records. IMPORT_RUNNING: the same file is being imported.
        BadFile: the file has changed since it was first read.
        Stop: somebody has cancelled the import, or the process stops.
    """
    report, progress = job.report, Progress(shown)
    try:
        async with transaction(context) as connection:
            await connection.execute(LIMITS)
            await connection.execute(WATCH_CLIENT)
            report.job = await jobs.begin(context, connection, report)
            async with progress.written(context, report.job), turn(turns, progress):
                await asyncio.to_thread(job.read, progress)
                if job.table is not None:
                    logged = await _write(connection, context, job, progress)
            report.written = report.keeps_rows
            await jobs.end(connection, context.caller, report.job, report)
            if job.table is not None:
                how = replace(_options(report), dry_run=not report.keeps_rows)
                await log_batches(connection, context, job.table.kind, [logged], how)
    except (Exception, asyncio.CancelledError) as error:
        if report.job is not None:
            await _stopped(context, report, error)
        raise
    return report


def _options(report: ImportReport) -> BatchOptions:
    on_conflict = OnConflict.REFUSE if report.options.refuse_changes else OnConflict.CHANGE
    return BatchOptions(on_conflict=on_conflict, on_error=OnError.SKIP)


async def _write(connection: asyncpg.Connection, context: CommandContext, job: Import, progress: Progress) -> Logged:
    """Write the rows of a file, and keep them or take them back."""
    digest = b""

    async def write(kind: WritableKind, rows: Sequence[RawRow]) -> BatchResult:
        nonlocal digest
        result = await write_rows(connection, context, kind, rows, _options(job.report))
        digest = result.digest
        return result

    all_rows = connection.transaction()
    await all_rows.start()
    try:
        await job.write(write, progress)
    except BaseException:
        await all_rows.rollback()
        raise
    if job.report.keeps_rows:
        await all_rows.commit()
    else:
        await all_rows.rollback()
    return Logged(job.report.counts, digest)


async def _stopped(context: CommandContext, report: ImportReport, error: BaseException) -> None:
    """Write into the job why it has stopped, as far as the database answers: else a hub finds it broken off later."""
    report.written = False
    if not isinstance(error, Cancelled | asyncio.CancelledError):
        report.problem = problem_of(error)
    with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError, PoolBusyError):
        assert report.job is not None
        await jobs.stopped(context, report.job, report)


def problem_of(error: BaseException) -> BadFile:
    """What the report says of a fault; the log has more."""
    if isinstance(error, BadFile):
        return error
    if isinstance(error, Stop):
        return BadFile("DATABASE_UNAVAILABLE", "The hub stopped, and nothing was written. Send the file again.")
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return BadFile("NO_SPACE", "The hub has no room for this file, and nothing was written. Tell the operator.")
    kind = fault_of(error)
    if kind is not None:
        return BadFile(kind.code, f"{kind.message} Nothing of the file was written.")
    return BadFile("INTERNAL_ERROR", "The hub failed, and nothing was written. Tell the operator.")


@asynccontextmanager
async def turn(turns: Semaphore | None, progress: Progress) -> AsyncIterator[None]:
    """Wait for a turn, and hold it during the block. Raises Stop."""
    while turns is not None and not turns.acquire(blocking=False):
        progress.check()
        await asyncio.sleep(WAIT_SECONDS)
    try:
        yield
    finally:
        if turns is not None:
            turns.release()


MakeContext = Callable[[asyncpg.Pool], Awaitable[CommandContext]]


def run_alone(
    url: str, job: Import, make_context: MakeContext, shown: Shown = nothing, turns: Semaphore | None = None
) -> None:
    """Write a file on connections and in an event loop of its own. A server calls it in a thread: reading and checking takes processor
    time, for which others would wait on the server's loop.

    Raises:
        Refused, BadFile, Stop: see ``import_file``.
    """

    async def run() -> None:
        pool = await create_pool(url, size=2, statement_timeout_ms=BATCH_TIMEOUT_MS, role=READER)
        try:
            await jobs.mark_broken(pool)
            await import_file(await make_context(pool), job, shown, turns)
        finally:
            await pool.close()

    asyncio.run(run())


UNRESOLVED = frozenset({"NOT_FOUND"})
"""Codes of a reference to a record that is not there, which may be one that stands further down."""


def is_unresolved(result: RowResult) -> bool:
    """Whether a row is refused for nothing but references to records that are not there."""
    return bool(result.errors) and all(finding.code in UNRESOLVED for finding in result.errors)


def batches(rows: Iterator[RawRow]) -> Iterator[list[RawRow]]:
    """The rows in batches."""
    while batch := list(islice(rows, BATCH)):
        yield batch


def digest_of(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
