"""Answers as tables, charts and files for a spreadsheet, in a real browser on a real hub."""

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

from playwright.async_api import Page, Route, expect

from tests.explorer.conftest import TOKEN, Watched
from tests.explorer.test_explorer import RESPONSE, opened, run
from tests.slow import slow

CITIES = """query Cities { division(code: "33") { statistics(kind: MEMBERSHIPS, groupBy: [CHILD_DIVISION]) {
  groups { keys { dimension label } persons records } } } }"""
SMALL = """query Small { division(code: "33") { statistics(kind: MEMBERSHIPS, asOf: "2026-01-01",
  groupBy: [CHILD_DIVISION, WORKER_TYPE]) { groups { keys { dimension label } persons } } } }"""
MONTHS = """query Months { division(code: "3710") { statistics(kind: MEMBERSHIPS, from: "2022-01-01", until: "2022-07-01",
  groupBy: [MONTH]) { groups { keys { dimension label } persons } } } }"""
CHANGES = {"杭州市": 400, "宁波市": -100, "温州市": 0}
ODD: dict[str, Any] = {
    "employers": {
        "totalCount": 3,
        "nodes": [
            {"name": "=HYPERLINK(1)", "code": "+1", "amount": "-12.50", "division": {"name": "杭州市, 上城区"}},
            {"name": "@甲公司", "code": "-2+3", "amount": None, "division": None},
            {"name": '乙"公司"', "code": "007", "amount": "3.00", "division": {"name": "宁波市"}},
        ],
    }
}


async def show(page: Page, view: str) -> None:
    await page.get_by_role("group", name="Show the answer as").get_by_role("button", name=view).click()


async def answered(page: Page, data: Any) -> None:
    """Have the page told this answer to any operation."""

    async def answer(route: Route) -> None:
        if route.request.method == "POST" and "IntrospectionQuery" not in (route.request.post_data or ""):
            await route.fulfill(json={"data": data}, headers={"content-type": "application/json"})
        else:
            await route.continue_()

    await page.route("**/graphql", answer)


async def test_a_statistic_is_shown_as_a_table_and_as_bars(watched: Watched, hub_url: str) -> None:
    page = await opened(watched, f"{hub_url}/graphql#token={TOKEN}")
    await expect(page.get_by_role("region", name="Results")).to_have_count(0)
    await run(page, CITIES)
    await expect(page.locator(RESPONSE)).to_contain_text("杭州市")
    await show(page, "Table")
    table = page.get_by_role("table")
    await expect(table.get_by_role("columnheader")).to_have_text(["CHILD_DIVISION", "persons", "records"])
    await expect(table.get_by_role("row", name="杭州市")).to_be_visible()
    await expect(page.locator(RESPONSE)).to_be_hidden()
    await show(page, "Chart")
    chart = page.get_by_role("figure")
    await expect(chart.get_by_role("listitem").first).to_contain_text("杭州市")
    await chart.get_by_label("Quantity").select_option("records")
    widths = await chart.locator("rect").evaluate_all("all => all.map(one => parseFloat(one.getAttribute('width')))")
    assert max(widths) == 100
    await show(page, "JSON")
    await expect(page.locator(RESPONSE)).to_contain_text("杭州市")
    assert watched.elsewhere(hub_url) == []
    assert watched.faults == []


async def test_what_the_hub_does_not_tell_is_a_dash_and_no_zero(watched: Watched, hub_url: str) -> None:
    page = await opened(watched, f"{hub_url}/graphql")
    await run(page, SMALL)
    await expect(page.locator(RESPONSE)).to_contain_text("杭州市")
    await show(page, "Table")
    cells = await page.locator("td[data-measure=true]").all_inner_texts()
    assert "–" in cells
    assert "0" not in cells
    await show(page, "Chart")
    unknown = page.get_by_role("listitem").filter(has_text="–").first
    await expect(unknown).to_be_visible()
    assert await unknown.locator("rect").get_attribute("width") == "0%"
    await expect(page.get_by_role("figure").get_by_role("heading", name="杭州市")).to_be_visible()


async def test_rates_are_read_in_per_cent_and_saved_as_they_are(watched: Watched, hub_url: str, tmp_path: Path) -> None:
    page = await opened(watched, f"{hub_url}/graphql#token={TOKEN}")
    shares = {"杭州市": "0.0625", "宁波市": "1.0000", "温州市": None}
    groups = [
        {"keys": [{"dimension": "CHILD_DIVISION", "label": name}], "records": 16, "organizedShare": share}
        for name, share in shares.items()
    ]
    await answered(page, {"statistics": {"groups": groups}})
    await run(page, CITIES)
    await show(page, "Table")
    await expect(page.locator("tbody td:last-child")).to_have_text(["6.25%", "100%", "–"])
    async with page.expect_download() as download:
        await page.get_by_role("button", name="CSV", exact=True).click()
    await (await download.value).save_as(tmp_path / "saved.csv")
    assert "杭州市,16,0.0625" in (tmp_path / "saved.csv").read_text()
    await show(page, "Chart")
    await page.get_by_role("figure").get_by_label("Quantity").select_option("organizedShare")
    await expect(page.locator(".results-figure")).to_have_text(["6.25%", "100%", "–"])


@slow
async def test_negative_values_have_bars_to_the_left_of_zero(watched: Watched, hub_url: str) -> None:
    page = await opened(watched, f"{hub_url}/graphql#token={TOKEN}")
    await answered(page, {"changes": [{"name": name, "change": change} for name, change in CHANGES.items()]})
    await run(page, CITIES)
    await show(page, "Chart")
    rows = page.get_by_role("figure").get_by_role("listitem")
    await expect(rows).to_have_count(len(CHANGES))
    bars = await rows.locator("rect").evaluate_all(
        "all => all.map(one => ['x', 'width'].map(name => parseFloat(one.getAttribute(name))))"
    )
    assert bars == [[20, 80], [0, 20], [20, 0]]


@slow
async def test_months_with_less_than_nothing_are_drawn_below_the_line(watched: Watched, hub_url: str) -> None:
    page = await opened(watched, f"{hub_url}/graphql#token={TOKEN}")
    months = [
        {"keys": [{"dimension": "MONTH", "label": f"2022-0{month}"}], "change": change}
        for month, change in ((1, 100), (2, -100))
    ]
    await answered(page, {"groups": months})
    await run(page, CITIES)
    await show(page, "Chart")
    drawing = page.get_by_role("img", name="change, 2022-01 to 2022-02")
    upper, lower = await drawing.locator("rect").evaluate_all(
        "all => all.map(one => ['y', 'height'].map(name => parseFloat(one.getAttribute(name))))"
    )
    assert upper[1] == lower[1] == 120
    assert upper[0] + upper[1] == lower[0]


@slow
async def test_every_column_of_a_wide_table_can_be_scrolled_to(watched: Watched, hub_url: str) -> None:
    page = await opened(watched, f"{hub_url}/graphql#token={TOKEN}")
    names = [f"column{number}WithALongName" for number in range(12)]
    await answered(page, {"rows": [dict.fromkeys(names, "杭州市"), dict.fromkeys(names, "宁波市")]})
    await run(page, CITIES)
    await show(page, "Table")
    await expect(page.get_by_role("columnheader")).to_have_count(len(names))
    view = page.get_by_role("region", name="Table")
    assert await view.evaluate("view => view.scrollWidth > view.clientWidth")
    last = page.get_by_role("columnheader", name=names[-1])
    await expect(last).not_to_be_in_viewport()
    await last.scroll_into_view_if_needed()
    await expect(last).to_be_in_viewport()


async def test_months_are_drawn_as_columns(watched: Watched, hub_url: str) -> None:
    page = await opened(watched, f"{hub_url}/graphql#token={TOKEN}")
    await run(page, MONTHS)
    await show(page, "Chart")
    drawing = page.get_by_role("img", name="persons, 2022-01 to 2022-06")
    await expect(drawing.locator("rect")).to_have_count(6)


async def test_a_file_for_a_spreadsheet_keeps_chinese_and_runs_nothing(
    watched: Watched, hub_url: str, tmp_path: Path
) -> None:
    page = await opened(watched, f"{hub_url}/graphql#token={TOKEN}")
    await answered(page, ODD)
    await run(page, CITIES)
    async with page.expect_download() as download:
        await page.get_by_role("button", name="CSV", exact=True).click()
    file = await download.value
    assert file.suggested_filename == "employers.csv"
    await file.save_as(tmp_path / "saved.csv")
    raw = (tmp_path / "saved.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    assert list(csv.reader(io.StringIO(raw.decode("utf-8-sig")))) == [
        ["name", "code", "amount", "division.name"],
        ["'=HYPERLINK(1)", "'+1", "-12.50", "杭州市, 上城区"],
        ["'@甲公司", "'-2+3", "", ""],
        ['乙"公司"', "007", "3.00", "宁波市"],
    ]
    assert watched.faults == []


@slow
async def test_each_list_of_an_answer_can_be_chosen_and_an_answer_without_is_one_row(
    watched: Watched, hub_url: str
) -> None:
    page = await opened(watched, f"{hub_url}/graphql#token={TOKEN}")
    one = {"name": "浙江省总工会", "children": {"totalCount": 2, "nodes": [{"name": "杭州"}, {"name": "宁波"}]}}
    await answered(page, {"organizations": {"nodes": [one]}})
    await run(page, CITIES)
    await show(page, "Table")
    await expect(page.get_by_role("table")).to_contain_text("organizations.nodes.children.nodes")
    await page.get_by_label("List").select_option("organizations")
    await expect(page.get_by_role("row", name="浙江省总工会")).to_have_text("浙江省总工会2杭州; 宁波")
    await answered(page, {"division": {"statistics": {"total": {"persons": 18011}}}})
    await run(page, CITIES)
    await expect(page.get_by_role("columnheader")).to_have_text("division.statistics.total.persons")
    await expect(page.get_by_role("cell")).to_have_text("18011")


@slow
async def test_the_table_is_of_the_tab_that_is_open(watched: Watched, hub_url: str) -> None:
    page = await opened(watched, f"{hub_url}/graphql#token={TOKEN}")
    await run(page, CITIES)
    await show(page, "Table")
    await expect(page.get_by_role("table")).to_be_visible()
    await page.locator(".graphiql-tab").get_by_text("JoinsByMonth").click()
    await expect(page.get_by_role("table")).to_have_count(0)
    await page.locator(".graphiql-tab").get_by_text("Cities").click()
    await expect(page.get_by_role("row", name="杭州市")).to_be_visible()
    assert json.loads(await page.evaluate("JSON.stringify(Object.keys(sessionStorage))")) == ["unionhub.token"]


async def test_all_rows_of_a_list_are_downloaded_not_only_the_page(
    watched: Watched, hub_url: str, tmp_path: Path
) -> None:
    page = await opened(watched, f"{hub_url}/graphql#token={TOKEN}")
    await run(page, "query Units { employers(first: 2) { totalCount nodes { name headcount division { name } } } }")
    await expect(page.locator(RESPONSE)).to_contain_text("totalCount")
    shown = "".join((await page.locator(RESPONSE).inner_text()).split())
    found = re.search(r'"totalCount":(\d+)', shown)
    assert found is not None
    total = int(found[1])
    group = page.get_by_role("group", name="Download all")
    for name, suffix in (("CSV", "csv"), ("Excel", "xlsx"), ("NDJSON", "ndjson")):
        async with page.expect_download() as download:
            await group.get_by_role("button", name=f"Download all as {name}").click()
        file = await download.value
        assert file.suggested_filename == f"Units.{suffix}"
        await file.save_as(tmp_path / f"saved.{suffix}")
    rows = list(csv.reader(io.StringIO((tmp_path / "saved.csv").read_text("utf-8-sig"))))
    assert rows[0] == ["Name", "Number of workers, persons", "Where it is located / Name"]
    assert len(rows) - 1 == total > 200
    assert len((tmp_path / "saved.ndjson").read_text().splitlines()) == total
    await run(page, "query Two { a: employers(first: 1) { nodes { id } } b: members(first: 1) { nodes { id } } }")
    await expect(page.locator(RESPONSE)).to_contain_text('"b"')
    await group.get_by_role("button", name="Download all as CSV").click()
    await expect(group.get_by_role("status")).to_contain_text("An export has one list")
