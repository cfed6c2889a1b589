"""``docs/who-sees-what.md`` says what the policy table says."""

import os

from tests.access.policy_document import MARK, PLACE, tables
from tests.access.policy_table import PolicyTable


def test_the_document_prints_the_policy_table(policy: PolicyTable) -> None:
    """With ``UPDATE_DOCS=1`` it is written anew."""
    introduction, mark, printed = PLACE.read_text().partition(MARK)
    wanted = tables(policy)
    if os.environ.get("UPDATE_DOCS"):
        PLACE.write_text(introduction + wanted)
        return
    assert mark, f"{PLACE.name} has lost the line behind which the tables stand"
    assert mark + printed == wanted, (
        "the policy table was changed: UPDATE_DOCS=1 pytest tests/access/test_policy_document.py"
    )
