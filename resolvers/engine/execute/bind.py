"""From a compiled operation and the values of one request to what a run is given. Nothing has run yet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from resolvers.engine.compile.pagination import MAX_SIZE, require_page
from resolvers.engine.execute.objects import MAY_BRING, ObjectBudget, too_complex
from resolvers.engine.plan.operation import Operation, Root, alone
from resolvers.engine.plan.parameters import Inputs
from resolvers.engine.plan.statement import Statement
from resolvers.engine.plan.steps import JsonPageStep, Key, PageStep, RowsStep, StatisticsStep, Step
from resolvers.engine.request import global_ids
from resolvers.engine.request.limits import Allowance
from resolvers.errors import HubError
from resolvers.suggestions import shown

COUNT_WEIGHT = 100
"""A count weighs as so many objects: it reads every row of a list."""

Wanted = Mapping[str, Sequence[tuple[str, int]]]
"""Prefix and key of the IDs that each ``node`` and ``nodes`` asks for, by response key."""


@dataclass(frozen=True, slots=True)
class Bound:
    """What one run binds to one step."""

    statement: list[Any] | None = None
    total: list[Any] | None = None
    size: int = 0
    frame: Any = None
    cursor: Any = None
    starts: Sequence[Key] = ()


@dataclass(frozen=True, eq=False, slots=True)
class Binding:
    """What one run is given: the values of each step, the most objects that its pages may hold, the rows that ``node`` and ``nodes`` name,
    why root fields fail, by response key, while others stand, and the objects that it may bring."""

    steps: list[Bound]
    most: int
    wanted: Wanted
    failed: Mapping[str, HubError]
    budget: ObjectBudget


def bind(
    operation: Operation, inputs: Inputs, max_objects: int, allowance: Allowance | None = None, *, strict: bool = False
) -> Binding:
    """Bind one run.

    Raises:
        HubError: what the caller got wrong; TOO_COMPLEX or TOO_COMPLEX_FOR_ROLE where its pages may hold far more objects than it may
            bring, or, if that is ``strict``, any more.
    """
    bound: list[Bound] = []
    wanted: dict[str, Sequence[tuple[str, int]]] = {}
    failed = dict(operation.failed)
    for root in operation.roots:
        steps = [operation.steps[index] for index in root.indexes]
        try:
            given = [_bound(step, inputs) for step in steps]
            if root.ids is not None:
                wanted[root.key] = _wanted(root, inputs)
        except HubError as error:
            given = [Bound()] * len(steps)
            failed[root.key] = alone(error, root.key, root.node, nullable=root.nullable)
        bound += given
    operation.require_any(failed)
    weights = [0 if root.key in failed else _weight(root, bound, wanted) for root in operation.roots]
    most, limit = sum(weights), max_objects if allowance is None else min(max_objects, allowance.objects)
    if most > limit * (1 if strict else MAY_BRING):
        node = operation.roots[weights.index(max(weights))].node
        raise too_complex(limit, for_role=limit < max_objects, node=node, may_bring=most)
    return Binding(bound, most, wanted, failed, ObjectBudget(limit, limit < max_objects))


def is_single(operation: Operation, binding: Binding) -> bool:
    """Whether a run has one statement only, and so needs no transaction to see one moment."""
    if operation.switches_role or binding.most > binding.budget.limit:
        return False  # SET LOCAL ROLE and a cursor, by which pages are read in pieces, hold inside a transaction only
    if operation.statements == 1:
        return True
    if len(operation.roots) != 1 or operation.roots[0].ids is None:
        return False
    (root,) = operation.roots
    prefixes = {prefix for prefix, _ in binding.wanted.get(root.key, ())}
    return sum(root.steps[prefix].statements() for prefix in prefixes) == 1


def _bound(step: Step, inputs: Inputs) -> Bound:
    """The values of one step. Raises what the caller got wrong, with the place of the field."""
    statement = step.statement
    try:
        match step:
            case PageStep():
                for check in step.checks:
                    check(inputs)
                return Bound(
                    _values(statement, inputs),
                    _values(step.total, inputs),
                    step.size(inputs),
                    cursor=step.cursors(inputs),
                    starts=step.starts(inputs) if step.starts else (),
                )
            case JsonPageStep():
                return Bound(
                    _values(statement, inputs),
                    _values(step.total, inputs),
                    step.size(inputs),
                    starts=step.starts(inputs) if step.starts else (),
                )
            case StatisticsStep():
                return Bound(_values(statement, inputs), frame=step.frame(inputs))
        return Bound(_values(statement, inputs))
    except HubError as error:
        raise HubError(error.code, error.message, nodes=step.node) from None


def _values(statement: Statement | None, inputs: Inputs) -> list[Any] | None:
    return None if statement is None else statement.bind(inputs)


def _wanted(root: Root, inputs: Inputs) -> list[tuple[str, int]]:
    """Prefix and key of the IDs that ``node`` or ``nodes`` asks for. Raises BAD_ID, and what is wrong with a page of so many."""
    assert root.ids is not None
    given = root.ids.get(inputs.variables)
    texts = given if root.many else [given]
    if len(texts) > MAX_SIZE:
        raise HubError("BAD_PAGE", f"`{root.key}` takes at most {MAX_SIZE} IDs, not {len(texts)}.", nodes=root.node)
    try:
        require_page(len(texts), inputs)
        pairs = [global_ids.decode(text) for text in texts]
        for text, (prefix, _) in zip(texts, pairs, strict=True):
            if prefix not in root.steps:
                raise HubError("BAD_ID", f"{shown(text)} is not an ID of this service.")
    except HubError as error:
        raise HubError(error.code, error.message, nodes=root.node) from None
    return pairs


def _weight(root: Root, bound: Sequence[Bound], wanted: Wanted) -> int:
    if root.ids is None:
        return cost(root.steps[""], bound)
    return sum(cost(root.steps[prefix], bound) for prefix, _ in wanted[root.key])


def cost(step: Step, bound: Sequence[Bound], parents: int = 1) -> int:
    """The most objects that a step and those below it may bring, from page sizes alone; an empty page counts as one."""
    each, counts = 1, 0
    if isinstance(step, PageStep | JsonPageStep):
        each, counts = max(1, bound[step.index].size), 0 if step.total is None else parents
    elif isinstance(step, RowsStep):
        each = step.each
    rows = 0 if step.statement is None else parents * each
    below = (
        cost(child.step, bound, rows) if isinstance(child.step, Step) else rows * child.step.weight
        for child in step.children
    )
    return rows * step.weight + counts * COUNT_WEIGHT + sum(below)
