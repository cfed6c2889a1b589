"""Which worker runs which tests: those of a unit run on one worker, since they share fixtures, and the longest units start first.

A unit is a file, unless it is named here. The groups of pytest-xdist 3.8 do nothing: it writes them into the names of tests, which pytest
does not take up from 9.2 on (pytest-xdist issue 1386).
"""

import re

from xdist.scheduler import LoadScopeScheduling

FOLDERS = ("tests/access/disclosure/",)
"""Folders that are one unit: their files share fixtures that take long to set up."""

OPERATOR_SERVER = ("tests/test_newcomer.py", "tests/hub/cli/test_wrong_setups.py", "tests/db/test_backup.py")
"""Files that are one unit: they share a PostgreSQL server with a federation (``tests/operator_server.py``)."""

SPLIT = {
    "tests/access/test_filter_faults.py": re.compile(r"\[(?:(?:first|both)-)?(.*?)(?:-(?:first|both))?\]"),
    "tests/resolvers/test_reference_executor.py": re.compile(r"\[.*?(\d)\]"),
}
"""Files too long for one worker, and what of a test's parameters names its unit: the persona, whose plans serve behind either wall; the
last digit of a seed. The access matrix stays whole: what the national federation is answered is requested once in it."""

FIRST = (
    "tests/explorer/test_examples.py",  # it makes the template of the page, while the other worker makes the other one
    "tests/access/test_matrix.py",
    "tests/access/disclosure/",
    "tests/test_newcomer.py",
    "tests/resolvers/test_rows_read.py",
    "tests/resolvers/test_filters.py",
    "tests/access/test_filter_faults.py",
    "tests/access/",
    "tests/explorer/",
    "tests/resolvers/test_reference_executor.py",
    "tests/db/",
    "tests/hub/test_end_to_end.py",
    "tests/test_setup.py",
)
"""How the units start that take longest; what is left at the end is short."""


def unit(test: str) -> str:
    """The unit of a test, by its name."""
    path, _, name = test.partition("::")
    if path in SPLIT:
        found = SPLIT[path].search(name)
        return f"{path}[{found[1]}]" if found else path
    if path in OPERATOR_SERVER:
        return OPERATOR_SERVER[0]
    return next((folder for folder in FOLDERS if path.startswith(folder)), path)


def turn(name: str) -> int:
    """When a unit starts."""
    return next((turn for turn, first in enumerate(FIRST) if name.startswith(first)), len(FIRST))


class Units(LoadScopeScheduling):
    """Gives each worker that is almost done the next unit."""

    def _split_scope(self, nodeid: str) -> str:
        return unit(nodeid)

    def _assign_work_unit(self, node: object) -> None:
        self.workqueue.move_to_end(min(self.workqueue, key=turn), last=False)
        super()._assign_work_unit(node)
