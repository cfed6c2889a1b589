"""The walk of an operation through the modules of ``resolvers``: which it enters, in which order, and to which it returns.

``Engine`` calls one stage after the other (read the variables, compile, bind, run …). A *part* of the walk is one such call. Within a part
each module is one *stop*, when it is entered first: a reader who opens it reads there all that the part needs. A *return* is a stop at a
module that an earlier part has entered, or a call within a part back to a module that is still calling. ``plan`` and ``declare`` are no
stops: they hold what is compiled and what slices declare, and every stage looks things up in them.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NamedTuple

from resolvers.engine.execute.engine import Engine

FOLDER = Path(__file__).parents[2] / "resolvers"
DOOR = str(Path(sys.modules[Engine.__module__].__file__ or ""))
HELD = ("engine/plan/", "engine/declare/")
"""Packages whose modules are no stops."""

READ = "engine/request"
"""The stage whose modules the engine calls in one part: it reads the document's operation and the variables."""


def module(frame: FrameType) -> str | None:
    """The module of a frame as a path below ``resolvers``, or None outside of it."""
    path = frame.f_code.co_filename
    return path[len(str(FOLDER)) + 1 :] if path.startswith(f"{FOLDER}/") else None


def caller(frame: FrameType) -> FrameType | None:
    """The next frame of ``resolvers`` below a frame."""
    below = frame.f_back
    while below is not None and module(below) is None:
        below = below.f_back
    return below


class Stop(NamedTuple):
    """A module of the walk: the part in which it is entered, and whether that is a return."""

    part: str
    module: str
    returns: bool


class Walk:
    """What was called while ``followed`` ran."""

    def __init__(self) -> None:
        self.calls = 0
        self.parts: dict[str, dict[str, None]] = {}
        """By the module that the engine calls: the modules entered below that call, in order."""
        self.edges: dict[str, set[tuple[str, str]]] = {}
        """By part: which module calls which."""

    @contextmanager
    def followed(self) -> Iterator[None]:
        """Follow what runs in this thread."""
        sys.setprofile(self._profile)
        try:
            yield
        finally:
            sys.setprofile(None)

    def _profile(self, frame: FrameType, event: str, argument: object) -> None:
        entered = module(frame) if event == "call" else None
        if entered is None:
            return
        self.calls += 1
        if frame.f_code.co_filename == DOOR:
            return
        part, below = frame, caller(frame)
        from_ = None if below is None else module(below)
        while below is not None and below.f_code.co_filename != DOOR:
            part, below = below, caller(below)
        name = module(part)
        assert name is not None
        if name.startswith(READ):
            name = READ
        self.parts.setdefault(name, {}).setdefault(entered)
        if from_ is not None and from_ != entered and below is not None and from_ != module(below):
            self.edges.setdefault(name, set()).add((from_, entered))

    def stops(self) -> list[Stop]:
        """The stops in order."""
        found: list[Stop] = []
        passed: set[str] = set()
        for part, modules in self.parts.items():
            order = [each for each in modules if not each.startswith(HELD)]
            edges = self.edges.get(part, set())
            back = {to for from_, to in edges if to in order and from_ in order and leads(edges, to, from_)}
            found += [Stop(part, each, each in passed) for each in order]
            found += [Stop(part, each, True) for each in sorted(back)]
            passed.update(order)
        return found


def leads(edges: set[tuple[str, str]], from_: str, to: str) -> bool:
    """Whether calls lead from a module to another, over whatever modules."""
    seen, open_ = set(), [from_]
    while open_:
        here = open_.pop()
        if here == to:
            return True
        if here not in seen:
            seen.add(here)
            open_ += [b for a, b in edges if a == here]
    return False
