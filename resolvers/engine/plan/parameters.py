"""Bind parameters of a statement, and where a run finds their values."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from functools import partial
from typing import Any

from graphql import FieldNode
from sqlalchemy import BigInteger, BindParameter, Date, Numeric, Text, bindparam
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import TypeEngine

from resolvers.access.callers import Caller
from resolvers.engine.request import global_ids
from resolvers.engine.request.arguments import Leaf, Variables
from resolvers.engine.request.cursors import CursorKeys, process_keys
from resolvers.errors import HubError


class Memo(dict[Any, Any]):
    """Values of one run that several of its parameters need, each computed by the first and kept for the others: by what computes it."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """What one run of a plan is given: the coerced variables, today's date and the caller."""

    variables: Variables
    today: date
    caller: Caller
    small_cell: int = 10
    """The smallest count that a caller with aggregates only is given."""
    given: Mapping[str, Any] = field(default_factory=dict)
    """The variables as they came, for graphql-core, which coerces them itself."""
    max_page: int | None = None
    """The largest page that the caller's roles may ask for, where that is less than the general limit."""
    statistical_month: int = 10
    """The first month of a statistical year."""
    cells: set[int] | None = None
    """Collects the cells of statistics that a caller with aggregates only is given; None for other callers."""
    cursors: CursorKeys = field(default_factory=process_keys)
    """The keys that seal cursors."""
    memo: Memo = field(default_factory=Memo, init=False, repr=False, compare=False)
    """Values that several parameters share."""

    def require_page(self, size: int) -> None:
        """Let the caller ask for a page of so many rows. Raises PAGE_TOO_LARGE_FOR_ROLE."""
        if self.max_page is not None and size > self.max_page:
            raise HubError(
                "PAGE_TOO_LARGE_FOR_ROLE",
                f"Your role may ask for {self.max_page} rows at a time, not {size}. Follow `pageInfo` for more.",
            )


NOTHING = Inputs({}, date.min, Caller("nobody"))
"""For a statement whose parameters need no inputs."""

Getter = Callable[[Inputs], Any]

BIGINT, BIGINTS, DATE, DATES, NUMERIC, TEXT, TEXTS = (
    BigInteger(),
    ARRAY(BigInteger()),
    Date(),
    ARRAY(Date()),
    Numeric(),
    Text(),
    ARRAY(Text()),
)
"""Types of values, each made once: SQLAlchemy looks up by the object how a dialect treats a type."""

KEYS = "keys"
"""Name of the parameter that carries the parents' keys."""


@dataclass
class Parameters:
    """The parameters of one statement: where a run finds the value of each, by name, and those that several conditions share.

    ``skewed`` says that one of them has values that few rows fulfil and values that many do, so that the best plan for one value may be a
    bad one for another (docs/adr/0012).
    """

    getters: dict[str, Getter] = field(default_factory=dict)
    shared: dict[Hashable, BindParameter[Any]] = field(default_factory=dict)
    skewed: bool = False


class Binder:
    """Makes the bind parameters of one statement while it is compiled, and keeps where a run finds the value of each (``parameters``).

    ``few_rows`` says that the statement, or this part of it, finds only rows that the operation names: conditions on what the caller sees
    are then written to be checked row by row.
    """

    def __init__(
        self, *, few_rows: bool = False, parameters: Parameters | None = None, node: FieldNode | None = None
    ) -> None:
        self.parameters = Parameters() if parameters is None else parameters
        self.few_rows = few_rows
        self._node = node

    def for_few_rows(self) -> "Binder":
        """A binder of the same statement for a part of it that finds few rows."""
        return Binder(few_rows=True, parameters=self.parameters, node=self._node)

    def at(self, node: FieldNode) -> "Binder":
        """A binder of the same statement for the list in it that answers another field: errors in values name that field."""
        return Binder(parameters=self.parameters, node=node)

    def placed(self, get: Getter) -> Getter:
        """A getter whose errors name the field that this part of the statement answers."""
        return get if self._node is None else partial(_placed, get, self._node)

    def bind(self, get: Getter, kind: TypeEngine[Any]) -> BindParameter[Any]:
        """A parameter with the value that ``get`` returns in a run; a number is not rounded to the scale of its column."""
        getters = self.parameters.getters
        name = f"b{len(getters)}"
        getters[name] = self.placed(get)
        return bindparam(name, type_=NUMERIC if isinstance(kind, Numeric) else kind)

    def shared(self, key: Hashable, get: Getter, kind: TypeEngine[Any]) -> BindParameter[Any]:
        """A parameter that all conditions of the statement which ask for the same ``key`` share; ``get`` raises nothing."""
        found = self.parameters.shared.get(key)
        if found is None:
            found = self.parameters.shared[key] = self.bind(get, kind)
        return found

    def skewed(self) -> None:
        """Say that the statement has a parameter of which the values differ much in how many rows fulfil its condition."""
        self.parameters.skewed = True

    def leaf(self, leaf: Leaf, kind: TypeEngine[Any]) -> BindParameter[Any]:
        """A parameter for an argument's value."""
        return self.bind(lambda inputs: storable(leaf.get(inputs.variables)), kind)

    def leaves(self, leaf: Leaf, kind: TypeEngine[Any]) -> BindParameter[Any]:
        """An array parameter for an argument that is a list; null items are left out, codes go as text, and numbers as they are."""
        coded = getattr(kind, "enum_class", None) is not None
        kind = NUMERIC if isinstance(kind, Numeric) else kind
        return self.bind(
            lambda inputs: [storable(item) for item in leaf.get(inputs.variables) if item is not None],
            TEXTS if coded else ARRAY(kind),
        )

    def key(self, leaf: Leaf, prefix: str) -> BindParameter[int]:
        """A parameter for a global ID of the type with this prefix. Running it raises BAD_ID for any other ID."""
        return self.bind(lambda inputs: global_ids.decode(leaf.get(inputs.variables), prefix)[1], BIGINT)

    def keys(self, leaf: Leaf, prefix: str) -> BindParameter[Any]:
        """An array parameter for a list of global IDs."""
        return self.bind(
            lambda inputs: [
                global_ids.decode(item, prefix)[1] for item in leaf.get(inputs.variables) if item is not None
            ],
            BIGINTS,
        )

    def day(self, leaf: Leaf | None) -> BindParameter[date]:
        """A parameter for a day: the argument's, or today."""
        if leaf is None:
            return self.shared("today", lambda inputs: inputs.today, DATE)
        return self.leaf(leaf, DATE)


def _placed(get: Getter, node: FieldNode, inputs: Inputs) -> Any:
    try:
        return get(inputs)
    except HubError as error:
        raise HubError(error.code, error.message, nodes=error.nodes or node) from None


def storable(value: Any) -> Any:
    """A value as PostgreSQL takes it. Raises INVALID_CHARACTER for a text that it cannot store."""
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, str):
        if "\0" in value:
            raise HubError(
                "INVALID_CHARACTER", "An argument has a NUL character, which no text here can hold. Leave it out."
            )
        try:
            value.encode()
        except UnicodeEncodeError:
            raise HubError(
                "INVALID_CHARACTER", "An argument has half of a surrogate pair. Send whole characters."
            ) from None
    return value
