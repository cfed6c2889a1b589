"""From SQLAlchemy Core to a statement that asyncpg runs: SQL with ``$n`` and, for each, where its value comes from."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, TableValuedAlias, bindparam, func
from sqlalchemy.dialects.postgresql import asyncpg as asyncpg_dialect

from resolvers.engine.plan.parameters import BIGINTS, KEYS, Binder, Getter, Inputs

_DIALECT = asyncpg_dialect.dialect()  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    """SQL and the getters of its parameters; a getter of None stands for the parents' keys.

    ``role`` is the role of the second wall that it runs in, where that is not the caller's own; then with ``kept`` PostgreSQL keeps one
    plan of it for all values (docs/adr/0012).
    """

    sql: str
    getters: tuple[Getter | None, ...]
    role: str | None = None
    kept: bool = False

    def bind(self, inputs: Inputs) -> list[Any]:
        """The values of the parameters for one run, with None where the keys will go. Raises what the caller got wrong."""
        return [None if get is None else get(inputs) for get in self.getters]

    def arguments(self, bound: list[Any], keys: list[int] | None) -> list[Any]:
        """The bound values with the parents' keys in their place."""
        return [keys if get is None else value for get, value in zip(self.getters, bound, strict=True)]


def keys_parameter() -> ColumnElement[Any]:
    """The array of the parents' keys."""
    return bindparam(KEYS, type_=BIGINTS)


def parents() -> TableValuedAlias:
    """The parents' keys as a table of one column, ``key``, in FROM."""
    return func.unnest(keys_parameter()).table_valued("key").render_derived(name="parent")


def compiled(select: Select[Any], binder: Binder, role: str | None = None, *, kept: bool = False) -> Statement:
    """Compile a select whose parameters ``binder`` made; it runs in ``role`` if one is given, by a plan that is ``kept``."""
    done = select.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
    getters: list[Getter | None] = []
    fixed = done.params
    for name in done.positiontup or ():
        if name == KEYS:
            getters.append(None)
            continue
        parameter = done.binds[name]
        process = parameter.type.dialect_impl(_DIALECT).bind_processor(_DIALECT)
        getters.append(_processed(binder.getters.get(name) or _fixed(fixed[name]), process))
    return Statement(" ".join(str(done).split()), tuple(getters), role, kept)


def _fixed(value: Any) -> Getter:
    return lambda _: value


def _processed(get: Getter, process: Callable[[Any], Any] | None) -> Getter:
    return get if process is None else lambda inputs: process(get(inputs))
