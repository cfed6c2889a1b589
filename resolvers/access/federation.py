"""The federation's access policy, as the engine's ``AccessPolicy``."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, FromClause

from resolvers.access import column_access, row_access
from resolvers.access.callers import Caller, Lens
from resolvers.engine.declare.access import AccessPolicy, Condition, Part
from resolvers.engine.declare.sources import Source
from resolvers.engine.plan.parameters import Binder
from resolvers.viewer import viewer_fields


class FederationAccess(AccessPolicy):
    """Rows by ``row_access``, columns by ``column_access``."""

    def visible(
        self, source: Source, lenses: tuple[Lens, ...], binder: Binder, table: FromClause | None = None
    ) -> Condition | None:
        """See ``AccessPolicy``."""
        return row_access.visible(source, lenses, binder, table)

    def parts(self, source: Source, lenses: tuple[Lens, ...], binder: Binder) -> Sequence[Part] | None:
        """See ``AccessPolicy``."""
        return row_access.parts(source, lenses, binder)

    def countable(
        self, source: Source, lenses: tuple[Lens, ...], binder: Binder, table: FromClause | None = None
    ) -> Condition | None:
        """See ``AccessPolicy``."""
        return row_access.countable(source, lenses, binder, table)

    def closure_rows(
        self,
        closure: FromClause,
        lenses: tuple[Lens, ...],
        binder: Binder,
        source: Source,
        column: ColumnElement[Any],
    ) -> Condition | None:
        """See ``AccessPolicy``."""
        return row_access.closure_rows(closure, lenses, binder, source, column)

    def start_below(
        self,
        kind: str,
        key: ColumnElement[Any],
        lenses: tuple[Lens, ...],
        binder: Binder,
        source: Source,
        column: ColumnElement[Any],
    ) -> ColumnElement[Any] | None:
        """See ``AccessPolicy``."""
        return row_access.start_below(kind, key, lenses, binder, source, column)

    def sees_all_below(
        self, kind: str, key: ColumnElement[Any], lenses: tuple[Lens, ...], binder: Binder
    ) -> Condition | None:
        """See ``AccessPolicy``."""
        return row_access.sees_all_below(kind, key, lenses, binder)

    def mask(self, source: Source, name: str, lenses: tuple[Lens, ...], binder: Binder) -> ColumnElement[Any] | None:
        """See ``AccessPolicy``."""
        return column_access.masked(source, name, lenses, binder)

    def is_masked(self, typename: str, name: str, lenses: tuple[Lens, ...]) -> bool:
        """See ``AccessPolicy``."""
        return column_access.is_masked(typename, name, lenses)

    def viewer(self, caller: Caller) -> Mapping[str, Any]:
        """See ``AccessPolicy``."""
        return viewer_fields(caller)
