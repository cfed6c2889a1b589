"""``docs/industries.md`` prints the code list of industries."""

import os
from collections.abc import Iterator

from db.columns.industries import INDUSTRIES, SECTIONS
from hub.settings import ROOT

PLACE = ROOT / "docs" / "industries.md"
HEAD = """# Industries

For analysts (供分析人员查阅): the codes of `industry` in filters and of `INDUSTRY` in `statistics`. They are the 97 divisions of
GB/T 4754-2017 (国民经济行业分类), each with the letter of its section before it. A section alone is not a code: for all of section G filter
by `startsWith: "G"`, or give its divisions to `where`.

<!-- Printed from db/columns/industries.py by UPDATE_DOCS=1 pytest tests/resolvers/test_industries_document.py -->
"""


def lines() -> Iterator[str]:
    """A table for each section."""
    for letter, section in SECTIONS.items():
        yield from ("", f"## {letter} · {section}", "| code | industry |", "|---|---|")
        yield from (f"| `{code}` | {label} |" for code, label in INDUSTRIES.items() if code[0] == letter)


def test_the_document_prints_the_list() -> None:
    """With ``UPDATE_DOCS=1`` it is written anew."""
    wanted = HEAD + "\n".join(lines()) + "\n"
    if os.environ.get("UPDATE_DOCS"):
        PLACE.write_text(wanted)
    assert PLACE.read_text() == wanted


def test_the_list_has_all_sections_and_divisions() -> None:
    assert [int(code[1:]) for code in INDUSTRIES] == list(range(1, 98))
    assert sorted({code[0] for code in INDUSTRIES}) == list(SECTIONS) == [chr(number) for number in range(65, 85)]
