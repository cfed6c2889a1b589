"""The layers import in one direction: the contract stands in pyproject.toml."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
LINT = Path(sys.executable).parent / "lint-imports"


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(LINT), "--no-cache", "--no-logo"], cwd=folder, capture_output=True, text=True)


def test_no_layer_imports_one_above_it() -> None:
    done = lint_imports(ROOT)
    assert done.returncode == 0, done.stdout
    assert "1 kept, 0 broken" in done.stdout


def test_an_import_against_the_layers_is_found(tmp_path: Path) -> None:
    for package in ("hub", "schema", "resolvers", "db"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").touch()
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    (tmp_path / "db" / "members.py").write_text("import schema\n")
    done = lint_imports(tmp_path)
    assert done.returncode == 1
    assert "db.members -> schema" in done.stdout
