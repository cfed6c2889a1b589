"""A grassroots union and its employers, as other rows refer to them."""

from dataclasses import dataclass

from db.generate.plan import Place, PlannedUnion


@dataclass(slots=True)
class Employer:
    """An employer of a union."""

    id: int
    name: str
    industry: str
    headcount: int


@dataclass(slots=True)
class Grassroots:
    """A grassroots union with the values of its row."""

    planned: PlannedUnion
    place: Place
    name: str
    industry: str | None
    worker_type: str
    employers: list[Employer]
