"""What ``explain`` adds to a response: the tree of the plan's steps, and the SQL, rows and time of each statement."""

from collections.abc import Iterator, Sequence
from typing import Any

from resolvers.engine.execute.run import Trace
from resolvers.engine.plan.operation import Operation
from resolvers.engine.plan.steps import ComputedStep, JsonStep, PageStep, Step, Written


def explained(operation: Operation, traces: Sequence[Trace]) -> dict[str, Any]:
    """The plan of an operation, and the statements of one run."""
    return {
        "tree": tree(operation),
        "statements": [
            {"path": trace.path, "sql": trace.sql, "rows": trace.rows, "milliseconds": trace.milliseconds}
            for trace in traces
        ],
        "total_milliseconds": round(sum(trace.milliseconds for trace in traces), 3),
    }


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
        yield f"{indent}{step.path}: computed for all parents at once{', by operations of their own' if step.runs_queries else ''}"
        return
    paged = isinstance(step, PageStep) or (isinstance(step, JsonStep) and step.size is not None)
    json = "JSON of " if isinstance(step, JsonStep) else ""
    parts = [f"{'page' if paged else 'rows'} of {json}{', '.join(step.columns)}"] if step.statement else []
    if isinstance(step, PageStep | JsonStep) and step.total:
        parts.append("count")
    yield f"{indent}{step.path}{note}: {' and '.join(parts)}"
    if isinstance(step, JsonStep):
        yield from _written(step.below, depth + 1)
    for child in step.children:
        yield from _lines(child.step, depth + 1)


def _written(parts: Sequence[Written], depth: int) -> Iterator[str]:
    for part in parts:
        yield f"{'  ' * depth}{part.path}: in the same statement, {'page' if part.size else 'rows'} of JSON of {', '.join(part.columns)}"
        yield from _written(part.below, depth + 1)
