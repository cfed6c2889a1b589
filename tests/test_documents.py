"""Pages agree with each other and with the repository: both READMEs, links, named files, the list of decisions."""

import json
import re
from pathlib import Path

import pytest
from graphql import parse, validate

from bench.__main__ import main
from resolvers.commands.purposes import RULES
from schema import schema

ROOT = Path(__file__).parent.parent
ENGLISH, CHINESE = ROOT / "README.md", ROOT / "README.zh-CN.md"
DOCS = sorted((ROOT / "docs").glob("*.md"))
DECISIONS = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))
PAGES = [
    ENGLISH,
    CHINESE,
    *(ROOT / name for name in ("CONTRIBUTING.md", "CHANGELOG.md", "bench/README.md", "docker/README.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
MADE = {
    "docker/secrets.env",
    "hub/static",
    *re.findall(r"^```python (\S+)$", (ROOT / "CONTRIBUTING.md").read_text(), re.MULTILINE),
}
"""Files that are not in the repository: what the pages say makes them."""

PLACEHOLDERS = {"身份": "PERSONA", "文件": "FILE", "主体": "PRINCIPAL"}
"""Words of the Chinese README that stand for what a user fills in, and the English README's words for the same."""


def blocks(text: str, language: str) -> list[str]:
    """The fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def prose(text: str) -> str:
    """A page without its fenced blocks."""
    return re.sub(r"^\s*```.*?^\s*```", "", text, flags=re.DOTALL | re.MULTILINE)


def sections(path: Path) -> list[tuple[str, str]]:
    """The headings of a page with their marks, each with the text below it, without fenced blocks."""
    found = re.split(r"^(#+ .*)\n", prose(path.read_text()), flags=re.MULTILINE)
    return list(zip(found[1::2], found[2::2], strict=True))


def anchor(heading: str) -> str:
    """The anchor that GitHub makes of a heading."""
    return re.sub(r"[^\w -]", "", heading.lstrip("# ")).lower().replace(" ", "-")


def links(text: str) -> list[str]:
    """The targets of links and images."""
    return re.findall(r"\]\(([^)\s]+)\)", text)


def codes(text: str) -> list[str]:
    """What stands in backticks, with the same words for what a user fills in."""
    found = re.findall(r"`([^`\n]+)`", text)
    return sorted(re.sub("|".join(PLACEHOLDERS), lambda word: PLACEHOLDERS[word[0]], each) for each in found)


def rows(text: str) -> list[int]:
    """How many cells each row of the tables has, in order."""
    return [line.count(" | ") for line in text.splitlines() if line.startswith("|")]


def table(text: str) -> list[list[str]]:
    """The cells of the first table, without its head."""
    lines = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("|")]
    return lines[2:]


SECTIONS = list(zip(sections(ENGLISH), sections(CHINESE), strict=False))


def test_both_readmes_have_the_same_headings_and_blocks() -> None:
    english, chinese = sections(ENGLISH), sections(CHINESE)
    assert [head.count("#") for head, _ in english] == [head.count("#") for head, _ in chinese]
    for language in ("graphql", "json", "nginx"):
        found = blocks(ENGLISH.read_text(), language)
        assert found
        assert found == blocks(CHINESE.read_text(), language)
    for language in ("sh", "text"):
        assert len(blocks(ENGLISH.read_text(), language)) == len(blocks(CHINESE.read_text(), language)) > 0


@pytest.mark.parametrize(("english", "chinese"), SECTIONS, ids=lambda section: anchor(section[0]))
def test_each_section_of_both_readmes_has_the_same_links_codes_and_tables(
    english: tuple[str, str], chinese: tuple[str, str]
) -> None:
    other = {anchor(zh[0]): anchor(en[0]) for en, zh in SECTIONS}
    translated = [f"#{other[link[1:]]}" if link.startswith("#") else link for link in links(chinese[1])]
    swapped = {"README.md": "README.zh-CN.md"}
    assert sorted(links(english[1])) == sorted(swapped.get(link, link) for link in translated)
    assert codes(english[1]) == codes(chinese[1])
    assert rows(english[1]) == rows(chinese[1])
    assert english[1].count("\n- ") == chinese[1].count("\n- ")


def test_the_queries_of_the_readme_are_valid_and_have_answers() -> None:
    queries, answers = (blocks(ENGLISH.read_text(), language) for language in ("graphql", "json"))
    for query, answer in zip(queries, answers, strict=True):
        assert validate(schema._schema, parse(query)) == []
        assert json.loads(answer).keys() == {"data"}


def test_both_readmes_list_every_page_of_the_docs() -> None:
    for path in (ENGLISH, CHINESE):
        head, text = sections(path)[-1]
        assert head in {"## Documents", "## 文档"}
        listed = set(links(text))
        assert {f"docs/{page.name}" for page in DOCS} <= listed, path
        assert {
            "docs/adr/README.md",
            "bench/README.md",
            "docker/README.md",
            "CONTRIBUTING.md",
            "CHANGELOG.md",
        } <= listed


def test_the_readmes_name_every_purpose() -> None:
    for path in (ENGLISH, CHINESE):
        named = re.findall(r"^\| `(?!UNIONHUB)([A-Z_]+)` \|", path.read_text(), re.MULTILINE)
        assert named == [purpose.name for purpose in RULES], path


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_that_a_page_links_or_names_exists(page: Path) -> None:
    text = page.read_text()
    for link in links(prose(text)):
        target, _, heading = link.partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        there = page.parent / target if target else page
        assert there.exists(), link
        if heading and there.suffix == ".md":
            assert heading in {anchor(line) for line in there.read_text().splitlines() if line.startswith("#")}, link
    if page.name == "CHANGELOG.md":  # of the past
        return
    folders = "db|hub|schema|resolvers|tests|docs|bench|docker|explorer"
    for path in re.findall(rf"(?<![\w./-])((?:{folders})/[\w./-]*\w)(?![\w*<…])", text):
        if path not in MADE:
            assert (ROOT / path).exists(), path


@pytest.mark.parametrize("page", DOCS, ids=lambda page: page.name)
def test_a_page_has_one_title_and_says_first_what_it_is_for(page: Path) -> None:
    title, empty, first = page.read_text().splitlines()[:3]
    assert title.startswith("# ")
    assert not empty
    assert re.match(r"[A-Z`*]", first), "after the title comes a paragraph"
    assert [line for line in prose(page.read_text()).splitlines() if line.startswith("# ")] == [title]


def test_the_page_of_benchmarks_lists_every_command() -> None:
    listed = re.findall(r"^\| `make bench ARGS=([a-z-]+)` \|", (ROOT / "bench" / "README.md").read_text(), re.MULTILINE)
    assert sorted(listed) == sorted(main.commands)


# --- Decisions.

INDEX = ROOT / "docs" / "adr" / "README.md"
TEMPLATE = ROOT / "docs" / "adr" / "template.md"
LONGEST = 700


def status(path: Path) -> str:
    """The status of a decision; fails where its second line is not like the template's."""
    line = path.read_text().splitlines()[2]
    found = re.fullmatch(
        r"Date: \d{4}-\d\d-\d\d(?:, changed \d{4}-\d\d-\d\d.*)? · Status: (accepted|superseded by \d{4})", line
    )
    assert found, line
    return found[1]


def test_the_list_of_decisions_has_each_with_its_title_and_status() -> None:
    wanted = []
    for path in DECISIONS:
        number, title = path.read_text().splitlines()[0].removeprefix("# ").split(" — ", 1)
        assert number == path.name[:4]
        wanted.append((f"[{number}]({path.name})", title, status(path)))
    listed = table(INDEX.read_text())
    assert [(row[0], row[1], row[3]) for row in listed] == wanted
    assert all(len(row[2]) > 20 for row in listed), "each decision is said in a line"


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.name[:4])
def test_a_decision_has_the_sections_of_the_template_and_is_short(path: Path) -> None:
    assert [head for head, _ in sections(path)[1:]] == [head for head, _ in sections(TEMPLATE)[1:]]
    assert len(path.read_text().split()) <= LONGEST, "what is longer is a page of docs/ and a decision"
