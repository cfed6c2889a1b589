"""The population of the attack: registers in places where little else is, half of the persons asked about in them, half not but alike.

Each target has a place of its own: a county with some other records, or a city with the others in one county and the target, if at all, in
another. The others began before 2023 and nothing else happens afterwards: the hardest case, for what moves is the target's record or
nothing. Some registers change as in life.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import asyncpg

JOINED = date(2024, 5, 15)
"""The day on which each target's record began, if there is one; the attacker knows the month."""
FIRST, LAST = date(2016, 1, 5), date(2022, 12, 25)
"""Between these the others' records began."""
FEWEST, MOST = 8, 60
"""How many others a place has in which nothing else changes."""
LIVELY = (90, 180)
"""How many others a place has that changes as in life: some stay for a year, some for five, and ten and more come or go in a year."""


@dataclass(frozen=True)
class Trait:
    """A dimension with the target's value, another value, and how many of the others have the target's."""

    dimension: str
    column: str
    target: Any
    other: Any
    share: float

    def drawn(self, chance: random.Random) -> Any:
        """The value of one of the others."""
        return self.target if chance.random() < self.share else self.other

    @staticmethod
    def told(value: Any) -> str:
        """A value as ``where`` takes it."""
        return str(value).lower() if isinstance(value, bool) else str(value)


@dataclass(frozen=True)
class Register:
    """A kind of record. The first trait is the target's alone in its place; nobody else there has it."""

    name: str
    kind: str
    traits: tuple[Trait, ...]
    counts: tuple[str, ...]
    city: bool = False
    town: bool = False
    busy: bool = False
    amount: bool = False
    always: bool = False
    """Every target is in it: what is asked is how much."""


COURIER = Trait("WORKER_TYPE", "worker_type", "COURIER", "FOOD_DELIVERY", 0)
MIGRANT = Trait("IS_MIGRANT_WORKER", "is_migrant_worker", True, False, 0.75)
HARDSHIP = Trait("HARDSHIP", "hardship", "ACCIDENT", "LOW_INCOME", 0.75)

HOUSEHOLDS = Register("households", "HOUSEHOLDS", (COURIER, HARDSHIP, MIGRANT), ("records", "persons", "households"))
BUSY = Register("households as in life", "HOUSEHOLDS", HOUSEHOLDS.traits, HOUSEHOLDS.counts, busy=True)
GRANTS = Register(
    "grants", "AID_GRANTS", (Trait("KIND", "kind", "TUITION", "RELIEF", 0), HARDSHIP, Trait("STATUS", "status", "PAID", "PAID", 1)),
    ("records", "persons", "households"), amount=True, always=True, busy=True,
)  # fmt: skip
CASES = Register(
    "dispute cases", "DISPUTE_CASES", (Trait("CAUSE", "cause", "WORK_INJURY", "UNPAID_WAGES", 0),
    Trait("BODY", "body", "TOWNSHIP", "PEOPLES", 0.75), Trait("IS_COLLECTIVE", "is_collective", False, True, 0.75)),
    ("records", "cases"), city=True, amount=True,
)  # fmt: skip
MEMBERSHIPS = Register(
    "memberships", "MEMBERSHIPS", (Trait("SEX", "sex", "FEMALE", "MALE", 0), MIGRANT,
    Trait("IS_MODEL_WORKER", "is_model_worker", False, True, 0.75)), ("records", "persons"), city=True,
)  # fmt: skip
ENROLMENTS = Register(
    "enrolments", "INSURANCE_ENROLMENTS", (COURIER,
    Trait("SCHEME", "scheme", "STANDARD_WORK_INJURY", "PLATFORM_OCCUPATIONAL_INJURY", 0.75), Trait("SEX", "sex", "MALE", "MALE", 1)),
    ("records", "persons"),
)  # fmt: skip
TOWNS = Register("households by township", "HOUSEHOLDS", HOUSEHOLDS.traits, HOUSEHOLDS.counts, town=True)
REGISTERS = (TOWNS, ENROLMENTS, HOUSEHOLDS, BUSY, GRANTS, CASES, MEMBERSHIPS)
"""In the order in which they take counties; those of cities take them from the other end."""


@dataclass(frozen=True)
class Row:
    """A record of the population."""

    values: dict[str, Any]
    began: date
    ended: date | None = None
    amount: Decimal | None = None

    def holds(self, day: date) -> bool:
        """Whether it holds on a day."""
        return self.began <= day and (self.ended is None or self.ended > day)


@dataclass
class Target:
    """Somebody whom the attacker is curious about: where, whether they are in the register, and who else is."""

    where: str
    others_at: str
    alone_at: str
    is_in: bool
    row: Row
    others: list[Row] = field(default_factory=list)


@dataclass(frozen=True)
class Division:
    """A place by its code, with the union that stands there."""

    key: int
    code: str
    union: int


Place = tuple[str, Division, Division]
"""Where a target is asked about, by its code; where the others are, and where the target would be."""


@dataclass
class Population:
    """All targets, by register; and a county with two townships in which there are many households, with these."""

    targets: dict[str, list[Target]]
    crowded: tuple[Place, list[Row]]

    def of(self, register: Register) -> Sequence[Target]:
        """The targets of a register."""
        return self.targets[register.name]


CITIES = """
SELECT p.code AS city, c.id, c.code, min(o.id) AS union
FROM division p JOIN division c ON c.parent_id = p.id AND c.level = 'COUNTY' AND c.valid_to IS NULL
JOIN organization o ON o.division_id = c.id AND o.dissolved_on IS NULL
WHERE p.level = 'CITY' AND p.valid_to IS NULL AND NOT EXISTS (
    SELECT FROM division_closure d JOIN organization u ON u.division_id = d.descendant_id
    WHERE d.ancestor_id = p.id AND (EXISTS (SELECT FROM membership m WHERE m.organization_id = u.id)
        OR EXISTS (SELECT FROM insurance_enrolment i WHERE i.organization_id = u.id)))
GROUP BY 1, 2, 3 ORDER BY 1, 3
"""
TOWNSHIPS = """
SELECT c.code AS county, t.id, t.code, (SELECT min(id) FROM organization) AS union
FROM division c JOIN division t ON t.parent_id = c.id AND t.level = 'TOWNSHIP' AND t.valid_to IS NULL
WHERE c.level = 'COUNTY' AND c.valid_to IS NULL ORDER BY 1, 3
"""
EMPTIED = ("household", "aid_grant", "dispute_case")


class PopulationWriter:
    """Writes the population to a database, the same every time."""

    def __init__(self, db: asyncpg.Connection, size: int) -> None:
        self.db = db
        self.size = size
        self.cities: dict[str, list[Division]] = {}
        self.counties: dict[str, list[Division]] = {}

    async def dig(self) -> Population:
        """Empty some registers, and fill them with targets and the others, past all triggers: roll-ups are to be built anew. The secret
        seed of the noise is the same every time, so that the test is."""
        await self.db.execute("SET session_replication_role = replica")
        await self.db.execute("UPDATE noise.seed SET first = 11, second = 22, third = 33")
        await self.db.execute(f"TRUNCATE {', '.join(EMPTIED)} CASCADE")
        for row in await self.db.fetch(CITIES):
            self.cities.setdefault(row["city"], []).append(Division(row["id"], row["code"], row["union"]))
        for row in await self.db.fetch(TOWNSHIPS):
            self.counties.setdefault(row["county"], []).append(Division(row["id"], row["code"], row["union"]))
        towns = [(code, town[0], town[1]) for code, town in self.counties.items() if len(town) > 1]
        counties = (each for city in self.cities.values() for each in city if each.code not in self.counties)
        cities = [(code, city[0], city[1]) for code, city in self.cities.items() if len(city) > 1]
        single = ((each.code, each, each) for each in counties)
        targets = {}
        for register in REGISTERS:
            chance = random.Random(register.name)
            places = reversed(cities) if register.city else iter(towns[1:]) if register.town else single
            found = list(self._targets(register, chance, places))
            targets[register.name] = [target for target, _, _ in found]
            await self._write(register, found)
        chance = random.Random("crowded")
        rows = [self._other(BUSY, chance) for _ in range(400)]
        await households(self, [(towns[0][2] if n % 2 else towns[0][1], row) for n, row in enumerate(rows)], [])
        return Population(targets, (towns[0], rows))

    def _targets(
        self, register: Register, chance: random.Random, places: Iterator[Place]
    ) -> Iterator[tuple[Target, Division, Division]]:
        chosen = [place for place, _ in zip(places, range(self.size), strict=False)]
        sides = [order % 2 == 0 for order in range(len(chosen))]
        chance.shuffle(sides)
        for (where, others, alone), is_in in zip(chosen, sides, strict=True):
            row = Row({trait.column: trait.target for trait in register.traits}, JOINED, None, self._amount(chance))
            target = Target(where, others.code, alone.code, is_in or register.always, row)
            many = chance.randint(*(LIVELY if register.busy else (FEWEST, MOST)))
            target.others = [self._other(register, chance) for _ in range(many)]
            yield target, others, alone

    def _other(self, register: Register, chance: random.Random) -> Row:
        began = FIRST + timedelta(chance.randrange((LAST - FIRST).days))
        ended = None
        if register.busy:
            began = FIRST + timedelta(chance.randrange(3_900))
            ended = began + timedelta(chance.randrange(365, 5 * 365))
        return Row({each.column: each.drawn(chance) for each in register.traits}, began, ended, self._amount(chance))

    @staticmethod
    def _amount(chance: random.Random) -> Decimal:
        return Decimal(max(1, round(chance.lognormvariate(3, 0.6)))) * 100

    async def _write(self, register: Register, found: list[tuple[Target, Division, Division]]) -> None:
        rows: list[tuple[Division, Row]] = []
        idle: list[tuple[Division, Row]] = []
        for target, others, alone in found:
            rows += [(others, row) for row in target.others]
            (rows if target.is_in else idle).append((alone, target.row))
        await WRITERS[register.kind](self, rows, idle)

    async def put(self, table: str, rows: list[dict[str, Any]]) -> list[int]:
        """Insert rows; their keys, in order."""
        names = list(rows[0])
        types = {
            row["column_name"]: row["data_type"]
            for row in await self.db.fetch(
                "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = $1 AND table_schema = 'public'",
                table,
            )
        }
        lists = ", ".join(f"${place}::{types[name]}[]" for place, name in enumerate(names, 1))
        found = await self.db.fetch(
            f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(names)} FROM unnest({lists})"
            f" WITH ORDINALITY AS t ({', '.join(names)}, n) ORDER BY n RETURNING id",
            *([row[name] for row in rows] for name in names),
        )
        return sorted(row["id"] for row in found)

    async def members(self, rows: list[tuple[Division, Row]]) -> list[int]:
        """A member for each record."""
        plain = {"worker_type": "FOOD_DELIVERY", "sex": "MALE", "is_migrant_worker": True, "is_model_worker": False}
        return await self.put(
            "member",
            [
                {"name": f"靶{place.code}{order}", "birth_year_from": 1980, "division_id": place.key,
                 **{name: row.values.get(name, value) for name, value in plain.items()}}
                for order, (place, row) in enumerate(rows)
            ],
        )  # fmt: skip


async def households(
    digger: PopulationWriter, rows: list[tuple[Division, Row]], idle: list[tuple[Division, Row]]
) -> None:
    """Households on file; the persons of ``idle`` are members and nothing more."""
    members = await digger.members([*rows, *idle])
    await digger.put(
        "household",
        [
            {"organization_id": place.union, "division_id": place.key, "member_id": member, "hardship": row.values["hardship"],
             "size": 3, "valid_from": row.began, "valid_to": row.ended}
            for (place, row), member in zip(rows, members, strict=False)
        ],
    )  # fmt: skip


async def grants(digger: PopulationWriter, rows: list[tuple[Division, Row]], idle: list[tuple[Division, Row]]) -> None:
    """A household each, long on file, with a grant."""
    members = await digger.members(rows)
    keys = await digger.put(
        "household",
        [
            {"organization_id": place.union, "division_id": place.key, "member_id": member, "hardship": row.values["hardship"],
             "size": 3, "valid_from": FIRST, "valid_to": None}
            for (place, row), member in zip(rows, members, strict=True)
        ],
    )  # fmt: skip
    await digger.put(
        "aid_grant",
        [
            {"organization_id": place.union, "division_id": place.key, "kind": row.values["kind"], "status": row.values["status"],
             "household_id": key, "amount": row.amount, "applied_on": row.began, "approved_on": row.began, "paid_on": row.began}
            for (place, row), key in zip(rows, keys, strict=True)
        ],
    )  # fmt: skip


async def cases(digger: PopulationWriter, rows: list[tuple[Division, Row]], idle: list[tuple[Division, Row]]) -> None:
    """Open cases on money."""
    await digger.put(
        "dispute_case",
        [
            {"number": f"靶案{order}号", "organization_id": place.union, "division_id": place.key, "cause": row.values["cause"],
             "phase": "DAILY_MEDIATION", "status": "IN_PROGRESS", "body": row.values["body"], "received_on": row.began,
             "claimant_count": 1, "is_collective": row.values["is_collective"], "amount_claimed": row.amount}
            for order, (place, row) in enumerate(rows)
        ],
    )  # fmt: skip


async def memberships(
    digger: PopulationWriter, rows: list[tuple[Division, Row]], idle: list[tuple[Division, Row]]
) -> None:
    """Members of the place's union; the persons of ``idle`` are in none."""
    members = await digger.members([*rows, *idle])
    await digger.put(
        "membership", [_membership(place, row, key) for (place, row), key in zip(rows, members, strict=False)]
    )


def _membership(place: Division, row: Row, member: int) -> dict[str, Any]:
    return {
        "member_id": member, "organization_id": place.union, "status": "ACTIVE", "channel": "APP", "applied_on": row.began,
        "valid_from": row.began,
    }  # fmt: skip


async def enrolments(
    digger: PopulationWriter, rows: list[tuple[Division, Row]], idle: list[tuple[Division, Row]]
) -> None:
    """Members of the place's union, long since, of whom all but some targets are enrolled."""
    members = await digger.members([*rows, *idle])
    since = [
        _membership(place, replace(row, began=FIRST), key)
        for (place, row), key in zip([*rows, *idle], members, strict=True)
    ]
    await digger.put("membership", since)
    await digger.put(
        "insurance_enrolment",
        [
            {"organization_id": place.union, "member_id": member, "scheme": row.values["scheme"], "base_amount": row.amount,
             "valid_from": row.began}
            for (place, row), member in zip(rows, members, strict=False)
        ],
    )  # fmt: skip


WRITERS: dict[str, Any] = {
    "HOUSEHOLDS": households,
    "AID_GRANTS": grants,
    "DISPUTE_CASES": cases,
    "MEMBERSHIPS": memberships,
    "INSURANCE_ENROLMENTS": enrolments,
}
