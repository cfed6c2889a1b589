"""The kinds of record that are written, by name."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from resolvers.writing import employers, insurance, members, organizations, records
from resolvers.writing.batch import Batch
from resolvers.writing.declare import TableKind, WritableKind
from resolvers.writing.parts import Part

Prepare = Callable[[Batch], Awaitable[Sequence[Part]]]
"""A kind's own part of the core: find what rows refer to and what is there, check them, and return what is written of each table, the
record's own first. Tables are written in this order: first all new rows, then all changes."""

TABLES: Sequence[TableKind] = (insurance.ENROLMENTS,)
"""The kinds of one table, whose declaration is all that there is of them."""

PREPARE: Mapping[str, Prepare] = {
    organizations.UNIONS.name: organizations.prepare,
    employers.EMPLOYERS.name: employers.prepare,
    members.PERSONS.name: members.prepare,
    **{kind.name: records.prepare for kind in TABLES},
}
KINDS: Mapping[str, WritableKind] = {
    kind.name: kind for kind in (organizations.UNIONS, employers.EMPLOYERS, members.PERSONS, *TABLES)
}
"""In the order in which their records refer to one another."""
