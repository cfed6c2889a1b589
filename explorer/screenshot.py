"""A picture of the explorer with a nested query, its answer as a chart and its plan, taken from a hub that runs.

    .venv/bin/python explorer/screenshot.py http://127.0.0.1:8000 TOKEN [docs/explorer.png]

It needs Chromium (on the PATH, or named by ``UNIONHUB_CHROMIUM``) and a Chinese font (Debian's ``fonts-noto-cjk``).
"""

import os
import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
TAB = "TownshipsWithoutCentre"
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync"]  # fmt: skip


def take(address: str, token: str, path: Path) -> None:
    """Write the picture, 1440 × 900 pixels.

    Raises:
        playwright.sync_api.Error: the page or its answer did not come within half a minute.
    """
    chromium = os.environ.get("UNIONHUB_CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1440, "height": 900}, color_scheme="light")
        page.goto(f"{address.rstrip('/')}/graphql#token={token}")
        page.get_by_role("switch", name="Explain").check()
        page.locator(".graphiql-query-editor .view-line").first.wait_for()
        page.locator(".graphiql-tab").get_by_text(TAB).click()
        page.locator(".graphiql-query-editor .view-line", has_text=TAB).wait_for()
        for _ in range(3):  # PostgreSQL has planned the statements and read the pages by the last
            with page.expect_response("**/graphql"):
                page.get_by_role("button", name="Execute query").click()
            page.locator(".graphiql-response .view-line", has_text="data").first.wait_for()
        page.get_by_role("button", name="Chart", exact=True).click()
        page.get_by_role("region", name="Query plan").get_by_role("listitem").last.click()
        page.mouse.move(720, 880)
        page.wait_for_timeout(1000)
        path.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=path)
        browser.close()


if __name__ == "__main__":
    if len(sys.argv) not in {3, 4}:
        sys.exit(
            "Usage: explorer/screenshot.py ADDRESS TOKEN [FILE], e.g. http://127.0.0.1:8000 and the token of make demo"
        )
    take(sys.argv[1], sys.argv[2], Path(sys.argv[3]) if len(sys.argv) == 4 else ROOT / "docs" / "explorer.png")
