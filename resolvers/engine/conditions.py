"""The conditions of a statistic: what ``where`` says, as SQL."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Boolean, ColumnElement, Integer, Text, any_, cast

from resolvers.engine import buckets, ids
from resolvers.engine.arguments import Leaf
from resolvers.engine.binder import TEXTS, Inputs
from resolvers.engine.source import expression
from resolvers.engine.statistic import Ref
from resolvers.errors import HubError

if TYPE_CHECKING:
    from resolvers.engine.tally import Counting

INTEGER = re.compile("0|-?[1-9][0-9]{0,18}")


def conditions(counting: "Counting", where: Sequence[tuple[str, ColumnElement[Any]]]) -> list[ColumnElement[bool]]:
    """The conditions on a record: that each of these dimensions has one of these values."""
    found = []
    for name, given in where:
        declared = counting.declared(name)
        if isinstance(declared, Ref):
            found += [expression(declared.key) == any_(given), *counting.keys.in_sight(declared)]
        else:
            found.append(cast(expression(declared), Text) == any_(given))
    return found


def values(counting: "Counting", name: str, given: Leaf) -> ColumnElement[Any]:
    """The values of a condition. Running it raises BAD_ARGUMENT for one that the dimension has not."""
    if name in buckets.TIMES:
        raise HubError("BAD_ARGUMENT", f"`where` takes no dimension of time such as {name}. Use `from` and `until`.")
    if name in ("CHILD_ORGANIZATION", "CHILD_DIVISION"):
        raise HubError("BAD_ARGUMENT", f"`where` takes no {name}. Use `within`, or `statistics` of that child.")
    found = counting.declared(name)
    if isinstance(found, Ref):
        counting.require_given(name, found.target)
        return counting.binder.keys(given, counting.registry.sources[found.target].prefix)
    type_ = expression(found).type
    known: Any = getattr(type_, "enum_class", None) or ()
    codes = ("true", "false") if isinstance(type_, Boolean) else tuple(code.name for code in known)
    integer = isinstance(type_, Integer)

    def texts(inputs: Inputs) -> list[str]:
        found: list[str] = given.get(inputs.variables)
        for value in found:
            if (codes and value not in codes) or (integer and not INTEGER.fullmatch(value)) or "\0" in value:
                having = f" It has {', '.join(codes[:12])}{' …' if len(codes) > 12 else ''}." if codes else ""
                raise HubError("BAD_ARGUMENT", f"{name} of {counting.kind} has no value {ids.shown(value)}.{having}")
        return found

    return counting.binder.bind(texts, TEXTS)
