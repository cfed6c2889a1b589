"""``unionhub import``: a file goes in whole or not at all, every fault is named with its cell, and again does no harm."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from click.testing import CliRunner, Result
from python_calamine import CalamineWorkbook

from db.access import Role
from db.organizations import Hierarchy
from db.server.migrate import connect
from hub.cli.commands import main
from hub.imports import jobs
from hub.imports.bad_file import place_of
from tests.conftest import KEY_FILE, ROOT
from tests.hub.imports.employers import EMPLOYERS, HEADINGS, NAMES, Seeded, employer, seeded
from tests.hub.imports.kinds import write_csv, write_xlsx
from tests.resolvers.writing.conftest import COUNTIES
from tests.slow import sampled
from tests.tokens import let_in

STARTS = count(1_000_000, 100_000)
IMPORTED = "SELECT count(*) FROM employer WHERE credit_code = ANY ($1)"


class Hub:
    """A database, and a county whose official imports."""

    def __init__(self, url: str, county: Any, other: Any) -> None:
        self.url = url
        self.union, self.division = county["name"], county["code"]
        self.other = other

    def seeded(self, rows: int, faulty: int) -> Seeded:
        return seeded(rows, faulty, self.union, self.division, start=next(STARTS))

    def good(self, rows: int) -> list[list[Any]]:
        start = next(STARTS)
        return [[*employer(start + number, self.union, self.division).values()] for number in range(rows)]

    def run(self, *words: str | Path) -> Result:
        return CliRunner().invoke(main, [str(word) for word in words])

    def read(self, *words: str | Path) -> dict[str, Any]:
        done = self.run("import", "employers", *words, "--as", "county", "--json")
        assert done.exit_code in (0, 1), done.output
        found: dict[str, Any] = json.loads(done.stdout)
        assert done.exit_code == (1 if "problem" in found or found["counts"]["REFUSED"] else 0)
        return found

    def stored(self, rows: list[list[Any]]) -> int:
        return int(self.query(IMPORTED, [row[1] for row in rows]))

    def query(self, statement: str, *values: Any) -> Any:
        async def fetch() -> Any:
            connection = await connect(self.url)
            try:
                return await connection.fetchval(statement, *values)
            finally:
                await connection.close()

        return asyncio.run(fetch())


async def prepare(url: str) -> tuple[asyncpg.Record, asyncpg.Record]:
    connection = await connect(url)
    try:
        county, other = await connection.fetch(COUNTIES)
        await let_in(
            connection, "county", Role.FEDERATION, organization_id=county["id"], hierarchy=Hierarchy.TERRITORIAL
        )
        await let_in(connection, "bureau", Role.HR_BUREAU, division_id=1)
        return county, other
    finally:
        await connection.close()


@pytest.fixture(scope="module")
def url(kept_database: Callable[[str], str], template: str) -> str:
    return kept_database(template)


@pytest.fixture(scope="module")
def counties(url: str) -> tuple[Any, Any]:
    return asyncio.run(prepare(url))


@pytest.fixture
def hub(url: str, counties: tuple[Any, Any], tmp_path: Path, english: None, monkeypatch: pytest.MonkeyPatch) -> Hub:
    monkeypatch.setenv("UNIONHUB_DATABASE_URL", url)
    monkeypatch.setenv("UNIONHUB_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("UNIONHUB_KEY_FILE", str(KEY_FILE))
    return Hub(url, *counties)


def faults_of(report: dict[str, Any]) -> set[tuple[int, str, str]]:
    return {(each["row"], each["code"], each["column"]) for each in report["faults"]}


def check_cells(report: dict[str, Any]) -> None:
    """Every fault of a column names its cell."""
    for fault in report["faults"]:
        letter = fault["cell"].removesuffix(str(fault["row"]))
        assert NAMES[place_of(letter)] == fault["column"]
        assert fault["heading"] == HEADINGS[place_of(letter)]


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(("rows", "faulty"), sampled([(1_500, 100), (10_000, 100), (100_000, 1_000)], [(1_500, 100)]))
def test_every_fault_is_named_with_its_cell_and_the_marked_workbook_goes_in_when_it_is_mended(
    hub: Hub, tmp_path: Path, rows: int, faulty: int
) -> None:
    made = hub.seeded(rows, faulty)
    path = write_csv(tmp_path / "单位.csv", [HEADINGS, *made.rows], "gb18030")
    rehearsal = hub.read(path, "--dry-run", "--report", tmp_path / "marked.xlsx")
    assert rehearsal["faultCount"] == len(made.faults)
    assert faults_of(rehearsal) == set(sorted(made.faults, key=cell_of)[:1000])
    check_cells(rehearsal)
    assert hub.stored(made.rows) == 0

    refused = hub.read(path)
    assert not refused["written"]
    assert hub.stored(made.rows) == 0
    assert refused | {"dryRun": True, "job": rehearsal["job"]} == rehearsal

    cells = CalamineWorkbook.from_path(tmp_path / "marked.xlsx").get_sheet_by_index(0).to_python()
    assert marked(cells) == sorted((row, NAMES.index(column)) for row, _, column in made.faults)
    for row, _ in marked(cells):
        cells[row - 1][: len(NAMES)] = ["" if value is None else value for value in made.good[row - 2]]
    mended = hub.read(write_xlsx(tmp_path / "mended.xlsx", cells))
    assert mended["faults"] == []
    assert mended["written"]
    assert mended["counts"]["NEW"] == rows == hub.stored(made.good)

    again = hub.read(write_csv(tmp_path / "good.csv", [HEADINGS, *made.good], delimiter="\t"))
    assert again["counts"] == {"NEW": 0, "CHANGED": 0, "SAME": rows, "REFUSED": 0}


def cell_of(fault: tuple[int, str, str]) -> tuple[int, int]:
    """Row and place of a fault, in the order of a report."""
    return fault[0], NAMES.index(fault[2])


def marked(cells: list[list[Any]]) -> list[tuple[int, int]]:
    """Row and place of every explanation in the last column of a marked workbook, by the headings in it."""
    return [
        (number, HEADINGS.index(line.partition(": ")[0]))
        for number, row in enumerate(cells[1:], 2)
        for line in str(row[len(NAMES)]).splitlines()
    ]


def test_the_good_rows_go_in_alone_and_the_others_come_back(hub: Hub, tmp_path: Path) -> None:
    made = hub.seeded(60, 40)
    path = write_xlsx(tmp_path / "a.xlsx", [HEADINGS, *made.rows])
    report = hub.read(path, "--good-rows-only", "--report", tmp_path / "rest.xlsx")
    refused = {row for row, _, _ in made.faults}
    assert report["written"]
    assert report["counts"] == {"NEW": 60 - len(refused), "CHANGED": 0, "SAME": 0, "REFUSED": len(refused)}
    assert hub.stored([row for number, row in enumerate(made.rows, 2) if number not in refused]) == 60 - len(refused)
    rest = hub.read(tmp_path / "rest.xlsx")
    assert rest["rows"] == rest["counts"]["REFUSED"] == len(refused)


def test_the_same_file_twice_writes_nothing_and_says_so(hub: Hub, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", [HEADINGS, *hub.good(20)])
    first = hub.run("import", "employers", path, "--as", "county")
    assert first.exit_code == 0, first.output
    assert "Written: 20 new, 0 changed, 0 the same, 0 refused." in first.stdout
    again = hub.run("import", "employers", path, "--as", "county")
    assert again.exit_code == 0
    assert "Every row is in the hub already" in again.stdout


def test_changed_rows_change_the_record_or_are_refused(hub: Hub, tmp_path: Path) -> None:
    rows = hub.good(5)
    hub.read(write_csv(tmp_path / "a.csv", [HEADINGS, *rows]))
    rows[2][NAMES.index("headcount")] = 77
    path = write_csv(tmp_path / "b.csv", [HEADINGS, *rows])
    refused = hub.read(path, "--refuse-changes")
    assert [(fault["row"], fault["code"], fault["cell"]) for fault in refused["faults"]] == [(4, "CONFLICT", None)]
    changed = hub.read(path)
    assert changed["counts"] == {"NEW": 0, "CHANGED": 1, "SAME": 4, "REFUSED": 0}
    assert hub.query("SELECT headcount FROM employer WHERE credit_code = $1", rows[2][1]) == 77


def test_an_import_and_a_rehearsal_are_one_entry_each_in_the_audit_log(hub: Hub, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", [HEADINGS, *hub.good(3)])
    last = "SELECT fields::text FROM access_log WHERE action = 'WRITE_RECORDS' ORDER BY id DESC LIMIT 1"
    number = "SELECT count(*) FROM access_log WHERE action = 'WRITE_RECORDS'"
    before = hub.query(number)
    hub.read(path, "--dry-run")
    assert '"employers", "NEW 3", "CHANGED 0", "SAME 0", "REFUSED 0", "DRY_RUN"' in hub.query(last)
    hub.read(path)
    assert '"employers", "NEW 3", "CHANGED 0", "SAME 0", "REFUSED 0", "DIGEST' in hub.query(last)
    assert hub.query(number) == before + 2


def test_reports_are_cut_after_ninety_days_and_counts_stay(hub: Hub, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", [HEADINGS, *hub.good(2)])
    old, new = (hub.read(path, "--dry-run")["job"] for _ in range(2))
    hub.query("UPDATE import_job SET started_at = now() - interval '91 days' WHERE id = $1", old)
    assert hub.run("access", "prune-log", "--yes").exit_code == 0
    kept = "SELECT array[new_rows, (report IS NOT NULL)::int] FROM import_job WHERE id = $1"
    assert [hub.query(kept, key) for key in (old, new)] == [[2, 0], [2, 1]]


def test_records_of_another_union_stay_out(hub: Hub, tmp_path: Path) -> None:
    rows = hub.good(2)
    rows[1][NAMES.index("union")] = hub.other["name"]
    report = hub.read(write_csv(tmp_path / "a.csv", [HEADINGS, *rows]))
    assert faults_of(report) == {(3, "NOT_FOUND", "union")}
    assert hub.stored(rows) == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["import", "nothing", "FILE", "--as", "county"],
            "There is no kind of record nothing. There are: unions, employers",
        ),
        (["import", "employers", "FILE", "--as", "nobody"], "NO_PRINCIPAL"),
        (["import", "employers", "FILE", "--as", "bureau"], "FORBIDDEN"),
        (["import", "employers", "FILE", "--as", "public"], "FORBIDDEN"),
        (["import", "employers", "FILE"], "Missing option '--as'"),
        (["import", "employers", "FILE", "--as", "county", "--mapping", "FILE"], "BAD_MAPPING"),
        (["template", "nothing", "-o", "OUT"], "There is no kind of record nothing."),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(hub: Hub, tmp_path: Path, words: list[str], said: str) -> None:
    path = write_csv(tmp_path / "a.csv", [HEADINGS, *hub.good(1)])
    done = hub.run(
        *(str(path) if word == "FILE" else str(tmp_path / "out.xlsx") if word == "OUT" else word for word in words)
    )
    assert done.exit_code in (1, 2)
    assert said in done.output, done.output
    assert "Traceback" not in done.output


def test_a_file_that_cannot_be_read_has_status_1(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"")
    assert hub.read(tmp_path / "a.csv")["problem"]["code"] == "EMPTY_FILE"


def test_a_template_that_is_filled_in_goes_in(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert hub.run("template", "employers", "-o", tmp_path / "t.xlsx").exit_code == 0
    rows = CalamineWorkbook.from_path(tmp_path / "t.xlsx").get_sheet_by_index(0).to_python()
    assert rows[0] == [
        heading + "*" * column.required for heading, column in zip(HEADINGS, EMPLOYERS.columns, strict=True)
    ]
    done = hub.run("import", "employers", write_xlsx(tmp_path / "f.xlsx", [*rows, *hub.good(2)]), "--as", "county")
    assert done.exit_code == 0, done.output
    assert "已写入：新增 2 行" in done.stdout
    assert "与模板示例相同的 1 行" in done.stdout


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("moment", sampled(range(20), [7]))
def test_an_import_that_is_killed_leaves_all_rows_or_none(hub: Hub, tmp_path: Path, moment: int) -> None:
    rows = hub.good(2_000)
    path = write_csv(tmp_path / "a.csv", [HEADINGS, *rows])
    words = [sys.executable, "-m", "hub.cli", "import", "employers", str(path), "--as", "county"]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        started = "SELECT count(*) FROM import_job WHERE file_name = 'a.csv' AND state = 'RUNNING' AND started_at > $1"
        began = hub.query("SELECT now()")
        while process.poll() is None and not hub.query(started, began):
            time.sleep(0.05)
        time.sleep(moment * 0.15)
        process.kill()
    while hub.query("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = $1", jobs.FILES):
        time.sleep(0.05)  # PostgreSQL ends what the dead process has begun
    stored = hub.stored(rows)
    assert stored in (0, len(rows))
    report = hub.read(path)
    assert hub.query("SELECT min(state) FROM import_job WHERE file_name = 'a.csv' AND started_at > $1", began) in (
        ("BROKEN_OFF",) if stored == 0 else ("WRITTEN",)
    )
    assert report["counts"]["NEW" if stored == 0 else "SAME"] == len(rows)
