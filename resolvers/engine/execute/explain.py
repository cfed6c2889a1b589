"""Plans made visible: the tree of steps, and the SQL, rows and time of each statement."""

from collections.abc import Iterator

from resolvers.engine.plan.operation import Operation
from resolvers.engine.plan.steps import ComputedStep, JsonPageStep, PageStep, Step


def tree(operation: Operation) -> str:
    """The steps of an operation, indented by depth, each with what it reads."""
    lines: list[str] = []
    for root in operation.roots:
        for prefix, step in root.steps.items():
            lines.extend(_lines(step, 0, f" ({prefix})" if prefix else ""))
    lines.append(f"{operation.statements} statement{'' if operation.statements == 1 else 's'} at most")
    return "\n".join(lines)


def _lines(step: Step | ComputedStep, depth: int, note: str = "") -> Iterator[str]:
    indent = "  " * depth
    if isinstance(step, ComputedStep):
        yield f"{indent}{step.path}: computed for all parents at once{', by operations of their own' if step.asks else ''}"
        return
    paged = isinstance(step, PageStep | JsonPageStep)
    parts = [f"{'page' if paged else 'rows'} of {', '.join(step.columns)}"] if step.statement else []
    if isinstance(step, PageStep | JsonPageStep) and step.total:
        parts.append("count")
    yield f"{indent}{step.path}{note}: {' and '.join(parts)}"
    for child in step.children:
        yield from _lines(child.step, depth + 1)
