"""``/imports``: the kinds of record and the page for them; ``/imports/KIND``: a file as the body of a POST; its template;
``/imports/jobs``: what became of files.

The file's name stands in the header ``X-Unionhub-Import``, which no form of a page can send: a browser asks first whether a page of another
origin may, and is told no.
"""

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import unquote

import asyncpg
import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from hub.client_address import source_of
from hub.errors import Refusal
from hub.imports import jobs
from hub.imports.bad_file import BadFile
from hub.imports.described import described
from hub.imports.mapping import FileMapping, mapping_of
from hub.imports.report import ImportOptions
from hub.imports.template import write_template
from hub.messages import in_chinese, set_language
from hub.operations import Outcome, refused
from hub.settings import Settings
from hub.web.caching import with_etag
from hub.web.explorer_page import IMPORT_PAGE, explorer_page
from hub.web.http import GraphQLEndpoint
from hub.web.negotiation import accepts, wants_chinese
from hub.web.running_imports import Run, RunningImports, Sent, charged, headers_of, is_done, is_full, no_space
from resolvers.access.callers import Caller
from resolvers.writing.declare import WritableKind
from resolvers.writing.kinds import KINDS
from resolvers.writing.scope import NO_UNION, WriteScope

HEADER = "x-unionhub-import"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMS = ("multipart/", "application/json", "application/graphql")
"""Types of bodies that are no file, sent by mistake."""

UPLOAD_SECONDS = 900.0
"""How long a file may take to arrive."""

ANSWER_SECONDS = 50.0
"""How long a request waits for the end of its import: proxies end it after a minute."""

OPTIONS = {"dryRun": "dry_run", "goodRowsOnly": "good_rows_only", "refuseChanges": "refuse_changes"}
SAFE = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Vary": "Accept, Accept-Language, Authorization",
}

Endpoint = Callable[[], GraphQLEndpoint | None]


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
        self.running = RunningImports(settings)

    def routes(self) -> list[Route]:
        """The routes of imports."""
        return [
            Route("/imports", self.page_or_kinds, methods=["GET"]),
            Route("/imports/jobs", self.answered(self.jobs), methods=["GET"]),
            Route("/imports/jobs/{key:int}", self.answered(self.job), methods=["GET"]),
            Route("/imports/jobs/{key:int}", self.answered(self.cancel), methods=["DELETE"]),
            Route("/imports/jobs/{key:int}/workbook", self.answered(self.workbook), methods=["GET"]),
            Route("/imports/{kind}", self.answered(self.post), methods=["POST"]),
            Route("/imports/{kind}/template", self.answered(self.template), methods=["GET"]),
        ]

    def answered(self, answer: Callable[[Request, GraphQLEndpoint, Caller], Any]) -> Callable[[Request], Any]:
        """A handler that signs the caller in, charges them, and answers refusals and faults as the GraphQL endpoint does."""

        async def handle(request: Request) -> Response:
            set_language(chinese=wants_chinese(request))
            serving = self.endpoint()
            try:
                if serving is None or self.running.stopping.is_set():
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

    async def page_or_kinds(self, request: Request) -> Response:
        """The explorer's page for a browser, else the kinds of record."""
        if accepts(request.headers.get("accept", "").encode("latin-1")).page:
            return with_etag(explorer_page(page=IMPORT_PAGE), request.headers)
        response: Response = await self.answered(self.kinds)(request)
        return response

    async def kinds(self, request: Request, serving: GraphQLEndpoint, caller: Caller) -> Response:
        """What each kind of record takes, and whether the caller may write any."""
        chinese = wants_chinese(request)
        may_write = not WriteScope.of(caller).is_empty
        found = {
            "mayWrite": may_write,
            "message": None if may_write else in_chinese(*NO_UNION) if chinese else NO_UNION[1],
            "maxBytes": self.settings.max_import_bytes,
            "kinds": [described(kind, chinese=chinese) for kind in KINDS.values()],
        }
        with charged(serving, caller, source_of(request.scope)) as left:
            content = orjson.dumps(found)
        return Response(content, 200, {**SAFE, **left}, "application/json")

    async def template(self, request: Request, serving: GraphQLEndpoint, caller: Caller) -> Response:
        """The template of a kind, in the caller's language."""
        kind = kind_of(request)
        with (
            charged(serving, caller, source_of(request.scope)) as left,
            TemporaryDirectory(prefix="unionhub-") as folder,
        ):
            path = Path(folder) / "template.xlsx"
            await asyncio.to_thread(partial(write_template, kind, path, chinese=wants_chinese(request)))
            content = path.read_bytes()
        return Response(content, 200, {**SAFE, **left, **attachment(kind.name)}, XLSX)

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
        with charged(serving, caller, source_of(request.scope)) as left:
            found = await find(self.running.context(pool, caller, source, "imports"), chinese=wants_chinese(request))
        if found is None:
            raise Refusal(404, "NOT_FOUND", "There is no such import in your sight.")
        return Response(orjson.dumps(found), 200, {**SAFE, **left}, "application/json")

    async def cancel(self, request: Request, serving: GraphQLEndpoint, caller: Caller) -> Response:
        """Ask for the end of an import, and answer with the job as it is."""
        return await self.found(request, serving, caller, partial(jobs.cancel, key=request.path_params["key"]))

    async def workbook(self, request: Request, serving: GraphQLEndpoint, caller: Caller) -> Response:
        """The marked workbook of an import, for whoever sent the file. Raises Refusal: 404 NOT_FOUND."""
        key = request.path_params["key"]
        with charged(serving, caller, source_of(request.scope)) as left:
            path = await self.running.workbook_of(key, caller)
        if path is None:
            raise Refusal(
                404,
                "NOT_FOUND",
                "There is no marked workbook: it is kept for an hour for whoever sent the file. Rehearse the import again.",
            )
        return FileResponse(path, 200, {**SAFE, **left, **attachment(f"import-{key}")}, XLSX)

    async def post(self, request: Request, serving: GraphQLEndpoint, caller: Caller) -> Response:
        """Import the body, and answer with the report; or, if that is wanted or takes long, with where it will be."""
        sent = sent_in(request, caller)
        require_file(request)
        length = request.headers.get("content-length", "")
        if length.isdecimal() and int(length[:18]) > self.settings.max_import_bytes:
            raise self.too_large()
        run = await self.received(request, sent, serving)
        assert run.task is not None
        if not sent.asynchronous:
            await asyncio.wait([run.task], timeout=ANSWER_SECONDS)
        if not is_done(run):
            ends: list[asyncio.Future[Any]] = [run.task, run.begun]
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        if is_done(run) and (run.refusal is not None or not sent.asynchronous):
            return self.ended(run)
        with charged(serving, caller, sent.source) as left:
            place = f"/imports/jobs/{await run.begun}"
        preference = {"Preference-Applied": "respond-async"} if sent.asynchronous else {}
        content = orjson.dumps({"job": run.begun.result(), "address": place})
        return Response(content, 202, {**SAFE, **left, **preference, "Location": place}, "application/json")

    def ended(self, run: Run) -> Response:
        """The report of an import as JSON, or the marked workbook; or why there is none."""
        if run.refusal is not None:
            return refusal_of(run.refusal, run.left)
        assert run.report is not None
        headers = {**SAFE, **run.left}
        if run.sent.workbook and run.workbook is not None:
            return FileResponse(run.workbook, 200, headers, XLSX)
        return Response(orjson.dumps(run.report.as_json(chinese=run.sent.chinese)), 200, headers, "application/json")

    async def received(self, request: Request, sent: Sent, serving: GraphQLEndpoint) -> Run:
        """Write the body to a file, and start its import.

        Raises:
            Refusal: 429 TOO_MANY_RUNNING, 507 NO_SPACE, and those of ``receive``.
            ClientDisconnect: the caller went away.
        """
        self.running.take_place()
        folder = None
        try:
            folder = Path(tempfile.mkdtemp(prefix="unionhub-"))
            await self.receive(request, folder / "sent")
            return self.running.start(sent, folder, serving)
        except BaseException as error:
            self.running.leave_place()
            if folder is not None:
                shutil.rmtree(folder, ignore_errors=True)
            if isinstance(error, OSError) and is_full(error):
                raise no_space() from None
            raise

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
        "respond-async" in headers.get("prefer", "").lower(),
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


def attachment(name: str) -> Mapping[str, str]:
    """The header by which a browser saves a response as a file."""
    return {"Content-Disposition": f'attachment; filename="{name}.xlsx"'}


def require_file(request: Request) -> None:
    """Require that the body is the file itself. Raises Refusal: 415 UNSUPPORTED_MEDIA_TYPE."""
    type_, coding = (request.headers.get(name, "").strip().lower() for name in ("content-type", "content-encoding"))
    if type_.startswith(FORMS) or coding not in ("", "identity"):
        raise Refusal(
            415,
            "UNSUPPORTED_MEDIA_TYPE",
            "The body is the file itself, as it is on the disk: no form, no JSON, and not compressed. Send it as application/octet-stream.",
            [(b"connection", b"close")],
        )


def refusal_of(outcome: Outcome, left: Mapping[str, str] | None = None) -> Response:
    """The response to a refusal or fault."""
    return Response(
        outcome.body, outcome.status, {**SAFE, **(left or {}), **headers_of(outcome.left)}, "application/json"
    )
