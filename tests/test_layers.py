"""The layers import in one direction: the contract stands in pyproject.toml."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LINT = Path(sys.executable).parent / "lint-imports"


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(LINT), "--no-cache", "--no-logo"], cwd=folder, capture_output=True, text=True)


def test_no_layer_imports_one_above_it() -> None:
    done = lint_imports(ROOT)
    assert done.returncode == 0, done.stdout
    assert "3 kept, 0 broken" in done.stdout


@pytest.mark.parametrize(
    ("module", "imported"),
    [
        ("db/members.py", "schema"),
        ("resolvers/engine/plan/steps.py", "resolvers.engine.compile"),
        ("hub/limits/budget.py", "hub.web"),
    ],
)
def test_an_import_against_the_layers_is_found(tmp_path: Path, module: str, imported: str) -> None:
    for package in ("hub", "schema", "resolvers", "db"):
        for path in (ROOT / package).rglob("*.py"):
            copy = tmp_path / path.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.touch()
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    (tmp_path / module).write_text(f"import {imported}\n")
    done = lint_imports(tmp_path)
    assert done.returncode == 1
    assert f"{module.removesuffix('.py').replace('/', '.')} -> {imported}" in done.stdout
