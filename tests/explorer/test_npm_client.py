"""A client from npm (urql) on a page of another origin uses the hub: preflight, compression, variables, errors, commands, GET."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from tests.tokens import token

ASK = """
async ([url, authorization, kind, text, variables, options]) => {
  const {Client, cacheExchange, fetchExchange} = window.urql;
  const client = new Client({
    url, exchanges: [cacheExchange, fetchExchange], preferGetMethod: false, ...options,
    fetchOptions: () => ({headers: authorization ? {authorization} : {}}),
  });
  const result = await client[kind](text, variables).toPromise();
  const again = kind === "query" ? await client.query(text, variables).toPromise() : null;
  return {
    data: result.data ?? null, again: again?.data ?? null,
    codes: result.error?.graphQLErrors.map(error => error.extensions.code) ?? [],
    messages: result.error?.graphQLErrors.map(error => error.message) ?? [],
    network: result.error?.networkError?.message ?? null,
  };
}
"""
CITIES = """query Cities($code: String!, $first: Int) { division(code: $code) {
    id name children(first: $first, orderBy: {field: CODE}) {
        totalCount nodes { id name children(first: $first) { nodes { id name fullName } } } } } }"""
MEMBER = "query One { members(first: 1) { nodes { id name } } }"
REVEAL = """mutation Reveal($input: RevealInput!) {
    reveal(input: $input) { members { id name } errors { code message } } }"""


@dataclass
class Used:
    """The page, and what it asked of the hub."""

    page: Page
    hub: str
    preflights: list[str] = field(default_factory=list)
    answers: list[tuple[str, int, dict[str, str]]] = field(default_factory=list)

    async def ask(
        self, text: str, variables: Any = None, kind: str = "query", bearer: str | None = None, **options: Any
    ) -> Any:
        given = [f"{self.hub}/graphql", bearer and f"Bearer {bearer}", kind, text, variables or {}, options]
        return await self.page.evaluate(ASK, given)


@pytest.fixture
async def used(chromium: Browser, application: str, hub_url: str) -> AsyncIterator[Used]:
    context = await chromium.new_context()
    page = await context.new_page()
    made, heard = Used(page, hub_url), await context.new_cdp_session(page)
    await heard.send("Network.enable")

    def asked(event: dict[str, Any]) -> None:
        if event["request"]["method"] == "OPTIONS":
            made.preflights.append(event["request"]["url"])

    async def answered(response: Any) -> None:
        if response.url.startswith(hub_url):
            made.answers.append((response.request.method, response.status, await response.all_headers()))

    heard.on("Network.requestWillBeSent", asked)
    page.on("response", answered)
    await page.goto(f"{application}/")
    await page.wait_for_function("window.urql")
    yield made
    await context.close()


async def answers(used: Used, count: int) -> list[tuple[str, int, dict[str, str]]]:
    """The answers of the hub, once there are so many."""
    for _ in range(200):
        if len(used.answers) >= count:
            break
        await asyncio.sleep(0.02)
    return used.answers


async def test_queries_with_variables_after_a_preflight_and_compressed(used: Used) -> None:
    result = await used.ask(CITIES, {"code": "33", "first": 200}, bearer=token())
    assert (result["codes"], result["network"]) == ([], None)
    division = result["data"]["division"]
    assert division["name"] == "浙江省"
    assert division["__typename"] == "Division"
    assert len(division["children"]["nodes"]) == division["children"]["totalCount"] == 11
    assert result["again"] == result["data"]
    ((method, status, headers),) = await answers(used, 1)  # the second time it is in the client's cache
    assert (method, status) == ("POST", 200)
    assert headers["content-encoding"] in {"zstd", "br", "gzip"}
    assert headers["access-control-allow-origin"] != "*"
    assert used.preflights == [f"{used.hub}/graphql"]


async def test_errors_keep_their_codes_and_data_stands_beside_them(used: Used) -> None:
    wrong = await used.ask("{ nothing }", bearer=token())
    assert wrong["codes"] == ["VALIDATION_FAILED"]
    partly = await used.ask(
        '{ good: division(code: "33") { name } bad: division(code: "nowhere") { name } }', bearer=token()
    )
    assert partly["codes"] == ["NOT_FOUND"]
    assert partly["data"]["good"]["name"] == "浙江省"
    stranger = await used.ask("{ viewer { persona } }", bearer="a.b.c")
    assert stranger["codes"] == ["UNAUTHENTICATED"]
    assert {status for _, status, _ in await answers(used, 5)} == {200, 400, 401}


async def test_a_command_with_a_token_is_done(used: Used) -> None:
    (member,) = (await used.ask(MEMBER, bearer=token()))["data"]["members"]["nodes"]
    given = {"input": {"ids": [member["id"]], "fields": ["PHONE"], "purpose": "SERVICE_CONTACT"}}
    done = await used.ask(REVEAL, given, kind="mutation", bearer=token())
    assert (done["codes"], done["network"]) == ([], None), done
    assert done["data"]["reveal"]["errors"] == []
    assert [record["id"] for record in done["data"]["reveal"]["members"]] == [member["id"]]
    refused = await used.ask(REVEAL, given, kind="mutation")
    assert refused["data"]["reveal"]["errors"][0]["code"]


async def test_the_publics_queries_by_get_need_no_preflight_and_may_be_kept(used: Used) -> None:
    result = await used.ask(CITIES, {"code": "33", "first": 2}, preferGetMethod="force")
    assert result["data"]["division"]["name"] == "浙江省"
    ((method, status, headers),) = await answers(used, 1)
    assert (method, status, used.preflights) == ("GET", 200, [])
    assert "max-age" in headers["cache-control"]
