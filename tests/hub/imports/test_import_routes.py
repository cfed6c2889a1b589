"""``POST /imports/KIND`` and its template: a file over HTTP, with the caller's rights and in their language."""

import asyncio
import errno
import threading
from collections.abc import AsyncIterator, Callable
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

import asyncpg
import httpx
import orjson
import pytest
from python_calamine import CalamineWorkbook
from starlette.requests import ClientDisconnect

from db.access import Role
from db.imports import IMPORT_LOCKS, ImportStage
from db.organizations import Hierarchy
from db.security import principals
from db.security.row_security import HUB
from db.server.connect import acquired
from db.server.migrate import connect
from hub.app import Hub, create_app
from hub.imports import archive, jobs, progress
from hub.imports.run import Import
from hub.settings import Settings
from hub.web import import_routes, running_imports
from hub.web.import_routes import XLSX
from resolvers.viewer import caller_of
from resolvers.writing.kinds import KINDS
from tests.hub.imports.employers import HEADINGS, employer
from tests.hub.imports.kinds import write_csv, write_xlsx
from tests.resolvers.writing.conftest import COUNTIES
from tests.tokens import let_in, token, write_key

STARTS = count(50_000_000, 1_000)


@pytest.fixture(scope="module")
async def url(kept_database: Callable[[str], str], template: str) -> str:
    return kept_database(template)


@pytest.fixture(scope="module")
async def county(url: str) -> Any:
    connection = await connect(url)
    try:
        found, other = await connection.fetch(COUNTIES)
        await let_in(connection, "other", Role.FEDERATION, organization_id=other["id"], hierarchy=Hierarchy.TERRITORIAL)
        await let_in(
            connection, "above", Role.FEDERATION, organization_id=found["parent"], hierarchy=Hierarchy.TERRITORIAL
        )
        await let_in(
            connection, "county", Role.FEDERATION, organization_id=found["id"], hierarchy=Hierarchy.TERRITORIAL
        )
        await let_in(connection, "bureau", Role.HR_BUREAU, division_id=1)
        return found
    finally:
        await connection.close()


@pytest.fixture
async def served(url: str, county: Any, tmp_path: Path) -> AsyncIterator[Hub]:
    write_key(tmp_path)
    made = create_app(Settings(database_url=url, data_dir=tmp_path, max_import_bytes=300_000))
    async with made.router.lifespan_context(made):
        yield made


class Sender:
    """Sends files of employers."""

    def __init__(self, hub: Hub, county: Any, folder: Path) -> None:
        self.hub, self.county, self.folder = hub, county, folder

    def csv(self, *changes: dict[str, Any]) -> bytes:
        start = next(STARTS)
        rows = [
            [*(employer(start + number, self.county["name"], self.county["code"]) | change).values()]
            for number, change in enumerate(changes)
        ]
        return write_csv(self.folder / "a.csv", [HEADINGS, *rows], "gb18030").read_bytes()

    async def ask(
        self, method: str, path: str, body: Any = None, subject: str | None = "county", **headers: str
    ) -> httpx.Response:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if subject is not None:
            sent["authorization"] = f"Bearer {token(subject)}"
        transport = httpx.ASGITransport(self.hub, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://hub", timeout=60) as client:
            return await client.request(method, path, content=body, headers=sent)

    async def post(self, body: Any, parameters: str = "", **more: Any) -> httpx.Response:
        more = {"x_unionhub_import": quote("单位.csv")} | more
        return await self.ask("POST", f"/imports/employers{parameters}", body, **more)


@pytest.fixture
def sender(served: Hub, county: Any, tmp_path: Path) -> Sender:
    return Sender(served, county, tmp_path)


def code_of(response: httpx.Response) -> str:
    return str(response.json()["errors"][0]["extensions"]["code"])


async def test_a_file_is_rehearsed_then_written(sender: Sender) -> None:
    file = sender.csv({}, {})
    rehearsal = await sender.post(file, "?dryRun=true")
    assert rehearsal.status_code == 200, rehearsal.text
    report = rehearsal.json()
    assert (report["file"], report["written"], report["counts"]["NEW"]) == ("单位.csv", False, 2)
    assert report["format"]["encoding"] == "GB18030"
    assert "ratelimit" in rehearsal.headers
    assert rehearsal.headers["cache-control"] == "no-store"
    written = (await sender.post(file)).json()
    assert (written["written"], written["counts"]["NEW"]) == (True, 2)
    assert (await sender.post(file)).json()["counts"]["SAME"] == 2


async def test_faults_come_in_the_callers_language_or_as_the_marked_workbook(sender: Sender) -> None:
    file = sender.csv({}, {"headcount": "很多"})
    english, chinese = [
        (await sender.post(file, accept_language=language)).json()["faults"] for language in ("en", "zh-CN")
    ]
    assert english[0]["cell"] == chinese[0]["cell"] == "G3"
    assert chinese[0]["message"].startswith("不是数字")
    marked = await sender.post(file, accept=XLSX)
    assert marked.headers["content-type"] == XLSX
    rows = CalamineWorkbook.from_filelike(BytesIO(marked.content)).get_sheet_by_index(0).to_python()
    assert "no number" in rows[2][len(HEADINGS)]
    good_only = (await sender.post(file, "?goodRowsOnly=true")).json()
    assert (good_only["written"], good_only["counts"]["NEW"]) == (True, 1)


async def test_the_template_is_in_the_callers_language(sender: Sender) -> None:
    for language, heading in (("zh", "单位名称*"), ("en", "Name*")):
        answer = await sender.ask("GET", "/imports/employers/template", accept_language=language)
        assert answer.status_code == 200, answer.text
        assert 'filename="employers.xlsx"' in answer.headers["content-disposition"]
        rows = CalamineWorkbook.from_filelike(BytesIO(answer.content)).get_sheet_by_index(0).to_python()
        assert rows[0][0] == heading


async def test_a_mapping_comes_as_a_parameter(sender: Sender) -> None:
    file = sender.csv({}).decode("gb18030").replace("单位名称", "DWMC").encode()
    assert (await sender.post(file)).json()["problem"]["code"] == "MISSING_HEADING"
    report = (await sender.post(file, "?mapping=" + quote('{"columns": {"DWMC": "name"}}'))).json()
    assert report["counts"]["NEW"] == 1


@pytest.mark.parametrize(
    ("parameters", "more", "status", "code"),
    [
        ("", {"subject": "bureau"}, 403, "FORBIDDEN"),
        ("", {"subject": None}, 403, "FORBIDDEN"),
        ("", {"subject": "stranger"}, 401, "UNKNOWN_PRINCIPAL"),
        ("", {"x_unionhub_import": ""}, 400, "BAD_REQUEST"),
        ("?dryRun=yes", {}, 400, "BAD_REQUEST"),
        ("?dryrun=true", {}, 400, "BAD_REQUEST"),
        ("?mapping=[]", {}, 400, "BAD_MAPPING"),
        ("?mapping={", {}, 400, "BAD_MAPPING"),
        ("/nothing", {}, 404, "NOT_FOUND"),
    ],
)
async def test_what_is_refused_before_the_file_is_read(
    sender: Sender, parameters: str, more: dict[str, Any], status: int, code: str
) -> None:
    response = await sender.post(sender.csv({}), parameters, **more)
    assert (response.status_code, code_of(response)) == (status, code)


async def test_an_unknown_kind_is_not_found(sender: Sender) -> None:
    for method, path in (("POST", "/imports/nothing"), ("GET", "/imports/nothing/template")):
        response = await sender.ask(method, path, b"x", x_unionhub_import="a")
        assert (response.status_code, code_of(response)) == (404, "NOT_FOUND")
    assert (await sender.ask("GET", "/imports/employers")).status_code == 405


@pytest.mark.parametrize("declared", [True, False])
async def test_a_file_over_the_limit_is_refused_as_soon_as_it_is(sender: Sender, declared: bool) -> None:
    taken = 0

    async def pieces() -> AsyncIterator[bytes]:
        nonlocal taken
        for _ in range(1_000):
            taken += 1
            yield b"x" * 10_000

    response = await sender.post(b"x" * 400_000 if declared else pieces())
    assert (response.status_code, code_of(response)) == (413, "BODY_TOO_LARGE")
    assert taken < 50
    assert response.headers["connection"] == "close"


async def test_a_full_disk_is_reported_and_leaves_nothing(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **more: Any) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(running_imports, "write_marked", full)
    response = await sender.post(sender.csv({"headcount": "x"}), accept=XLSX)
    assert (response.status_code, code_of(response)) == (507, "NO_SPACE")


async def test_a_hub_that_stops_takes_back_what_an_import_has_written(
    sender: Sender, served: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = sender.csv({})
    routes = [route for route in served.routes if getattr(route, "path", "") == "/imports/{kind}"]
    assert len(routes) == 1
    write = Import.write

    async def stopped(job: Import, *arguments: Any) -> None:
        await write(job, *arguments[:1])
        served.imports.running.stopping.set()  # the hub begins to stop when the last batch is done
        arguments[1](ImportStage.ENDING, 1, 1)

    monkeypatch.setattr(Import, "write", stopped)
    response = await sender.post(file)
    assert (response.status_code, code_of(response)) == (503, "DATABASE_UNAVAILABLE")
    monkeypatch.undo()
    served.imports.running.stopping.clear()
    job = max((await jobs_of(sender)).items())[1]
    assert job["state"] == "BROKEN_OFF"
    assert (await sender.post(file, "?dryRun=true")).json()["counts"]["NEW"] == 1


@pytest.mark.timeout(60)
async def test_the_loop_goes_on_while_a_file_is_imported(sender: Sender, served: Hub) -> None:
    file = sender.csv(*({} for _ in range(800)))
    running = asyncio.create_task(sender.post(file))
    answered = 0
    while not running.done():
        assert (await sender.ask("GET", "/healthz", subject=None)).status_code == 200
        answered += 1
        await asyncio.sleep(0.01)
    assert running.result().json()["counts"]["NEW"] == 800
    assert answered > 3


async def jobs_of(sender: Sender, subject: str = "county") -> dict[int, dict[str, Any]]:
    response = await sender.ask("GET", "/imports/jobs", subject=subject)
    assert response.status_code == 200, response.text
    return {job["id"]: job for job in response.json()}


async def test_imports_are_listed_for_their_union_and_those_above_it(sender: Sender, served: Hub) -> None:
    file = sender.csv({}, {"headcount": "很多"})
    sent = [
        (await sender.post(body, parameters)).json()["job"]
        for body, parameters in ((file, ""), (file, "?dryRun=true"), (file, "?goodRowsOnly=true"), (b"x", ""))
    ]
    found = await jobs_of(sender)
    assert [found[key]["state"] for key in sent] == ["REFUSED", "REHEARSED", "WRITTEN", "UNREADABLE"]
    assert found[sent[2]]["counts"] == {"NEW": 1, "CHANGED": 0, "SAME": 0, "REFUSED": 1}
    assert (found[sent[0]]["principal"], found[sent[0]]["file"]) == ("county", "单位.csv")
    assert found.items() <= (await jobs_of(sender, "above")).items()
    for stranger in ("other", "bureau"):
        assert not set(sent) & (await jobs_of(sender, stranger)).keys()
        assert (await sender.ask("GET", f"/imports/jobs/{sent[0]}", subject=stranger)).status_code == 404

    chinese = (await sender.ask("GET", f"/imports/jobs/{sent[0]}", accept_language="zh")).json()["report"]
    assert chinese["faults"][0]["cell"] == "G3"
    assert chinese["faults"][0]["message"].startswith("不是数字")
    unreadable = (await sender.ask("GET", f"/imports/jobs/{sent[3]}")).json()["report"]
    assert unreadable["problem"]["code"] == "NO_HEADINGS"


async def test_the_second_wall_shows_imports_to_their_union_alone(sender: Sender, served: Hub) -> None:
    key = (await sender.post(sender.csv({}), "?dryRun=true")).json()["job"]
    assert served.pool is not None
    for subject, seen in (("county", [key]), ("above", [key]), ("other", []), ("bureau", [])):
        async with acquired(served.pool, HUB) as connection:
            found = await principals.by_id(connection, await principals.principal_id(connection, subject))
        assert found is not None
        async with acquired(served.pool, caller_of(found).scope) as connection:
            rows = await connection.fetch("SELECT id FROM import_job WHERE id = $1", key)
            assert [row["id"] for row in rows] == seen
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute("UPDATE import_job SET state = 'WRITTEN'")


async def test_an_import_that_was_broken_off_says_so_and_has_written_nothing(
    sender: Sender, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Import.write

    async def broken(job: Import, *arguments: Any) -> None:
        await write(job, *arguments)
        raise RuntimeError("the machine goes down")

    file = sender.csv({})
    monkeypatch.setattr(Import, "write", broken)
    response = await sender.post(file)
    assert (response.status_code, code_of(response)) == (500, "INTERNAL_ERROR")
    assert "goes down" not in response.text
    monkeypatch.undo()
    key, job = max((await jobs_of(sender)).items())
    assert job["state"] == "BROKEN_OFF"
    problem = (await sender.ask("GET", f"/imports/jobs/{key}", accept_language="zh")).json()["report"]["problem"]
    assert problem["code"] == "INTERNAL_ERROR"
    assert (await sender.post(file)).json()["counts"]["NEW"] == 1


async def test_a_job_without_its_process_is_found_broken_off_when_a_hub_starts(
    sender: Sender, served: Hub, url: str
) -> None:
    dead, alive = [(await sender.post(sender.csv({}), "?dryRun=true")).json()["job"] for _ in range(2)]
    assert served.pool is not None
    connection = await connect(url)
    try:
        await connection.execute("UPDATE import_job SET state = 'RUNNING' WHERE id = ANY ($1)", [dead, alive])
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock($1, $2)", IMPORT_LOCKS, alive)
            another = create_app(served.imports.settings)
            async with another.router.lifespan_context(another):
                await until(sender, f"/imports/jobs/{dead}", lambda job: job["state"] != "RUNNING")
            found = await jobs_of(sender)
            assert [found[key]["state"] for key in (dead, alive)] == ["BROKEN_OFF", "RUNNING"]
            assert found[dead]["endedAt"] is not None
        assert await jobs.clean(served.pool, 90) == 1
    finally:
        await connection.close()


async def test_reports_are_removed_after_some_days_and_counts_stay(sender: Sender, served: Hub, url: str) -> None:
    old, new = [(await sender.post(sender.csv({}), "?dryRun=true")).json()["job"] for _ in range(2)]
    assert served.pool is not None
    connection = await connect(url)
    try:
        await connection.execute("UPDATE import_job SET started_at = now() - interval '8 days' WHERE id = $1", old)
    finally:
        await connection.close()
    await jobs.clean(served.pool, 7)
    found = [(await sender.ask("GET", f"/imports/jobs/{key}")).json() for key in (old, new)]
    assert ["report" in job for job in found] == [False, True]
    assert found[0]["counts"]["NEW"] == 1


async def test_of_two_imports_of_the_same_file_at_once_the_second_says_so(sender: Sender) -> None:
    file = sender.csv(*({} for _ in range(300)))
    first, second = sorted(
        await asyncio.gather(*(sender.post(file) for _ in range(2))), key=lambda response: response.status_code
    )
    assert (first.status_code, first.json()["counts"]["NEW"]) == (200, 300)
    assert (second.status_code, code_of(second)) == (409, "IMPORT_RUNNING")
    assert (await sender.post(file)).json()["counts"]["SAME"] == 300


async def until(sender: Sender, address: str, done: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The job at an address, as soon as it is as wanted."""
    async with asyncio.timeout(30):
        while True:
            job: dict[str, Any] = (await sender.ask("GET", address)).json()
            if done(job):
                return job
            await asyncio.sleep(0.05)


async def running_jobs(sender: Sender, subject: str) -> list[dict[str, Any]]:
    """The running jobs that GraphQL shows."""
    query = """{ importJobs(filter: {state: {eq: RUNNING}}, orderBy: {field: STARTED_AT, direction: DESC}) {
      nodes { id stage doneRows totalRows reportAddress } } }"""
    headers = {"content_type": "application/json"}
    answer = await sender.ask("POST", "/graphql", orjson.dumps({"query": query}), subject, **headers)
    found: list[dict[str, Any]] = answer.json()["data"]["importJobs"]["nodes"]
    return found


def paused(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Have imports wait in the middle of writing until the event is set, with the event loop of the import free."""
    go_on, write = threading.Event(), Import.write

    async def halfway(job: Import, *arguments: Any) -> None:
        arguments[1](ImportStage.WRITING, 1, job.report.rows)
        while not go_on.is_set():  # noqa: ASYNC110 — it is set in another event loop
            await asyncio.sleep(0.02)
        await write(job, *arguments)

    monkeypatch.setattr(Import, "write", halfway)
    monkeypatch.setattr(progress, "SECONDS", 0.1)
    return go_on


async def test_a_job_runs_on_without_its_request_and_others_see_how_far_it_is(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = paused(monkeypatch)
    file = sender.csv({}, {"headcount": "很多"})
    sent = await sender.post(file, "?goodRowsOnly=true", prefer="respond-async")
    assert sent.status_code == 202, sent.text
    address = sent.headers["location"]
    assert sent.json() == {"job": int(address.rsplit("/", 1)[1]), "address": address}
    running = await until(sender, address, lambda job: job["doneRows"] > 0)
    assert (running["state"], running["stage"], running["doneRows"], running["totalRows"]) == (
        "RUNNING",
        "WRITING",
        1,
        2,
    )
    assert (await sender.ask("GET", f"{address}/workbook", subject="above")).status_code == 404
    seen = {"id": running["id"], "stage": "WRITING", "doneRows": 1, "totalRows": 2, "reportAddress": None}
    for subject, nodes in (("county", 1), ("above", 1), ("other", 0)):
        found = await running_jobs(sender, subject)
        assert len(found) == nodes
        assert all({**each, "id": running["id"]} == seen for each in found)
    again = await sender.post(file)
    assert (again.status_code, code_of(again)) == (409, "IMPORT_RUNNING")
    assert f"as job {running['id']}" in again.text
    go_on.set()
    done = await until(sender, address, lambda job: job["state"] != "RUNNING")
    assert (done["state"], done["counts"]["NEW"], done["counts"]["REFUSED"]) == ("WRITTEN", 1, 1)
    assert done["report"]["faults"][0]["cell"] == "G3"
    marked = await sender.ask("GET", f"{address}/workbook")
    rows = CalamineWorkbook.from_filelike(BytesIO(marked.content)).get_sheet_by_index(0).to_python()
    assert "no number" in rows[1][len(HEADINGS)]


async def test_an_import_that_takes_long_is_answered_with_where_its_report_will_be(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = paused(monkeypatch)
    monkeypatch.setattr(import_routes, "ANSWER_SECONDS", 0.5)
    sent = await sender.post(sender.csv({}), "?dryRun=true")
    assert sent.status_code == 202
    go_on.set()
    done = await until(sender, sent.headers["location"], lambda job: job["state"] != "RUNNING")
    assert done["state"] == "REHEARSED"


async def test_a_running_import_is_cancelled_by_who_may_write_there(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    paused(monkeypatch)
    file = sender.csv({})
    waiting = asyncio.create_task(sender.post(file))
    key, job = 0, {"state": ""}
    while job["state"] != "RUNNING":
        key, job = max((await jobs_of(sender)).items())
    assert (await sender.ask("DELETE", f"/imports/jobs/{key}", subject="other")).status_code == 404
    assert (await sender.ask("DELETE", f"/imports/jobs/{key}", subject="above")).status_code == 200
    answer = await waiting
    assert (answer.status_code, code_of(answer)) == (409, "IMPORT_CANCELLED")
    cancelled = await until(sender, f"/imports/jobs/{key}", lambda job: job["state"] != "RUNNING")
    assert (cancelled["state"], cancelled["cancelledBy"]) == ("CANCELLED", "above")
    monkeypatch.undo()
    assert (await sender.ask("DELETE", f"/imports/jobs/{key}")).json()["state"] == "CANCELLED"
    assert (await sender.post(file, "?dryRun=true")).json()["counts"]["NEW"] == 1


async def test_what_is_no_file_is_refused_by_its_type(sender: Sender) -> None:
    file = sender.csv({})
    for wrong in ({"content_type": "multipart/form-data; boundary=x"}, {"content_encoding": "gzip"}):
        response = await sender.post(file, **wrong)
        assert (response.status_code, code_of(response)) == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert (await sender.post(file, "?dryRun=true", content_type="text/csv")).status_code == 200


@pytest.mark.parametrize(
    ("raised", "status", "code"),
    [
        (asyncpg.DiskFullError("could not extend file"), 503, "DATABASE_FULL"),
        (OSError(errno.ENOSPC, "No space left on device"), 507, "NO_SPACE"),
    ],
)
async def test_a_disk_that_fills_up_in_the_middle_is_named_and_nothing_is_written(
    sender: Sender, monkeypatch: pytest.MonkeyPatch, raised: Exception, status: int, code: str
) -> None:
    write = Import.write

    async def full(job: Import, *arguments: Any) -> None:
        await write(job, *arguments)
        raise raised

    file = sender.csv({})
    monkeypatch.setattr(Import, "write", full)
    response = await sender.post(file)
    assert (response.status_code, code_of(response)) == (status, code)
    key, job = max((await jobs_of(sender)).items())
    report = (await sender.ask("GET", f"/imports/jobs/{key}")).json()["report"]
    assert (job["state"], report["problem"]["code"], report["written"]) == ("BROKEN_OFF", code, False)
    monkeypatch.undo()
    assert (await sender.post(file, "?dryRun=true")).json()["counts"]["NEW"] == 1


async def test_what_cannot_be_read_is_named_and_the_job_says_so(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    workbook = write_xlsx(sender.folder / "a.xlsx", [HEADINGS]).read_bytes()
    monkeypatch.setattr(archive, "MAX_UNPACKED", 5_000)  # a bomb is a workbook that would be larger than this
    for body, code in (
        (b"", "EMPTY_FILE"),
        (workbook[: len(workbook) // 2], "CUT_OFF"),
        (workbook, "FILE_TOO_LARGE"),
        (b'{"name": "x"}', "NO_HEADINGS"),
    ):
        report = (await sender.post(body)).json()
        assert not report["written"]
        assert report["problem"]["code"] == code
        job = (await sender.ask("GET", f"/imports/jobs/{report['job']}", accept_language="zh")).json()
        assert job["state"] == "UNREADABLE"
        assert "。" in job["report"]["problem"]["message"]


async def test_a_body_that_is_cut_off_writes_nothing(sender: Sender) -> None:
    file = sender.csv({}, {})

    async def cut() -> AsyncIterator[bytes]:
        yield file[: len(file) // 2]
        raise ClientDisconnect

    before = await jobs_of(sender)
    assert (await sender.post(cut())).status_code == 499
    assert (await jobs_of(sender)).keys() == before.keys()
    assert (await sender.post(file[:-40])).json()["problem"]["code"] == "CUT_OFF"


async def test_the_kinds_say_what_they_take_in_the_callers_language(sender: Sender) -> None:
    for language, heading in (("zh", "单位名称"), ("en", "Name")):
        found = (await sender.ask("GET", "/imports", accept_language=language)).json()
        assert [kind["name"] for kind in found["kinds"]] == [*KINDS]
        name = found["kinds"][1]["columns"][0]
        assert (name["name"], name["heading"], name["required"]) == ("name", heading, True)
        assert found["mayWrite"]
    refused = (await sender.ask("GET", "/imports", subject="bureau", accept_language="zh")).json()
    assert not refused["mayWrite"]
    assert refused["message"].startswith("您")
    page = await sender.ask("GET", "/imports", subject=None, accept="text/html,*/*;q=0.8")
    assert page.headers["content-type"].startswith("text/html")
