"""Which worker runs which tests: those of a file stay together, with what they make for each other, and the longest units start first.

The groups of pytest-xdist 3.8 do nothing: it writes them into the names of tests, which pytest does not take up from 9.2 on
(pytest-xdist issue 1386).
"""

import re

from xdist.scheduler import LoadScopeScheduling

FOLDERS = ("tests/access/disclosure/",)
"""Folders that are one unit: what their files share takes long to make."""

SPLIT = {
    "tests/access/test_matrix.py": re.compile(r"\[(.*)-(first|both)\]"),
    "tests/access/test_filter_faults.py": re.compile(r"\[(.*)\]"),
}
"""Files too long for one worker, and what of a test's parameters names its unit: the persona, whose plans serve behind either wall."""

FIRST = (
    "tests/access/test_matrix.py",
    "tests/access/disclosure/",
    "tests/access/test_filter_faults.py",
    "tests/access/",
    "tests/explorer/",
)
"""How the units start that take longest; what is left at the end is short."""


def unit(test: str) -> str:
    """The unit of a test, by its name."""
    path, _, name = test.partition("::")
    if path in SPLIT:
        found = SPLIT[path].search(name)
        return f"{path}[{found[1]}]" if found else path
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
