"""What a visitor finds in the first minute: their language, a shared link, a phone's width, and nothing that axe objects to."""

import re
from collections.abc import AsyncIterator
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.async_api import Browser, Page, ViewportSize, expect

from tests.explorer.conftest import TOKEN, Watched
from tests.explorer.test_explorer import EDITOR, RESPONSE, opened, run, typed
from tests.slow import sampled, slow

AXE = Path(__file__).parents[2] / "explorer" / "node_modules" / "axe-core" / "axe.min.js"
LINES = f"{EDITOR} .view-lines"
SHARED = "query Shared($code: String!) { division(code: $code) { name } }"
PHONE: ViewportSize = {"width": 390, "height": 844}


@pytest.fixture
async def chinese(chromium: Browser) -> AsyncIterator[Watched]:
    context = await chromium.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN")
    await context.grant_permissions(["clipboard-read", "clipboard-write"])
    yield Watched(context)
    await context.close()


async def texts(page: Page) -> list[str]:
    """What is said on the page outside of the editors: texts, labels, hints."""
    found: list[str] = await page.evaluate("""() => {
      const said = [];
      const data = '.monaco-editor, svg, td, code, .graphiql-tab, .examples li, .bar-language, h1 span, .bar-outcome, script';
      for (const one of document.querySelectorAll('body *')) {
        if (one.closest(data)) continue;
        for (const name of ['aria-label', 'title', 'placeholder', 'alt']) if (one.getAttribute(name)) said.push(one.getAttribute(name));
        for (const node of one.childNodes) if (node.nodeType === 3 && node.data.trim()) said.push(node.data.trim());
      }
      return said;
    }""")
    return found


def is_english(text: str) -> bool:
    """Whether a text has English words and nothing Chinese."""
    plain = re.sub("NDJSON|JSON|CSV|Excel", "", text)
    return any(one.isascii() and one.isalpha() for one in plain) and plain.isascii()


async def test_a_chinese_browser_gets_a_chinese_page_and_the_switch_an_english_one(
    chinese: Watched, hub_url: str
) -> None:
    page = await opened(chinese, f"{hub_url}/graphql")
    assert await page.evaluate("document.documentElement.lang") == "zh-CN"
    await expect(page.get_by_role("status")).to_contain_text("您是公众（未登录），可见：统计结果")
    await page.get_by_role("button", name="运行 查询").click()
    await expect(page.locator(RESPONSE)).to_contain_text('"data"')
    await page.get_by_role("button", name="表格").click()
    assert [text for text in await texts(page) if is_english(text) and text != "publishedFigures.nodes"] == HEADINGS
    for pane in ("接口文档", "历史", "执行计划"):
        await page.get_by_role("button", name=f"显示 {pane}").click()
        await expect(page.locator(".graphiql-plugin")).to_contain_text(pane if pane != "接口文档" else "入口类型")
    await page.get_by_role("button", name="English").click()
    await expect(page.get_by_role("status")).to_contain_text("You are the public")
    await expect(page.get_by_role("button", name="Execute query")).to_be_visible()
    assert await page.evaluate("document.documentElement.lang") == "en"
    await page.reload()
    await expect(page.get_by_role("button", name="中文", exact=True)).to_be_visible()
    assert chinese.faults == []


HEADINGS = ["code", "article", "phrase", "claim", "unit", "qualifier", "startsOn", "endsOn"]


@slow
async def test_messages_of_the_hub_are_in_the_language_of_the_page(chinese: Watched, hub_url: str) -> None:
    page = await opened(chinese, f"{hub_url}/graphql")
    await run_chinese(page, "{ members(first: 1) { nodes { name } } }")
    await expect(page.locator(RESPONSE)).to_contain_text("AGGREGATES_ONLY")
    message = await page.locator(RESPONSE).inner_text()
    assert any("一" <= one <= "鿿" for one in message)


async def run_chinese(page: Page, query: str) -> None:
    await typed(page, query)
    await page.get_by_role("button", name="运行 查询").click()


async def test_a_shared_link_opens_the_query_with_its_variables_and_runs_nothing(
    watched: Watched, hub_url: str
) -> None:
    parts = {"query": SHARED, "variables": '{"code": "33"}', "token": TOKEN}
    link = f"{hub_url}/graphql?{urlencode(parts)}"
    page = await opened(watched, link)
    assert page.url == f"{hub_url}/graphql"
    await expect(page.locator(LINES).first).to_contain_text("query Shared")
    await expect(page.get_by_label("Token")).to_have_value("")
    await expect(page.locator(RESPONSE)).not_to_contain_text("data")
    await page.get_by_role("button", name="Execute query").click()
    await expect(page.locator(RESPONSE)).to_contain_text("浙江省")
    await page.reload()
    await expect(page.locator(LINES).first).to_contain_text("query Shared")


@slow
async def test_a_copied_link_opens_for_another_and_has_no_token(
    watched: Watched, chinese: Watched, hub_url: str
) -> None:
    page = await opened(watched, f"{hub_url}/graphql#token={TOKEN}")
    await typed(page, '{ division(code: "33") { name } } # ，&=+%')
    await page.get_by_role("button", name="Copy a link to this query").click()
    await expect(page.get_by_role("status")).to_contain_text("Link copied")
    link = await page.evaluate("navigator.clipboard.readText()")
    assert link.startswith(f"{hub_url}/graphql?query=")
    assert TOKEN not in link
    other = await opened(chinese, link)
    await expect(other.locator(LINES).first).to_contain_text("# ，&=+%")


@slow
async def test_chinese_punctuation_is_no_warning_in_the_editor(watched: Watched, hub_url: str) -> None:
    page = await opened(watched, f"{hub_url}/graphql#token={TOKEN}")
    await run(
        page,
        '# 单位（含分公司），名称：“工会”！\n{ organizations(first: 1, filter: {name: {eq: "浙江（省），：；？"}}) { totalCount } }',
    )
    await expect(page.locator(RESPONSE)).to_contain_text("totalCount")
    await page.wait_for_timeout(1000)  # the highlighter works in a worker, a moment after the text has changed
    await expect(page.locator(".monaco-editor .unicode-highlight")).to_have_count(0)


@pytest.mark.parametrize("language", sampled(["en-GB", "zh-CN"], ["zh-CN"]))
async def test_on_a_phone_nothing_is_cut_off_and_a_query_is_run_and_read(
    chromium: Browser, hub_url: str, language: str
) -> None:
    context = await chromium.new_context(viewport=PHONE, locale=language, has_touch=True)
    page = await opened(Watched(context), f"{hub_url}/graphql")
    try:
        await page.locator(".graphiql-execute-button").tap()
        await page.locator(".results-bar button").nth(1).tap()
        assert await page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
        for place in (".graphiql-editors", ".results-view", ".bar-token input", ".bar-language"):
            box = await page.locator(place).bounding_box()
            assert box is not None
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= PHONE["width"]
        token_box = await page.locator(".bar-token input").bounding_box()
        assert token_box is not None
        assert token_box["width"] > 120
        for place in (".graphiql-editors", ".results-view"):
            box = await page.locator(place).bounding_box()
            assert box is not None
            assert box["width"] > 300
            assert box["height"] > 250
        await page.locator(".graphiql-sidebar button").nth(1).tap()
        await page.locator("button[data-name=UnionsByProvince]").tap()
        await expect(page.locator(LINES).first).to_contain_text("UnionsByProvince")
    finally:
        await context.close()


@pytest.mark.parametrize(
    ("width", "language", "scheme"),
    sampled(
        product([1280, 390], ["en-GB", "zh-CN"], ["light", "dark"]),
        [(390, "zh-CN", "dark")],
    ),
)
async def test_axe_finds_nothing(chromium: Browser, hub_url: str, width: int, language: str, scheme: Any) -> None:
    context = await chromium.new_context(
        viewport={"width": width, "height": 844}, locale=language, color_scheme=scheme, reduced_motion="reduce"
    )
    page = await opened(Watched(context), f"{hub_url}/graphql")
    try:
        await page.evaluate(AXE.read_text())
        found = await violations(page)
        await page.locator(".graphiql-execute-button").click()
        await page.locator(".results").wait_for()
        for view in (1, 2):
            await page.locator(".results-bar > div button").nth(view).click()
            found += await violations(page)
        assert found == []
    finally:
        await context.close()


async def violations(page: Page) -> list[str]:
    """What axe objects to, by its rules for WCAG and its best practices."""
    found: list[str] = await page.evaluate(
        "axe.run(document).then(({violations}) => violations.flatMap(({id, nodes}) =>"
        " nodes.map(({target, failureSummary}) => `${id}: ${target} ${failureSummary}`)))"
    )
    return found
