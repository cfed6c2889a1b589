"""The numbers of the roll-ups' cells (docs/adr/0032): slots of time and classes of dimensions.

Migrations write them into the database, and statistics read by them: a change here needs a migration that makes the roll-ups anew.

A slot is a year, ``DAY`` plus a day (days since 2000), or ``EVER``. ``ENDED`` is added for endings, and n times ``SET`` for the n-th set of
dimensions. A class holds the code of each dimension's value in bits of its own, 0 for no value.

Cells stand in packs: those of an anchor in ``PACK`` days that follow each other, or in a year, or of all time. A pack is known by its first
slot; in its codes the slots since then stand above the class, from bit ``CLASS`` on.
"""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

EVER, DAY, ENDED, SET = 20_000, 1_000_000, 4_000_000, 8_000_000
PACK, CLASS = 32, 58
KEYS = 1 << 24
"""Sums of keys are stored modulo this number."""
EPOCH = date(2000, 1, 1)


@dataclass(frozen=True)
class Dimension:
    """A dimension: the SQL type of its values, and how many bits of a class it has, which limits how many values it may have."""

    type: str
    bits: int


DIMENSIONS = {
    "channel": Dimension("text", 6),
    "status": Dimension("text", 6),
    "entry": Dimension("text", 3),
    "exit": Dimension("text", 3),
    "scheme": Dimension("text", 6),
    "cohort": Dimension("bigint", 10),
    "worker_type": Dimension("text", 7),
    "sex": Dimension("text", 3),
    "is_migrant_worker": Dimension("boolean", 2),
    "is_model_worker": Dimension("boolean", 2),
    "level": Dimension("text", 5),
    "form": Dimension("text", 6),
    "industry": Dimension("text", 12),
}


@dataclass(frozen=True)
class Fact:
    """A table whose records are rolled up, with dimensions from its ``own`` rows, from ``member`` and from ``organization``.

    ``sets`` are dimensions that are often grouped together. For each set, sums over the other dimensions are stored too: by year for
    large places, and for all time for every place.
    """

    table: str
    own: tuple[str, ...]
    member: tuple[str, ...]
    organization: tuple[str, ...]
    sets: tuple[tuple[str, ...], ...] = ()

    def of(self, columns: Container[str]) -> "Fact":
        """The same fact without dimensions of its own rows that are not among ``columns``."""
        absent = {name for name in self.own if name not in columns}
        sets = (tuple(name for name in names if name not in absent) for names in self.sets)
        return replace(self, own=tuple(name for name in self.own if name not in absent), sets=tuple(sets))

    @property
    def names(self) -> tuple[str, ...]:
        """All dimensions, from the lowest bits of a class to the highest."""
        return self.own + self.member + self.organization

    def home(self, name: str) -> str:
        """The table that a dimension is a column of."""
        return "member" if name in self.member else "organization" if name in self.organization else self.table

    def shift(self, name: str) -> int:
        """The lowest bit of a dimension."""
        return sum(DIMENSIONS[other].bits for other in self.names[: self.names.index(name)])

    def mask(self, names: Iterable[str]) -> int:
        """The bits of some dimensions."""
        return sum(((1 << DIMENSIONS[name].bits) - 1) << self.shift(name) for name in names)

    def number(self, names: Iterable[str]) -> int:
        """The number of the smallest set with all of these dimensions, from 1; 0 if no set has them."""
        wanted = set(names)
        having = [number for number, members in enumerate(self.sets, 1) if wanted <= set(members)]
        return min(having, key=lambda number: len(self.sets[number - 1]), default=0)


def first_of_pack(slot: int) -> int:
    """The first slot of the pack that a slot is in."""
    return slot if slot % ENDED < DAY else slot - slot % PACK


def last_whole_pack(high: int) -> int:
    """The first slot of the last pack all of whose slots are before ``high``; other packs may begin after it."""
    return high - 1 if high % ENDED <= DAY else high - PACK


PERSON = ("worker_type", "sex", "is_migrant_worker", "is_model_worker")
UNION = ("level", "form", "industry")
FACTS: Mapping[str, Fact] = {
    fact.table: fact
    for fact in (
        Fact(
            "membership",
            own=("channel", "status", "entry", "exit"),
            member=PERSON,
            organization=UNION,
            sets=(
                ("channel", "status", "entry", "exit", *PERSON),
                (*UNION, "channel", "status", "entry", "exit"),
                (*UNION, "worker_type"),
                (*UNION, "sex", "is_migrant_worker", "is_model_worker"),
            ),
        ),
        Fact(
            "insurance_enrolment", own=("scheme", "cohort"), member=("worker_type", "sex"), organization=("industry",)
        ),
    )
}
"""By table. Any two dimensions of memberships are together in at least one set."""
