"""Imports run one way: the contracts stand in pyproject.toml, and no modules import one another in a circle."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LINT = Path(sys.executable).parent / "lint-imports"
LAYERS = ("hub", "schema", "resolvers", "db")


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(LINT), "--no-cache", "--no-logo"], cwd=folder, capture_output=True, text=True)


def test_no_layer_imports_one_above_it() -> None:
    done = lint_imports(ROOT)
    assert done.returncode == 0, done.stdout
    assert "5 kept, 0 broken" in done.stdout


@pytest.mark.parametrize(
    ("module", "imported"),
    [
        ("db/members.py", "schema"),
        ("db/members.py", "db.security.grants"),
        ("resolvers/engine/plan/steps.py", "resolvers.engine.compile"),
        ("hub/limits/budget.py", "hub.web"),
    ],
)
def test_an_import_against_the_layers_is_found(tmp_path: Path, module: str, imported: str) -> None:
    for file in (file for layer in LAYERS for file in (ROOT / layer).rglob("*.py")):
        empty = tmp_path / file.relative_to(ROOT)
        empty.parent.mkdir(parents=True, exist_ok=True)
        empty.touch()
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    (tmp_path / module).write_text(f"import {imported}\n")
    done = lint_imports(tmp_path)
    assert done.returncode == 1
    assert f"{module.removesuffix('.py').replace('/', '.')} -> {imported}" in done.stdout


def modules(package: str) -> dict[str, Path]:
    """The files of a package and those below it, by module name."""
    files = (ROOT / package.replace(".", "/")).rglob("*.py")
    return {".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): file for file in files}


def imported(file: Path) -> Iterator[str]:
    """Every name that a file imports, also inside functions and under TYPE_CHECKING."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def circles(package: str, without: str = "") -> list[str]:
    """A circle of modules that import one another, as the modules along it; empty if there is none. One module is left out."""
    files = {name: file for name, file in modules(package).items() if name != without}
    # `from package.a import b` names the package too, whose __init__ imports the modules that it offers: that is no circle of theirs
    graph = {
        name: {each for each in imported(file) if each in files and not name.startswith(f"{each}.")} - {name}
        for name, file in files.items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


@pytest.mark.parametrize("package", ["db", "resolvers", "hub", "bench"])
def test_no_modules_import_one_another_in_a_circle(package: str) -> None:
    assert circles(package) == []


def test_graphql_types_lead_in_a_circle_by_their_references_alone() -> None:
    assert circles("schema", without="schema.refs") == []


def test_a_circle_under_type_checking_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{__name__}.ROOT", tmp_path)
    (tmp_path / "rooms").mkdir()
    (tmp_path / "rooms" / "one.py").write_text("def late():\n    from rooms.other import Other\n")
    (tmp_path / "rooms" / "other.py").write_text("if TYPE_CHECKING:\n    from rooms import one\n")
    assert set(circles("rooms")) == {"rooms.one", "rooms.other"}
