"""The explorer in a real browser, on a real hub."""

from playwright.async_api import Page, expect

from tests.explorer.conftest import TOKEN, Watched
from tests.slow import slow

QUERY = """query Cities { organizations(first: 1, filter: {name: {eq: "浙江省总工会"}}) { nodes { name
  children(first: 2, filter: {level: {eq: CITY}, kind: {eq: LOCAL_FEDERATION}}) { nodes { name } } } } }"""
EDITOR = ".graphiql-query-editor .monaco-editor"
RESPONSE = ".graphiql-response .view-lines"


async def opened(watched: Watched, address: str) -> Page:
    page = await watched.context.new_page()
    await page.goto(address)
    await expect(page.locator(f"{EDITOR} .view-line").first).to_be_visible(
        timeout=20_000
    )  # four megabytes of editor, on a busy machine
    return page


async def typed(page: Page, query: str) -> None:
    await page.locator(EDITOR).first.click()
    await page.keyboard.press("ControlOrMeta+A")
    await page.evaluate("text => navigator.clipboard.writeText(text)", query)
    await page.keyboard.press("ControlOrMeta+V")  # typed brackets would be closed by the editor


async def run(page: Page, query: str) -> None:
    await typed(page, query)
    await page.get_by_role("button", name="Execute query").click()


async def test_a_query_is_answered_and_no_request_leaves_the_origin(watched: Watched, hub_url: str) -> None:
    page = await opened(watched, f"{hub_url}/graphql#token={TOKEN}")
    await expect(page).to_have_title("Union Hub · 工会数据枢纽")
    await run(page, QUERY)
    await expect(page.locator(RESPONSE)).to_contain_text("宁波市总工会")
    await page.get_by_role("button", name="Show Documentation Explorer").click()
    await expect(page.get_by_role("region", name="Documentation Explorer")).to_contain_text("Query")
    assert [url for url in watched.requests if url.endswith("/graphql")], "the watch saw nothing"
    assert watched.elsewhere(hub_url) == []
    assert watched.faults == []


async def test_all_three_workers_run_from_the_hubs_own_files(watched: Watched, hub_url: str) -> None:
    page = await opened(watched, f"{hub_url}/graphql#token={TOKEN}")
    await typed(page, "{ organisations { nodes { name } } }")
    await expect(page.locator(f"{EDITOR} .squiggly-error")).to_be_visible()
    await typed(page, "{ organizations { nodes { name } } }")
    await expect(page.locator(f"{EDITOR} .squiggly-error")).to_have_count(0)
    await run(page, QUERY)
    await expect(page.locator(RESPONSE)).to_contain_text("宁波市总工会")
    scripts = {
        url.rsplit("/", 1)[-1].split("-")[0]
        for url in watched.requests
        if url.startswith(f"{hub_url}/explorer/assets/")
    }
    assert {"editor.worker", "graphql.worker", "json.worker"} <= scripts
    assert watched.faults == []


async def test_the_token_of_the_address_is_taken_for_this_tab_and_removed_from_it(
    watched: Watched, hub_url: str
) -> None:
    page = await opened(watched, f"{hub_url}/graphql#token={TOKEN}")
    assert page.url == f"{hub_url}/graphql"
    assert TOKEN not in await page.evaluate("JSON.stringify(localStorage)")
    await expect(page.get_by_label("Token")).to_have_value(TOKEN)
    await page.reload()
    await expect(page.get_by_label("Token")).to_have_value(TOKEN)


async def test_without_a_token_the_page_says_what_the_public_sees_and_where_to_find_a_token(
    watched: Watched, hub_url: str
) -> None:
    page = await opened(watched, f"{hub_url}/graphql")
    status = page.get_by_role("status")
    await expect(status).to_contain_text("You are the public: statistics, small numbers withheld")
    await expect(status).to_contain_text("make demo")
    await run(page, QUERY)
    await expect(page.locator(RESPONSE)).to_contain_text("AGGREGATES_ONLY")
    await expect(page.locator(RESPONSE)).not_to_contain_text("宁波市总工会")
    await page.get_by_label("Token").fill(TOKEN)
    await page.get_by_label("Token").press("Enter")
    await expect(status).to_contain_text("You are national: Federation 中华全国总工会")
    await expect(page.locator(f"{EDITOR} .view-lines").first).to_contain_text("Cities")
    await run(page, QUERY)
    await expect(page.locator(RESPONSE)).to_contain_text("宁波市总工会")


@slow
async def test_a_wrong_token_is_said_to_be_wrong(watched: Watched, hub_url: str) -> None:
    page = await opened(watched, f"{hub_url}/graphql#token=wrong")
    await expect(page.get_by_role("status").first).to_contain_text("refused this token")


async def test_the_plan_opens_beside_the_answer_when_it_is_asked_for(watched: Watched, hub_url: str) -> None:
    page = await opened(watched, f"{hub_url}/graphql#token={TOKEN}")
    await run(page, QUERY)
    await expect(page.locator(RESPONSE)).to_contain_text("宁波市总工会")
    await expect(page.get_by_role("region", name="Query plan")).to_have_count(0)
    await page.get_by_role("switch", name="Explain").check()
    await run(page, QUERY)
    plan = page.get_by_role("region", name="Query plan")
    await expect(plan).to_contain_text("organizations")
    await expect(plan).to_contain_text("children: in the same statement")
    await expect(plan.get_by_role("listitem")).to_have_count(1)
    await plan.get_by_role("listitem").first.click()
    await expect(plan.get_by_role("listitem").first).to_contain_text("SELECT")
    await expect(page.locator(RESPONSE)).not_to_contain_text("milliseconds")
    assert watched.faults == []


async def test_the_examples_are_open_at_a_first_visit_and_stay_closed_when_they_were_closed(
    watched: Watched, hub_url: str
) -> None:
    page = await opened(watched, f"{hub_url}/graphql#token={TOKEN}")
    await expect(page.get_by_role("region", name="Examples")).to_be_visible()
    await page.get_by_role("button", name="Hide Examples").click()
    await expect(page.get_by_role("region", name="Examples")).to_have_count(0)
    await page.reload()
    await expect(page.locator(f"{EDITOR} .view-line").first).to_be_visible()
    await expect(page.get_by_role("region", name="Examples")).to_have_count(0)


@slow
async def test_an_example_opens_in_a_tab_of_its_own_and_once(watched: Watched, hub_url: str) -> None:
    page = await opened(watched, f"{hub_url}/graphql#token={TOKEN}")
    before = await page.locator(".graphiql-tab").count()
    for _ in range(2):
        await page.get_by_role("button", name="Members by name").click()
        await expect(page.locator(".graphiql-tab")).to_have_count(before + 1)
        await expect(page.locator(f"{EDITOR} .view-lines")).to_contain_text("MembersByName")
        await page.get_by_role("button", name="One organization").click()
        await expect(page.locator(f"{EDITOR} .view-lines")).to_contain_text("OneOrganization")
    await expect(page.locator(".graphiql-tab")).to_have_count(before + 1)


async def test_a_question_of_the_page_is_found_by_its_words_and_answered(watched: Watched, hub_url: str) -> None:
    page = await opened(watched, f"{hub_url}/graphql#token={TOKEN}")
    examples = page.get_by_role("region", name="Examples")
    await expect(examples.get_by_role("button", name="WH1 How many migrant workers")).to_be_hidden()
    await examples.get_by_role("searchbox").fill("migrant 18011")
    await expect(examples.get_by_role("button")).to_have_count(1)
    await examples.get_by_role("button", name="WH1 How many migrant workers").click()
    await expect(page.locator(f"{EDITOR} .view-lines")).to_contain_text("query WH1")
    await page.get_by_role("button", name="Execute query").click()
    await expect(page.locator(RESPONSE)).to_contain_text("18011")
    await examples.get_by_role("searchbox").fill("no such words")
    await expect(examples.get_by_role("status")).to_be_visible()
    assert watched.faults == []
