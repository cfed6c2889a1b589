"""What the page offers to each caller: examples that the hub answers to them, and that find something."""

import json
import os
import re
from pathlib import Path

import pytest
from playwright.async_api import expect

from db.access import Role
from tests.explorer import offers
from tests.explorer.conftest import Watched
from tests.explorer.test_explorer import EDITOR, RESPONSE, opened
from tests.slow import sampled
from tests.tokens import token

VIEWER = Path(__file__).parents[2] / "explorer" / "src" / "viewer.ts"

SAMPLE = (offers.PUBLIC, "weihai")
"""As whom ``make test`` opens the page: aggregates only, a union. What every other is answered it asks without a browser."""
as_each_caller = pytest.mark.parametrize("caller", sampled(offers.CALLERS, SAMPLE))


def test_every_example_says_whom_it_is_for_and_nothing_else_does(hub_url: str) -> None:
    """With ``UPDATE_DOCS=1`` the declarations are written anew, by what each persona may run."""
    if os.environ.get("UPDATE_DOCS"):
        offers.PLACE.write_text(offers.printed(offers.audiences(hub_url)))
    declared = json.loads(offers.PLACE.read_text())
    assert declared.keys() == offers.examples().keys()
    roles = {role.name for role in Role} | {offers.OTHERS}
    assert [name for name, audience in declared.items() if not audience.keys() <= roles] == []


def test_the_page_has_words_for_every_role() -> None:
    assert set(re.findall(r"^  ([A-Z_]+): \{$", VIEWER.read_text(), re.MULTILINE)) == {role.name for role in Role}


@as_each_caller
async def test_the_page_offers_what_the_caller_may_run_and_opens_on_it(
    watched: Watched, hub_url: str, caller: str
) -> None:
    address = f"{hub_url}/graphql" + ("" if caller == offers.PUBLIC else f"#token={token(caller)}")
    page = await opened(watched, address)
    pane = page.get_by_role("region", name="Examples")
    names = await pane.locator("button[data-name]").evaluate_all("all => all.map(one => one.dataset.name)")
    assert len(names) >= 5
    known = offers.examples()
    with offers.client(caller) as asking:
        for name in names:
            answer = asking.post(f"{hub_url}/graphql", json=known[name]._asdict())
            assert answer.status_code == 200, (name, answer.text)
            assert "errors" not in answer.json(), (name, answer.text)
            assert name in offers.ONLY or offers.finds(answer.json()["data"]), (name, answer.text)
    first = await page.locator(".graphiql-tab-active .graphiql-tab-button").inner_text()
    assert first in names
    await page.get_by_role("button", name="Execute query").click()
    await expect(page.locator(RESPONSE)).to_contain_text('"data"')
    await expect(page.locator(RESPONSE)).not_to_contain_text('"errors"')
    assert watched.faults == []


async def test_another_caller_does_not_find_an_example_open_that_they_may_not_run(
    watched: Watched, hub_url: str
) -> None:
    page = await opened(watched, f"{hub_url}/graphql#token={token('national')}")
    lines = page.locator(f"{EDITOR} .view-lines").first
    await expect(lines).to_contain_text("OneOrganization")
    await page.get_by_label("Token").fill("")
    await page.get_by_label("Token").press("Enter")
    await expect(lines).to_contain_text("PublishedClaims")
    await expect(page.get_by_role("button", name="Members by name")).to_have_count(0)
