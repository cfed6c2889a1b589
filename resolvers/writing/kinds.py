"""The kinds of record that are written, by name."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from resolvers.writing import employers, members
from resolvers.writing.batch import Batch
from resolvers.writing.declare import WritableKind
from resolvers.writing.parts import Part

Prepare = Callable[[Batch], Awaitable[Sequence[Part]]]
"""A kind's own part of the core: find what rows refer to and what is there, check them, and return what is written of each table, the
record's own first. Tables are written in this order: first all new rows, then all changes."""

PREPARE: Mapping[str, Prepare] = {
    employers.EMPLOYERS.name: employers.prepare,
    members.PERSONS.name: members.prepare,
}
KINDS: Mapping[str, WritableKind] = {kind.name: kind for kind in (employers.EMPLOYERS, members.PERSONS)}
