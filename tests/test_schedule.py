"""The tests of a unit run on one worker, and the longest units start first."""

from itertools import chain, pairwise
from types import SimpleNamespace
from typing import Any

from tests.conftest import ROOT
from tests.schedule import FIRST, FOLDERS, OPERATOR_SERVER, SPLIT, Units, turn, unit

MATRIX = "tests/access/test_matrix.py"


class Worker:
    """Is sent tests, and says that it has run them."""

    shutting_down = False

    def __init__(self, name: str) -> None:
        self.gateway = SimpleNamespace(id=name)
        self.sent: list[int] = []

    def send_runtest_some(self, tests: list[int]) -> None:
        self.sent += tests

    def shutdown(self) -> None:
        self.shutting_down = True


def config() -> Any:
    """Of a run with two workers."""
    return SimpleNamespace(
        getvalue=lambda name: ["popen", "popen"],
        option=SimpleNamespace(loadscopereorder=False),
        hook=None,
        trace=SimpleNamespace(root=SimpleNamespace(get=lambda name: lambda *words: None)),
    )


def shared(tests: list[str]) -> list[list[str]]:
    """What each of two workers runs, in order, when both take as long for each test."""
    scheduler: Any = Units(config())
    workers = [Worker("gw0"), Worker("gw1")]
    for worker in workers:
        scheduler.add_node(worker)
        scheduler.add_node_collection(worker, tests)
    scheduler.schedule()
    done = 0
    while any(done < len(worker.sent) for worker in workers):
        for worker in workers:
            if done < len(worker.sent):
                scheduler.mark_test_complete(worker, worker.sent[done])
        done += 1
    return [[tests[number] for number in worker.sent] for worker in workers]


def test_a_unit_is_a_file_several_files_a_folder_or_some_tests_of_a_file() -> None:
    assert unit("tests/db/test_keys.py::test_it[a::b]") == "tests/db/test_keys.py"
    assert unit("tests/access/disclosure/test_use.py::test_it") == "tests/access/disclosure/"
    assert unit(f"{MATRIX}::test_it[weihai-first]") == MATRIX
    for name in ("member", "first-member", "member-both"):
        assert (
            unit(f"tests/access/test_filter_faults.py::test_it[{name}]") == "tests/access/test_filter_faults.py[member]"
        )
    assert unit("tests/db/test_backup.py::test_it[dumped]") == unit("tests/hub/cli/test_wrong_setups.py::test_it")
    assert unit("tests/resolvers/test_reference_executor.py::test_it[17]").endswith("[7]")


def test_workers_run_whole_units_and_the_longest_first() -> None:
    files = [f"tests/db/test_{name}.py::test_{number}" for number in range(3) for name in "abcd"]
    matrix = [f"{MATRIX}::test_it[{name}-{wall}]" for wall in ("first", "both") for name in ("national", "member")]
    faults = [f"tests/access/test_filter_faults.py::test_it[{name}]" for name in ("national", "member")]
    attack = [f"tests/access/disclosure/test_{name}.py::test_it" for name in ("use", "amounts")]
    tests = [*files, *faults, *attack, *matrix]
    found = shared(tests)
    assert sorted(chain(*found)) == sorted(tests)
    where = [{unit(test) for test in worker} for worker in found]
    assert where[0] & where[1] == set()
    for worker in found:
        order = [unit(test) for test in worker]
        assert sum(one != next_ for one, next_ in pairwise(order)) == len(set(order)) - 1
        assert [turn(name) for name in order] == sorted(turn(name) for name in order)
    assert {unit(worker[0]) for worker in found} == {MATRIX, "tests/access/disclosure/"}


def test_what_the_schedule_names_is_there() -> None:
    assert [path for path in (*FOLDERS, *OPERATOR_SERVER, *SPLIT, *FIRST) if not (ROOT / path).exists()] == []
