"""The layers import in one direction: the contract stands in pyproject.toml."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LINT = Path(sys.executable).parent / "lint-imports"


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(LINT), "--no-cache", "--no-logo"], cwd=folder, capture_output=True, text=True)


def test_no_layer_imports_one_above_it() -> None:
    done = lint_imports(ROOT)
    assert done.returncode == 0, done.stdout
    assert "2 kept, 0 broken" in done.stdout


@pytest.mark.parametrize(
    ("module", "imported"),
    [("db/members.py", "schema"), ("resolvers/engine/plan/steps.py", "resolvers.engine.compile")],
)
def test_an_import_against_the_layers_is_found(tmp_path: Path, module: str, imported: str) -> None:
    stages = ("request", "plan", "declare", "statistics", "compile", "execute", "reference")
    packages = (
        "hub",
        "schema",
        "resolvers",
        "db",
        "resolvers/engine",
        *(f"resolvers/engine/{each}" for each in stages),
    )
    for package in packages:
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").touch()
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    (tmp_path / module).write_text(f"import {imported}\n")
    done = lint_imports(tmp_path)
    assert done.returncode == 1
    assert f"{module.removesuffix('.py').replace('/', '.')} -> {imported}" in done.stdout


def imported(source: str) -> Iterator[str]:
    """The modules that a module imports anywhere in its text, also for type checking alone."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            assert node.module is not None
            assert node.level == 0, "packages are named whole"
            yield from (f"{node.module}.{name.name}" for name in node.names)
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names)


def in_order(sources: dict[str, str]) -> list[str]:
    """The modules in an order in which each imports only those before it. Raises ``CycleError``."""
    graph = {
        name: {each for each in imported(source) if each in sources and each != name}
        for name, source in sources.items()
    }
    return list(TopologicalSorter(graph).static_order())


def test_no_circle_of_imports_is_left_in_the_engine_not_even_for_type_checking() -> None:
    sources = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path.read_text()
        for path in (ROOT / "resolvers" / "engine").rglob("*.py")
    }
    assert len(in_order(sources)) > 60


def test_a_circle_for_type_checking_alone_is_found() -> None:
    sources = {
        "a.one": "from a.two import Two",
        "a.two": "from a import three",
        "a.three": "if TYPE_CHECKING:\n    from a.one import One",
        "a": "",
    }
    with pytest.raises(CycleError) as error:
        in_order(sources)
    assert set(error.value.args[1]) == {"a.one", "a.two", "a.three"}
    assert in_order({**sources, "a.three": ""})[-1] == "a.one"
