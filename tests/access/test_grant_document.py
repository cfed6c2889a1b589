"""``docs/sign-in.md`` says what the table of grants says."""

import os

from tests.access.grant_document import BEGIN, END, PLACE, tables


def test_the_document_prints_the_table_of_grants() -> None:
    """With ``UPDATE_DOCS=1`` it is written anew."""
    before, begin, rest = PLACE.read_text().partition(BEGIN)
    printed, end, after = rest.partition(END)
    assert begin, f"{PLACE.name} has lost a line between which the table stands"
    assert end, f"{PLACE.name} has lost a line between which the table stands"
    if os.environ.get("UPDATE_DOCS"):
        PLACE.write_text(before + tables() + after)
        return
    assert begin + printed + end == tables(), (
        "the table was changed: UPDATE_DOCS=1 pytest tests/access/test_grant_document.py"
    )
