"""Commands inside of messages: what stands in backticks can be pasted as it is, names quoted and the program's path with it."""

import os
import re
import shlex
import shutil
import sys
from functools import cache
from pathlib import Path

COMMAND = re.compile(r"`([^`]+)`")
PROGRAM = "unionhub"


def commands_in(text: str) -> list[str]:
    """The commands in a message."""
    return COMMAND.findall(text)


def quoted(value: object) -> str:
    """A word of a shell's command."""
    return shlex.quote(str(value))


def pasted(text: str) -> str:
    """A message whose commands name this program as the shell finds it."""
    return re.sub(rf"`((?:\w+=\S+ )*){PROGRAM} ", lambda found: f"`{found[1]}{program()} ", text)


@cache
def program() -> str:
    """``unionhub`` where the shell finds it by that; else the path of the one beside this Python."""
    own = Path(sys.executable).parent / PROGRAM
    found = shutil.which(PROGRAM)
    if found is not None and (not own.exists() or Path(found).samefile(own)):
        return PROGRAM
    if not own.exists():
        return f"{quoted(sys.executable)} -m hub.cli"
    here = os.path.relpath(own)
    return quoted(own if here.startswith("..") else here)
