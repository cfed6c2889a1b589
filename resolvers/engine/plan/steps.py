"""The steps of a compiled operation, all immutable: one statement, or one function, for all parents at once."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import FieldNode

from resolvers.engine.plan.parameters import Getter, Inputs
from resolvers.engine.plan.statement import Statement

Key = Any
Values = dict[Key, Any]
"""The value of a step for each parent, by the parent's key; at the root by None."""
Pages = dict[Key, tuple[Sequence[Any], bool]]
"""The rows of each parent, cut to the page, and whether there are more."""
Table = tuple[Any, Sequence[Any]]
"""The whole of a statistic and its groups."""
Build = Callable[[Any, Sequence[Key], Sequence[Values], Any, Any], Values]
"""Makes the values of a step from its pages (of a statistic: the tables of its parents), the parents' keys, the values of its child steps,
the counts of a list or the frame of a statistic, and what seals the cursors of a list."""
JSON, OBJECT = 1, b"\t"
"""The column of a ``JsonStep``'s row with the JSON, and the mark in it of each object."""


@dataclass(frozen=True, eq=False, slots=True)
class Child:
    """A step below another, and the column of the parent's rows that has its keys."""

    step: "Step | ComputedStep"
    column: int


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Step:
    """One statement, and the function that makes values of its rows; ``weight`` is how many objects a row becomes.

    ``index`` is its place in ``Operation.steps``, ``path`` and ``node`` those of its field in the response and the document.
    """

    index: int
    path: str
    node: FieldNode
    statement: Statement | None
    build: Build
    children: tuple[Child, ...] = ()
    columns: tuple[str, ...] = ()
    weight: int = 1

    def own(self) -> dict[str, Statement]:
        """The statements of this step alone, by the paths of the fields that they answer."""
        return {} if self.statement is None else {self.path: self.statement}

    def statements(self) -> int:
        """How many statements this step and those below it run at most, whatever the number of rows."""
        return len(self.own()) + sum(child.step.statements() for child in self.children)

    def switches_role(self) -> bool:
        """Whether any statement of this step runs under SET ROLE."""
        return any(each.role is not None for each in self.own().values())

    def walk(self) -> "Iterator[Step | ComputedStep]":
        """This step and all below it, parents first."""
        yield self
        for child in self.children:
            yield from child.step.walk()


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class RowsStep(Step):
    """Rows by key, or a whole list: about ``each`` rows a parent.

    ``anchor_column`` is the column that is null where the anchor (the row that ``within`` names) has no rows below it. Where the anchor
    itself is missing there is no row, and the step has no value.
    """

    each: int = 1
    anchor_column: int | None = None


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class PageStep(Step):
    """Pages of a list. ``statement`` is None where no row is selected; ``checks`` then raise what is wrong in the arguments.

    ``total`` counts the whole list, where the count is selected. ``cursors`` returns the sealer of the list's cursors, ``starts`` the keys
    of the parents whose lists made the cursors of the page. ``anchor_column`` is as in ``RowsStep``.
    """

    size: Getter
    backward: bool
    cursors: Getter
    starts: Getter | None
    total: Statement | None = None
    checks: tuple[Getter, ...] = ()
    anchor_column: int | None = None

    def own(self) -> dict[str, Statement]:
        """See ``Step``."""
        return with_total(self, self.total)


@dataclass(frozen=True, eq=False, slots=True)
class Written:
    """What PostgreSQL writes within the JSON of a ``JsonStep``: a list of pages of ``size``, a whole list of about ``each`` rows, or a row.
    Its other fields are as those of a step."""

    path: str
    columns: tuple[str, ...]
    weight: int
    size: Getter | None = None
    each: int = 1
    below: "tuple[Written, ...]" = ()

    def most(self, inputs: Inputs) -> int:
        """The most objects that it brings for one parent, by page sizes alone; an empty page counts as one. Raises what is wrong with a
        page size."""
        rows = self.each if self.size is None else max(1, self.size(inputs))
        return rows * (self.weight + sum(each.most(inputs) for each in self.below))


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class JsonStep(Step):
    """A list, or a row by key, that PostgreSQL writes as JSON with all that is ``below`` it: one row for each parent, with the JSON.

    A list without pages has no ``size`` but about ``each`` rows. Other fields are as in ``PageStep``.
    """

    size: Getter | None = None
    each: int = 1
    starts: Getter | None = None
    total: Statement | None = None
    anchor_column: int | None = None
    below: tuple[Written, ...] = ()

    def own(self) -> dict[str, Statement]:
        """See ``Step``."""
        return with_total(self, self.total)


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class StatisticsStep(Step):
    """The groups of a statistic; ``frame`` returns the day or period of a run, ``table`` the whole and the groups in a parent's rows."""

    frame: Getter
    table: Callable[[Sequence[Any], Any], Table]


def with_total(step: Step, total: Statement | None) -> dict[str, Statement]:
    """The statements of the step of a list: that of its rows, and that of its count."""
    rows = Step.own(step)
    return rows if total is None else {**rows, f"{step.path}.totalCount": total}


@dataclass(frozen=True, eq=False, slots=True)
class ComputedStep:
    """A computed field: its function gets the columns ``needs`` of all parents at once.

    ``runs_queries`` says that the function runs GraphQL queries besides its statement; ``weight`` is the objects that each parent weighs
    for it.
    """

    path: str
    node: FieldNode
    needs: tuple[int, ...]
    function: Callable[[Any, Sequence[tuple[Any, ...]]], Awaitable[Sequence[Any]]]
    runs_queries: bool = False
    weight: int = 0

    def statements(self) -> int:
        """At most one statement, that of its function; the statements of its queries count where they run."""
        return 1

    def walk(self) -> "Iterator[Step | ComputedStep]":
        """This step alone."""
        yield self
