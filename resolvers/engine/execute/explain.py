"""Plans made visible: the tree of steps, and the SQL, rows and time of each statement."""

from collections.abc import Iterator

from resolvers.engine.compile.operation import Operation
from resolvers.engine.plan.steps import Computation, Step


def tree(operation: Operation) -> str:
    """The steps of an operation, indented by depth, each with what it reads."""
    lines: list[str] = []
    for root in operation.roots:
        for prefix, step in root.steps.items():
            lines.extend(_lines(step, 0, f" ({prefix})" if prefix else ""))
    lines.append(f"{operation.statements} statement{'' if operation.statements == 1 else 's'} at most")
    return "\n".join(lines)


def _lines(step: Step | Computation, depth: int, note: str = "") -> Iterator[str]:
    indent = "  " * depth
    if isinstance(step, Computation):
        yield f"{indent}{step.path}: computed for all parents at once{', by operations of their own' if step.asks else ''}"
        return
    kind = "page" if step.size is not None else "rows"
    parts = [f"{kind} of {', '.join(step.columns)}"] if step.statement else []
    if step.total:
        parts.append("count")
    yield f"{indent}{step.path}{note}: {' and '.join(parts)}"
    for child in step.children:
        yield from _lines(child.step, depth + 1)
