"""Makes the virtual environment of a bare checkout. ``make`` runs it with any Python ≥ 3.11; it uses the standard library only.

``python -I hub/setup/bootstrap.py [--dev | --node]`` makes ``.venv`` and installs by hash what ``requirements.lock`` names
(``--dev``: ``requirements-dev.lock``; ``--node``: ``requirements-node.lock``, in addition). An environment that is up to
date is left alone: a stamp file has the digest of the lock, of the environment's Python and of the folder.
"""

from __future__ import annotations

import fcntl
import hashlib
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
OLDEST = (3, 11)
LOCKS = {"run": "requirements.lock", "dev": "requirements-dev.lock", "node": "requirements-node.lock"}
COVERS = {"run": ("run",), "dev": ("run", "dev", "node"), "node": ("node",)}
"""The locks that are satisfied once one is installed: the development lock includes the others."""


class SetupError(Exception):
    """Setting up has failed; the message says what to do."""


def digest(kind: str, root: Path = ROOT) -> str:
    """The digest that the stamp must have; it changes with the lock, ``pyproject.toml``, the environment's Python, and the folder."""
    read = (root / LOCKS[kind], root / "pyproject.toml", root / ".venv" / "pyvenv.cfg")
    return hashlib.sha256(b"\0".join([str(root).encode(), *(path.read_bytes() for path in read)])).hexdigest()


def is_fresh(kind: str, root: Path = ROOT) -> bool:
    """Whether the packages in the lock of ``kind`` are installed."""
    venv = root / ".venv"
    stamp = venv / f".{kind}.stamp"
    return stamp.is_file() and (venv / "pyvenv.cfg").is_file() and stamp.read_text() == digest(kind, root)


def install(kind: str, root: Path = ROOT) -> None:
    """Make the environment if it is missing, and install the lock of ``kind`` unless it is installed.

    Raises:
        SetupError: Python cannot make an environment, pip failed, or ``.venv`` is a link: making it anew would empty the folder that it
            leads to.
    """
    if is_fresh(kind, root):
        return
    with one_at_a_time(root / ".data" / "setup.lock"):
        if is_fresh(kind, root):
            return
        venv = root / ".venv"
        if venv.is_symlink():
            raise SetupError(
                f"{venv} is a link to {venv.resolve()}, an environment that others may use. It was left alone: remove the link."
            )
        python = venv / "bin" / "python"
        if not python.is_file() or not _belongs(venv):
            say(f"Making the virtual environment .venv (Python {sys.version.split()[0]})")
            _run(
                [sys.executable, "-m", "venv", "--clear", str(venv)],
                "Python cannot make a virtual environment. On Debian and Ubuntu: apt-get install python3-venv",
            )
        say(f"Installing what {LOCKS[kind]} names")
        pip = [str(python), "-m", "pip", "--disable-pip-version-check", "--no-input"]
        advice = "pip failed (its words are above). Is the network up? The command can be repeated."
        _run([*pip, "install", "-q", "--require-hashes", "-r", str(root / LOCKS[kind])], advice)
        if kind != "node":
            _run([*pip, "install", "-q", "--no-deps", "--no-build-isolation", "-e", str(root)], advice)
        for covered in COVERS[kind]:
            (venv / f".{covered}.stamp").write_text(digest(covered, root))


@contextmanager
def one_at_a_time(path: Path) -> Iterator[None]:
    """Hold the lock file at ``path``, so that two runs of ``make`` in one checkout do not write the same files."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def say(text: str) -> None:
    """Print a line about progress to standard error."""
    print(f"· {text}", file=sys.stderr, flush=True)


def _belongs(venv: Path) -> bool:
    """Whether ``venv`` was made at this path: the scripts of a moved or copied one point elsewhere."""
    pip = venv / "bin" / "pip"
    return pip.is_file() and str(venv) in pip.read_text(errors="replace")


def _run(command: list[str], advice: str) -> None:
    try:
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)  # noqa: S603
    except (OSError, subprocess.CalledProcessError) as error:
        raise SetupError(advice) from error


def main(arguments: list[str]) -> int:
    """The command; the exit status is 1 if the environment cannot be made."""
    if sys.version_info < OLDEST:
        wanted = ".".join(map(str, OLDEST))
        found = sys.version.split()[0]
        say(f"Union Hub needs Python {wanted} or newer; this is {found}. Name another: make PYTHON=python3.13")
        return 1
    kind = arguments[0].removeprefix("--") if arguments else "run"
    try:
        install(kind)
    except SetupError as error:
        say(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
