"""The figures in README and CHANGELOG are those that the code and its data have."""

import json
import lzma
import re
import tomllib
from pathlib import Path

import pytest

from db.demo.load import MEMBERS
from db.server.migrate import connect
from hub import database
from hub.authentication import demonstration_tokens
from hub.cli.chinese_help import HELP
from hub.settings import Settings
from hub.setup import bootstrap
from resolvers.commands.documents import MAX_SCAN
from resolvers.engine.request.limits import MAX_PAGE
from tests.conftest import PAGE_MEMBERS

ROOT = Path(__file__).parent.parent
ENGLISH, CHINESE, CHANGELOG = ((ROOT / name).read_text() for name in ("README.md", "README.zh-CN.md", "CHANGELOG.md"))
MIGRATIONS = {path.name[:4] for path in (ROOT / "db" / "migrations" / "versions").glob("*.py")}


async def test_members_of_the_demonstration(page_url: str) -> None:
    connection = await connect(page_url)
    try:
        found = await connection.fetchval("SELECT count(*) FROM member")
    finally:
        await connection.close()
    members = round(MEMBERS + found - PAGE_MEMBERS, -3)  # those of the page are the same beside any number
    assert f"about {members:,} synthetic members" in ENGLISH
    assert f"约 {members / 10_000:g} 万名虚构会员" in CHINESE


def test_villages() -> None:
    with lzma.open(ROOT / "db" / "reference" / "data" / "villages.csv.xz", "rt", encoding="utf-8") as file:
        count = f"{sum(1 for _ in file) - 1:,}"
    assert f"the {count} villages" in ENGLISH
    assert f"{count} 个村级区划" in CHINESE
    assert f"Load the {count} villages too." in HELP


def test_versions_and_limits() -> None:
    oldest, newest = database.OLDEST, database.NEWEST
    assert f"PostgreSQL {oldest} to {newest}" in ENGLISH
    assert f"version {oldest} to {newest} in UTF-8" in ENGLISH
    python = ".".join(map(str, bootstrap.OLDEST))
    assert f"You need Python {python} or newer" in ENGLISH
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"].startswith(f">={python}")
    assert f"pages of at most {MAX_PAGE}" in CHANGELOG
    assert f"at most {MAX_SCAN // 1024} KiB" in CHANGELOG
    assert Settings(pool_size=8).share * 4 == 8
    assert "a quarter of the connections at the most" in CHANGELOG
    explorer = json.loads((ROOT / "explorer" / "package.json").read_text())
    assert f"GraphiQL {explorer['dependencies']['graphiql'].partition('.')[0]} " in CHANGELOG


def test_a_token_of_the_demonstration_lasts_as_long_as_is_said() -> None:
    (said,) = [text for text in HELP if text.startswith("Print a token of PERSONA")]
    assert f"it lasts {demonstration_tokens.DAYS} days." in said


@pytest.mark.parametrize("text", [ENGLISH, CHINESE, CHANGELOG], ids=["en", "zh", "changelog"])
def test_migrations_and_decisions_that_are_named_exist(text: str) -> None:
    assert set(re.findall(r"[Mm]igration (\d{4})", text)) <= MIGRATIONS
    for number in re.findall(r"ADR (\d{4})", text):
        assert list((ROOT / "docs" / "adr").glob(f"{number}-*.md")), number


def test_the_changelog_has_no_figure_of_one_machine() -> None:
    measured = re.findall(
        r"[^.;\n]*\b(?:on two cores|times (?:as )?(?:fast|quick)|requests a second)\b[^.;\n]*", CHANGELOG
    )
    assert measured == []
