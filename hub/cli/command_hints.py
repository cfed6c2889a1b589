"""Commands in messages: text in backticks can be pasted into a shell, with names quoted and the path of the program."""

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
    """A word quoted for a shell."""
    return shlex.quote(str(value))


def pasted(text: str) -> str:
    """The message, with this program in its commands as the shell finds it."""
    return re.sub(rf"`((?:\w+=\S+ )*){PROGRAM} ", lambda found: f"`{found[1]}{program()} ", text)


@cache
def program() -> str:
    """``unionhub`` if the shell finds this program by that name; else its path beside this Python."""
    own = Path(sys.executable).parent / PROGRAM
    found = shutil.which(PROGRAM)
    if found is not None and (not own.exists() or Path(found).samefile(own)):
        return PROGRAM
    if not own.exists():
        return f"{quoted(sys.executable)} -m hub.cli"
    here = os.path.relpath(own)
    return quoted(own if here.startswith("..") else here)
