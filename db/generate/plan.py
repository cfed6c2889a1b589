"""The plan: every grassroots union with its size and the IDs of its records, so that rows can be made in any process and order."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from db.generate.calendar import TODAY, day
from db.generate.federations import Division, Federations, Union, six_digits, union_counts

MEMBERS_PER_UNION = 50
LEAST_PER_UNION = 20
CHUNK = 20_000
CASE_EVERY = 60
"""One member of this many is the first claimant of a dispute case."""

FORMS = ("INDEPENDENT", "JOINT", "PROJECT", "NEW_FORM", "ONLINE_HOME")
FORM_WEIGHTS = (52, 20, 9, 13, 6)
SIZES = {
    "INDEPENDENT": (10, 90),
    "JOINT": (20, 80),
    "PROJECT": (20, 70),
    "NEW_FORM": (30, 120),
    "ONLINE_HOME": (20, 140),
}


@dataclass(slots=True)
class PlannedUnion:
    """A planned grassroots union. The IDs of its members are the next ``size`` after ``member``; those of its ``employers`` begin with
    ``employer``."""

    id: int
    form: str
    established: int
    dissolved: int | None
    federation: int
    weight: int
    employers: int
    agreements: int
    size: int = 0
    member: int = 0
    employer: int = 0
    agreement: int = 0


@dataclass(slots=True)
class Place:
    """A township with grassroots unions: everything that is needed to make their rows."""

    union: Union
    county_name: str
    city_name: str
    code: str
    sibling: Union | None
    industrial: dict[str, Union]
    planned: list[PlannedUnion] = field(default_factory=list)
    unorganised: int = 0
    unorganised_from: int = 0

    @property
    def members(self) -> int:
        """The number of members of its unions."""
        return sum(planned.size for planned in self.planned)


class Planner:
    """Walks the territory once: makes the unions above the grassroots, and plans those of the grassroots."""

    def __init__(
        self, provinces: list[Division], members: int, federations: Federations, chance: random.Random
    ) -> None:
        self.federations = federations
        self.chance = chance
        self.members = members
        self.places: list[Place] = []
        counties = sum(len(city.children) for province in provinces for city in province.children)
        wanted = max(members // MEMBERS_PER_UNION, min(counties, members // LEAST_PER_UNION), 1 if members else 0)
        counts = union_counts(provinces, wanted, chance)
        top, national = federations.national()
        for province in provinces:
            above, provincial = federations.province(province, top, national)
            for city in province.children:
                city_union, own = federations.city(city, above, provincial)
                for county in city.children:
                    county_union = federations.county(county, city, city_union)
                    self.county(county, city, county_union, provincial | own, counts)
        self.share_members()

    def county(
        self, county: Division, city: Division, above: Union, industrial: dict[str, Union], counts: dict[int, int]
    ) -> None:
        """Add the townships of a county, and plan the grassroots unions of each."""
        sibling = None
        for township in county.children:
            union = self.federations.township(township, above)
            if number := counts.get(township.id, 0):
                place = Place(union, county.name, city.name, six_digits(county, city), sibling, industrial)
                self.grassroots(place, number)
                self.places.append(place)
            sibling = union

    def grassroots(self, place: Place, number: int) -> None:
        """Plan ``number`` unions with members below a township; some townships also get a dissolved project union or a federation of
        unions."""
        chance = self.chance
        federation, since = 0, place.union.established
        if chance.random() < (0.3 if number >= 3 else 0.03):
            federation = self.next_id()
            since = max(since, day(2015)) + chance.randrange(900)
            place.planned.append(PlannedUnion(federation, "UNION_FEDERATION", since, None, 0, 0, 0, 0))
        if chance.random() < 0.12:
            begun = max(place.union.established, day(2012)) + chance.randrange(2800)
            dissolved = begun + 200 + chance.randrange(900)
            place.planned.append(PlannedUnion(self.next_id(), "PROJECT", begun, dissolved, 0, 0, 1, 0))
        for _ in range(number):
            form = chance.choices(FORMS, FORM_WEIGHTS)[0]
            grouped = federation if form in ("NEW_FORM", "JOINT") else 0
            earliest = max(
                place.union.established,
                since if grouped else 0,
                day(2019) if form in ("NEW_FORM", "ONLINE_HOME") else 0,
            )
            if form == "PROJECT":
                earliest = max(earliest, TODAY - 900)
            established = earliest + int((TODAY - 60 - earliest) * chance.random() ** 0.7)
            employers = {
                "INDEPENDENT": 1,
                "JOINT": 3 + chance.randrange(4),
                "NEW_FORM": 1 + chance.randrange(3),
                "PROJECT": 1,
            }.get(form, 0)
            agreements = 1 if form in ("INDEPENDENT", "JOINT", "NEW_FORM") and chance.random() < 0.8 else 0
            planned = PlannedUnion(
                self.next_id(), form, established, None, grouped, chance.randint(*SIZES[form]), employers, agreements
            )
            place.planned.append(planned)
        place.unorganised = chance.randrange(3)

    def next_id(self) -> int:
        """The next organization's id."""
        number = self.federations.next_id
        self.federations.next_id += 1
        return number

    def share_members(self) -> None:
        """Distribute the members to the unions by weight, and assign the first IDs."""
        total = sum(planned.weight for place in self.places for planned in place.planned)
        weight = member = employer = agreement = 0
        for place in self.places:
            for planned in place.planned:
                weight += planned.weight
                until = self.members * weight // total if total else 0
                planned.size, planned.member = until - member, member
                member = until
                planned.employer, planned.agreement = employer + 1, agreement + 1
                employer += planned.employers
                agreement += planned.agreements
            place.unorganised_from = employer + 1
            employer += place.unorganised

    def chunks(self) -> Iterator[list[Place]]:
        """Townships in chunks of about ``CHUNK`` members."""
        run: list[Place] = []
        size = 0
        for place in self.places:
            run.append(place)
            size += place.members
            if size >= CHUNK:
                yield run
                run, size = [], 0
        if run:
            yield run
