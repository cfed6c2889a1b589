"""``docs/imports.md`` prints what each kind of record takes in files."""

import os
import re
from collections.abc import Iterator

from hub.imports.template import accepted
from hub.messages import CHINESE
from hub.settings import ROOT
from resolvers.writing.declare import Column, WritableKind
from resolvers.writing.kinds import KINDS

PLACE = ROOT / "docs" / "imports.md"
MARK = "<!-- Printed from resolvers/writing by UPDATE_DOCS=1 pytest tests/hub/imports/test_imports_document.py -->\n"


def printed() -> str:
    return MARK + "\n".join(line for kind in KINDS.values() for line in section(kind)) + "\n"


def section(kind: WritableKind) -> Iterator[str]:
    """What a kind of record takes."""
    keys = "; or ".join(" with ".join(f"`{name}`" for name in key) for key in kind.natural_keys)
    yield from (
        "",
        f"### `{kind.name}` · {kind.heading.english} ({kind.heading.chinese})",
        f"A record is recognized by {keys}.",
        "",
        "| column | heading | other headings | takes | example |",
        "|---|---|---|---|---|",
    )
    yield from (row(column) for column in kind.columns)


def row(column: Column) -> str:
    takes = [accepted(column, chinese=False), column.note, "Personal: masked in reports" if column.personal else ""]
    cells = [
        f"`{column.name}`{', required' if column.required else ''}",
        f"{column.heading.english} / {column.heading.chinese}",
        "、".join(column.heading.aliases),
        ". ".join(each.rstrip(".") for each in takes if each),
        f"`{column.example}`" if column.example else "",
    ]
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def test_the_document_prints_the_kinds() -> None:
    """With ``UPDATE_DOCS=1`` it is written anew."""
    introduction, mark, found = PLACE.read_text().partition(MARK)
    if os.environ.get("UPDATE_DOCS"):
        PLACE.write_text(introduction + printed())
        return
    assert mark + found == printed(), (
        "a kind was changed: UPDATE_DOCS=1 pytest tests/hub/imports/test_imports_document.py"
    )


def test_every_code_that_the_document_names_is_one() -> None:
    introduction, _, _ = PLACE.read_text().partition(MARK)
    named = {
        word for word in re.findall(r"`([A-Z]+_[A-Z_]+|[A-Z]{5,})`", introduction) if not word.startswith("UNIONHUB")
    }
    assert {"ROUNDED_NUMBER", "FORMULA"} <= named <= CHINESE.keys() | {"BROKEN_OFF", "CANCELLED"}
