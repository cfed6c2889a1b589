"""From a plan and the inputs of one request to the values of each step. Nothing has run yet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from resolvers.engine.execute.objects import MAY_BRING, too_complex
from resolvers.engine.plan.operation import Operation, Root, root_field_error
from resolvers.engine.plan.parameters import Inputs
from resolvers.engine.plan.statement import Statement
from resolvers.engine.plan.steps import JsonStep, Key, PageStep, RowsStep, StatisticsStep, Step
from resolvers.engine.request import global_ids
from resolvers.engine.request.limits import MAX_PAGE, Allowance
from resolvers.errors import HubError
from resolvers.suggestions import quoted

COUNT_WEIGHT = 100
"""A count weighs as so many objects: it reads every row of a list."""

NodeIds = Mapping[str, Sequence[tuple[str, int]]]
"""Prefix and key of the IDs of each ``node`` and ``nodes``, by response key."""


@dataclass(frozen=True, slots=True)
class BoundStep:
    """The values of one step in one run: parameters of its statements, page size, the most objects that a row of it weighs with what is
    written below it, frame of a statistic, sealer of cursors, and the parents whose lists made the page's cursors."""

    statement: list[Any] | None = None
    total: list[Any] | None = None
    size: int = 0
    weight: int = 1
    frame: Any = None
    cursor: Any = None
    starts: Sequence[Key] = ()


@dataclass(frozen=True, eq=False, slots=True)
class BoundOperation:
    """A plan with the values of one run, before anything has run.

    ``most`` is how many objects its pages may hold, ``limit`` how many it may bring, which is a role's limit where it is ``for_role``.
    ``failed`` has the errors of root fields that are null while others have data, by response key. ``single`` says that the run has one
    statement only, and so needs no transaction for its snapshot.
    """

    operation: Operation
    inputs: Inputs
    steps: Sequence[BoundStep]
    most: int
    limit: int
    for_role: bool
    node_ids: NodeIds
    failed: Mapping[str, HubError]
    single: bool


def bind(
    operation: Operation, inputs: Inputs, max_objects: int, allowance: Allowance | None = None, *, strict: bool = False
) -> BoundOperation:
    """Bind one run.

    Raises:
        HubError: what the caller got wrong; TOO_COMPLEX or TOO_COMPLEX_FOR_ROLE where its pages may hold far more objects than it may
            bring, or, if that is ``strict``, any more.
    """
    bound: list[BoundStep] = []
    node_ids: dict[str, Sequence[tuple[str, int]]] = {}
    failed = dict(operation.failed)
    for root in operation.roots:
        steps = [operation.steps[index] for index in root.indexes]
        try:
            values = [_bind_step(step, inputs) for step in steps]
            if root.ids is not None:
                node_ids[root.key] = _node_ids(root, inputs)
        except HubError as error:
            values = [BoundStep()] * len(steps)
            failed[root.key] = root_field_error(error, root.key, root.node, nullable=root.nullable)
        bound += values
    operation.require_any(failed)
    weights = [0 if root.key in failed else _weight(root, bound, node_ids) for root in operation.roots]
    most, limit = sum(weights), max_objects if allowance is None else min(max_objects, allowance.objects)
    for_role = limit < max_objects
    if most > limit * (1 if strict else MAY_BRING):
        node = operation.roots[weights.index(max(weights))].node
        raise too_complex(limit, for_role=for_role, node=node, may_bring=most)
    single = most <= limit and _is_single(operation, node_ids)
    return BoundOperation(operation, inputs, bound, most, limit, for_role, node_ids, failed, single)


def _is_single(operation: Operation, node_ids: NodeIds) -> bool:
    """Whether a run has one statement only, whose pages are not read in pieces: SET LOCAL ROLE and cursors need a transaction."""
    if operation.switches_role:
        return False
    if operation.statements == 1:
        return True
    if len(operation.roots) != 1 or operation.roots[0].ids is None:
        return False
    (root,) = operation.roots
    prefixes = {prefix for prefix, _ in node_ids.get(root.key, ())}
    return sum(root.steps[prefix].statements() for prefix in prefixes) == 1


def _bind_step(step: Step, inputs: Inputs) -> BoundStep:
    """The values of one step. Raises errors in the caller's values, at the place of the field."""
    statement = step.statement
    try:
        match step:
            case PageStep():
                for check in step.checks:
                    check(inputs)
                return BoundStep(
                    _values(statement, inputs),
                    _values(step.total, inputs),
                    step.size(inputs),
                    step.weight,
                    cursor=step.cursors(inputs),
                    starts=step.starts(inputs) if step.starts else (),
                )
            case JsonStep():
                return BoundStep(
                    _values(statement, inputs),
                    _values(step.total, inputs),
                    step.each if step.size is None else step.size(inputs),
                    step.weight + sum(each.most(inputs) for each in step.below),
                    starts=step.starts(inputs) if step.starts else (),
                )
            case StatisticsStep():
                return BoundStep(_values(statement, inputs), frame=step.frame(inputs))
        return BoundStep(_values(statement, inputs))
    except HubError as error:
        raise HubError(error.code, error.message, nodes=error.nodes or step.node) from None


def _values(statement: Statement | None, inputs: Inputs) -> list[Any] | None:
    return None if statement is None else statement.bind(inputs)


def _node_ids(root: Root, inputs: Inputs) -> list[tuple[str, int]]:
    """Prefix and key of the IDs of ``node`` or ``nodes``. Raises BAD_ID, BAD_PAGE and PAGE_TOO_LARGE_FOR_ROLE."""
    assert root.ids is not None
    value = root.ids.get(inputs.variables)
    texts = value if root.many else [value]
    if len(texts) > MAX_PAGE:
        raise HubError("BAD_PAGE", f"`{root.key}` takes at most {MAX_PAGE} IDs, not {len(texts)}.", nodes=root.node)
    try:
        inputs.require_page(len(texts))
        ids = [global_ids.decode(text) for text in texts]
        for text, (prefix, _) in zip(texts, ids, strict=True):
            if prefix not in root.steps:
                raise HubError("BAD_ID", f"{quoted(text)} is not an ID of this service.")
    except HubError as error:
        raise HubError(error.code, error.message, nodes=root.node) from None
    return ids


def _weight(root: Root, bound: Sequence[BoundStep], node_ids: NodeIds) -> int:
    if root.ids is None:
        return cost(root.steps[""], bound)
    return sum(cost(root.steps[prefix], bound) for prefix, _ in node_ids[root.key])


def cost(step: Step, bound: Sequence[BoundStep], parents: int = 1) -> int:
    """The most objects that a step and those below it may bring, by page sizes alone; an empty page counts as one."""
    each, counts = 1, 0
    if isinstance(step, PageStep | JsonStep):
        each, counts = max(1, bound[step.index].size), 0 if step.total is None else parents
    elif isinstance(step, RowsStep):
        each = step.each
    rows = 0 if step.statement is None else parents * each
    weight = bound[step.index].weight if isinstance(step, JsonStep) else step.weight
    below = (
        cost(child.step, bound, rows) if isinstance(child.step, Step) else rows * child.step.weight
        for child in step.children
    )
    return rows * weight + counts * COUNT_WEIGHT + sum(below)
