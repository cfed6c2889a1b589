"""The messages of the command line, collected from the source as templates: the texts of errors, findings and outputs.

A template has ``{}`` in the place of a value. If the value is one of several texts, these are collected too.
"""

import ast
from collections.abc import Iterator
from itertools import product
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

MODULES = (
    "hub/cli/*.py",
    "hub/database.py",
    "hub/setup/explorer_build.py",
    "hub/settings.py",
    "hub/authentication/demonstration_tokens.py",
    "db/*.py",
    "db/[!mp]*/*.py",
    "db/personal_data/*.py",
)
"""Whatever commands run; ``db/page`` is for who writes the page."""

SPEAKS = {
    "DataError": 0,
    "AccessError": 1,
    "TokenError": 0,
    "SetupError": 0,
    "KeyRingError": 0,
    "ClickException": 0,
    "UsageError": 0,
    "BadParameter": 0,
    "BadSettingError": 0,
    "ValueError": 0,
    "Finding": 2,
    "Check": 1,
    "Fault": 0,
    "fail": 0,
    "echo": 0,
    "confirm": 0,
    "say": 0,
    "Refusal": 2,
}
"""What says something, and the place of its first argument that is read; all that follow are read too, where they are texts."""

WHOLE = {
    ("hub/cli/connection_check.py", "unreachable"),
    ("hub/cli/connection_check.py", "reason"),
    ("hub/database.py", "unsuitable"),
    ("hub/cli/demo.py", "listening_fault"),
    ("hub/cli/demo.py", "welcome"),
    ("hub/cli/database_checks.py", "_examine"),
    ("hub/cli/database_checks.py", "_rollups"),
    ("hub/cli/database_checks.py", "_derived"),
    ("hub/cli/init.py", "report"),
    ("db/consistency/run.py", "_rollups"),
    ("hub/cli/access.py", "listed"),
    ("db/security/row_security.py", "faults"),
    ("db/server/login_rights.py", "missing_right"),
    ("db/server/login_rights.py", "unreadable"),
    ("db/server/login_rights.py", "only_owner"),
    ("hub/cli/commands.py", "in_words"),
}
"""Functions all of whose texts are said."""

ONLY_VALUE_ERRORS = {"hub/settings.py"}
"""Where a ValueError reaches who set something; elsewhere it is for programmers."""


class Reader(ast.NodeVisitor):
    """Collects the templates of one file."""

    def __init__(self, path: Path) -> None:
        self.name = path.relative_to(ROOT).as_posix()
        self.found: set[str] = set()
        self.module = ast.Module([], [])
        self.functions: list[ast.FunctionDef | ast.AsyncFunctionDef] = []

    def visit_Module(self, node: ast.Module) -> None:
        """The file, whose own names stand for texts too."""
        self.module = node
        self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        """A function; of those in ``WHOLE`` all texts are messages."""
        self.functions.append(node)
        if (self.name, node.name) in WHOLE:
            self.read_whole(node)
        self.generic_visit(node)
        self.functions.pop()

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        """The same."""
        self.visit_FunctionDef(node)  # type: ignore[arg-type]

    def read_whole(self, function: ast.AST) -> None:
        """Every text of a function that reads like a sentence."""
        inside: set[int] = set()
        for node in ast.walk(function):
            if isinstance(node, ast.JoinedStr | ast.BinOp):
                inside |= {id(part) for part in ast.walk(node) if part is not node}
        docstring = ast.get_docstring(function, clean=False)  # type: ignore[arg-type]
        for node in ast.walk(function):
            text = isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))
            if id(node) in inside or not (text or isinstance(node, ast.BinOp)):
                continue
            for template in self.templates(node):
                if template != docstring and " " in template and not template.startswith(("SELECT", " FROM", "FROM")):
                    self.add(template)

    def visit_Call(self, node: ast.Call) -> None:
        """A call that takes a message."""
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in SPEAKS and (name != "ValueError" or self.name in ONLY_VALUE_ERRORS):
            for argument in node.args[SPEAKS[name] :]:
                for template in self.templates(argument):
                    self.add(template)
        self.generic_visit(node)

    def add(self, template: str) -> None:
        """Keep a template that has a letter."""
        if any(character.isalpha() for character in template.replace("{}", "")):
            self.found.add(template)

    def templates(self, node: ast.AST, depth: int = 0) -> Iterator[str]:
        """The templates that an expression may be; parts that are texts of their own are kept beside it."""
        if depth > 4:
            return
        match node:
            case ast.Constant(value=str() as text):
                yield text
            case ast.JoinedStr(values=values):
                yield "".join(self.part(value, depth) for value in values)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                for first, second in product(
                    list(self.templates(left, depth)) or ["{}"], list(self.templates(right, depth)) or ["{}"]
                ):
                    yield first + second
            case ast.BinOp(op=ast.Mult(), left=left, right=right):
                yield from self.templates(left, depth)
                yield from self.templates(right, depth)
            case ast.IfExp(body=body, orelse=other) | ast.BoolOp(values=[body, other]):
                yield from self.templates(body, depth)
                yield from self.templates(other, depth)
            case ast.Name(id=name):
                for value in self.assigned(name):
                    yield from self.templates(value, depth + 1)

    def part(self, value: ast.expr, depth: int) -> str:
        """A part of a formatted text: the text itself, or the place of a value, whose own texts are kept."""
        if isinstance(value, ast.Constant):
            return str(value.value)
        assert isinstance(value, ast.FormattedValue)
        for template in self.templates(value.value, depth + 1):
            self.add(template)
        return "{}"

    def assigned(self, name: str) -> Iterator[ast.expr]:
        """What is assigned to a name in the function at hand."""
        nodes = [*ast.walk(self.functions[-1]), *self.module.body] if self.functions else []
        for node in nodes:
            for target in node.targets if isinstance(node, ast.Assign) else ():
                yield from value_of(target, node.value, name)  # type: ignore[attr-defined]


def value_of(target: ast.expr, value: ast.expr, name: str) -> Iterator[ast.expr]:
    """What an assignment gives to a name, by itself or as one of several."""
    if isinstance(target, ast.Name) and target.id == name:
        yield value
    elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        for each, part in zip(target.elts, value.elts, strict=True):
            yield from value_of(each, part, name)


def messages() -> set[str]:
    """All templates."""
    found: set[str] = set()
    for pattern in MODULES:
        for path in sorted(ROOT.glob(pattern)):
            reader = Reader(path)
            reader.visit(ast.parse(path.read_text()))
            found |= reader.found
    return found
