"""From a request to a file: limits, the audit log, the snapshot in which the rows are read, and what goes wrong on the way."""

import asyncio
import errno
import os
from collections import Counter
from collections.abc import AsyncIterator, Callable, Hashable, Iterator, Sequence
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

import orjson
from graphql import GraphQLError, GraphQLSchema

from db.meter import METER, add_commands, working
from hub.documents import Rejected
from hub.errors import Refusal
from hub.exports.columns import Column, columns_of
from hub.exports.forms import Form
from hub.exports.log import log_export
from hub.exports.writers import Writer, writer_of
from hub.limits.budget import Account, spender
from hub.operations import Operations, Outcome, refused
from hub.parameters import Parameters
from resolvers.access.callers import Caller
from resolvers.commands.context import CommandContext
from resolvers.database_faults import RETRY_CODES
from resolvers.engine.execute.export import Export, Row
from resolvers.engine.execute.faults import codes_of
from resolvers.errors import GraphQLErrors, HubError, formatted
from resolvers.suggestions import suggestions_allowed

SENT = 64 * 1024
"""Bytes of a finished file that are sent at a time."""

MakeContext = Callable[[Caller, str, str | None], CommandContext]
"""Makes the context of the entry in the audit log: of a caller, an address and the name of an operation."""


class Sink(Protocol):
    """Takes the bytes of a file."""

    started: bool
    """Whether any have been taken."""

    async def start(self, name: str, size: int | None, *, spells_values: bool) -> None:
        """Begin a file of this ``name``, of so many bytes if that is known; ``spells_values`` says whether its aliases could be values of
        the data. Called before the first bytes."""

    async def write(self, data: bytes) -> None:
        """Take the next bytes, as soon as the caller reads them."""


@dataclass(frozen=True, slots=True)
class Job:
    """An export with its columns, the form of its file, and the file's ``title``: the name of the operation, else of the list."""

    export: Export
    columns: Sequence[Column]
    form: Form
    title: str
    spells_values: bool = False

    async def start(self, sink: Sink, size: int | None = None) -> None:
        """Begin the file."""
        await sink.start(f"{self.title[:100]}{self.form.format.suffix}", size, spells_values=self.spells_values)


class Exports:
    """Runs the exports of one process.

    Args:
        operations: the documents, the engine and the limits of callers.
        schema: what documents are validated against.
        context: makes the context of the entry in the audit log.
        most: exports that run at the same time; those of one caller are at most half of them, but one at least.
        seconds: how long an export may hold its snapshot, and how long a finished workbook may take to be sent.
    """

    def __init__(
        self, operations: Operations, schema: GraphQLSchema, context: MakeContext, *, most: int, seconds: float
    ) -> None:
        self.operations = operations
        self.schema = schema
        self.context = context
        self.most = most
        self.seconds = seconds
        self.running: Counter[Hashable] = Counter()

    async def run(
        self,
        parameters: Parameters,
        account: Account,
        form: Form,
        sink: Sink,
        *,
        reading: bool = False,
        progress: Callable[[int], None] = lambda _: None,
    ) -> Outcome:
        """Write the export of a query to a sink. The caller is charged for what it used, also where it fails. ``progress`` is told how many
        rows have been written.

        The outcome has the error, if there was one: when the sink has not started, as the response; else as what is still to be told.
        """
        before, name = METER.set(account.meter), parameters.operation_name
        try:
            found = self.operations.documents.get(parameters.query)
            if isinstance(found, Rejected):
                return Outcome(400, found.body, found.code, name, codes=found.codes)
            suggestions_allowed.set(self.operations.role_limits.tells_schema(account.caller))
            operation = found.operation(name)
            if operation is not None:
                name = operation.name
                self.operations.permit(operation, account.caller, reading)
            async with self.place(account):
                export = self.operations.engine.export(
                    found.document,
                    parameters.operation_name,
                    parameters.variables,
                    caller=account.caller,
                    allowance=self.operations.role_limits.allowance(account.caller),
                )
                columns = columns_of(export.exported, self.schema, form) if form.format.is_table else []
                add_commands(1)
                await log_export(
                    self.context(account.caller, account.source, name), parameters, export.exported, form.format
                )
                job = Job(
                    export, columns, form, name or export.exported.name, operation is None or operation.spells_values
                )
                await self.write(job, account, sink, progress)
        except GraphQLErrors as error:
            return outcome_of(error.errors, name)
        except HubError as error:
            return outcome_of([error], name)
        except Refusal as refusal:
            return refused(refusal, name)
        except Exception as error:
            return self.operations.failed(error, name)
        finally:
            METER.reset(before)
            account.settle()
        return Outcome(200, b"", None, name, operation=operation)

    @asynccontextmanager
    async def place(self, account: Account) -> AsyncIterator[None]:
        """A place among the exports of the process, and one of the caller's slots.

        Raises:
            Refusal: 429 TOO_MANY_RUNNING.
        """
        key, retry = spender(account.caller, account.source), [(b"retry-after", b"30")]
        count, own, share = self.running.total(), self.running[key], max(1, self.most // 2)
        if count >= self.most or own >= share:
            whose = (
                f"{own} of your exports are running, which is your maximum"
                if own >= share
                else f"{count} exports are running"
            )
            raise Refusal(429, "TOO_MANY_RUNNING", f"{whose}. Try again when one is done.", retry)
        self.running[key] += 1
        try:
            await self.operations.place(account)
            try:
                yield
            finally:
                self.operations.concurrency.release(key)
        finally:
            self.running[key] -= 1
            if not self.running[key]:
                del self.running[key]

    async def write(self, job: Job, account: Account, sink: Sink, progress: Callable[[int], None]) -> None:
        """Write the rows of an export, all in one snapshot. A workbook is sent when it is finished, after the snapshot has ended.

        Raises:
            HubError: what goes wrong, also when the sink has started; EXPORT_TIMEOUT.
            Refusal: TOO_MANY_REQUESTS, TOO_MANY_CELLS.
        """
        with folder_of_file() as folder:
            writer = writer_of(job.form.format, job.columns, folder / "export", job.title)
            async with limit(self.seconds):
                await self.read(job, writer, account, sink, progress)
            if writer.file is not None:
                await asyncio.to_thread(writer.end)
                async with limit(self.seconds):
                    await send_file(job, writer.file, sink)

    async def read(
        self, job: Job, writer: Writer, account: Account, sink: Sink, progress: Callable[[int], None]
    ) -> None:
        """Read the rows and write them; further rows only as long as the caller has points. A workbook is written by a thread, and sent
        later."""
        count = 0
        export, head = job.export, writer.begin()
        async with aclosing(export.pieces(self.seconds)) as pieces:
            async for rows in pieces:
                if count:
                    self.operations.budget.require(account.caller, account.source)
                if export.cells:
                    self.operations.cell_budget.add(account.caller, account.source, export.cells)
                if writer.file is not None:
                    await asyncio.to_thread(write_rows, writer, rows)
                else:
                    data, head = head + write_rows(writer, rows), b""
                    if not sink.started:
                        await job.start(sink)
                    await sink.write(data)
                count += len(rows)
                progress(count)
                account.settle()
        if writer.file is None:
            if not sink.started:
                await job.start(sink)
            await sink.write(head + writer.end())


@asynccontextmanager
async def limit(seconds: float) -> AsyncIterator[None]:
    """End the block after so many seconds. Raises HubError: EXPORT_TIMEOUT."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise HubError(
            "EXPORT_TIMEOUT",
            f"The export took longer than {seconds:g} s, in which it has to be read to its end; what came before is not whole. Read "
            "faster, or ask for fewer rows by a `filter`.",
        ) from None


def write_rows(writer: Writer, rows: list[Row]) -> bytes:
    """Write rows; the caller is charged for the processor time."""
    with working():
        return writer.rows(rows)


@contextmanager
def folder_of_file() -> Iterator[Path]:
    """A folder for one file, removed at the end. Raises Refusal: 507 NO_SPACE: the disk is full."""
    try:
        with TemporaryDirectory(prefix="unionhub-", ignore_cleanup_errors=True) as folder:
            yield Path(folder)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise Refusal(507, "NO_SPACE", "The hub has no room for this file. Tell the operator.") from None


async def send_file(job: Job, path: Path, sink: Sink) -> None:
    """Send a finished file."""
    with path.open("rb") as file:
        await job.start(sink, os.fstat(file.fileno()).st_size)
        while data := file.read(SENT):
            await sink.write(data)


def outcome_of(errors: Sequence[GraphQLError], name: str | None) -> Outcome:
    """The response to an export that is refused or fails."""
    codes = codes_of(errors)
    status = 503 if codes[0] in RETRY_CODES else 400
    return Outcome(
        status, orjson.dumps({"errors": [formatted(error) for error in errors]}), codes[0], name, codes=codes
    )
