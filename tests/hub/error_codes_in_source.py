"""The error codes of the hub, collected from the source: every call and every return that makes an error."""

import ast
import re
from collections.abc import Iterator
from functools import cache

from hub.settings import ROOT

CODE = re.compile(r"[A-Z]+(_[A-Z]+)+|[A-Z]{5,}")
MAKERS = {
    "HubError": 0, "AccessError": 0, "UserError": 0, "refused": 0, "body_of": 0, "Refusal": 1, "unauthenticated": 1, "Wrong": 1,
    "DatabaseFault": 1, "json_error": 2, "BadValue": 0, "BadFile": 0, "RecordRule": 0, "refuse": 1, "warn": 1, "RowRule": 0,
}  # fmt: skip
"""What makes an error, and which of its arguments is the code."""

PASSED_ON = {"code", "wrong"}
"""Names by which a code is passed on that was given elsewhere."""

FOLDERS = ("hub", "resolvers", "schema", "db")


@cache
def error_codes() -> dict[str, set[str]]:
    """Each code, with the modules that give it.

    Raises:
        AssertionError: an error is made with a code that cannot be read from the source.
    """
    found: dict[str, set[str]] = {}
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            for code in codes_of(ast.parse(path.read_text()), name):
                found.setdefault(code, set()).add(name)
    return found


def codes_of(tree: ast.AST, name: str) -> Iterator[str]:
    """The codes in one module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from _made(node, name)
        elif isinstance(node, ast.Return | ast.Yield) and not name.startswith("db/"):
            first = node.value.elts[0] if isinstance(node.value, ast.Tuple) and node.value.elts else node.value
            yield from (code for code in _constants(first) if "_" in code)
        elif isinstance(node, ast.Assign) and any("code" in _names(target) for target in node.targets):
            yield from _constants(node.value.elts[0] if isinstance(node.value, ast.Tuple) else node.value)


def _names(target: ast.expr) -> list[str]:
    """The names that an assignment gives values to."""
    parts = target.elts if isinstance(target, ast.Tuple) else [target]
    return [part.id for part in parts if isinstance(part, ast.Name)]


def _made(node: ast.Call, name: str) -> Iterator[str]:
    called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if called not in MAKERS:
        return
    place = MAKERS[called]
    given = next((word.value for word in node.keywords if word.arg == "code"), None)
    if given is None and len(node.args) > place:
        given = node.args[place]
    if given is None or isinstance(given, ast.Starred):
        return
    found = list(_constants(given))
    leaf = given.attr if isinstance(given, ast.Attribute) else getattr(given, "id", "")
    assert found or leaf in PASSED_ON or called == "refused", (
        f"{name}:{node.lineno}: the code of an error is not written out"
    )
    yield from found


def _constants(node: ast.expr | None) -> Iterator[str]:
    """Codes that are written out, by themselves or as the two ends of a condition."""
    if isinstance(node, ast.IfExp):
        yield from _constants(node.body)
        yield from _constants(node.orelse)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.fullmatch(node.value):
        yield node.value
