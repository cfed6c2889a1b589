"""A grassroots union and its employers, as the rows that name them need them."""

from dataclasses import dataclass

from db.generate.plan import Place, Planned


@dataclass(slots=True)
class Employer:
    """An employer of a union."""

    id: int
    name: str
    industry: str
    headcount: int


@dataclass(slots=True)
class Grassroots:
    """A grassroots union whose own row has been made."""

    planned: Planned
    place: Place
    name: str
    industry: str | None
    worker_type: str
    employers: list[Employer]
