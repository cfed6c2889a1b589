"""From SQLAlchemy Core to a statement that asyncpg runs: SQL with ``$n``, and where each value comes from."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, TableValuedAlias, bindparam, func
from sqlalchemy.dialects.postgresql import asyncpg as asyncpg_dialect

from resolvers.engine.plan.parameters import BIGINTS, KEYS, Binder, Getter, Inputs

PARAMETER = re.compile(r"\$(\d+)")
_DIALECT = asyncpg_dialect.dialect()  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    """SQL and the getters of its parameters; None stands for the parents' keys.

    With ``kept`` PostgreSQL keeps one plan of it for all values, else it plans each run for its values (docs/adr/0012). ``role`` is the
    database role under which it runs by SET ROLE, where that is not the caller's own.
    """

    sql: str
    getters: tuple[Getter | None, ...]
    role: str | None = None
    kept: bool = False

    def bind(self, inputs: Inputs) -> list[Any]:
        """The values of the parameters for one run, None in place of the parents' keys. Raises errors in the caller's values."""
        return [None if get is None else get(inputs) for get in self.getters]

    def arguments(self, bound: list[Any], keys: list[int] | None) -> list[Any]:
        """The bound values with the parents' keys in their place."""
        return [keys if get is None else value for get, value in zip(self.getters, bound, strict=True)]


def joined(sqls: Sequence[str]) -> str:
    """One statement with a column for each of several statements of one row at most, their ``json``; its parameters are theirs in turn."""
    columns, before = [], 0
    for sql in sqls:
        numbers = [int(number) for number in PARAMETER.findall(sql)]
        moved = PARAMETER.sub(lambda found, by=before: f"${int(found[1]) + by}", sql)  # type: ignore[misc]
        columns.append(f"(SELECT one.json FROM ({moved}) AS one)")  # noqa: S608 — statements that the compiler wrote
        before += max(numbers, default=0)
    return f"SELECT {', '.join(columns)}"


def keys_parameter() -> ColumnElement[Any]:
    """The array of the parents' keys."""
    return bindparam(KEYS, type_=BIGINTS)


def parents() -> TableValuedAlias:
    """The parents' keys as a table of one column, ``key``, in FROM."""
    return func.unnest(keys_parameter()).table_valued("key").render_derived(name="parent")


def compiled(select: Select[Any], binder: Binder, role: str | None = None, *, kept: bool | None = None) -> Statement:
    """Compile a select whose parameters ``binder`` made; ``role`` and ``kept`` as in ``Statement``. Unless said otherwise a plan is kept
    where no parameter is skewed."""
    sql = select.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
    getters: list[Getter | None] = []
    constants = sql.params
    for name in sql.positiontup or ():
        if name == KEYS:
            getters.append(None)
            continue
        parameter = sql.binds[name]
        process = parameter.type.dialect_impl(_DIALECT).bind_processor(_DIALECT)
        getters.append(_processed(binder.parameters.getters.get(name) or _constant(constants[name]), process))
    is_kept = not binder.parameters.skewed if kept is None else kept
    return Statement(" ".join(str(sql).split()), tuple(getters), role, is_kept)


def _constant(value: Any) -> Getter:
    return lambda _: value


def _processed(get: Getter, process: Callable[[Any], Any] | None) -> Getter:
    return get if process is None else lambda inputs: process(get(inputs))
