"""The page for people with spreadsheets: a clerk drops last year's, sees which cells are wrong, mends them, and the totals are right."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import BrowserContext, Page, expect
from python_calamine import CalamineWorkbook

from db.access import Role
from db.organizations import Hierarchy
from db.server.migrate import connect
from hub.settings import Settings
from tests.conftest import run
from tests.explorer.conftest import Watched, serving
from tests.explorer.test_first_minute import AXE, violations
from tests.hub.imports.employers import HEADINGS, NAMES, employer
from tests.hub.imports.kinds import write_csv, write_xlsx
from tests.hub.imports.test_import_routes import paused
from tests.resolvers.writing.conftest import COUNTIES
from tests.tokens import let_in, token, write_key

PROVINCE = """SELECT o.id, o.name FROM territorial_closure c JOIN organization o ON o.id = c.ancestor_id
WHERE c.descendant_id = $1 AND o.level = 'PROVINCIAL' AND c.valid_to IS NULL"""
TOTAL = """{ employers(first: 1) { totalCount } statistics(kind: EMPLOYERS) { total { records organized } } }"""
WRONG: dict[str, Any] = {
    "name": None, "credit_code": "91330106MC0000071X", "kind": "星际企业", "industry": "快递", "division": "999999",
    "union": "没有的工会", "headcount": "很多", "is_platform_head": "也许", "registered_on": "2023-02-30", "closed_on": "23.2.9",
    "covered_from": "去年", "covered_to": "2/9/2023", "expected_version": None,
}  # fmt: skip
"""A wrong value of each column: twelve cells."""


class Place:
    """A hub, with a clerk of a county below a province."""

    def __init__(self, url: str, county: Any, folder: Path) -> None:
        self.url, self.county, self.folder = url, county, folder

    def rows(self, start: int, count: int = 20) -> list[dict[str, Any]]:
        return [employer(start + number, self.county["name"], self.county["code"]) for number in range(count)]

    def total(self) -> dict[str, int]:
        """What the province is told of its employers."""
        headers = {"Authorization": f"Bearer {token('province')}"}
        answer = httpx.post(f"{self.url}/graphql", json={"query": TOTAL}, headers=headers, timeout=30).json()
        found: dict[str, int] = answer["data"]["statistics"]["total"]
        assert found["records"] == answer["data"]["employers"]["totalCount"]
        return found


@pytest.fixture(scope="module")
def place(
    built: None, kept_database: Callable[[str], str], template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("imports")
    database_url = kept_database(template)
    write_key(folder)
    county = run(clerks(database_url))
    with serving(Settings(database_url=database_url, data_dir=folder, port=0)) as url:
        yield Place(url, county, folder)


async def clerks(url: str) -> Any:
    """Let in the clerk of a county, an official of its province, and a bureau; the county."""
    connection = await connect(url)
    try:
        county = (await connection.fetch(COUNTIES))[0]
        province = await connection.fetchrow(PROVINCE, county["id"])
        for name, union in (("clerk", county), ("province", province)):
            await let_in(
                connection, name, Role.FEDERATION, organization_id=union["id"], hierarchy=Hierarchy.TERRITORIAL
            )
        await let_in(connection, "bureau", Role.HR_BUREAU, division_id=1)
        return county
    finally:
        await connection.close()


@pytest.fixture
async def watched(profile: BrowserContext, place: Place) -> AsyncIterator[Watched]:
    first = await profile.new_page()
    for page in profile.pages:
        if page is not first:
            await page.close()  # a page of another hub may still be loading
    watched = Watched(profile)
    yield watched
    watched.stop()


async def opened(watched: Watched, place: Place, subject: str = "clerk", language: str = "en") -> Page:
    page = await watched.context.new_page()
    await page.goto(f"{place.url}/imports")
    await page.evaluate("language => localStorage.setItem('unionhub.language', language)", language)
    await page.goto(f"{place.url}/imports#token={token(subject)}")
    await page.reload()
    return page


async def drop(page: Page, path: Path) -> None:
    """Drop a file onto the page, as from a folder."""
    content = [*await asyncio.to_thread(path.read_bytes)]
    data = await page.evaluate_handle(
        "([name, bytes]) => { const data = new DataTransfer(); data.items.add(new File([new Uint8Array(bytes)], name)); return data }",
        [path.name, content],
    )
    await page.dispatch_event(".drop", "drop", {"dataTransfer": data})


def count_of(page: Page, word: str) -> Any:
    """The number of rows of an outcome."""
    return page.locator(".counts div").filter(has_text=word).locator("dd")


async def saved(page: Page, button: str) -> bytes:
    async with page.expect_download() as download:
        await page.get_by_role("button", name=button).click()
    return await asyncio.to_thread(Path(await (await download.value).path()).read_bytes)


@pytest.mark.parametrize(("language", "words"), [
    ("en", ("Employers", "new", "refused", "Download the marked workbook", "Import 20 rows", "All rows are in the hub.")),
    ("zh", ("用人单位", "新增", "退回", "下载标注文件", "导入 20 行", "所有行均已写入。")),
])  # fmt: skip
async def test_a_clerk_mends_twelve_marked_cells_and_the_provinces_totals_are_right(
    watched: Watched, place: Place, language: str, words: tuple[str, ...]
) -> None:
    kind, new, refused, take, do_import, done = words
    good = place.rows(71_000_000 if language == "en" else 72_000_000)
    before = place.total()
    bad = [row | ({NAMES[at]: WRONG[NAMES[at]]} if at < len(NAMES) else {}) for at, row in enumerate(good)]
    page = await opened(watched, place, language=language)
    await page.get_by_role("radio", name=kind, exact=True).check()
    if language == "en":
        last_year = write_csv(place.folder / "去年.csv", [HEADINGS, *([*row.values()] for row in bad)], "gb18030")
        await page.locator("input[type=file]").set_input_files(last_year)
    else:
        last_year = write_xlsx(place.folder / "去年.xlsx", [HEADINGS, *([*row.values()] for row in bad)])
        await drop(page, last_year)
    await expect(count_of(page, new)).to_have_text("8")
    await expect(count_of(page, refused)).to_have_text("12")
    await expect(page.locator(".faults tbody tr")).to_have_count(12)
    letters = await page.locator(".faults tbody td:nth-child(2)").all_inner_texts()
    assert [letter[0] for letter in letters if letter != "–"] == [*"ABCDEFGHIJKL"]
    assert place.total() == before, "a rehearsal writes nothing"

    marked = CalamineWorkbook.from_filelike(BytesIO(await saved(page, take))).get_sheet_by_index(0).to_python()
    for row, mended in zip(marked[1:], good, strict=True):
        if row[len(HEADINGS)]:
            row[: len(HEADINGS)] = mended.values()
    await drop(page, write_xlsx(place.folder / f"{language}-更正.xlsx", marked))
    await expect(count_of(page, refused)).to_have_text("0")
    await page.get_by_role("button", name=do_import).click()
    await expect(page.get_by_text(done)).to_be_visible()
    await expect(page.locator("tbody tr").filter(has_text=f"{language}-更正.xlsx")).to_have_count(2)

    after = {"records": before["records"] + 20, "organized": before["organized"] + 20}
    assert place.total() == after
    assert watched.elsewhere(place.url) == []
    assert watched.faults == []
    await page.close()


async def test_who_may_not_write_is_told_so_and_may_take_a_template(watched: Watched, place: Place) -> None:
    page = await opened(watched, place, "bureau")
    await expect(page.get_by_role("note")).to_contain_text("Records are written by a union")
    await page.get_by_role("radio", name="Members", exact=True).check()
    assert (await saved(page, "Download the template")).startswith(b"PK")
    await expect(page.locator("input[type=file]")).to_have_count(0)
    await page.close()


async def test_the_page_can_be_used_by_keyboard_and_passes_axe(watched: Watched, place: Place) -> None:
    page = await opened(watched, place)
    await page.get_by_role("radio", name="Employers", exact=True).focus()
    await page.keyboard.press("Space")
    row = place.rows(73_000_000, 1)[0] | {"headcount": "很多"}
    file = write_csv(place.folder / "一行.csv", [HEADINGS, [*row.values()]])
    await page.locator("input[type=file]").set_input_files(file)
    await expect(page.get_by_role("heading", name="3. The rehearsal")).to_be_focused()
    await page.get_by_role("group", name="One row has errors").get_by_role("radio", name="All or nothing").focus()
    await page.get_by_role("button", name="Show the report of 一行.csv").first.press("Enter")
    await expect(page.get_by_role("heading", name="一行.csv · ")).to_be_focused()
    await page.evaluate(await asyncio.to_thread(AXE.read_text))
    assert await violations(page) == []
    await page.close()


async def test_a_running_import_is_watched_also_after_the_page_was_left_and_cancelled(
    watched: Watched, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    paused(monkeypatch)
    page = await opened(watched, place)
    await page.get_by_role("radio", name="Employers", exact=True).check()
    rows = [[*row.values()] for row in place.rows(74_000_000, 2)]
    await page.locator("input[type=file]").set_input_files(write_csv(place.folder / "long.csv", [HEADINGS, *rows]))
    await expect(page.get_by_text("Checking the rows")).to_be_visible()
    await expect(page.get_by_text("1 of 2 rows")).to_be_visible()
    await page.reload()
    running = page.locator("tbody tr").filter(has_text="long.csv")
    await expect(running).to_contain_text("1 of 2 rows")
    await running.get_by_role("button", name="Cancel the import of long.csv").click()
    await expect(running).to_contain_text("Cancelled")
    await running.get_by_role("button").click()
    await expect(page.get_by_text("clerk has cancelled it; nothing was written.")).to_be_visible()
    await page.close()
