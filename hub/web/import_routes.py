"""``/imports/KIND``: a file as the body of a POST; its template; ``/imports/jobs``: what became of files.

The file's name stands in the header ``X-Unionhub-Import``, which no form of a page can send: a browser asks first whether a page of another
origin may, and is told no. An import runs in a thread with a connection of its own, so that the server's loop goes on answering; a few run
at a time in one process.
"""

import asyncio
import errno
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import unquote

import asyncpg
import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from db.clock import today
from db.meter import METER, add_commands
from hub.client_address import source_of
from hub.encryption_keys import digest_of, vault_of
from hub.errors import Refusal
from hub.imports import jobs
from hub.imports.bad_file import BadFile
from hub.imports.mapping import FileMapping, mapping_of
from hub.imports.marked_workbook import write_marked
from hub.imports.report import ImportOptions
from hub.imports.run import Import, run_alone
from hub.imports.template import write_template
from hub.messages import set_language
from hub.operations import Outcome, refused
from hub.settings import Settings
from hub.web.http import GraphQLEndpoint
from hub.web.negotiation import wants_chinese
from resolvers.access.callers import Caller
from resolvers.commands.context import CommandContext, CommandOptions, Refused
from resolvers.writing.declare import WritableKind
from resolvers.writing.kinds import KINDS
from resolvers.writing.scope import NO_UNION, WriteScope

HEADER = "x-unionhub-import"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST, MOST_SENT = 2, 8
"""Imports that run at the same time in one process, and files that arrive or wait for their turn."""

UPLOAD_SECONDS = 900.0
"""How long a file may take to arrive."""

OPTIONS = {"dryRun": "dry_run", "goodRowsOnly": "good_rows_only", "refuseChanges": "refuse_changes"}
SAFE = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Vary": "Accept, Accept-Language, Authorization",
}

Endpoint = Callable[[], GraphQLEndpoint | None]


class Stopped(Exception):
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


class Imports:
    """The imports of one process.

    Args:
        settings: with the URL of the database, the keys, and the largest file.
        endpoint: the GraphQL endpoint while the hub is up; it finds callers and their budgets.
        pool: the hub's connections, for reading.
    """

    def __init__(self, settings: Settings, endpoint: Endpoint, pool: Callable[[], asyncpg.Pool | None]) -> None:
        self.settings = settings
        self.endpoint = endpoint
        self.pool = pool
        self.sent = 0
        self.turns = asyncio.Semaphore(MOST)
        self.stopping = threading.Event()

    def routes(self) -> list[Route]:
        """The routes of imports."""
        return [
            Route("/imports/jobs", self.answered(self.jobs), methods=["GET"]),
            Route("/imports/jobs/{key:int}", self.answered(self.job), methods=["GET"]),
            Route("/imports/{kind}", self.answered(self.post), methods=["POST"]),
            Route("/imports/{kind}/template", self.answered(self.template), methods=["GET"]),
        ]

    def answered(self, answer: Callable[[Request, GraphQLEndpoint, Caller], Any]) -> Callable[[Request], Any]:
        """A handler that signs the caller in, charges them, and answers refusals and faults as the GraphQL endpoint does."""

        async def handle(request: Request) -> Response:
            set_language(chinese=wants_chinese(request))
            serving = self.endpoint()
            try:
                if serving is None or self.stopping.is_set():
                    raise Refusal(503, "DATABASE_UNAVAILABLE", "The hub is starting or stopping. Try again.")
                authorization = [value.encode("latin-1") for value in request.headers.getlist("authorization")]
                source = source_of(request.scope)
                caller = await serving.authenticator.caller(authorization, source)
                serving.operations.budget.require(caller, source)
                response: Response = await answer(request, serving, caller)
                return response
            except ClientDisconnect:
                return Response(status_code=499)
            except Refusal as refusal:
                outcome = refused(refusal, None)
            except Exception as error:
                if serving is None:
                    raise
                outcome = serving.operations.failed(error, None)
            return refusal_of(outcome)

        return handle

    async def template(self, request: Request, serving: GraphQLEndpoint, caller: Caller) -> Response:
        """The template of a kind, in the caller's language."""
        kind = kind_of(request)
        with charged(serving, caller, request) as left, TemporaryDirectory(prefix="unionhub-") as folder:
            path = Path(folder) / "template.xlsx"
            await asyncio.to_thread(partial(write_template, kind, path, chinese=wants_chinese(request)))
            content = path.read_bytes()
        return Response(content, 200, {**SAFE, **left, **attachment(kind.name)}, XLSX)

    def context(self, pool: asyncpg.Pool, caller: Caller, source: str, operation: str) -> CommandContext:
        """The context of what a caller does with imports."""
        settings = self.settings
        logged = CommandOptions(digest=digest_of(settings))
        request = {"source": source, "operation": operation}
        return CommandContext(pool, caller, today(), vault_of(settings), request, logged)

    async def jobs(self, request: Request, serving: GraphQLEndpoint, caller: Caller) -> Response:
        """The newest imports in the caller's sight."""
        return await self.found(request, serving, caller, partial(jobs.jobs))

    async def job(self, request: Request, serving: GraphQLEndpoint, caller: Caller) -> Response:
        """An import with its report."""
        return await self.found(request, serving, caller, partial(jobs.job, key=request.path_params["key"]))

    async def found(self, request: Request, serving: GraphQLEndpoint, caller: Caller, find: Any) -> Response:
        """What is found of imports, as JSON. Raises Refusal: 404 NOT_FOUND."""
        pool, source = self.pool(), source_of(request.scope)
        assert pool is not None
        with charged(serving, caller, request) as left:
            found = await find(self.context(pool, caller, source, "imports"), chinese=wants_chinese(request))
        if found is None:
            raise Refusal(404, "NOT_FOUND", "There is no such import in your sight.")
        return Response(orjson.dumps(found), 200, {**SAFE, **left}, "application/json")

    async def post(self, request: Request, serving: GraphQLEndpoint, caller: Caller) -> Response:
        """Import the body, and answer with the report."""
        sent = sent_in(request, caller)
        length = request.headers.get("content-length", "")
        if length.isdecimal() and int(length[:18]) > self.settings.max_import_bytes:
            raise self.too_large()
        with charged(serving, caller, request) as left:
            async with self.slot(), folder_of_file() as folder:
                add_commands(1)
                path = folder / "sent"
                await self.receive(request, path)
                async with self.turns:
                    content, type_ = await asyncio.to_thread(self.run, sent, path)
        return Response(content, 200, {**SAFE, **left}, type_)

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """A place among the files that arrive or wait. Raises Refusal: 429 TOO_MANY_RUNNING."""
        if self.sent >= MOST_SENT:
            raise Refusal(
                429,
                "TOO_MANY_RUNNING",
                "Too many files are being imported. Try again when one is done.",
                [(b"retry-after", b"30")],
            )
        self.sent += 1
        try:
            yield
        finally:
            self.sent -= 1

    async def receive(self, request: Request, path: Path) -> None:
        """Write the body to a file, as it comes.

        Raises:
            Refusal: 413 BODY_TOO_LARGE, 408 REQUEST_TIMEOUT.
            ClientDisconnect: the caller went away.
        """
        size = 0
        try:
            async with asyncio.timeout(UPLOAD_SECONDS):
                with path.open("wb") as file:
                    async for piece in request.stream():
                        size += len(piece)
                        if size > self.settings.max_import_bytes:
                            raise self.too_large()
                        file.write(piece)
        except TimeoutError:
            raise Refusal(408, "REQUEST_TIMEOUT", f"The file did not arrive within {UPLOAD_SECONDS:.0f} s.") from None

    def too_large(self) -> Refusal:
        """The refusal of a file over the limit; the connection is closed, since the rest is not read."""
        most = self.settings.max_import_bytes
        return Refusal(
            413,
            "BODY_TOO_LARGE",
            f"The file has more than {most:,} bytes. Send it in parts.",
            [(b"connection", b"close")],
        )

    def run(self, sent: Sent, path: Path) -> tuple[bytes, str]:
        """Import a file, in a thread: the report as JSON, or the marked workbook.

        Raises:
            Refusal: 403 FORBIDDEN; 503 DATABASE_UNAVAILABLE: the hub is stopping.
        """
        settings = self.settings

        async def context(pool: asyncpg.Pool) -> CommandContext:
            return self.context(pool, sent.caller, sent.source, f"import {sent.kind.name}")

        def progress(done: int, rows: int) -> None:
            if self.stopping.is_set():
                raise Stopped

        job = Import(sent.kind, path, sent.options, sent.mapping, sent.name)
        try:
            assert settings.database_url is not None
            run_alone(settings.database_url, job, context, progress)
        except Stopped:
            raise Refusal(
                503, "DATABASE_UNAVAILABLE", "The hub is stopping; nothing was written. Send the file again."
            ) from None
        except Refused as error:
            raise Refusal(403, error.errors[0].code, error.errors[0].message) from None
        if sent.workbook and job.table is not None and job.report.faults:
            marked = path.with_name("marked.xlsx")
            write_marked(job.table, job.report, marked, chinese=sent.chinese, bad_rows_only=job.report.written)
            return marked.read_bytes(), XLSX
        return orjson.dumps(job.report.as_json(chinese=sent.chinese)), "application/json"


def kind_of(request: Request) -> WritableKind:
    """The kind that a path names. Raises Refusal: 404 NOT_FOUND."""
    kind = KINDS.get(request.path_params["kind"])
    if kind is None:
        raise Refusal(404, "NOT_FOUND", f"There is no such kind of record. There are: {', '.join(KINDS)}.")
    return kind


def sent_in(request: Request, caller: Caller) -> Sent:
    """What a request asks for.

    Raises:
        Refusal: 404 NOT_FOUND, 400 BAD_REQUEST, 403 FORBIDDEN.
    """
    kind, headers = kind_of(request), request.headers
    name = unquote(headers.get(HEADER, "")).strip()
    if not name:
        raise Refusal(400, "BAD_REQUEST", "Send the file's name, percent-encoded, in the header X-Unionhub-Import.")
    if WriteScope.of(caller).is_empty:
        raise Refusal(403, *NO_UNION)
    unknown = request.query_params.keys() - OPTIONS.keys() - {"mapping"}
    wrong = [each for each in OPTIONS if request.query_params.get(each, "true") not in ("true", "false")]
    if unknown or wrong:
        raise Refusal(400, "BAD_REQUEST", f"The parameters are {', '.join(OPTIONS)}, each true or false, and mapping.")
    chosen = {ours: request.query_params.get(theirs) == "true" for theirs, ours in OPTIONS.items()}
    return Sent(
        caller,
        source_of(request.scope),
        kind,
        Path(name.replace("\\", "/")).name[:200] or "file",
        ImportOptions(**chosen),
        mapping_in(request.query_params.get("mapping"), kind),
        wants_chinese(request),
        XLSX in headers.get("accept", ""),
    )


def mapping_in(text: str | None, kind: WritableKind) -> FileMapping:
    """The mapping in a parameter, as JSON. Raises Refusal: 400 BAD_MAPPING."""
    if text is None:
        return FileMapping()
    try:
        found = orjson.loads(text)
        if not isinstance(found, dict):
            raise Refusal(400, "BAD_MAPPING", "The mapping is a JSON object.")
        return mapping_of(found, kind)
    except (ValueError, BadFile) as error:
        raise Refusal(400, "BAD_MAPPING", str(error)) from None


@contextmanager
def charged(serving: GraphQLEndpoint, caller: Caller, request: Request) -> Iterator[dict[str, str]]:
    """Charge the caller for what the block uses, also where it fails. At its end the dictionary has the headers that say what is left."""
    account = serving.operations.account(caller, source_of(request.scope))
    before, left = METER.set(account.meter), dict[str, str]()
    try:
        yield left
    finally:
        METER.reset(before)
        left |= headers_of(account.settle())


@asynccontextmanager
async def folder_of_file() -> AsyncIterator[Path]:
    """A folder for one file, removed at the end. Raises Refusal: 507 NO_SPACE: the disk is full."""
    folder = TemporaryDirectory(prefix="unionhub-")
    try:
        yield Path(folder.name)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise Refusal(
            507, "NO_SPACE", "The hub has no room for this file, and nothing was written. Tell the operator."
        ) from None
    finally:
        folder.cleanup()


def attachment(name: str) -> Mapping[str, str]:
    """The header by which a browser saves a response as a file."""
    return {"Content-Disposition": f'attachment; filename="{name}.xlsx"'}


def headers_of(pairs: tuple[tuple[bytes, bytes], ...]) -> dict[str, str]:
    """Headers as Starlette takes them."""
    return {name.decode(): value.decode() for name, value in pairs}


def refusal_of(outcome: Outcome) -> Response:
    """The response to a refusal or fault."""
    return Response(outcome.body, outcome.status, {**SAFE, **headers_of(outcome.left)}, "application/json")
